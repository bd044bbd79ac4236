"""The identity policies and the permissions boundary of a role, user or group.

A principal has inline policies (``aws_iam_role_policy``, ``inline_policy``), attached policies
(``aws_iam_role_policy_attachment``, ``aws_iam_policy_attachment``, ``managed_policy_arns``,
``aws_iam_role_policy_attachments_exclusive``; users and groups likewise) and a permissions
boundary; a user also has the policies of its groups. A policy outside of the stack is unknown,
unless it is an AWS-managed policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from planproof.aws.policies.attached import AttachedPolicy, declared_policy, unknown_policy
from planproof.aws.policies.managed import aws_managed_document
from planproof.iam import PolicyDocument, PolicyKind
from planproof.terraform.link_index import holders, with_value
from planproof.terraform.links import configured, linked, links
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Truth, Value, is_unknown

# Data sources have user_name and group_name.
_NAMES: Final = ("id", "name", "user_name", "group_name")


class _Principal(NamedTuple):
    """A kind of principal: its word in types and attributes, and its kind of inline policies.

    ``aws_iam_user_policy`` names a ``user``, ``aws_iam_policy_attachment`` its ``users``.
    """

    word: str
    inline: PolicyKind


_PRINCIPALS: Final = {
    "aws_iam_role": _Principal("role", PolicyKind.INLINE_ROLE),
    "aws_iam_user": _Principal("user", PolicyKind.INLINE_USER),
    "aws_iam_group": _Principal("group", PolicyKind.INLINE_GROUP),
}


def identity_policies(stack: Stack, principal: Resource) -> list[AttachedPolicy]:
    """The inline and managed policies of a role, user or group, in the stack's order.

    Those of a user's groups follow. If it is unknown whether an attachment is for this principal,
    it counts as an unknown policy, so that nothing is proven by leaving it out. A data source has
    an unknown policy too, since it may have others from outside of the stack.
    """
    kind = _PRINCIPALS.get(principal.type)
    if kind is None:
        return []
    found = [*_inline_policies(stack, principal, kind), *_managed_policies(stack, principal, kind)]
    if principal.type == "aws_iam_user":
        found += _group_policies(stack, principal)
    if principal.mode == "data":
        problem = f"the policies of this {kind.word} are not part of this stack"
        found.append(unknown_policy(principal, "", PolicyKind.IDENTITY, problem))
    return found


def permissions_boundaries(stack: Stack, principal: Resource) -> list[AttachedPolicy]:
    """The permissions boundary of a role or user; empty if it has none.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    path = "permissions_boundary"
    arn = principal.get(path)
    if principal.type not in ("aws_iam_role", "aws_iam_user"):
        return []
    if is_unknown(arn):
        if principal.mode == "data":
            problem = "its permissions boundary is not part of this stack"
            return [unknown_policy(principal, path, PolicyKind.MANAGED, problem)]
        if not configured(stack, principal, path):
            return []
    elif not arn:
        return []
    return [_policy_by_arn(stack, principal, path, arn)]


# Inline policies -----------------------------------------------------------------------------


def _inline_policies(
    stack: Stack, principal: Resource, kind: _Principal
) -> Iterator[AttachedPolicy]:
    exclusive = f"aws_iam_{kind.word}_policies_exclusive"
    listed = _exclusive_entries(stack, principal, kind, exclusive, "policy_names")
    for resource, applies in _linked(stack, f"aws_iam_{kind.word}_policy", kind.word, principal):
        if listed is not None and resource.get("name") not in listed:
            problem = _removed_by(exclusive)
            yield unknown_policy(resource, "policy", kind.inline, problem)
            continue
        problem = f"whether it is attached to {principal} is not known"
        yield declared_policy(resource, "policy", kind.inline, applies=applies, problem=problem)
    blocks = principal.get("inline_policy")
    if isinstance(blocks, (list, tuple)):
        for i, block in enumerate(blocks):
            text = UNKNOWN if is_unknown(block) else block.get("policy")
            if is_unknown(text) or text:
                path = f"inline_policy.{i}.policy"
                yield declared_policy(principal, path, kind.inline)
    elif is_unknown(blocks) and configured(stack, principal, "inline_policy"):
        yield declared_policy(principal, "inline_policy", kind.inline)


def _linked(
    stack: Stack, type_: str, attribute: str, principal: Resource
) -> Iterator[tuple[Resource, Truth]]:
    """The resources whose attribute names a principal, or may name it."""
    for resource in holders(stack, (type_,), attribute, principal, _NAMES):
        applies = links(stack, resource, attribute, principal, _NAMES)
        if applies is not False:
            yield resource, applies


def _exclusive_entries(
    stack: Stack, principal: Resource, kind: _Principal, type_: str, attribute: str
) -> list[Value] | None:
    """The entries of a principal's exclusive list; None if it has none or one is unknown."""
    for resource, applies in _linked(stack, type_, f"{kind.word}_name", principal):
        names = resource.get(attribute)
        if applies and isinstance(names, (list, tuple)) and not any(map(is_unknown, names)):
            return list(names)
    return None


def _removed_by(exclusive: str) -> str:
    return f"an {exclusive} that does not list it removes it"


# Managed policies ----------------------------------------------------------------------------


def _managed_policies(
    stack: Stack, principal: Resource, kind: _Principal
) -> Iterator[AttachedPolicy]:
    exclusive = f"aws_iam_{kind.word}_policy_attachments_exclusive"
    listed = _exclusive_entries(stack, principal, kind, exclusive, "policy_arns")
    problem = f"whether it is attached to {principal} is not known"
    for type_, attribute in (
        (f"aws_iam_{kind.word}_policy_attachment", kind.word),
        ("aws_iam_policy_attachment", f"{kind.word}s"),
    ):
        for resource, applies in _linked(stack, type_, attribute, principal):
            arn = resource.get("policy_arn")
            if listed is not None and isinstance(arn, str) and arn not in listed:
                removed = _removed_by(exclusive)
                yield unknown_policy(resource, "policy_arn", PolicyKind.MANAGED, removed)
            else:
                yield _policy_by_arn(stack, resource, "policy_arn", arn, applies, problem)
    for resource, applies in _linked(stack, exclusive, f"{kind.word}_name", principal):
        yield from _policies_of_list(stack, resource, "policy_arns", applies, problem)
    arns = principal.get("managed_policy_arns")
    if not is_unknown(arns) or configured(stack, principal, "managed_policy_arns"):
        yield from _policies_of_list(stack, principal, "managed_policy_arns", True, "")


def _policies_of_list(
    stack: Stack, resource: Resource, attribute: str, applies: Truth, problem: str
) -> Iterator[AttachedPolicy]:
    arns = resource.get(attribute)
    if is_unknown(arns):
        problem = "which policies it attaches is not known"
        yield unknown_policy(resource, attribute, PolicyKind.MANAGED, problem)
        return
    for i, arn in enumerate(arns or ()):
        yield _policy_by_arn(stack, resource, f"{attribute}.{i}", arn, applies, problem)


def _policy_by_arn(
    stack: Stack,
    attachment: Resource,
    path: str,
    arn: Value,
    applies: Truth = True,
    problem: str = "",
) -> AttachedPolicy:
    """The policy that an attachment names by ARN, from this stack or from AWS."""
    kind = PolicyKind.MANAGED
    if applies is None:
        return unknown_policy(attachment, path, kind, problem)
    if isinstance(arn, str) and (text := aws_managed_document(arn)) is not None:
        name = f"{attachment} ({arn.rpartition('/')[2]})"
        document = PolicyDocument.parse(text, name)
        return AttachedPolicy(document, attachment, path, attachment)
    # The references of a list cannot be matched to its items.
    single = "." not in path
    if isinstance(arn, str):
        own = with_value(stack, ("aws_iam_policy",), "arn", arn)
        read = (p for p in stack.data("aws_iam_policy") if p.get("arn") == arn)
        for policy in (*own, *read):
            return declared_policy(policy, "policy", kind, attachment=attachment)
    if single and not isinstance(arn, str):
        named, _ = linked(stack, attachment, path, stack.managed("aws_iam_policy"), ("arn", "id"))
        if len(named) == 1:
            return declared_policy(named[0], "policy", kind, attachment=attachment)
    problem = "which policy it attaches is not known"
    if isinstance(arn, str):
        problem = f"{arn} is not part of this stack"
    return unknown_policy(attachment, path, kind, problem)


# Groups --------------------------------------------------------------------------------------


def _group_policies(stack: Stack, user: Resource) -> Iterator[AttachedPolicy]:
    """The policies of a user's groups, each group once."""
    seen: set[str] = set()
    for type_, own, attribute in (
        ("aws_iam_user_group_membership", "user", "groups"),
        ("aws_iam_group_membership", "users", "group"),
    ):
        for membership, applies in _linked(stack, type_, own, user):
            yield from _membership_policies(stack, user, membership, attribute, applies, seen)


def _membership_policies(
    stack: Stack,
    user: Resource,
    membership: Resource,
    attribute: str,
    applies: Truth,
    seen: set[str],
) -> Iterator[AttachedPolicy]:
    groups = stack.managed("aws_iam_group")
    matches = [links(stack, membership, attribute, group, _NAMES) for group in groups]
    for group, named in zip(groups, matches, strict=True):
        if group.address in seen:
            continue
        policies = identity_policies(stack, group) if named is not False else []
        if applies and named:
            seen.add(group.address)
            yield from policies
        elif policies:
            problem = f"whether {user} is in {group} is not known"
            yield unknown_policy(membership, attribute, PolicyKind.IDENTITY, problem)
    value = membership.get(attribute)
    names = list(value) if isinstance(value, (list, tuple)) else [value]
    known = {group.get("name") for group in groups}
    for name in names:
        if isinstance(name, str) and name not in known:
            problem = f"the group {name} is not part of this stack"
        elif is_unknown(name) and all(named is False for named in matches):
            problem = "which group it names is not known"
        else:
            continue
        yield unknown_policy(membership, attribute, PolicyKind.IDENTITY, problem)
