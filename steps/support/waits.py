"""Is a resource made only after what lets it do its work?

Which policies that are follows from the data path: those whose statements allow what an edge
needs. Of several that allow the same thing, one that is there before is enough.
"""

from __future__ import annotations

from collections.abc import Iterable

from planproof.aws.datapath import Authority, Edge, End, Ruling
from planproof.aws.policies.attached import holder_of
from planproof.evidence import Recorder
from planproof.iam import PolicyKind
from planproof.iam.policies import Layer
from planproof.terraform.stack import Resource, Stack
from steps.pipeline import any_of

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
    """Write down whether a resource is made after each policy that some edges rest on.

    What nothing allows is not for the order to mend, nor is what the owner of something outside
    the stack may allow: both are passed over.

    Args:
        of: the role whose needs count; None for those of services.
    """
    allowed: dict[tuple[str, ...], tuple[list[Resource], dict[str, None]]] = {}
    for edge in edges:
        for ruling in authority.judge(edge).rulings:
            need = ruling.need
            if not _is(need.principal, of):
                continue
            if ruling.allowed is None and edge.outside:
                continue
            if ruling.allowed is None:
                expected = f"made after what lets {need.principal} {need.action} on {need.subject}"
                evidence.check(None, later, _ORDER, expected=expected, found=str(ruling.decision))
            elif ruling.allowed:
                for ways in _ways(ruling):
                    key = tuple(str(way) for way in ways)
                    allowed.setdefault(key, (ways, {}))[1][need.action] = None
    for ways, actions in allowed.values():
        some = ", ".join([*actions][:_NAMED]) + (" and more" if len(actions) > _NAMED else "")
        what = f"which lets {of if of is not None else 'the service'} {some}"
        record_order(authority.stack, later, ways, evidence, what)


def record_order(
    stack: Stack,
    later: Resource,
    earlier: list[Resource],
    evidence: Recorder,
    what: str = "",
    *,
    sure: bool = True,
) -> None:
    """Write down whether a resource is made after one of some others.

    Args:
        what: what these are to it, for a reader.
        sure: whether they surely are.
    """
    after = any_of(stack.made_after(later, one) for one in earlier) if sure else None
    said = {True: "made after it", False: "in no order with it", None: None}[after]
    named = " or ".join(map(str, earlier))
    expected = f"made after {named}" + (f", {what}" if what else "")
    evidence.check(after, later, _ORDER, expected=expected, found=said)


def _is(principal: End, role: Resource | None) -> bool:
    if role is None:
        return not isinstance(principal, Resource)
    return isinstance(principal, Resource) and principal.address == role.address


def _ways(ruling: Ruling) -> list[list[Resource]]:
    """What Terraform has to make for a need to be allowed: of each of these one.

    A key is there before whatever it encrypts, and lets the account's roles in from the start, so
    that for a role its policy is nothing to wait for.
    """
    layers: dict[Layer, dict[str, Resource]] = {}
    for reason in ruling.decision.because:
        holder = holder_of(ruling.policies, reason.statement) if reason.statement else None
        if holder is None or reason.layer is None or holder.attachment.mode == "data":
            continue
        if holder.document.kind is PolicyKind.KEY and isinstance(ruling.need.principal, Resource):
            continue
        layers.setdefault(reason.layer, {})[holder.attachment.address] = holder.attachment
    return [list(ways.values()) for ways in layers.values()]
