"""Finds the roles that a call passes to a service.

Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planproof.emulation.account.decisions.checks import CheckedCall
from planproof.service_facts import service_of_client


def passed_roles(call: CheckedCall) -> Iterator[tuple[str, str]]:
    """Each role that a call passes, with the service principal that gets it.

    A service that moto lacks checks iam:PassRole itself.
    """
    service = service_of_client(call.api_call.service)
    if path := service.passed_roles.get(call.operation):
        for role in _strings_at(call.parameters, path.split(".")):
            yield role, service.principal


def _strings_at(value: Any, path: list[str]) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _strings_at(item, path)
    elif not path:
        if isinstance(value, str) and value:
            yield value
    elif isinstance(value, Mapping):
        yield from _strings_at(value.get(path[0]), path[1:])
