"""Which identity policies and boundary does a role, user or group have in this stack?

A principal gets policies inline (``aws_iam_role_policy``, ``inline_policy``), attached
(``aws_iam_role_policy_attachment``, ``aws_iam_policy_attachment``, ``managed_policy_arns``,
``aws_iam_role_policy_attachments_exclusive``; users and groups likewise), and is bounded by a
permissions boundary; a user has those of its groups too. A policy that is not part of the stack is
UNKNOWN, unless AWS manages it and its text is kept data.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from planproof.aws.policies.attached import AttachedPolicy, unknown_policy, written_policy
from planproof.aws.policies.managed import aws_managed_document
from planproof.iam import PolicyDocument, PolicyKind
from planproof.terraform.link_index import holders, with_value
from planproof.terraform.links import configured, linked, links
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Value, is_unknown

# Data sources call it otherwise.
_NAMES: Final = ("id", "name", "user_name", "group_name")


class _Principal(NamedTuple):
    """A kind of principal: its word in types and attributes, and the kind of its inline policies.

    ``aws_iam_user_policy`` names a ``user``, ``aws_iam_policy_attachment`` its ``users``.
    """

    word: str
    inline: PolicyKind


_PRINCIPALS: Final = {
    "aws_iam_role": _Principal("role", PolicyKind.INLINE_ROLE),
    "aws_iam_user": _Principal("user", PolicyKind.INLINE_USER),
    "aws_iam_group": _Principal("group", PolicyKind.INLINE_GROUP),
}
PRINCIPAL_TYPES: Final = frozenset(_PRINCIPALS)
"""The types that identity policies are attached to."""


def identity_policies(stack: Stack, principal: Resource) -> list[AttachedPolicy]:
    """Every inline and managed policy of an ``aws_iam_role``, ``aws_iam_user`` or
    ``aws_iam_group``, in the stack's order; for a user those of its groups follow.

    An attachment that may or may not be for this principal counts as a policy of unknown text, so
    that nothing is proven by leaving it out. A principal that the stack only looks up has such a
    policy too, for others may have given it any.
    """
    kind = _PRINCIPALS.get(principal.type)
    if kind is None:
        return []
    found = [*_inline(stack, principal, kind), *_managed(stack, principal, kind)]
    if principal.type == "aws_iam_user":
        found += _of_groups(stack, principal)
    if principal.mode == "data":
        why = f"the policies of this {kind.word} are not part of this stack"
        found.append(unknown_policy(principal, "", PolicyKind.IDENTITY, principal, why))
    return found


def boundaries(stack: Stack, principal: Resource) -> list[AttachedPolicy]:
    """The permissions boundary of a role or user, or nothing where it has none.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    path = "permissions_boundary"
    arn = principal.get(path)
    if principal.type not in ("aws_iam_role", "aws_iam_user"):
        return []
    if is_unknown(arn):
        if principal.mode == "data":
            why = "its permissions boundary is not part of this stack"
            return [unknown_policy(principal, path, PolicyKind.MANAGED, principal, why)]
        if not configured(stack, principal, path):
            return []
    elif not arn:
        return []
    return [_by_arn(stack, principal, path, arn)]


# Inline policies -----------------------------------------------------------------------------


def _inline(stack: Stack, principal: Resource, kind: _Principal) -> Iterator[AttachedPolicy]:
    exclusive = f"aws_iam_{kind.word}_policies_exclusive"
    kept = _exclusive(stack, principal, kind, exclusive, "policy_names")
    for resource in holders(stack, (f"aws_iam_{kind.word}_policy",), kind.word, principal, _NAMES):
        sure = links(stack, resource, kind.word, principal, _NAMES)
        if sure is False:
            continue
        if kept is not None and resource.get("name") not in kept:
            why = f"an {exclusive} that does not name it removes it again"
            yield unknown_policy(resource, "policy", kind.inline, resource, why)
            continue
        yield written_policy(
            resource, "policy", kind.inline, resource, sure=sure, doubt=_doubt(principal)
        )
    blocks = principal.get("inline_policy")
    if isinstance(blocks, (list, tuple)):
        for i, block in enumerate(blocks):
            text = UNKNOWN if is_unknown(block) else block.get("policy")
            if is_unknown(text) or text:
                path = f"inline_policy.{i}.policy"
                yield written_policy(principal, path, kind.inline, principal)
    elif is_unknown(blocks) and configured(stack, principal, "inline_policy"):
        yield written_policy(principal, "inline_policy", kind.inline, principal)


def _exclusive(
    stack: Stack, principal: Resource, kind: _Principal, type_: str, attribute: str
) -> list[Value] | None:
    """What an exclusive list leaves to a principal; None where there is none, or it is open."""
    for resource in holders(stack, (type_,), f"{kind.word}_name", principal, _NAMES):
        if links(stack, resource, f"{kind.word}_name", principal, _NAMES) is True:
            names = resource.get(attribute)
            if isinstance(names, (list, tuple)) and not any(map(is_unknown, names)):
                return list(names)
    return None


def _doubt(principal: Resource) -> str:
    return f"whether it is attached to {principal} is not known"


# Managed policies ----------------------------------------------------------------------------


def _managed(stack: Stack, principal: Resource, kind: _Principal) -> Iterator[AttachedPolicy]:
    exclusive = f"aws_iam_{kind.word}_policy_attachments_exclusive"
    kept = _exclusive(stack, principal, kind, exclusive, "policy_arns")
    for type_, attribute in (
        (f"aws_iam_{kind.word}_policy_attachment", kind.word),
        ("aws_iam_policy_attachment", f"{kind.word}s"),
    ):
        for resource in holders(stack, (type_,), attribute, principal, _NAMES):
            sure = links(stack, resource, attribute, principal, _NAMES)
            if sure is False:
                continue
            arn = resource.get("policy_arn")
            if kept is not None and isinstance(arn, str) and arn not in kept:
                why = f"an {exclusive} that does not name it removes it again"
                yield unknown_policy(resource, "policy_arn", PolicyKind.MANAGED, resource, why)
                continue
            yield _by_arn(stack, resource, "policy_arn", arn, sure, _doubt(principal))
    for resource in holders(stack, (exclusive,), f"{kind.word}_name", principal, _NAMES):
        sure = links(stack, resource, f"{kind.word}_name", principal, _NAMES)
        if sure is not False:
            yield from _list(stack, resource, "policy_arns", sure, _doubt(principal))
    arns = principal.get("managed_policy_arns")
    if not is_unknown(arns) or configured(stack, principal, "managed_policy_arns"):
        yield from _list(stack, principal, "managed_policy_arns", True, "")


def _list(
    stack: Stack, resource: Resource, attribute: str, sure: bool | None, doubt: str
) -> Iterator[AttachedPolicy]:
    arns = resource.get(attribute)
    if is_unknown(arns):
        why = "which policies it attaches is not known"
        yield unknown_policy(resource, attribute, PolicyKind.MANAGED, resource, why)
        return
    for i, arn in enumerate(arns or ()):
        yield _by_arn(stack, resource, f"{attribute}.{i}", arn, sure, doubt)


def _by_arn(
    stack: Stack,
    attachment: Resource,
    path: str,
    arn: Value,
    sure: bool | None = True,
    doubt: str = "",
) -> AttachedPolicy:
    """The policy that an attachment names by ARN, from this stack or from AWS."""
    kind = PolicyKind.MANAGED
    if sure is None:
        return unknown_policy(attachment, path, kind, attachment, doubt)
    if isinstance(arn, str) and (text := aws_managed_document(arn)) is not None:
        name = f"{attachment} ({arn.rpartition('/')[2]})"
        document = PolicyDocument.parse(text, name)
        return AttachedPolicy(document, attachment, path, attachment)
    # A list cannot be matched by reference: all that is in it would answer for each item.
    single = "." not in path
    if isinstance(arn, str):
        own = with_value(stack, ("aws_iam_policy",), "arn", arn)
        read = (p for p in stack.data("aws_iam_policy") if p.get("arn") == arn)
        for policy in (*own, *read):
            return written_policy(policy, "policy", kind, attachment)
    if single and not isinstance(arn, str):
        named, _ = linked(stack, attachment, path, stack.managed("aws_iam_policy"), ("arn", "id"))
        if len(named) == 1:
            return written_policy(named[0], "policy", kind, attachment)
    why = "which policy it attaches is not known"
    if isinstance(arn, str):
        why = f"{arn} is not part of this stack"
    return unknown_policy(attachment, path, kind, attachment, why)


# Groups --------------------------------------------------------------------------------------


def _of_groups(stack: Stack, user: Resource) -> Iterator[AttachedPolicy]:
    """The policies of the groups that a user is in, each group once."""
    seen: set[str] = set()
    for type_, own, attribute in (
        ("aws_iam_user_group_membership", "user", "groups"),
        ("aws_iam_group_membership", "users", "group"),
    ):
        for membership in holders(stack, (type_,), own, user, _NAMES):
            sure = links(stack, membership, own, user, _NAMES)
            if sure is not False:
                yield from _of_membership(stack, user, membership, attribute, sure, seen)


def _of_membership(
    stack: Stack,
    user: Resource,
    membership: Resource,
    attribute: str,
    sure: bool | None,
    seen: set[str],
) -> Iterator[AttachedPolicy]:
    groups = stack.managed("aws_iam_group")
    verdicts = [links(stack, membership, attribute, group, _NAMES) for group in groups]
    for group, named in zip(groups, verdicts, strict=True):
        if group.address in seen:
            continue
        held = identity_policies(stack, group) if named is not False else []
        if sure and named:
            seen.add(group.address)
            yield from held
        elif held:
            why = f"whether {user} is in {group} is not known"
            yield unknown_policy(membership, attribute, PolicyKind.IDENTITY, membership, why)
    value = membership.get(attribute)
    names = list(value) if isinstance(value, (list, tuple)) else [value]
    known = {group.get("name") for group in groups}
    for name in names:
        if isinstance(name, str) and name not in known:
            why = f"the group {name} is not part of this stack"
        elif is_unknown(name) and all(named is False for named in verdicts):
            why = "which group it names is not known"
        else:
            continue
        yield unknown_policy(membership, attribute, PolicyKind.IDENTITY, membership, why)
