"""Would AWS allow it? Steps for whoever knows AWS: who, what, on what, in which context."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pytest
from pytest_bdd import parsers, then

from planproof.aws.datapath import Authority
from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.iam.actions import all_actions, expand_action, resource_types
from planproof.iam.arn import parse_arn
from planproof.iam.context import ContextValue
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Resource
from planproof.values import Unknown
from steps.pipeline import Pipeline
from steps.support.asked import About, about
from steps.support.decisions import answer
from steps.support.parties import ABSENT, Parties, Principal, Target, refuse_unknown_service
from steps.support.places import place_of_ruling
from steps.vocabulary import table_of

_WHO: Final = r'"(?P<who>.+)" is (?P<verb>allowed|not allowed)'
_WHAT: Final = r' to "(?P<action>[^"]*)"(?: on "(?P<what>.+)")?'

_OF_SERVICES: Final = frozenset(
    {
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "iam:awsservicename",
        "iam:passedtoservice",
        "kms:viaservice",
    }
)
_OF_ACCOUNTS: Final = frozenset(
    {
        "aws:principalaccount",
        "aws:resourceaccount",
        "aws:sourceaccount",
        "kms:calleraccount",
        "s3:resourceaccount",
    }
)
_OF_ARNS: Final = frozenset(
    {"aws:principalarn", "aws:sourcearn", "iam:associatedresourcearn", "lambda:sourcefunctionarn"}
)
"""Context keys, in small letters, by what their values are.
Source: IAM User Guide, "AWS global condition context keys"; and the services' own pages."""


@pytest.fixture(scope="session")
def parties(pipeline: Pipeline, authority: Authority) -> Parties:
    """Makes out who and what is meant."""
    return Parties(pipeline, authority)


@then(parsers.re(_WHO + _WHAT))
def is_allowed(
    parties: Parties,
    resolved_stacks: ResolvedStacks,
    evidence: Recorder,
    who: str,
    verb: str,
    action: str,
    what: str | None,
) -> None:
    """One action, or all that a pattern covers, on a resource or on none."""
    _Question(parties, resolved_stacks, evidence, who, verb, what).ask([action])


@then(parsers.re(_WHO + _WHAT + " when:"))
def is_allowed_when(
    parties: Parties,
    resolved_stacks: ResolvedStacks,
    evidence: Recorder,
    who: str,
    verb: str,
    action: str,
    what: str | None,
    datatable: list[list[str]],
) -> None:
    """The same, with a table of context keys and their values."""
    context = context_of(parties, datatable)
    _Question(parties, resolved_stacks, evidence, who, verb, what, context).ask([action])


@then(parsers.re(_WHO + r' on "(?P<what>.+)" to:'))
def are_allowed(
    parties: Parties,
    resolved_stacks: ResolvedStacks,
    evidence: Recorder,
    who: str,
    verb: str,
    what: str,
    datatable: list[list[str]],
) -> None:
    """Several actions on one resource."""
    actions = [row[0] for row in table_of(datatable, "action")]
    _Question(parties, resolved_stacks, evidence, who, verb, what).ask(actions)


def context_of(parties: Parties, datatable: list[list[str]]) -> Mapping[str, ContextValue | None]:
    """The context keys of a table; several rows of one key are several values.

    Raises:
        UndeterminedError: the table cannot be read, or a value names a party nobody can make out.
    """
    found: dict[str, list[str | Unknown | None]] = {}
    names: dict[str, str] = {}
    for key, value in table_of(datatable, "context key", "value"):
        service, colon, name = key.partition(":")
        if not (service and colon and name) or " " in service:
            raise UndeterminedError(
                f"{key!r} is no context key: write one with its prefix, such as aws:SourceArn"
            )
        if value in ("", "absent"):
            raise UndeterminedError(
                f"{key} has no value: write one, or {ABSENT} for a key that is not in the request"
            )
        own = names.setdefault(key.lower(), key)
        found.setdefault(own, []).append(None if value == ABSENT else _value(parties, key, value))
    context: dict[str, ContextValue | None] = {}
    for key, values in found.items():
        given = [value for value in values if value is not None]
        if given and len(given) < len(values):
            raise UndeterminedError(f"{key} is {ABSENT} and has a value as well: take one row out")
        context[key] = None if not given else given[0] if len(given) == 1 else given
    return context


def _value(parties: Parties, key: str, words: str) -> str | Unknown:
    """A value that a context key can have.

    Raises:
        UndeterminedError: AWS never gives the key such a value, so a policy would be asked
            about a request that nobody makes.
    """
    value = parties.value(words)
    if isinstance(value, Unknown):
        return value
    if key.lower() in _OF_SERVICES:
        refuse_unknown_service(value, key)
    if key.lower() in _OF_ACCOUNTS and not re.fullmatch(r"\d{12}", value):
        raise UndeterminedError(
            f"{key} is an account, and {words!r} is none: write its twelve digits, this account or "
            "another account"
        )
    if key.lower() in _OF_ARNS and parse_arn(value) is None:
        raise UndeterminedError(
            f"{key} is an ARN, and {words!r} is none: write one, or a phrase such as the input "
            "bucket"
        )
    return value


@dataclass(slots=True)
class _Question:
    """What one step asks, and where its evidence goes."""

    parties: Parties
    resolved_stacks: ResolvedStacks
    evidence: Recorder
    who: str
    verb: str
    what: str | None
    context: Mapping[str, ContextValue | None] = field(default_factory=dict)

    def ask(self, patterns: Sequence[str]) -> None:
        """Decide and write down each action for each who on each what."""
        principals = self.parties.principals(self.who)
        targets = self.parties.targets(self.what) if self.what is not None else ()
        for pattern in patterns:
            actions = self._actions(pattern)
            for principal in principals if actions else ():
                if self.what is None:
                    for action in actions:
                        self._without_resource(principal, action)
                for target in targets:
                    self._on(principal, pattern, actions, target)

    def _actions(self, pattern: str) -> tuple[str, ...]:
        """The actions that are meant; none, and that is written down, if AWS has none."""
        service, colon, name = pattern.partition(":")
        if not (colon and name) or not service.replace("-", "").isalnum():
            raise UndeterminedError(
                f'{pattern!r} is no action: write the service and the action, "dynamodb:GetItem" '
                'or "dynamodb:Get*"'
            )
        found = expand_action(pattern)
        if not found:
            near = _nearest(pattern)
            hint = f"; the nearest is {near}, so it may be misspelt" if near else ""
            expected = f"an action called {pattern}"
            self._undecided(self.who, expected, f"AWS has none of that name{hint}")
        return found

    def _without_resource(self, principal: Principal, action: str) -> None:
        kinds = sorted(resource_types(action))
        if not kinds:
            self._decide(principal, action, None, None)
            return
        said = f'AWS decides it for each {_listed(kinds)}: add on "…", with the one that is meant'
        self._undecided(principal.name, f"{action} {self.verb}", said)

    def _on(
        self, principal: Principal, pattern: str, actions: tuple[str, ...], target: Target
    ) -> None:
        """Every action that AWS checks on such a resource; there must be one."""
        asked = [(action, about(action, target)) for action in actions if resource_types(action)]
        fitting = [(action, on) for action, on in asked if on is not None]
        for action, on in fitting:
            self._decide(principal, action, target, on)
        if fitting:
            return
        every = Counter(kind for action, _ in asked for kind in sorted(resource_types(action)))
        kinds = [kind for kind, _ in every.most_common()]
        said = f"AWS decides it for each {_listed(kinds)}, which {target.name} is not"
        if not kinds:
            said = f'AWS knows no resource for {pattern}: leave out on "{self.what}"'
        self._undecided(principal.name, f"{pattern} {self.verb} on {target.name}", said)

    def _decide(
        self, principal: Principal, action: str, target: Target | None, on: About | None
    ) -> None:
        wanted = self.verb == "allowed"
        result = answer(self.parties, principal, action, target, on, self.context, wanted=wanted)
        about_what = f" on {on.name}" if on is not None else ""
        given = ", ".join(f"{k} {_shown(v)}" for k, v in self.context.items())
        self.evidence.check(
            None if result.allowed is None else result.allowed is wanted,
            principal.who if isinstance(principal.who, Resource) else principal.name,
            expected=f"{action} {self.verb}{about_what}{f' when {given}' if given else ''}",
            found=result.found,
            at=place_of_ruling(self.parties.authority, self.resolved_stacks, result.ruling),
        )

    def _undecided(self, subject: str, expected: str, found: str) -> None:
        self.evidence.check(None, subject, expected=expected, found=found)


def _shown(value: ContextValue | None) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, Unknown):
        return "unknown before it is built"
    return " or ".join(map(_shown, value)) if isinstance(value, list) else str(value)


def _listed(kinds: Sequence[str]) -> str:
    """Names of resource types, the first few of them."""
    shown = [*kinds[:3], *(["another kind"] if len(kinds) > 3 else [])]
    return " or ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def _nearest(pattern: str) -> str:
    """The action, or the service, that comes nearest to one that AWS does not have."""
    return next(_nearest_of(pattern), "")


def _nearest_of(pattern: str) -> Iterator[str]:
    service, _, name = pattern.lower().partition(":")
    services = {action.partition(":")[0] for action in all_actions()}
    for one in difflib.get_close_matches(service, sorted(services), n=3):
        names = {a.partition(":")[2].lower(): a for a in all_actions() if a.startswith(f"{one}:")}
        for near in difflib.get_close_matches(name, names, n=1):
            yield names[near]
