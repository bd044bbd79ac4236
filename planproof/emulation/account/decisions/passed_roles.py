"""Finds the roles that a call passes to a service.

Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from planproof.emulation.account.decisions.checks import CheckedCall

_ROLES: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("events", "PutRule"): ("RoleArn", "events.amazonaws.com"),
    ("events", "PutTargets"): ("Targets.RoleArn", "events.amazonaws.com"),
    ("lambda", "CreateFunction"): ("Role", "lambda.amazonaws.com"),
    ("lambda", "UpdateFunctionConfiguration"): ("Role", "lambda.amazonaws.com"),
    ("scheduler", "CreateSchedule"): ("Target.RoleArn", "scheduler.amazonaws.com"),
    ("scheduler", "UpdateSchedule"): ("Target.RoleArn", "scheduler.amazonaws.com"),
    ("stepfunctions", "CreateStateMachine"): ("roleArn", "states.amazonaws.com"),
    ("stepfunctions", "UpdateStateMachine"): ("roleArn", "states.amazonaws.com"),
}
"""Path of the role's parameter and the service that gets it, by service and operation."""


def passed_roles(call: CheckedCall) -> Iterator[tuple[str, str]]:
    """Each role that a call passes, with the service principal that gets it.

    A service that moto lacks checks iam:PassRole itself.
    """
    path, service = _ROLES.get((call.api_call.service, call.operation), ("", ""))
    if path:
        for role in _strings_at(call.parameters, path.split(".")):
            yield role, service


def _strings_at(value: Any, path: list[str]) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _strings_at(item, path)
    elif not path:
        if isinstance(value, str) and value:
            yield value
    elif isinstance(value, Mapping):
        yield from _strings_at(value.get(path[0]), path[1:])
