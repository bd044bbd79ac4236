"""Which operations hand a role to a service, and to which?

Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from planproof.emulation.account.decisions.asks import Asking

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
"""Where the role is named, and the service that is to work under it, by service and operation."""


def passed(asking: Asking) -> Iterator[tuple[str, str]]:
    """Each role that a call passes, with the service principal that gets it.

    A service that answers beside moto checks for itself what it is passed.
    """
    path, service = _ROLES.get((asking.call.service, asking.operation), ("", ""))
    if path:
        for role in _at(asking.parameters, path.split(".")):
            yield role, service


def _at(value: Any, path: list[str]) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for one in value:
            yield from _at(one, path)
    elif not path:
        if isinstance(value, str) and value:
            yield value
    elif isinstance(value, Mapping):
        yield from _at(value.get(path[0]), path[1:])
