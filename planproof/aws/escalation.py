"""Can a role give itself more than it was given?

The ways are cloudsplaining's collection: lists of actions that together let a principal raise its
own permissions; and, which takes no second action, to write the policies of one's own role. Whether
a role has them, and for which service it may pass a role, is read from its policies. Whatever else
changes permissions bears AWS's access level "Permissions management".

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
from planproof.values import Unknown
from planproof.verdicts import Truth, all_of, any_of, negate

_NOBODY_KNOWS: Final = Context(unlisted=Missing.UNKNOWN)
_ON_ONESELF: Final = ("iam:AttachRolePolicy", "iam:PutRolePolicy")
"""What raises a role's permissions by itself if it is granted on the role."""
_PASSING: Final = "iam:PassRole"


@dataclass(frozen=True, slots=True, eq=False)
class Escalation:
    """One way to more permissions.

    Attributes:
        name: cloudsplaining's name of it, or the action.
        actions: all that it takes.
        open: whether the role has all of them; None where that cannot be told.
        by: a statement that grants each, where one does.
    """

    name: str
    actions: tuple[str, ...]
    open: Truth
    by: tuple[StatementRef, ...]


def escalations(
    policies: Sequence[AttachedPolicy],
    boundaries: Sequence[AttachedPolicy] = (),
    own: str | Unknown | None = None,
) -> Iterator[Escalation]:
    """Every known way to escalate, and whether a principal with these policies has it.

    Args:
        own: the ARN of a role: who may write the policies of its own role need not assume it.
            None where that is not asked, as for a user.
    """
    held = _Held(policies, boundaries)
    for action in _ON_ONESELF if own is not None else ():
        verdict, refs = held.may(action, (), own)
        if verdict is not False:
            name = f"{action.partition(':')[2]}OnOneself"
            yield Escalation(name, (action,), verdict, tuple(refs[:1]))
    for name, actions in ways().items():
        services = {a.partition(":")[0] for a in actions} - {"iam", "sts", "dynamodb"}
        found = [held.may(a, services if a.lower() == _PASSING.lower() else ()) for a in actions]
        refs = [ref for _, refs in found for ref in refs[:1]]
        yield Escalation(name, actions, all_of([verdict for verdict, _ in found]), tuple(refs))


def permissions_management(
    policies: Sequence[AttachedPolicy], boundaries: Sequence[AttachedPolicy] = ()
) -> Iterator[Escalation]:
    """Every action that changes permissions and that a principal has, or may have.

    ``iam:PassRole`` bears that level as well, but changes none: what it is good for depends on
    the roles and services it is limited to, which is the business of :func:`escalations`.
    """
    held = _Held(policies, boundaries)
    for action in _managing():
        verdict, refs = held.may(action, ())
        if verdict is not False:
            yield Escalation(action, (action,), verdict, tuple(refs[:1]))


@lru_cache(maxsize=1)
def ways() -> dict[str, tuple[str, ...]]:
    """Name of a way → its actions, as AWS spells them."""
    from cloudsplaining.shared.constants import PRIVILEGE_ESCALATION_METHODS

    spelled = {action.lower(): action for action in all_actions()}
    return {
        name: tuple(spelled.get(action.lower(), action) for action in actions)
        for name, actions in PRIVILEGE_ESCALATION_METHODS.items()
    }


@lru_cache(maxsize=1)
def _managing() -> tuple[str, ...]:
    level = AccessLevel.PERMISSIONS_MANAGEMENT
    found = (action for action in all_actions() if access_level(action) is level)
    return tuple(action for action in found if action != _PASSING)


class _Held:
    """The policies of one principal."""

    def __init__(
        self, policies: Sequence[AttachedPolicy], boundaries: Sequence[AttachedPolicy]
    ) -> None:
        self._documents = [policy.document for policy in policies]
        self._boundaries = [policy.document for policy in boundaries]

    def may(
        self, action: str, passed_to: Iterable[str], on: str | Unknown | None = None
    ) -> tuple[Truth, list[StatementRef]]:
        """Whether an action is granted on anything at all.

        Args:
            passed_to: for PassRole, services of which one must be able to take the role.
            on: the ARN that it has to be granted on; None for any.
        """
        refs = statements_allowing(self._documents, action)
        verdict = any_of(
            [
                all_of((ref.certain or None, _can_pass(ref, passed_to), _is_about(ref, on)))
                for ref in refs
            ]
        )
        if verdict is False:
            return False, []
        inside = [_allowed_by(document, action) for document in self._boundaries]
        held = (*self._documents, *self._boundaries)
        denied = any_of([_denied_by(document, action) for document in held])
        return all_of((verdict, *inside, negate(denied))), refs


def _is_about(ref: StatementRef, arn: str | Unknown | None) -> Truth:
    """Whether a statement's resources hold an ARN; true of every statement where none is asked."""
    if arn is None:
        return True
    if isinstance(arn, Unknown):
        universal = ref.resources is not None and "*" in ref.resources
        return True if universal else None
    return ref.statement.covers_resource(arn, _NOBODY_KNOWS)


def _can_pass(ref: StatementRef, services: Iterable[str]) -> Truth:
    """Whether a statement lets a role be passed to one of the services; any, if none is named."""
    wanted = tuple(services)
    limit = ref.limited_to("iam:PassedToService") if wanted else None
    if limit is None:
        return True
    names = [f"{service}.amazonaws.com{end}" for service in wanted for end in ("", ".cn")]
    # As a pattern, whatever the operator: a name with a wildcard in it is no service's.
    verdicts = [_covers(value, name) for value in limit for name in names]
    return any_of(verdicts)


def _covers(pattern: str | Unknown, name: str) -> Truth:
    if isinstance(pattern, Unknown) or "${" in pattern:
        return None
    return fnmatchcase(name, pattern.lower().replace("[", "[[]"))


def _allowed_by(document: PolicyDocument, action: str) -> Truth:
    verdicts = [s.covers_action(action.lower()) for s in document.statements if s.may_allow]
    return any_of(verdicts)


def _denied_by(document: PolicyDocument, action: str) -> Truth:
    """Whether a statement denies an action whatever the resource and the circumstances."""
    return any_of(
        [
            s.covers_action(action.lower())
            for s in document.statements
            if s.effect is StatementEffect.DENY
            and s.resources is not None
            and "*" in s.resources
            and not s.conditions
            and s.conditions_known
        ]
    )
