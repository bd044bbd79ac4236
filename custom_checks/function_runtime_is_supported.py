"""Does AWS still support the runtime of a Lambda function?"""

from collections.abc import Callable
from datetime import date

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import (
    Finding,
    failed,
    judge_options,
    not_applicable,
    passed,
    undetermined,
)
from check_support.runtime_lifecycle import ends_of_support, is_supported
from check_support.values import Value, shown


class FunctionRuntimeIsSupported(SourceCheck):
    """CKV_PLANPROOF_6."""

    id = "CKV_PLANPROOF_6"
    requirement = "REQ-04"
    name = "A Lambda function uses a runtime that AWS supports today"
    description = (
        "A deprecated runtime gets no security updates, and later AWS blocks the creation and the "
        "update of functions that use it. The dates are data of cfn-lint, not part of this check."
    )
    source = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"
    guideline = "Use a runtime whose deprecation date is in the future"
    entity_types = ("aws_lambda_function",)
    attributes = ("runtime",)

    today: Callable[[], date] = staticmethod(date.today)
    """Returns the day to judge; tests replace it."""

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The runtime, unless the function is a container image."""
        if resource.setting("package_type") == "Image":
            return not_applicable("the function is a container image")
        return judge_options(resource.setting("runtime"), self._judge_runtime)

    def _judge_runtime(self, runtime: Value) -> Finding:
        supported = is_supported(runtime, self.today()) if isinstance(runtime, str) else None
        if supported is None:
            return undetermined(f"no end of support is known for {shown(runtime)}")
        end = ends_of_support()[str(runtime)]
        if supported:
            return passed(f"AWS supports {runtime} until {end}")
        return failed(f"AWS ended the support of {runtime} on {end}")


check = FunctionRuntimeIsSupported()
