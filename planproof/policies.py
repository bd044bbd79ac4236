"""Which policies does a role, or a bucket, have in this stack, and where do they stand?

A role gets policies inline (``aws_iam_role_policy``, ``inline_policy``), attached
(``aws_iam_role_policy_attachment``, ``aws_iam_policy_attachment``, ``managed_policy_arns``,
``aws_iam_role_policy_attachments_exclusive``), and is bounded by a permissions boundary. A policy
that is not part of the stack is UNKNOWN, unless AWS manages it and its text is kept data.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from planproof.aws_managed_policies import aws_managed_document
from planproof.iam import Policies, PolicyDocument, PolicyError, PolicyKind, Statement
from planproof.links import configured, linked, links, references
from planproof.stack import Resource, Stack
from planproof.values import UNKNOWN, Value, is_unknown

_ROLE = ("id", "name")


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """One policy document that has a say in what a role may do.

    Attributes:
        document: its statements; one that may be anything where its text is not known.
        source: the resource that holds the text, or that names a policy from outside the stack.
        attribute: dotted path of the text, or of the name, below ``source``.
        attachment: the resource that ties it to the role; ``source`` itself for an inline policy.
        problem: why the text is UNKNOWN, as a clause; "" where it is known.
    """

    document: PolicyDocument
    source: Resource
    attribute: str
    attachment: Resource
    problem: str = ""

    def locate(self, stack: Stack, statement: Statement) -> tuple[str, int]:
        """File and line of one of its statements; ("", 0) where that cannot be told.

        The statement may stand in the resource itself or in the ``aws_iam_policy_document`` that
        it refers to.
        """
        block = stack.block(self.source)
        if block is None:
            return "", 0
        if statement.sid and (line := block.line_of_text(f'"{statement.sid}"')):
            return block.file, line
        for address in references(stack, self.source, self.attribute):
            data = _any_instance(stack, address, "aws_iam_policy_document")
            written = stack.block(data) if data else None
            if written is not None:
                line = written.line_of_text(f'"{statement.sid}"') if statement.sid else None
                return written.file, line or written.line_of(f"statement.{statement.index}")
        return block.file, block.line_of(f"{self.attribute}.Statement.{statement.index}")


def identity_policies(stack: Stack, role: Resource) -> list[AttachedPolicy]:
    """Every inline and managed policy of an ``aws_iam_role``, in the stack's order.

    An attachment that may or may not be for this role counts as a policy of unknown text, so that
    nothing is proven by leaving it out.
    """
    return [*_inline(stack, role), *_managed(stack, role)]


def boundaries(stack: Stack, role: Resource) -> list[AttachedPolicy]:
    """The permissions boundary of a role, or nothing where it has none."""
    arn = role.get("permissions_boundary")
    if is_unknown(arn):
        if not configured(stack, role, "permissions_boundary"):
            return []
    elif not arn:
        return []
    return [_by_arn(stack, role, "permissions_boundary", arn, PolicyKind.MANAGED)]


def bucket_policies(stack: Stack, bucket: Resource) -> list[AttachedPolicy]:
    """The bucket policies of an ``aws_s3_bucket``."""
    found = []
    for resource in stack.managed("aws_s3_bucket_policy"):
        named = links(stack, resource, "bucket", bucket, ("id", "bucket", "arn"))
        if named is not False:
            found.append(_text(resource, "policy", PolicyKind.BUCKET, resource, sure=named))
    if configured(stack, bucket, "policy"):
        found.append(_text(bucket, "policy", PolicyKind.BUCKET, bucket))
    return found


@dataclass(frozen=True, slots=True)
class HeldPolicies:
    """Everything of a stack that decides on the requests of one role.

    Attributes:
        identity: the role's inline and managed policies.
        boundaries: its permissions boundary.
        bucket: the policies of the bucket that the requests are about.
    """

    identity: tuple[AttachedPolicy, ...]
    boundaries: tuple[AttachedPolicy, ...] = ()
    bucket: tuple[AttachedPolicy, ...] = ()

    @classmethod
    def of(cls, stack: Stack, role: Resource, bucket: Resource | None = None) -> HeldPolicies:
        """What is held by a role; with a bucket, what that has to say too."""
        return cls(
            tuple(identity_policies(stack, role)),
            tuple(boundaries(stack, role)),
            tuple(bucket_policies(stack, bucket)) if bucket else (),
        )

    @property
    def documents(self) -> tuple[PolicyDocument, ...]:
        """The documents of the identity policies: what the role is granted."""
        return tuple(policy.document for policy in self.identity)

    @property
    def policies(self) -> Policies:
        """All of it, ready to be evaluated."""
        return Policies(
            identity=self.documents,
            boundaries=[policy.document for policy in self.boundaries],
            resource=[policy.document for policy in self.bucket] or None,
        )

    def holder(self, statement: Statement) -> AttachedPolicy | None:
        """The policy that a statement belongs to."""
        for policy in (*self.identity, *self.boundaries, *self.bucket):
            if any(statement is own for own in policy.document.statements):
                return policy
        return None


def _any_instance(stack: Stack, declared: str, type_: str) -> Resource | None:
    return next((r for r in stack.data(type_) if r.declared == declared), None)


# Inline policies -----------------------------------------------------------------------------


def _inline(stack: Stack, role: Resource) -> Iterator[AttachedPolicy]:
    kept = _exclusive(stack, role, "aws_iam_role_policies_exclusive", "policy_names")
    for resource in stack.managed("aws_iam_role_policy"):
        sure = links(stack, resource, "role", role, _ROLE)
        if sure is False:
            continue
        if kept is not None and resource.get("name") not in kept:
            why = "an aws_iam_role_policies_exclusive that does not name it removes it again"
            yield _unknown(resource, "policy", PolicyKind.INLINE_ROLE, resource, why)
            continue
        yield _text(resource, "policy", PolicyKind.INLINE_ROLE, resource, sure=sure)
    blocks = role.get("inline_policy")
    if isinstance(blocks, (list, tuple)):
        for i, block in enumerate(blocks):
            text = UNKNOWN if is_unknown(block) else block.get("policy")
            if is_unknown(text) or text:
                yield _text(role, f"inline_policy.{i}.policy", PolicyKind.INLINE_ROLE, role)
    elif is_unknown(blocks) and configured(stack, role, "inline_policy"):
        yield _text(role, "inline_policy", PolicyKind.INLINE_ROLE, role)


def _exclusive(stack: Stack, role: Resource, type_: str, attribute: str) -> list[Value] | None:
    """What an exclusive list leaves to a role; None where there is no such list, or it is open."""
    for resource in stack.managed(type_):
        if links(stack, resource, "role_name", role, _ROLE) is True:
            names = resource.get(attribute)
            if isinstance(names, (list, tuple)) and not any(map(is_unknown, names)):
                return list(names)
    return None


# Managed policies ----------------------------------------------------------------------------


def _managed(stack: Stack, role: Resource) -> Iterator[AttachedPolicy]:
    for type_, attribute in (
        ("aws_iam_role_policy_attachment", "role"),
        ("aws_iam_policy_attachment", "roles"),
    ):
        for resource in stack.managed(type_):
            sure = links(stack, resource, attribute, role, _ROLE)
            if sure is not False:
                arn = resource.get("policy_arn")
                yield _by_arn(stack, resource, "policy_arn", arn, PolicyKind.MANAGED, sure)
    for resource in stack.managed("aws_iam_role_policy_attachments_exclusive"):
        sure = links(stack, resource, "role_name", role, _ROLE)
        if sure is not False:
            yield from _list(stack, resource, "policy_arns", sure)
    arns = role.get("managed_policy_arns")
    if not is_unknown(arns) or configured(stack, role, "managed_policy_arns"):
        yield from _list(stack, role, "managed_policy_arns", True)


def _list(
    stack: Stack, resource: Resource, attribute: str, sure: bool | None
) -> Iterator[AttachedPolicy]:
    arns = resource.get(attribute)
    if is_unknown(arns):
        why = "which policies it attaches is not known"
        yield _unknown(resource, attribute, PolicyKind.MANAGED, resource, why)
        return
    for i, arn in enumerate(arns or ()):
        path = f"{attribute}.{i}"
        yield _by_arn(stack, resource, path, arn, PolicyKind.MANAGED, sure)


def _by_arn(
    stack: Stack,
    attachment: Resource,
    path: str,
    arn: Value,
    kind: PolicyKind,
    sure: bool | None = True,
) -> AttachedPolicy:
    """The policy that an attachment names by ARN, from this stack or from AWS."""
    if isinstance(arn, str) and (text := aws_managed_document(arn)) is not None:
        name = f"{attachment} ({arn.rpartition('/')[2]})"
        document = PolicyDocument.parse(text, name)
        return AttachedPolicy(document, attachment, path, attachment)
    # A list cannot be matched by reference: all that is in it would answer for each item.
    single = "." not in path
    for policy in (*stack.managed("aws_iam_policy"), *stack.data("aws_iam_policy")):
        if isinstance(arn, str) and policy.get("arn") == arn:
            return _text(policy, "policy", kind, attachment, sure=sure)
    if single and not isinstance(arn, str):
        named, _ = linked(stack, attachment, path, stack.managed("aws_iam_policy"), ("arn", "id"))
        if len(named) == 1:
            return _text(named[0], "policy", kind, attachment, sure=sure)
    why = "which policy it attaches is not known"
    if isinstance(arn, str):
        why = f"{arn} is not part of this stack"
    return _unknown(attachment, path, kind, attachment, why)


# Documents -----------------------------------------------------------------------------------


def _text(
    source: Resource,
    attribute: str,
    kind: PolicyKind,
    attachment: Resource,
    *,
    sure: bool | None = True,
) -> AttachedPolicy:
    """The document in an attribute; UNKNOWN where it, or whether it counts, is not known."""
    raw = source.get(attribute)
    if sure is None:
        why = "whether it is attached to the role is not known"
        return _unknown(source, attribute, kind, attachment, why)
    if not isinstance(raw, str):
        return _unknown(source, attribute, kind, attachment, "its text is not known")
    try:
        document = PolicyDocument.parse(raw, source.address, kind)
    except PolicyError as error:
        return _unknown(source, attribute, kind, attachment, error.what)
    return AttachedPolicy(document, source, attribute, attachment)


def _unknown(
    source: Resource, attribute: str, kind: PolicyKind, attachment: Resource, why: str
) -> AttachedPolicy:
    document = PolicyDocument.parse(UNKNOWN, source.address, kind)
    return AttachedPolicy(document, source, attribute, attachment, why)
