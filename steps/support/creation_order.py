"""Whether a resource is created after the policies that it needs.

These are the policies whose statements allow the needs of an edge of the data path. Of several
policies that allow the same need, one that exists before is enough.
"""

from __future__ import annotations

from collections.abc import Iterable

from planproof.aws.datapath import Authority, DecidedNeed, Edge, End
from planproof.aws.policies.attached import policy_of_statement
from planproof.evidence import Recorder
from planproof.iam import PolicyKind
from planproof.iam.policies import Layer
from planproof.terraform.stack import Resource, Stack
from planproof.values import any_of

_ORDER = "depends_on"
_NAMED = 3


def record_waits(
    later: Resource,
    edges: Iterable[Edge],
    authority: Authority,
    evidence: Recorder,
    *,
    of: Resource | None = None,
) -> None:
    """Record whether a resource is created after each policy that allows the needs of some edges.

    Needs that no policy allows, or that depend on policies outside the stack, are skipped: the
    order of creation does not change them.

    Args:
        of: the role whose needs count; None for the needs of services.
    """
    allowed: dict[tuple[str, ...], tuple[list[Resource], dict[str, None]]] = {}
    for edge in edges:
        for decided in authority.judge(edge).decided_needs:
            need = decided.need
            if not _is_principal(need.principal, of):
                continue
            if decided.allowed is None and edge.outside:
                continue
            if decided.allowed is None:
                expected = (
                    f"created after what allows {need.principal} {need.action} on {need.subject}"
                )
                evidence.check(None, later, _ORDER, expected=expected, found=str(decided.decision))
            elif decided.allowed:
                for resources in _alternatives(decided):
                    key = tuple(map(str, resources))
                    allowed.setdefault(key, (resources, {}))[1][need.action] = None
    for resources, actions in allowed.values():
        listed = ", ".join([*actions][:_NAMED]) + (" and more" if len(actions) > _NAMED else "")
        what = f"which allows {of if of is not None else 'the service'} {listed}"
        record_order(authority.stack, later, resources, evidence, what)


def record_order(
    stack: Stack,
    later: Resource,
    earlier: list[Resource],
    evidence: Recorder,
    what: str = "",
    *,
    sure: bool = True,
) -> None:
    """Record whether a resource is created after one of some others.

    Args:
        what: why the others are needed, for the evidence.
        sure: whether they certainly are the others; if not, the result is undetermined.
    """
    after = any_of(stack.created_after(later, one) for one in earlier) if sure else None
    found = {True: "created after it", False: "no dependency on it", None: None}[after]
    expected = f"created after {' or '.join(map(str, earlier))}" + (f", {what}" if what else "")
    evidence.check(after, later, _ORDER, expected=expected, found=found)


def _is_principal(principal: End, role: Resource | None) -> bool:
    if role is None:
        return not isinstance(principal, Resource)
    return isinstance(principal, Resource) and principal.address == role.address


def _alternatives(decided: DecidedNeed) -> list[list[Resource]]:
    """For each policy layer that allows a need, the alternative resources that must exist.

    A key policy is left out for roles: a key is created before what it encrypts, and its default
    policy allows the account's roles.
    """
    layers: dict[Layer, dict[str, Resource]] = {}
    for reason in decided.decision.because:
        holder = (
            policy_of_statement(decided.policies, reason.statement) if reason.statement else None
        )
        if holder is None or reason.layer is None or holder.attachment.mode == "data":
            continue
        if holder.document.kind is PolicyKind.KEY and isinstance(decided.need.principal, Resource):
            continue
        layers.setdefault(reason.layer, {})[holder.attachment.address] = holder.attachment
    return [list(resources.values()) for resources in layers.values()]
