"""Finds the methods by which a principal can raise its own permissions.

The methods are those that cloudsplaining lists, each a set of actions, and writing the policies of
the principal's own role, which takes one action. Whether a principal has the actions, and to which
services it can pass a role, is decided from its policies. Other actions that change permissions
have AWS's access level "Permissions management".

Sources: https://cloudsplaining.readthedocs.io/en/latest/glossary/privilege-escalation/;
IAM User Guide, "Access levels in policy summaries" and "Grant a user permissions to pass a role".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from planproof.aws.policies.attached import AttachedPolicy
from planproof.iam import PolicyDocument, StatementRef, statements_allowing
from planproof.iam.actions import AccessLevel, access_level, all_actions
from planproof.iam.context import Context, Missing
from planproof.iam.statement import StatementEffect
from planproof.values import Truth, Unknown, all_of, any_of, negate

_UNKNOWN_CONTEXT: Final = Context(unlisted=Missing.UNKNOWN)
_ON_OWN_ROLE: Final = ("iam:AttachRolePolicy", "iam:PutRolePolicy")
"""Actions that raise a role's permissions if they are granted on the role itself."""
_PASSROLE: Final = "iam:PassRole"


@dataclass(frozen=True, slots=True, eq=False)
class Escalation:
    """A method of privilege escalation.

    Attributes:
        name: cloudsplaining's name of it, or the action.
        actions: all actions that it needs.
        available: whether the principal has all of them.
        statements: for each action, a statement that grants it, if any.
    """

    name: str
    actions: tuple[str, ...]
    available: Truth
    statements: tuple[StatementRef, ...]


def escalations(
    policies: Sequence[AttachedPolicy],
    boundaries: Sequence[AttachedPolicy] = (),
    own: str | Unknown | None = None,
) -> Iterator[Escalation]:
    """Every known method, and whether it is available to a principal with these policies.

    Args:
        own: the ARN of the role, to include writing its own policies; None for a user.
    """
    grants = _Grants(policies, boundaries)
    for action in _ON_OWN_ROLE if own is not None else ():
        verdict, refs = grants.allow(action, (), own)
        if verdict is not False:
            name = f"{action.partition(':')[2]}OnOneself"
            yield Escalation(name, (action,), verdict, tuple(refs[:1]))
    for name, actions in escalation_methods().items():
        services = {a.partition(":")[0] for a in actions} - {"iam", "sts", "dynamodb"}
        found = [
            grants.allow(a, services if a.lower() == _PASSROLE.lower() else ()) for a in actions
        ]
        refs = [ref for _, refs in found for ref in refs[:1]]
        yield Escalation(name, actions, all_of(verdict for verdict, _ in found), tuple(refs))


def permissions_management(
    policies: Sequence[AttachedPolicy], boundaries: Sequence[AttachedPolicy] = ()
) -> Iterator[Escalation]:
    """The actions that change permissions and that a principal has, or may have.

    ``iam:PassRole`` has that access level too, but changes no permissions: its effect depends on
    the roles and services that it is limited to, which :func:`escalations` considers.
    """
    grants = _Grants(policies, boundaries)
    for action in _permissions_management_actions():
        verdict, refs = grants.allow(action, ())
        if verdict is not False:
            yield Escalation(action, (action,), verdict, tuple(refs[:1]))


@lru_cache(maxsize=1)
def escalation_methods() -> dict[str, tuple[str, ...]]:
    """The actions of each method that cloudsplaining lists, as AWS spells them, by name."""
    from cloudsplaining.shared.constants import PRIVILEGE_ESCALATION_METHODS

    spelled = {action.lower(): action for action in all_actions()}
    return {
        name: tuple(spelled.get(action.lower(), action) for action in actions)
        for name, actions in PRIVILEGE_ESCALATION_METHODS.items()
    }


@lru_cache(maxsize=1)
def _permissions_management_actions() -> tuple[str, ...]:
    level = AccessLevel.PERMISSIONS_MANAGEMENT
    found = (action for action in all_actions() if access_level(action) is level)
    return tuple(action for action in found if action != _PASSROLE)


class _Grants:
    """The policies of one principal."""

    def __init__(
        self, policies: Sequence[AttachedPolicy], boundaries: Sequence[AttachedPolicy]
    ) -> None:
        self._documents = [policy.document for policy in policies]
        self._boundaries = [policy.document for policy in boundaries]

    def allow(
        self, action: str, passed_to: Iterable[str], on: str | Unknown | None = None
    ) -> tuple[Truth, list[StatementRef]]:
        """Whether an action is granted on any resource, and the statements that grant it.

        Args:
            passed_to: for PassRole, services to one of which the role must be passable.
            on: the ARN that it must be granted on; None for any.
        """
        refs = statements_allowing(self._documents, action)
        verdict = any_of(
            all_of((ref.certain or None, _can_pass(ref, passed_to), _covers_resource(ref, on)))
            for ref in refs
        )
        if verdict is False:
            return False, []
        bounded = [allowed_by(document, action) for document in self._boundaries]
        documents = (*self._documents, *self._boundaries)
        denied = any_of(denied_by(document, action) for document in documents)
        return all_of((verdict, *bounded, negate(denied))), refs


def _covers_resource(ref: StatementRef, arn: str | Unknown | None) -> Truth:
    """Whether a statement's resources cover an ARN; True if ``arn`` is None."""
    if arn is None:
        return True
    if isinstance(arn, Unknown):
        universal = ref.resources is not None and "*" in ref.resources
        return True if universal else None
    return ref.statement.covers_resource(arn, _UNKNOWN_CONTEXT)


def _can_pass(ref: StatementRef, services: Iterable[str]) -> Truth:
    """Whether a statement allows passing a role to one of the services; True if there are none."""
    wanted = tuple(services)
    limit = ref.limited_to("iam:PassedToService") if wanted else None
    if limit is None:
        return True
    names = [f"{service}.amazonaws.com{end}" for service in wanted for end in ("", ".cn")]
    # A pattern for every operator: no name of a service contains a wildcard.
    return any_of(
        None
        if isinstance(pattern, Unknown) or "${" in pattern
        else fnmatchcase(name, pattern.lower().replace("[", "[[]"))
        for pattern in limit
        for name in names
    )


def allowed_by(document: PolicyDocument, action: str) -> Truth:
    """Whether a statement allows an action on some resource."""
    return any_of(s.covers_action(action.lower()) for s in document.statements if s.may_allow)


def denied_by(document: PolicyDocument, action: str) -> Truth:
    """Whether a statement denies an action on all resources and without conditions."""
    return any_of(
        s.covers_action(action.lower())
        for s in document.statements
        if s.effect is StatementEffect.DENY
        and s.resources is not None
        and "*" in s.resources
        and not s.conditions
        and s.conditions_known
    )
