"""The identity that AWS would assign to each resource: its ARN, id and URL.

While Terraform resolves a stack, every resource has a *token* of the right format in place of its
identity, since the identity depends on values that are not evaluated yet (name, region). Afterwards
each token is replaced by the identity that follows from the resolved values.

:data:`UNDECIDED_TOKEN` stands for a part that cannot be known (a version number, a timestamp in an
ARN): the format is right for Terraform, and the value is unknown.

The formats are those of :mod:`planproof.service_facts`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Template
from typing import Final

from planproof.service_facts import ResourceType, resource_type
from planproof.terraform.generated_names import generated_name

PARTITION_TOKEN: Final = "aws-planproof"  # noqa: S105  (no secret)
REGION_TOKEN: Final = "xx-planproof-1"  # noqa: S105  (no secret)
ACCOUNT_TOKEN: Final = "999900009999"  # noqa: S105  (no secret)

_LOCATION_PARTS = {PARTITION_TOKEN: "partition", REGION_TOKEN: "region", ACCOUNT_TOKEN: "account"}

UNDECIDED_TOKEN: Final = "planproof-undecided"  # noqa: S105  (no secret)

_NAMESPACE = uuid.UUID("6f1f3d0e-1f0e-5a53-9c53-4d2b7f9f2a10")
_TOKEN = re.compile(r"planproof-n\d{6}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_OWNER = re.compile(rf"[^\s\",]*?({_TOKEN.pattern}|{_UUID.pattern})")
_IAM_PATH = re.compile(r":(?:role|user|group|policy|instance-profile)/$")
_ANY_TOKEN = re.compile(
    rf"(?P<of>{_TOKEN.pattern})\.(?P<part>region|account)\b"
    rf"|{_TOKEN.pattern}|{PARTITION_TOKEN}|{REGION_TOKEN}|{ACCOUNT_TOKEN}"
)
_TOKEN_PART = re.compile(
    rf"planproof-n\d|{UNDECIDED_TOKEN}|{PARTITION_TOKEN}|{REGION_TOKEN[:-2]}|{ACCOUNT_TOKEN}"
)


@dataclass(frozen=True, slots=True)
class ProviderLocation:
    """The partition, region and account that a provider configuration creates resources in."""

    partition: str
    region: str
    account: str


# Computed ARNs of a resource besides its own.
_OTHER_ARNS: Final = (
    "endpoint_arn",
    "execution_arn",
    "invoke_arn",
    "qualified_arn",
    "qualified_invoke_arn",
    "stream_arn",
    "version_arn",
)


class Identities:
    """The tokens of the resources of one stack, and their translation to identities.

    Types that are not described get an identity that is equal to no other.
    """

    def __init__(self) -> None:
        self._addresses: dict[str, str] = {}  # token or UUID → address
        self._marks: set[str] = set()  # other texts that occur only in identities
        self._undecided: set[str] = set()  # UUIDs that stand for several instances
        self._count = 0

    def tokens(self, address: str, type_: str, unknown: set[str] | None) -> dict[str, str]:
        """Attribute → token, for the override of one resource instance.

        Args:
            unknown: the top-level attributes that are unknown in the plan; only these get tokens.
                None without a plan: Terraform ignores attributes that the type does not have or
                that are configured.
        """
        token = f"planproof-n{self._count:06d}"
        self._count += 1
        fill = _fill(address, token)
        self._addresses[token] = address
        self._addresses[fill["uuid"]] = address
        self._marks |= {fill["hex"], fill["hex17"]}
        tokens = _token_values(type_, fill)
        # Other ARNs are unknown, but need the format of an ARN.
        shape = _undecided(Template(_opaque_arn(type_)).substitute(fill))
        named: tuple[str, ...] = () if _has_format(resource_type(type_)) else _OTHER_ARNS
        more = named if unknown is None else [k for k in unknown if k.endswith("_arn")]
        tokens = dict.fromkeys(more, shape) | tokens
        return {k: v for k, v in tokens.items() if unknown is None or k in unknown}

    def undecided(self, address: str, type_: str) -> dict[str, str]:
        """Attribute → token, for all instances that are not in the plan: the format is right for
        Terraform, and the value unknown, since each instance has its own identity."""
        fill = _fill(f"{address}[…]", UNDECIDED_TOKEN)
        self._undecided.add(fill["uuid"])
        tokens = _token_values(type_, fill)
        return {key: _undecided(value) for key, value in tokens.items()}

    def appears_in(self, text: str) -> bool:
        """Whether a text contains a token."""
        if _ANY_TOKEN.search(text) or self.is_undecided(text):
            return True
        if any(match[0] in self._addresses for match in _UUID.finditer(text)):
            return True
        return any(mark in text for mark in self._marks)

    def is_undecided(self, text: str) -> bool:
        """Whether a text contains a token that stands for an unknown value."""
        return UNDECIDED_TOKEN in text or any(token in text for token in self._undecided)

    def translator(
        self,
        names: Mapping[str, str | None],
        paths: Mapping[str, str],
        locations: Callable[[str], ProviderLocation | None],
    ) -> Callable[[str], str]:
        """A function that replaces the tokens in a string by identities.

        Args:
            names: address → resolved physical name; None where AWS would generate it.
            paths: address → IAM path, where it is not "/".
            locations: address → location of its provider; "" stands for the default provider.
        """

        def translate(text: str, within: frozenset[str] = frozenset()) -> str:
            if "planproof" not in text and ACCOUNT_TOKEN not in text and not _UUID.search(text):
                return text

            def replacement(match: re.Match[str]) -> str:
                token = match[0]
                if part := match["part"] or _LOCATION_PARTS.get(token):
                    of = match["of"]
                    owner = self._addresses.get(of, "") if of else self._owner_of(text, match)
                    location = locations(owner)
                    return str(getattr(location, part)) if location else token
                address = self._addresses.get(token)
                if address is None:
                    return token
                path = paths.get(address, "/").strip("/")
                before = text[: match.start()]
                prefix = f"{path}/" if path and _IAM_PATH.search(before) else ""
                name = names.get(address)
                if not name or token in name or token in within:
                    return f"{prefix}{generated_name(address)}"
                return prefix + _as_in_arn(before, translate(name, within | {token}))

            return _ANY_TOKEN.sub(replacement, text)

        return translate

    def _owner_of(self, text: str, token: re.Match[str]) -> str:
        """Address of the resource whose ARN, URL or domain name a location token is part of."""
        after = _OWNER.match(text, token.end())
        if after is not None:
            return self._addresses.get(after[1], "")
        begin = 1 + max(text.rfind(gap, 0, token.start()) for gap in ' ",\n\t')
        before = _TOKEN.findall(text, begin, token.start())
        return self._addresses.get(before[-1], "") if before else ""


def contains_token(text: str) -> bool:
    """Whether a translated text still contains a token or part of one: then it is no value."""
    return _TOKEN_PART.search(text) is not None


def _as_in_arn(before: str, name: str) -> str:
    """A physical name as AWS writes it in an ARN that starts with ``before``."""
    if before.endswith(":parameter/"):
        return name.removeprefix("/")
    if before.endswith(":alias/"):
        return name.removeprefix("alias/")
    if before.endswith(":oidc-provider/"):
        return name.removeprefix("https://")
    return name


def _has_format(facts: ResourceType) -> bool:
    """Whether the format of the identity of a type is known."""
    return bool(facts.kind or facts.name)


def _token_values(type_: str, fill: Mapping[str, str]) -> dict[str, str]:
    facts = resource_type(type_)
    arn = Template(facts.arn() if _has_format(facts) else _opaque_arn(type_)).substitute(fill)
    templates = {"id": facts.id, **facts.attributes}.items()
    values = {key: Template(template).substitute(fill, arn=arn) for key, template in templates}
    return {**values, "arn": arn} if arn else values


def _opaque_arn(type_: str) -> str:
    """Template of the ARN of a type whose format is not known."""
    service = re.sub(r"[^a-z0-9-]", "-", type_.split("_")[1]) if "_" in type_ else "x"
    return f"arn:$p:{service}:$r:$a:$name"


def _undecided(value: str) -> str:
    """An identity marked as unknown."""
    if UNDECIDED_TOKEN in value or _UUID.search(value):
        return value
    return f"{value}-{UNDECIDED_TOKEN}"


def physical_name_attribute(type_: str) -> str | None:
    """The attribute with the physical name of a type; None where it is not known."""
    return resource_type(type_).name or None


def sample_arn(type_: str) -> str | None:
    """An ARN of the form that resources of a type have; None where the form is not known."""
    arn = resource_type(type_).arn().replace("$path", "/")
    return re.sub(r"\$\w+", "x", arn) or None


def _fill(address: str, token: str) -> dict[str, str]:
    identity = uuid.uuid5(_NAMESPACE, address)  # the same in every run
    return {
        "name": token,
        "uuid": str(identity),
        "hex": identity.hex[:17].upper(),
        "hex17": identity.hex[:17],
        "p": PARTITION_TOKEN,
        "r": REGION_TOKEN,
        "a": ACCOUNT_TOKEN,
        "path": "/",  # the translator inserts a configured path
        "region": f"{token}.region",
        "account": f"{token}.account",
        "undecided": UNDECIDED_TOKEN,
    }
