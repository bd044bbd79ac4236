"""Is a function that makes MediaConvert jobs told which role to pass?"""

from functools import partial

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import (
    Finding,
    failed,
    not_applicable,
    of_every_option,
    passed,
    undetermined,
)
from check_support.grants import granted_to
from check_support.policy import read_policy
from check_support.service_trust import trusts
from check_support.values import Reference, Value, references, shown
from checkov.common.models.enums import CheckCategories

VARIABLE = "MEDIACONVERT_ROLE"


class FunctionKnowsMediaConvertRole(SourceCheck):
    """CKV_PLANPROOF_22."""

    id = "CKV_PLANPROOF_22"
    requirement = "REQ-12"
    name = "A function that makes MediaConvert jobs has the role's ARN in MEDIACONVERT_ROLE"
    description = (
        "CreateJob needs the ARN of the role MediaConvert is to work under, and the function "
        "cannot guess it. A function makes jobs if its role may call mediaconvert:CreateJob, or if "
        "its environment names an input and an output. The variable must hold the arn of a role of "
        "the stack that MediaConvert may assume."
    )
    source = "https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs.html"
    guideline = "Set MEDIACONVERT_ROLE = aws_iam_role.<name>.arn in the function's environment"
    category = CheckCategories.APPLICATION_SECURITY
    entity_types = ("aws_lambda_function",)
    attributes = ("environment",)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The environment of a function that makes jobs."""
        variables = [part.value("variables") for part in resource.parts("environment")]
        known: dict[str, Value] = {}
        for value in variables:
            known.update(value if isinstance(value, dict) else {})
        complete = all(isinstance(value, dict) or value is None for value in variables)
        makes_jobs = _names_media(known) or _may_create_jobs(resource, configuration)
        if makes_jobs is False and complete:
            return not_applicable("the function makes no MediaConvert jobs")
        if VARIABLE in known:
            return of_every_option(known[VARIABLE], partial(_judge, configuration))
        if not complete or makes_jobs is None:
            return undetermined(
                f"whether the function needs {VARIABLE}, and has it, is not in the source"
            )
        return failed(f"{VARIABLE} is not in the function's environment")


def _names_media(environment: dict[str, Value]) -> bool:
    names = [name.upper() for name in environment]
    both = all(any(name.startswith(word) for name in names) for word in ("INPUT", "OUTPUT"))
    return both or any("MEDIACONVERT" in name for name in names)


def _may_create_jobs(function: Resource, configuration: Configuration) -> bool | None:
    roles = [found for r in references(function.value("role")) if (found := configuration.named(r))]
    if not roles:
        return None
    policy = granted_to(roles[0], configuration)
    answers = [covers for _, covers in policy.allowing("mediaconvert:CreateJob")]
    if True in answers:
        return True
    return None if answers or not policy.complete else False


def _judge(configuration: Configuration, value: Value) -> Finding:
    if not isinstance(value, Reference):
        if references(value):
            return undetermined(f"{VARIABLE} is {shown(value)}")
        return failed(f"{VARIABLE} is {shown(value)}, not the arn of a role of the stack")
    if value.resource_type.removeprefix("data.") != "aws_iam_role":
        outside = value.kind in ("var", "module")
        reason = f"{VARIABLE} is {value}"
        return undetermined(reason) if outside else failed(f"{reason}, not the arn of a role")
    if value.path != ("arn",):
        return failed(f"{VARIABLE} is {value}, not the role's arn")
    role = configuration.named(value)
    if role is None:
        return passed(f"{VARIABLE} is {value}")
    policy = read_policy(role.value("assume_role_policy"))
    answers = [trusts(statement, "mediaconvert") for statement in policy.statements]
    if True in answers:
        return passed(f"{VARIABLE} is {value}, which MediaConvert may assume")
    if None in answers or not policy.complete:
        return undetermined(f"whether MediaConvert may assume {value} is not in the source")
    return failed(f"{VARIABLE} is {value}, which MediaConvert may not assume")


check = FunctionKnowsMediaConvertRole()
