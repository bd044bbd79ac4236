"""Lists the permissions that an API call needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from planproof.emulation.account.decisions import (
    dynamodb_checks,
    messaging_checks,
    s3_checks,
    service_checks,
)
from planproof.emulation.account.decisions.checks import CheckedCall, PermissionCheck
from planproof.emulation.account.decisions.reference_checks import checks_by_reference

_BY_SERVICE: Final[Mapping[str, Callable[[CheckedCall], Iterator[PermissionCheck]]]] = {
    "cloudwatch": messaging_checks.metrics,
    "dynamodb": dynamodb_checks.checks,
    "dynamodbstreams": dynamodb_checks.checks,
    "events": messaging_checks.events,
    "kinesis": messaging_checks.streams,
    "kms": service_checks.keys,
    "lambda": service_checks.functions,
    "logs": messaging_checks.logs,
    "mediaconvert": service_checks.jobs,
    "s3": s3_checks.checks,
    "secretsmanager": service_checks.secrets,
    "sns": messaging_checks.topics,
    "sqs": messaging_checks.queues,
    "ssm": service_checks.parameters,
    "stepfunctions": service_checks.machines,
    "sts": service_checks.security_tokens,
}


def checks_of(call: CheckedCall) -> Iterator[PermissionCheck]:
    """Permissions that a call needs, in the order in which AWS checks them.

    The check is on an unknown resource where AWS lists no action for the operation, or where the
    parameters name no resource.
    """
    if not call.actions():
        yield from checks_by_reference(call)
        return
    names_resource = False
    for check in _BY_SERVICE.get(call.api_call.service, checks_by_reference)(call):
        names_resource = True
        yield check
    if not names_resource:
        for action in call.actions():
            yield call.unknown(action, f"the parameters of {call.api_call} name no resource")
