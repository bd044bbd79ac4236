"""Does a failing message fail alone, without the rest of its batch?"""

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, not_applicable, passed, undetermined
from check_support.truth import Truth
from check_support.values import Value, decided, literals, references, shown
from checkov.common.models.enums import CheckCategories

RESPONSE_TYPE = "ReportBatchItemFailures"


class EventSourceReportsItemFailures(SourceCheck):
    """CKV_PLANPROOF_15."""

    id = "CKV_PLANPROOF_15"
    requirement = "REQ-09"
    name = "A function fed by a queue reports the messages that failed"
    description = (
        "Without ReportBatchItemFailures a failing message returns its whole batch to the queue: "
        "uploads that were processed are processed again, and finally go to the dead-letter queue "
        "with the failing one."
    )
    source = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"
    guideline = (
        'Set function_response_types = ["ReportBatchItemFailures"] and return batchItemFailures'
    )
    category = CheckCategories.APPLICATION_SECURITY
    entity_types = ("aws_lambda_event_source_mapping",)
    attributes = ("function_response_types",)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The response types of a mapping whose source is a queue."""
        source = resource.value("event_source_arn")
        fed_by_queue = _is_queue(source)
        if fed_by_queue is False:
            return not_applicable(f"{shown(source)} is not an SQS queue")
        types = resource.value("function_response_types")
        if RESPONSE_TYPE in literals(types) and isinstance(types, list):
            return passed(f"function_response_types contains {RESPONSE_TYPE}")
        if fed_by_queue is None:
            return undetermined(f"{shown(source)} may be an SQS queue")
        if not decided(types):
            return undetermined(f"function_response_types is {shown(types)}")
        return failed(f"function_response_types does not contain {RESPONSE_TYPE}")


def _is_queue(source: Value) -> Truth:
    types = {r.resource_type.removeprefix("data.") for r in references(source)} - {""}
    if types:
        return "aws_sqs_queue" in types
    arns = [text for text in literals(source) if text.startswith("arn:")]
    if arns:
        return ":sqs:" in arns[0]
    return None if source is not None else False


check = EventSourceReportsItemFailures()
