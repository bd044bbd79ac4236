"""Who and what is meant by the words between quotes: principals, resources, context values.

A party is named by its part in the pipeline, by its type, by its Terraform address, by ARN or, a
service, by its name. Whatever nobody can make out is undetermined, and said with what is nearest.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from planproof.aws.datapath import Authority
from planproof.aws.datapath.functions import function_context
from planproof.aws.datapath.places import account_of, arn_of
from planproof.errors import UndeterminedError
from planproof.iam.arn import parse_arn
from planproof.iam.context import ContextValue
from planproof.terraform.identities import SHAPES
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown
from steps.data_path import PARTS
from steps.pipeline import MissingPartError, Pipeline
from steps.support.kinds import all_of
from steps.support.service_principals import SERVICE, is_service, nearest_service
from steps.support.within import forms_within, may_be_within


def _the_key(pipeline: Pipeline) -> Resource:
    keys = pipeline.keys
    if len(keys) == 1:
        return keys[0]
    if not keys:
        raise MissingPartError("the stack has no customer-managed key")
    named = ", ".join(map(str, keys))
    raise UndeterminedError(
        f'the stack has {len(keys)} customer-managed keys ({named}), so "the key" is none of them '
        "in particular: write a Terraform address"
    )


PHRASES: Final[Mapping[str, Callable[[Pipeline], Resource]]] = {
    **PARTS,
    "the function's role": lambda p: p.function_role,
    "the MediaConvert role": lambda p: p.mediaconvert_role,
    "the status rule": lambda p: p.status_rule,
    "the key": _the_key,
}
"""What a reviewer calls a part of the pipeline, and how it is found."""

SERVICES: Final[Mapping[str, str]] = {
    "CloudWatch": "cloudwatch.amazonaws.com",
    "EventBridge": "events.amazonaws.com",
    "Lambda": "lambda.amazonaws.com",
    "MediaConvert": "mediaconvert.amazonaws.com",
    "S3": "s3.amazonaws.com",
    "SNS": "sns.amazonaws.com",
}
"""What a reviewer calls a service, and its service principal."""

ABSENT: Final = "(absent)"
THIS_ACCOUNT: Final = "this account"
STRANGERS: Final = ("210987654321", "333333333333")
"""Accounts that are nobody's; two, in case that somebody uses one in an example."""


class Outsider(Enum):
    """Callers that no stack makes."""

    ANYBODY = "an unauthenticated caller"
    ACCOUNT = "another account"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    Attributes:
        name: for a reader.
        who: a role or user of the stack, a service principal, the ARN of somebody from outside of
            it, or an outsider in general.
        context: context keys that its requests bring along.
    """

    name: str
    who: Resource | str | Outsider
    context: Mapping[str, ContextValue | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked for.

    Attributes:
        name: for a reader.
        arn: its ARN, in which ``*`` stands for anything; UNKNOWN before it is built.
        on: the resource of the stack that the ARN belongs to, None for one from outside.
        within: what was written behind that resource: ``/films/holiday.mp4``.
    """

    name: str
    arn: str | Unknown
    on: Resource | None
    within: str = ""


_KEY: Final = r"\[(?:\"(?:[^\"\\]|\\.)*\"|\d+)\]"
_ADDRESS: Final = re.compile(
    rf"(?:module\.[\w-]+(?:{_KEY})?\.)*(?:data\.)?[a-z][a-z0-9]*_\w+\.[\w-]+(?:{_KEY})?"
)
_PRINCIPALS: Final = ("aws_iam_role", "aws_iam_user")
_MEANT_AS_PARTY: Final = re.compile(r"the |every |(?:module\.|aws_)\S+\.")


class Parties:
    """Makes out who and what is meant, in one stack."""

    def __init__(self, pipeline: Pipeline, authority: Authority) -> None:
        self.pipeline = pipeline
        self.authority = authority

    @property
    def stack(self) -> Stack:
        """The stack they are part of."""
        return self.pipeline.stack

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that the stack is built in, as far as its providers say."""
        return tuple(dict.fromkeys(place.account for place in self.stack.places.values()))

    @property
    def stranger(self) -> str:
        """An account that is none of the stack's."""
        return next(account for account in STRANGERS if account not in self.accounts)

    def principals(self, words: str) -> tuple[Principal, ...]:
        """Who is meant; several where a type is named, and none where the stack has none.

        Raises:
            UndeterminedError: nobody can tell, or what is meant can make no request.
        """
        words = _plain(words)
        for outsider in Outsider:
            if words == outsider.value:
                return (Principal(outsider.value, outsider),)
        service = SERVICES.get(words) or (words if SERVICE.fullmatch(words) else None)
        if service is not None:
            refuse_unknown_service(service)
            return (Principal(service, service),)
        if words.startswith("arn:"):
            return (self._principal_of_arn(words),)
        found, rest = self._resources(words, (*SERVICES, *(o.value for o in Outsider)))
        if rest:
            raise UndeterminedError(
                f"{words!r} is something within a resource, which makes no requests: name a role, "
                "a function or a service"
            )
        return tuple(self._acting(resource) for resource in found)

    def targets(self, words: str) -> tuple[Target, ...]:
        """What is meant; several where a type is named, and none where the stack has none.

        Raises:
            UndeterminedError: nobody can tell, or what is meant has no ARN.
        """
        words = _plain(words)
        if words in SERVICES or SERVICE.fullmatch(words) or words in {o.value for o in Outsider}:
            raise UndeterminedError(
                f"{words!r} is no resource but somebody who asks for one: it belongs in front of "
                '"is allowed"'
            )
        if words.startswith("arn:"):
            if parse_arn(words) is None:
                raise UndeterminedError(
                    f"{words!r} is no ARN: write arn:partition:service:region:account:resource"
                )
            return (Target(words, words, self.authority.owner(words)),)
        found, rest = self._resources(words)
        for resource in found:
            _refuse_nothing_within(resource, rest)
        return tuple(_target(resource, rest) for resource in found)

    def value(self, words: str) -> str | Unknown:
        """The value of a context key: the ARN of a party, an account, a service, or the text.

        Raises:
            UndeterminedError: a party seems to be meant, and nobody can tell which.
        """
        words = _plain(words)
        if words == THIS_ACCOUNT:
            return self._this_account()
        if words == Outsider.ACCOUNT.value:
            return self.stranger
        if words in SERVICES:
            return SERVICES[words]
        if _phrase(words) is None and not _MEANT_AS_PARTY.match(words):
            if near := _misspelt(words):
                raise UndeterminedError(
                    f"{words!r} is no value that is known by a name, the nearest is {near}: write "
                    "that, or a text that cannot be taken for it"
                )
            return words
        found = self.targets(words)
        if len(found) != 1:
            raise UndeterminedError(
                f"{words!r} is {len(found)} resources, and a value is one: write a row for each"
            )
        return found[0].arn

    # How it is made out ----------------------------------------------------------------------

    def _resources(
        self, words: str, besides: Iterable[str] = ()
    ) -> tuple[tuple[Resource, ...], str]:
        """The resources that are meant, and what is written behind them."""
        phrase = _phrase(words)
        if phrase is not None:
            return (PHRASES[phrase](self.pipeline),), words[len(phrase) :]
        if words.startswith("every "):
            kind, slash, rest = words.removeprefix("every ").partition("/")
            return all_of(self.stack, kind), f"{slash}{rest}"
        address = _ADDRESS.match(words)
        if address is not None and words[address.end() : address.end() + 1] in ("", "/", ":"):
            return self._at(address[0]), words[address.end() :]
        raise _nobody(words, (*PHRASES, *besides))

    def _at(self, address: str) -> tuple[Resource, ...]:
        """The resource at an address, or every instance of it."""
        one = self.stack.get(address)
        found = (one,) if one else tuple(r for r in self.stack if r.declared == address)
        if found:
            return found
        near = difflib.get_close_matches(address, [r.address for r in self.stack], n=3, cutoff=0.5)
        hint = f"the nearest are {', '.join(near)}" if len(near) > 1 else "".join(near)
        if len(near) == 1:
            hint = f"the nearest is {hint}"
        raise UndeterminedError(
            f"the stack has no {address}: {hint or 'terraform state list names what it has'}"
        )

    def _acting(self, resource: Resource) -> Principal:
        """The principal that a resource acts as."""
        if resource.type in _PRINCIPALS and resource.mode == "managed":
            return Principal(str(resource), resource)
        if resource.type in _PRINCIPALS and isinstance(arn := arn_of(resource), str):
            return Principal(str(resource), arn)
        if resource.type == "aws_lambda_function":
            role = self.pipeline.role_of(resource)
            return Principal(str(role), role, function_context(resource))
        raise UndeterminedError(
            f"{resource} makes no requests of its own: name a role, a user, a function, or the "
            "service that acts for it, with aws:SourceArn in a table"
        )

    def _principal_of_arn(self, arn: str) -> Principal:
        part = self.authority.owner(arn)
        if part is not None and part.get("arn") == arn:
            return self._acting(part)
        return Principal(arn, arn)

    def _this_account(self) -> str | Unknown:
        if len(self.accounts) > 1:
            raise UndeterminedError(
                f"the stack is built in {len(self.accounts)} accounts ({', '.join(self.accounts)}) "
                f'so "{THIS_ACCOUNT}" is none of them in particular: write the number'
            )
        return self.accounts[0] if self.accounts else UNKNOWN


def account_of_principal(stack: Stack, principal: Principal) -> str | None:
    """The account that a role or user belongs to."""
    return account_of(stack, principal.who) if isinstance(principal.who, Resource) else None


def refuse_unknown_service(words: str, what: str = "") -> None:
    """Refuse a service principal that AWS does not have.

    Args:
        what: what it was given for, such as a context key.

    Raises:
        UndeterminedError: AWS has none of that name.
    """
    if is_service(words):
        return
    near = nearest_service(words)
    hint = f", the nearest is {near}" if near else ""
    said = f"{words!r} is no service principal of AWS"
    if what:
        said = f"{what} is a service principal, and {words!r} is none of AWS"
    raise UndeterminedError(
        f"{said}{hint}: write one, or add it to steps/support/service_principals.py if it is new"
    )


def _misspelt(words: str) -> str:
    """What a value was probably meant to be, which it is not; empty for a text like no other."""
    head = re.split(r"[/:]", words, maxsplit=1)[0]
    known = [*PHRASES, THIS_ACCOUNT, Outsider.ACCOUNT.value, ABSENT]
    known += [name for name in SERVICES if len(name) > 5]
    for one in known:
        if head != one and head.lower() == one.lower() and " " in one:
            return one
    return "".join(difflib.get_close_matches(head, known, n=1, cutoff=0.85))


def _refuse_nothing_within(resource: Resource, rest: str) -> None:
    """Refuse something within a resource that has nothing of the kind, such as a queue."""
    shape = SHAPES.get(resource.type)
    arn = re.sub(r"\$\w+", "x", shape.arn.replace("$path", "/")) if shape else arn_of(resource)
    if not rest or not isinstance(arn, str) or may_be_within(arn, rest):
        return
    forms = forms_within(arn) or ()
    can_be = f"only {' or '.join(forms)} can be" if forms else "nothing can be"
    raise UndeterminedError(
        f"{rest!r} cannot be within {resource}, since {can_be}: leave it out"
        + (", or write it so" if forms else "")
    )


def _plain(words: str) -> str:
    text = words.strip()
    return f"the {text[4:]}" if text.startswith("The ") else text


def _phrase(words: str) -> str | None:
    """The longest phrase that the words are, or begin with before a ``/`` or ``:``."""
    known = [p for p in PHRASES if words == p or words.startswith((f"{p}/", f"{p}:"))]
    return max(known, key=len, default=None)


def _target(resource: Resource, rest: str) -> Target:
    if "arn" not in resource.values:
        raise UndeterminedError(
            f"{resource} has no ARN, so no policy speaks of it: name the resource it belongs to"
        )
    arn = arn_of(resource)
    on = resource if resource.mode == "managed" else None
    whole = f"{arn}{rest}" if isinstance(arn, str) else UNKNOWN
    return Target(f"{resource}{rest}", whole, on, rest)


def _nobody(words: str, known: Iterable[str]) -> UndeterminedError:
    near = difflib.get_close_matches(words, list(known), n=3, cutoff=0.5)
    hint = f", the nearest is {' or '.join(near)}" if near else ""
    return UndeterminedError(
        f"it is not known who or what {words!r} is{hint}: write one of the phrases that "
        "docs/writing-requirements.md lists, a type such as every SQS queue, or a Terraform address"
    )
