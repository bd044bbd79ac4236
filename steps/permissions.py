"""Whether AWS allows a principal an action, on a resource and with condition keys."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import pytest
from pytest_bdd import parsers, then

from planproof.aws.datapath import Authority
from planproof.errors import UndeterminedError
from planproof.iam.actions import all_actions, expand_action, resource_types
from planproof.iam.arn import parse_arn
from planproof.iam.context import ContextValue
from planproof.terraform.stack import Resource
from planproof.values import Unknown, negate
from steps.support.action_resources import ActionResource, action_resource
from steps.support.iam_names import (
    ABSENT,
    IamNames,
    Principal,
    RequestedResource,
    require_service_principal,
)
from steps.support.permission_decisions import PermissionRequest
from steps.support.pipeline import Pipeline
from steps.support.policy_evidence import PolicyEvidence
from steps.support.tables import table_of

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
"""Condition keys in lower case, by the kind of their values.
Source: IAM User Guide, "AWS global condition context keys"; and the pages of the services."""


NewQuery = Callable[[str, str, str | None], "PermissionQuery"]


@pytest.fixture(scope="session")
def iam_names(pipeline: Pipeline, authority: Authority) -> IamNames:
    """Resolves the names of principals and resources."""
    return IamNames(pipeline, authority)


@pytest.fixture
def query(iam_names: IamNames, policy_evidence: PolicyEvidence) -> NewQuery:
    """Creates a query from the principals, the verb and, if there are any, the resources."""
    return partial(PermissionQuery, iam_names, policy_evidence)


@then(parsers.re(_WHO + _WHAT))
def is_allowed(query: NewQuery, who: str, verb: str, action: str, what: str | None) -> None:
    """One action, or all actions of a pattern, with or without a resource."""
    query(who, verb, what).run([action])


@then(parsers.re(_WHO + _WHAT + " when:"))
def is_allowed_when(
    query: NewQuery, who: str, verb: str, action: str, what: str | None, datatable: list[list[str]]
) -> None:
    """The same, with a table of condition keys and their values."""
    asked = query(who, verb, what)
    asked.context = context_of(asked.iam_names, datatable)
    asked.run([action])


@then(parsers.re(_WHO + r' on "(?P<what>.+)" to:'))
def are_allowed(
    query: NewQuery, who: str, verb: str, what: str, datatable: list[list[str]]
) -> None:
    """Several actions on one resource."""
    query(who, verb, what).run([row[0] for row in table_of(datatable, "action")])


def context_of(
    iam_names: IamNames, datatable: list[list[str]]
) -> Mapping[str, ContextValue | None]:
    """The condition keys of a table; several rows of one key are several values.

    Raises:
        UndeterminedError: the table is malformed, or a value is an unknown name.
    """
    found: dict[str, list[str | Unknown | None]] = {}
    names: dict[str, str] = {}
    for key, value in table_of(datatable, "context key", "value"):
        service, colon, name = key.partition(":")
        if not (service and colon and name) or " " in service:
            raise UndeterminedError(
                f"{key!r} is not a condition key: write one with its prefix, such as aws:SourceArn"
            )
        if value in ("", "absent"):
            raise UndeterminedError(
                f"{key} has no value: write one, or {ABSENT} for a key that is not in the request"
            )
        own = names.setdefault(key.lower(), key)
        found.setdefault(own, []).append(None if value == ABSENT else _value(iam_names, key, value))
    context: dict[str, ContextValue | None] = {}
    for key, values in found.items():
        given = [value for value in values if value is not None]
        if given and len(given) < len(values):
            raise UndeterminedError(
                f"{key} is {ABSENT} and also has a value: delete one of the rows"
            )
        context[key] = None if not given else given[0] if len(given) == 1 else given
    return context


def _value(iam_names: IamNames, key: str, words: str) -> str | Unknown:
    """The value of a condition key.

    Raises:
        UndeterminedError: the key never has such a value in a request.
    """
    value = iam_names.value(words)
    if isinstance(value, Unknown):
        return value
    if key.lower() in _OF_SERVICES:
        require_service_principal(value, key)
    if key.lower() in _OF_ACCOUNTS and not re.fullmatch(r"\d{12}", value):
        raise UndeterminedError(
            f"the value of {key} is an account, not {words!r}: write twelve digits, this account "
            "or another account"
        )
    if key.lower() in _OF_ARNS and parse_arn(value) is None:
        raise UndeterminedError(
            f"the value of {key} is an ARN, not {words!r}: write one, or a phrase such as the "
            "input bucket"
        )
    return value


@dataclass(slots=True)
class PermissionQuery:
    """The query of one step, and the recorder of its evidence."""

    iam_names: IamNames
    policy_evidence: PolicyEvidence
    who: str
    verb: str
    what: str | None
    context: Mapping[str, ContextValue | None] = field(default_factory=dict)

    def run(self, patterns: Sequence[str]) -> None:
        """Decide and record each action for each principal on each resource."""
        principals = self.iam_names.principals(self.who)
        targets = self.iam_names.resources(self.what) if self.what is not None else ()
        for pattern in patterns:
            actions = self._actions(pattern)
            for principal in principals if actions else ():
                if self.what is None:
                    for action in actions:
                        self._without_resource(principal, action)
                for target in targets:
                    self._on(principal, pattern, actions, target)

    def _actions(self, pattern: str) -> tuple[str, ...]:
        """The actions of a pattern; an unknown action is recorded as undetermined."""
        service, colon, name = pattern.partition(":")
        if not (colon and name) or not service.replace("-", "").isalnum():
            raise UndeterminedError(
                f'{pattern!r} is not an action: write service and action, "dynamodb:GetItem" '
                'or "dynamodb:Get*"'
            )
        found = expand_action(pattern)
        if not found:
            near = _nearest(pattern)
            hint = f"; the nearest is {near}, so it may be misspelt" if near else ""
            expected = f"an action called {pattern}"
            self._undecided(self.who, expected, f"AWS has no such action{hint}")
        return found

    def _without_resource(self, principal: Principal, action: str) -> None:
        kinds = sorted(resource_types(action))
        if not kinds:
            self._decide(principal, action, None, None)
            return
        found = f'AWS checks {action} for each {_listed(kinds)}: add on "…" with the name of one'
        self._undecided(principal.name, f"{action} {self.verb}", found)

    def _on(
        self,
        principal: Principal,
        pattern: str,
        actions: tuple[str, ...],
        target: RequestedResource,
    ) -> None:
        """Decide every action that applies to the resource; at least one must."""
        requests = [
            (action, action_resource(action, target))
            for action in actions
            if resource_types(action)
        ]
        fitting = [(action, on) for action, on in requests if on is not None]
        for action, on in fitting:
            self._decide(principal, action, target, on)
        if fitting:
            return
        every = Counter(kind for action, _ in requests for kind in sorted(resource_types(action)))
        kinds = [kind for kind, _ in every.most_common()]
        found = f"AWS checks {pattern} for each {_listed(kinds)}, not for {target.name}"
        if not kinds:
            found = f'{pattern} has no resource types: leave out on "{self.what}"'
        self._undecided(principal.name, f"{pattern} {self.verb} on {target.name}", found)

    def _decide(
        self,
        principal: Principal,
        action: str,
        target: RequestedResource | None,
        on: ActionResource | None,
    ) -> None:
        wanted = self.verb == "allowed"
        request = PermissionRequest(self.iam_names, principal, action, target, on, self.context)
        result = request.decide(wanted=wanted)
        on_resource = f" on {on.name}" if on is not None else ""
        given = ", ".join(f"{k} {_shown(v)}" for k, v in self.context.items())
        self.policy_evidence.evidence.check(
            result.allowed if wanted else negate(result.allowed),
            principal.identity if isinstance(principal.identity, Resource) else principal.name,
            expected=f"{action} {self.verb}{on_resource}{f' when {given}' if given else ''}",
            found=result.found,
            at=self.policy_evidence.decision_location(result.decided),
        )

    def _undecided(self, subject: str, expected: str, found: str) -> None:
        self.policy_evidence.evidence.check(None, subject, expected=expected, found=found)


def _shown(value: ContextValue | None) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, Unknown):
        return "unknown before it is built"
    return " or ".join(map(_shown, value)) if isinstance(value, list) else str(value)


def _listed(kinds: Sequence[str]) -> str:
    """The first few resource types."""
    shown = [*kinds[:3], *(["another kind"] if len(kinds) > 3 else [])]
    return " or ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def _nearest(pattern: str) -> str:
    """The action nearest to one that AWS does not have; "" if none is near."""
    service, _, name = pattern.lower().partition(":")
    services = {action.partition(":")[0] for action in all_actions()}
    for one in difflib.get_close_matches(service, sorted(services), n=3):
        names = {a.partition(":")[2].lower(): a for a in all_actions() if a.startswith(f"{one}:")}
        for near in difflib.get_close_matches(name, names, n=1):
            return names[near]
    return ""
