"""A resource of a stack with the policies that guard it, and the attempts to use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from planproof.aws.authorization import Documents
from planproof.aws.datapath.authority import Authority, service_of
from planproof.aws.datapath.locations import account_of, location_of
from planproof.aws.datapath.model import DecidedNeed, Need
from planproof.aws.datapath.samples import part_variable_statement, sample_part_arns
from planproof.aws.policies.attached import AttachedPolicy
from planproof.iam import PolicyDocument, PolicyKind, Statement
from planproof.iam.actions import all_actions, resource_types
from planproof.service_facts import resource_type
from planproof.terraform.stack import Resource
from planproof.values import Truth, Unknown

OTHER_ACCOUNT: Final = "210987654321"
"""An account that no stack and no policy is expected to name."""
ANOTHER_ACCOUNT: Final = "333333333333"
"""Takes its place for a stack that is in that account."""
ALLOW_ALL: Final = PolicyDocument.parse(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
    "every permission in the caller's own account",
    PolicyKind.IDENTITY,
)


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """An attempt of one caller to use a resource.

    Attributes:
        caller: for a reader.
        part: the resource of the stack.
        actions: the allowed actions, or the undetermined ones, or else all that were tried.
        holds: whether the resource is protected as it should be: every action is denied, or the
            caller is one that needs it.
        found: the decision, for a reader.
        statement: the statement that decided, if one did.
        policies: the policies of the resource.
    """

    caller: str
    part: Resource
    actions: tuple[str, ...]
    holds: Truth
    found: str
    statement: Statement | None
    policies: tuple[AttachedPolicy, ...]


@dataclass(frozen=True, slots=True)
class GrantedRequest:
    """A request on a resource that the statements of its policies may allow.

    Attributes:
        actions: actions that the same statements cover, so that one decision holds for all.
        arns: ARNs that represent the resource and all that lies within it.
        with_variable: a statement that names some of it by a policy variable.
    """

    actions: tuple[str, ...]
    arns: tuple[str | Unknown, ...]
    with_variable: Statement | None


class GuardedResource:
    """A resource of a stack with its resource-based policies.

    Attributes:
        statements: those of all its policies.
        account: None where it is unknown.
        other_account: an account that is not that of the resource, and that no policy names.
    """

    def __init__(self, authority: Authority, part: Resource) -> None:
        self.authority = authority
        self.part = part
        self.policies = tuple(authority.resource_policies(part))
        self.statements = [s for policy in self.policies for s in policy.document.statements]
        self.account = account_of(authority.stack, part)
        location = location_of(authority.stack, part)
        self.partition = location.partition if location is not None else "aws"
        self.region = location.region if location is not None else "*"
        self.other_account = OTHER_ACCOUNT if self.account != OTHER_ACCOUNT else ANOTHER_ACCOUNT

    @property
    def has_default_policy(self) -> bool:
        """Whether it has only the policy that AWS gives it, which trusts its whole account."""
        own = (policy.source is self.part and not policy.attribute for policy in self.policies)
        return bool(self.policies) and all(own)

    def attempt(
        self,
        caller: str,
        actions: tuple[str, ...],
        holds: Truth,
        found: str,
        by: Statement | None = None,
    ) -> Attempt:
        """An attempt to use it, decided by a statement."""
        return Attempt(caller, self.part, actions, holds, found, by, self.policies)

    def decide(self, need: Need, assumed: Documents = ()) -> DecidedNeed:
        """The decision on a need of a principal that is no service and whose own account allows it
        everything; for ``assumed`` see :meth:`Authority.decide`."""
        return self.authority.decide(need, held=(ALLOW_ALL,), assumed=assumed)

    def granted_requests(
        self, statements: Sequence[Statement] | None = None
    ) -> Iterator[GrantedRequest]:
        """Each action of its service that a statement allows, or may allow, a principal.

        Args:
            statements: some of its statements; None for all.
        """
        given = self.statements if statements is None else statements
        for actions, covering in alike(actions_of(service_of(self.part)), given):
            if allowing := [s for s in covering if s.may_allow]:
                arns = sample_part_arns(self.part, covering)
                variable = part_variable_statement(self.part, allowing)
                yield GrantedRequest(actions, arns, variable)


def resources_with_policies(authority: Authority) -> tuple[Resource, ...]:
    """The resources of a stack that can have a resource-based policy."""
    return authority.stack.managed_where(lambda type_: bool(resource_type(type_).policy))


def allowing_statements(
    policies: Iterable[AttachedPolicy],
) -> Iterator[tuple[AttachedPolicy, Statement | None]]:
    """Each statement that may allow something, with its policy; None for a policy whose text is
    not known, which has a ``problem``."""
    for policy in policies:
        if policy.problem:
            yield policy, None
        else:
            yield from ((policy, s) for s in policy.document.statements if s.may_allow)


def alike(
    actions: Iterable[str], statements: Sequence[Statement]
) -> Iterator[tuple[tuple[str, ...], list[Statement]]]:
    """Actions that the same statements cover, so that one decision holds for all of them, with the
    statements that cover, or may cover, them."""
    grouped: dict[tuple[str, tuple[Truth, ...]], list[str]] = {}
    for action in actions:
        covers = tuple(s.covers_action(action.lower()) for s in statements)
        # The action tells what kind of principal assumes a role.
        own = action if action.startswith("sts:") else ""
        grouped.setdefault((own, covers), []).append(action)
    for (_, covers), group in grouped.items():
        pairs = zip(statements, covers, strict=True)
        yield tuple(group), [s for s, covered in pairs if covered is not False]


@lru_cache(maxsize=64)
def actions_of(service: str, checked_on: str = "") -> tuple[str, ...]:
    """The actions of a service, as ``service:Action``.

    Args:
        checked_on: the type of resource that AWS checks them on; "" for all actions.
    """
    actions = (action for action in all_actions() if action.startswith(f"{service}:"))
    return tuple(a for a in actions if not checked_on or checked_on in resource_types(a))
