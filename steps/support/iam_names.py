"""Resolves the quoted names in permission steps to principals, resources and condition values.

A name is a phrase such as "the input bucket", a type, a Terraform address, an ARN, or a service.
An unknown name is undetermined; the error suggests the nearest one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from planproof.aws.datapath import Authority
from planproof.aws.datapath.calls import function_context
from planproof.aws.datapath.locations import arn_of
from planproof.errors import UndeterminedError
from planproof.iam.arn import parse_arn
from planproof.iam.context import ContextValue
from planproof.terraform.identities import sample_arn
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown
from steps.support.kinds import resources_of_kind
from steps.support.pipeline import PARTS, MissingPartError, Pipeline
from steps.support.service_principals import SERVICE, is_service, nearest_service
from steps.support.sub_resources import arn_suffixes, may_be_suffix


def _the_key(pipeline: Pipeline) -> Resource:
    keys = pipeline.keys
    if len(keys) == 1:
        return keys[0]
    if not keys:
        raise MissingPartError("the stack has no customer-managed key")
    named = ", ".join(map(str, keys))
    raise UndeterminedError(
        f'the stack has {len(keys)} customer-managed keys ({named}), so "the key" is ambiguous: '
        "write a Terraform address"
    )


PHRASES: Final[Mapping[str, Callable[[Pipeline], Resource]]] = {
    **PARTS,
    "the function's role": lambda p: p.function_role,
    "the MediaConvert role": lambda p: p.mediaconvert_role,
    "the status rule": lambda p: p.status_rule,
    "the key": _the_key,
}
"""Phrase for a part of the pipeline → how to find it."""

SERVICES: Final[Mapping[str, str]] = {
    "CloudWatch": "cloudwatch.amazonaws.com",
    "EventBridge": "events.amazonaws.com",
    "Lambda": "lambda.amazonaws.com",
    "MediaConvert": "mediaconvert.amazonaws.com",
    "S3": "s3.amazonaws.com",
    "SNS": "sns.amazonaws.com",
}
"""Name of a service → its service principal."""

ABSENT: Final = "(absent)"
THIS_ACCOUNT: Final = "this account"
OTHER_ACCOUNTS: Final = ("210987654321", "333333333333")
"""Account ids for "another account": a second one in case the stack uses the first."""


class ExternalCaller(Enum):
    """Callers outside the stack."""

    UNAUTHENTICATED = "an unauthenticated caller"
    OTHER_ACCOUNT = "another account"


@dataclass(frozen=True, slots=True)
class Principal:
    """The principal of a request.

    Attributes:
        name: its name in evidence.
        identity: a role or user of the stack, a service principal, the ARN of a principal outside
            the stack, or an external caller.
        context: condition keys that its requests have.
    """

    name: str
    identity: Resource | str | ExternalCaller
    context: Mapping[str, ContextValue | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RequestedResource:
    """The resource of a request.

    Attributes:
        name: its name in evidence.
        arn: its ARN, in which ``*`` is a wildcard; UNKNOWN before apply.
        resource: the resource of the stack that the ARN belongs to; None for one outside.
        suffix: the part of the name after that resource: ``/films/holiday.mp4``.
    """

    name: str
    arn: str | Unknown
    resource: Resource | None
    suffix: str = ""


_KEY: Final = r"\[(?:\"(?:[^\"\\]|\\.)*\"|\d+)\]"
_ADDRESS: Final = re.compile(
    rf"(?:module\.[\w-]+(?:{_KEY})?\.)*(?:data\.)?[a-z][a-z0-9]*_\w+\.[\w-]+(?:{_KEY})?"
)
_PRINCIPALS: Final = ("aws_iam_role", "aws_iam_user")
_LOOKS_LIKE_RESOURCE: Final = re.compile(r"the |every |(?:module\.|aws_)\S+\.")


class IamNames:
    """Resolves names in one stack."""

    def __init__(self, pipeline: Pipeline, authority: Authority) -> None:
        self.pipeline = pipeline
        self.authority = authority

    @property
    def stack(self) -> Stack:
        """The stack of the resources."""
        return self.pipeline.stack

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts of the stack's providers."""
        locations = self.stack.provider_locations.values()
        return tuple(dict.fromkeys(location.account for location in locations))

    @property
    def other_account(self) -> str:
        """An account outside the stack."""
        return next(account for account in OTHER_ACCOUNTS if account not in self.accounts)

    def principals(self, words: str) -> tuple[Principal, ...]:
        """The principals of a name: one, or all resources of a type.

        Raises:
            UndeterminedError: the name is unknown, or names a resource that makes no requests.
        """
        words = _plain(words)
        for caller in ExternalCaller:
            if words == caller.value:
                return (Principal(caller.value, caller),)
        service = SERVICES.get(words) or (words if SERVICE.fullmatch(words) else None)
        if service is not None:
            require_service_principal(service)
            return (Principal(service, service),)
        if words.startswith("arn:"):
            return (self._principal_of_arn(words),)
        found, rest = self._resources(words, (*SERVICES, *(o.value for o in ExternalCaller)))
        if rest:
            raise UndeterminedError(
                f"{words!r} is within a resource and makes no requests: name a role, a function "
                "or a service"
            )
        return tuple(self._acting(resource) for resource in found)

    def resources(self, words: str) -> tuple[RequestedResource, ...]:
        """The resources of a name: one, or all resources of a type.

        Raises:
            UndeterminedError: the name is unknown, or names something without an ARN.
        """
        words = _plain(words)
        if (
            words in SERVICES
            or SERVICE.fullmatch(words)
            or words in {o.value for o in ExternalCaller}
        ):
            raise UndeterminedError(
                f'{words!r} is a principal, not a resource: write it before "is allowed"'
            )
        if words.startswith("arn:"):
            if parse_arn(words) is None:
                raise UndeterminedError(
                    f"{words!r} is not an ARN: write arn:partition:service:region:account:resource"
                )
            return (RequestedResource(words, words, self.authority.resource_for(words)),)
        found, rest = self._resources(words)
        for resource in found:
            _require_valid_suffix(resource, rest)
        return tuple(_requested(resource, rest) for resource in found)

    def value(self, words: str) -> str | Unknown:
        """The value of a condition key: the ARN of a resource, an account, a service, or the text.

        Raises:
            UndeterminedError: the text looks like a name, and the name is unknown or ambiguous.
        """
        words = _plain(words)
        if words == THIS_ACCOUNT:
            return self._this_account()
        if words == ExternalCaller.OTHER_ACCOUNT.value:
            return self.other_account
        if words in SERVICES:
            return SERVICES[words]
        if _phrase(words) is None and not _LOOKS_LIKE_RESOURCE.match(words):
            if near := _misspelt(words):
                raise UndeterminedError(
                    f"{words!r} is not a known name; the nearest is {near}: write that, or a text "
                    "that does not resemble it"
                )
            return words
        found = self.resources(words)
        if len(found) != 1:
            raise UndeterminedError(
                f"{words!r} is {len(found)} resources, but a value is one: write a row for each"
            )
        return found[0].arn

    # Helpers ---------------------------------------------------------------------------------

    def _resources(
        self, words: str, besides: Iterable[str] = ()
    ) -> tuple[tuple[Resource, ...], str]:
        """The resources that a name begins with, and the rest of the name."""
        phrase = _phrase(words)
        if phrase is not None:
            return (PHRASES[phrase](self.pipeline),), words[len(phrase) :]
        if words.startswith("every "):
            kind, slash, rest = words.removeprefix("every ").partition("/")
            return resources_of_kind(self.stack, kind), f"{slash}{rest}"
        address = _ADDRESS.match(words)
        if address is not None and words[address.end() : address.end() + 1] in ("", "/", ":"):
            return self._at(address[0]), words[address.end() :]
        raise _unknown_name(words, (*PHRASES, *besides))

    def _at(self, address: str) -> tuple[Resource, ...]:
        """The resource at an address, or all its instances."""
        one = self.stack.get(address)
        found = (one,) if one else self.stack.resources.declared_as(address)
        if found:
            return found
        near = difflib.get_close_matches(address, [r.address for r in self.stack], n=3, cutoff=0.5)
        hint = "terraform state list shows its resources"
        if near:
            hint = f"the nearest {'are' if len(near) > 1 else 'is'} {', '.join(near)}"
        raise UndeterminedError(f"the stack has no {address}: {hint}")

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
            f"{resource} makes no requests: name a role, a user, a function, or the service that "
            "acts for it, with aws:SourceArn in a table"
        )

    def _principal_of_arn(self, arn: str) -> Principal:
        part = self.authority.resource_for(arn)
        if part is not None and part.get("arn") == arn:
            return self._acting(part)
        return Principal(arn, arn)

    def _this_account(self) -> str | Unknown:
        if len(self.accounts) > 1:
            raise UndeterminedError(
                f"the stack is in {len(self.accounts)} accounts ({', '.join(self.accounts)}), "
                f'so "{THIS_ACCOUNT}" is ambiguous: write the account id'
            )
        return self.accounts[0] if self.accounts else UNKNOWN


def require_service_principal(words: str, what: str = "") -> None:
    """Raise an error for a service principal that AWS does not have.

    Args:
        what: the condition key that it is a value of, if any.

    Raises:
        UndeterminedError: AWS has no such service principal.
    """
    if is_service(words):
        return
    near = nearest_service(words)
    hint = f"; the nearest is {near}" if near else ""
    subject = f"the value of {what}, {words!r}," if what else repr(words)
    raise UndeterminedError(
        f"{subject} is not a service principal of AWS{hint}: write one, or add a new "
        "one to steps/support/service_principals.py"
    )


def _misspelt(words: str) -> str:
    """The name that a value resembles without being it; "" if there is none."""
    head = re.split(r"[/:]", words, maxsplit=1)[0]
    known = [*PHRASES, THIS_ACCOUNT, ExternalCaller.OTHER_ACCOUNT.value, ABSENT]
    known += [name for name in SERVICES if len(name) > 5]
    for one in known:
        if head != one and head.lower() == one.lower() and " " in one:
            return one
    return "".join(difflib.get_close_matches(head, known, n=1, cutoff=0.85))


def _require_valid_suffix(resource: Resource, rest: str) -> None:
    """Raise an error for a suffix that no ARN within the resource can have."""
    arn = sample_arn(resource.type) or arn_of(resource)
    if not rest or not isinstance(arn, str) or may_be_suffix(arn, rest):
        return
    suffixes = arn_suffixes(arn) or ()
    possible = f"only {' or '.join(suffixes)} can be" if suffixes else "nothing can be"
    raise UndeterminedError(
        f"{rest!r} cannot be within {resource}, since {possible}: leave it out"
        + (", or write it so" if suffixes else "")
    )


def _plain(words: str) -> str:
    text = words.strip()
    return f"the {text[4:]}" if text.startswith("The ") else text


def _phrase(words: str) -> str | None:
    """The longest phrase that a name is, or begins with before a ``/`` or ``:``."""
    known = [p for p in PHRASES if words == p or words.startswith((f"{p}/", f"{p}:"))]
    return max(known, key=len, default=None)


def _requested(resource: Resource, rest: str) -> RequestedResource:
    if "arn" not in resource.values:
        raise UndeterminedError(
            f"{resource} has no ARN, so no policy can name it: name its parent resource"
        )
    arn = arn_of(resource)
    on = resource if resource.mode == "managed" else None
    whole = f"{arn}{rest}" if isinstance(arn, str) else UNKNOWN
    return RequestedResource(f"{resource}{rest}", whole, on, rest)


def _unknown_name(words: str, known: Iterable[str]) -> UndeterminedError:
    near = difflib.get_close_matches(words, list(known), n=3, cutoff=0.5)
    hint = f"; the nearest is {' or '.join(near)}" if near else ""
    return UndeterminedError(
        f"{words!r} names no principal or resource{hint}: write one of the phrases that "
        "docs/writing-requirements.md lists, a type such as every SQS queue, or a Terraform address"
    )
