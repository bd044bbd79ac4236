"""The values that AWS or the provider gives to the computed attributes of each resource.

While Terraform evaluates a stack, every computed attribute has a value of the right shape: the one
that the provider planned, the very text that AWS will give where it follows from what is known (an
ARN from partition, region, account and name), AWS's documented default, a stand-in for what AWS
assigns (an id), or a stand-in for what nobody knows before it is built; see
:mod:`planproof.stand_ins`. :class:`Standing` says which of these a value is.

The formats are those of :mod:`planproof.service_facts`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from fnmatch import fnmatchcase
from typing import Any, Final

from planproof.service_facts import NO_DEFAULT, ResourceType, default, resource_type
from planproof.stand_ins import (
    UNKNOWN_ACCOUNT,
    UNKNOWN_REGION,
    generated_name,
    is_assigned,
    is_unknown_text,
    stand_in,
)
from planproof.values import UNKNOWN, Value, contains_unknown, dig, is_unknown

_PART = re.compile(
    r"\$\{(?P<attribute>[\w.]+)(?:\|(?P<default>[^}:]*))?(?::after\((?P<separator>[^)]+)\))?\}"
    r"|(?P<form>\$(?:uuid|ipv6cidr\d+|ipv[46]|cidr4|host|time|(?:hex|lower|upper|alnum|digits)\d+))"
    r"|\$(?P<word>[a-z]+)"
)
_SUFFIXES = {"aws-cn": "amazonaws.com.cn", "aws-iso": "c2s.ic.gov", "aws-iso-b": "sc2s.sgov.gov"}


class Standing(IntEnum):
    """What is known of a value that is given to a computed attribute, from most to least."""

    EXACT = 0  # the value that AWS will give
    ASSIGNED = 1  # contains a part that AWS assigns, which equals only itself
    UNKNOWN = 2  # contains the mark of an unknown text
    HIDDEN = 3  # not known, and nothing in it shows that


@dataclass(frozen=True, slots=True)
class ProviderLocation:
    """The partition, region and account that a provider configuration creates resources in."""

    partition: str
    region: str
    account: str


@dataclass(frozen=True, slots=True)
class GivenValues:
    """The values that are given to the computed attributes of one resource instance.

    Attributes:
        values: for the override.
        known: the same values, with UNKNOWN for each part that is not known.
        standings: attribute path, without indexes → the standing of its worst value.
    """

    values: Mapping[str, Value]
    known: Mapping[str, Value]
    standings: Mapping[str, Standing]


@dataclass(frozen=True, slots=True)
class Subject:
    """A resource instance that values are given to.

    Attributes:
        values: its arguments as far as they are known, with UNKNOWN among them.
        location: that of its provider; None where it is not known.
    """

    address: str
    type: str
    values: Mapping[str, Value]
    location: ProviderLocation | None


def given_values(
    subject: Subject,
    schema: Mapping[str, Any],
    planned: Mapping[str, Value],
    needed: frozenset[str] | None,
) -> GivenValues:
    """The values for all computed attributes of a resource instance.

    Args:
        schema: the block of the type, as ``terraform providers schema -json`` has it.
        planned: the planned values, with UNKNOWN among them.
        needed: the top-level attributes that other expressions refer to, None for all. The others
            are null where nothing is known of them.
    """
    facts = resource_type(subject.type).for_values(subject.values)
    return _Giver(subject, facts, needed).given(schema, planned)


def guessed_value(address: str, type_: str, name: str, spec: Mapping[str, Any]) -> Value:
    """A value of the right type and, by the attribute's name, of the right shape."""
    facts = resource_type(type_).for_values({})
    giver = _Giver(Subject(address, type_, {}, None), facts, None)
    return giver.guessed(name, spec)


@dataclass(slots=True)
class _Giver:
    subject: Subject
    facts: ResourceType
    needed: frozenset[str] | None
    standings: dict[str, Standing] = field(default_factory=dict)

    def given(self, schema: Mapping[str, Any], planned: Mapping[str, Value]) -> GivenValues:
        values: dict[str, Value] = {}
        known: dict[str, Value] = {}
        for key, spec in (schema.get("attributes") or {}).items():
            if spec.get("computed") and not spec.get("write_only"):
                values[key], known[key] = self._top(key, spec, planned.get(key, UNKNOWN))
        for key, spec in (schema.get("block_types") or {}).items():
            inside = self._block(key, key, spec, planned.get(key, UNKNOWN))
            if inside:
                values[key] = inside
        return GivenValues(values, known, self.standings)

    def guessed(self, name: str, spec: Mapping[str, Any]) -> Value:
        """See :func:`guessed_value`."""
        return self._generic(name, name, _type_of(spec))[0]

    def _top(self, key: str, spec: Mapping[str, Any], planned: Value) -> tuple[Value, Value]:
        template = self._template_of(key)
        if template is _NONE and is_unknown(planned) and spec.get("optional"):
            found = default(self.subject.type, key, self.subject.values)
            template = _NONE if found is NO_DEFAULT else _Constant(found)
        if template is _NONE and is_unknown(planned) and not self._is_needed(key):
            self.standings[key] = Standing.HIDDEN
            return empty_value(spec), UNKNOWN
        return self._filled(key, key, _type_of(spec), planned, template)

    def _is_needed(self, key: str) -> bool:
        return self.needed is None or key in self.needed

    def _template_of(self, key: str) -> Any:
        if key == "arn":
            return self.facts.arn() or self.facts.attributes.get("arn", _NONE)
        if key in self.facts.attributes:
            return self.facts.attributes[key]
        if key == "id" and _has_format(self.facts):
            return self.facts.id
        if key == self.facts.name:
            return "$name"
        return _NONE

    def _block(self, key: str, path: str, spec: Mapping[str, Any], planned: Value) -> Any:
        """One object for all nested blocks of a type: Terraform gives each of them its values."""
        block = spec.get("block") or {}
        elements = [planned] if isinstance(planned, Mapping) else planned
        elements = elements if isinstance(elements, list) else []
        values: dict[str, Value] = {}
        for name, inner in (block.get("attributes") or {}).items():
            if not inner.get("computed") or inner.get("write_only"):
                continue
            found = [e.get(name, UNKNOWN) if isinstance(e, Mapping) else UNKNOWN for e in elements]
            same = found[0] if found and all(one == found[0] for one in found) else UNKNOWN
            template = _inside(self.facts.attributes.get(key, _NONE), path, name)
            if template is _NONE and is_unknown(same) and not self._is_needed(key):
                values[name] = empty_value(inner)
                self._note(f"{path}.{name}", Standing.HIDDEN)
            else:
                values[name], _ = self._filled(
                    f"{path}.{name}", name, _type_of(inner), same, template
                )
        for name, inner in (block.get("block_types") or {}).items():
            found = [e.get(name, UNKNOWN) for e in elements if isinstance(e, Mapping)]
            below = self._block(key, f"{path}.{name}", inner, found[0] if len(found) == 1 else None)
            if below:
                values[name] = below
        return values

    # One value -------------------------------------------------------------------------------

    def _filled(
        self, path: str, name: str, type_: Any, planned: Value, template: Any
    ) -> tuple[Value, Value]:
        """The planned value, with its unknown parts filled: the value, and what is known of it."""
        if not is_unknown(planned) and not contains_unknown(planned):
            self._note(path, Standing.EXACT)
            return planned, planned
        template = self._chosen(template)
        kind, inner = _parts_of(type_)
        if isinstance(planned, list):
            parts = template if isinstance(template, (list, tuple)) else [template]
            filled = [
                self._filled(
                    path, name, inner, item, parts[min(i, len(parts) - 1)] if parts else _NONE
                )
                for i, item in enumerate(planned)
            ]
            return [a for a, _ in filled], [b for _, b in filled]
        if isinstance(planned, Mapping):
            types = inner if kind == "object" else dict.fromkeys(planned, inner)
            return self._object(path, types, planned, template)
        if template is not _NONE:
            return self._from_template(path, type_, template)
        return self._generic(path, name, type_)

    def _object(
        self, path: str, types: Mapping[str, Any], planned: Mapping[str, Value], template: Any
    ) -> tuple[dict[str, Value], dict[str, Value]]:
        parts = template if isinstance(template, Mapping) else {}
        filled = {
            key: self._filled(
                f"{path}.{key}", key, type_, planned.get(key, UNKNOWN), parts.get(key, _NONE)
            )
            for key, type_ in types.items()
        }
        return {k: a for k, (a, _) in filled.items()}, {k: b for k, (_, b) in filled.items()}

    def _from_template(self, path: str, type_: Any, template: Any) -> tuple[Value, Value]:
        template = self._chosen(template)
        kind, inner = _parts_of(type_)
        if template is _NONE:
            return self._generic(path, path.rpartition(".")[2], type_)
        if isinstance(template, Mapping) and set(template) == {"unknown"}:
            self._note(path, Standing.HIDDEN)
            return template["unknown"], UNKNOWN
        if isinstance(template, _Constant):
            self._note(path, Standing.EXACT)
            return template.value, template.value
        if kind == "object" and isinstance(template, Mapping):
            return self._object(path, inner, {}, template)
        if kind == "map" and isinstance(template, Mapping):
            return self._object(path, dict.fromkeys(template, inner), {}, template)
        if kind in ("list", "set"):
            items = list(template) if isinstance(template, (list, tuple)) else [template]
            filled = [self._from_template(path, inner, item) for item in items]
            if not filled:
                self._note(path, Standing.EXACT)
            return [a for a, _ in filled], [b for _, b in filled]
        if not isinstance(template, str):
            self._note(path, Standing.EXACT)
            return template, template
        text, standing = self._text(template)
        value = _as_type(text, type_)
        self._note(path, standing)
        return value, value if standing <= Standing.ASSIGNED else UNKNOWN

    def _generic(self, path: str, name: str, type_: Any) -> tuple[Value, Value]:
        """A value of the right type, of a shape guessed from the attribute's name."""
        kind, inner = _parts_of(type_)
        if kind == "object":
            return self._object(path, inner, {}, _NONE)
        if kind in ("list", "set"):
            value, _ = self._generic(path, name, inner)
            self._note(path, Standing.HIDDEN)  # AWS may give none, or more
            return [value], UNKNOWN
        if kind == "string":
            text, standing = self._text(f"?{_guess(name, self.subject.type)}", f"{path}")
            self._note(path, standing)
            return text, UNKNOWN
        self._note(path, Standing.HIDDEN)
        return {"number": 443 if "port" in name else 1, "bool": False, "map": {}}.get(kind), UNKNOWN

    def _note(self, path: str, standing: Standing) -> None:
        self.standings[path] = max(standing, self.standings.get(path, Standing.EXACT))

    def _chosen(self, template: Any) -> Any:
        """The template that a table with ``by`` chooses; :data:`_NONE` where that is not known."""
        while isinstance(template, Mapping) and "by" in template:
            match = _PART.fullmatch("${" + template["by"] + "}")
            if match is None:
                raise ValueError(f"{template['by']} names no attribute")
            value = self._value_of(match)
            if is_unknown(value):
                return _NONE
            text = "unset" if value is None else _as_text(value)
            cases = [key for key in template if key not in ("by", "else")]
            found = next((key for key in cases if fnmatchcase(text, key)), "else")
            template = template.get(found, _NONE)
        return template

    # Templates -------------------------------------------------------------------------------

    def _text(self, template: str, owner: str = "") -> tuple[str, Standing]:
        """The text of a template, and its standing."""
        known = not template.startswith("?")
        missing = False
        parts: list[str] = []
        at = 1 - known
        for match in _PART.finditer(template):
            parts.append(template[at : match.start()])
            at = match.end()
            text = self._part(match, known, owner, "".join(parts))
            missing = missing or text is None
            parts.append(
                stand_in(f"{self.subject.address} {match[0]}", "$lower12", known=False)
                if text is None
                else text
            )
        text = "".join([*parts, template[at:]])
        if is_unknown_text(text):
            return text, Standing.UNKNOWN
        if not known or missing:
            return text, Standing.HIDDEN
        return text, Standing.ASSIGNED if is_assigned(text) else Standing.EXACT

    def _part(self, match: re.Match[str], known: bool, owner: str, before: str) -> str | None:
        """The text of a part of a template; None where it is not known."""
        if match["form"]:
            # The id and the ARN share a part; an id of another kind (``sg-``) has its own.
            kind = re.search(r"[A-Za-z]*-?\Z", before)
            owner = f"{self.subject.address} {owner}{kind[0] if kind else ''}{match['form']}"
            return stand_in(owner, match["form"], known=known)
        if match["attribute"]:
            return self._argument(match)
        word, location = match["word"], self.subject.location
        if word in ("p", "partition"):
            return location.partition if location else "aws"
        if word in ("r", "region"):
            return location.region if location else UNKNOWN_REGION
        if word in ("a", "account"):
            return location.account if location else UNKNOWN_ACCOUNT
        if word == "suffix":
            return _SUFFIXES.get(location.partition if location else "", "amazonaws.com")
        if word == "path":
            path = self.subject.values.get("path")
            return None if is_unknown(path) else str(path or "/")
        if word == "arn":
            return self._text(self.facts.arn() or self.facts.attributes.get("arn", "?$hex17"))[0]
        if word == "undecided":
            return None
        if word == "name":
            name = self.name()
            return name if name is None else _as_in_arn(before, name)
        raise ValueError(f"${word} is no part of a template")

    def _argument(self, match: re.Match[str]) -> str | None:
        """The text of an argument; None where it is not known or has no value."""
        value = self._value_of(match)
        if value is None or is_unknown(value) or isinstance(value, (list, tuple, Mapping)):
            return None
        return _as_text(value)

    def _value_of(self, match: re.Match[str]) -> Value:
        """The value of an argument, or its default."""
        value = dig(self.subject.values, match["attribute"])
        if value is None or (not is_unknown(value) and value == ""):
            value = match["default"]
            if value is None and match["attribute"] == self.facts.name:
                value = self.name()
        if isinstance(value, str) and is_unknown_text(value):
            return UNKNOWN
        if isinstance(value, str) and match["separator"]:
            value = value.rpartition(match["separator"])[2]
        return value

    def name(self) -> str | None:
        """The physical name; None where it is not known."""
        attribute = self.facts.name
        name = self.subject.values.get(attribute) if attribute else None
        if is_unknown(name) or (isinstance(name, str) and name and is_unknown_text(name)):
            return None
        if isinstance(name, str) and name:
            return name
        prefix = self.subject.values.get(f"{attribute}_prefix")
        if is_unknown(prefix):
            return None
        text = generated_name(self.subject.address, str(prefix or self.facts.generated))
        fifo = self.subject.values.get("fifo_queue") or self.subject.values.get("fifo_topic")
        return f"{text}.fifo" if fifo is True else text


@dataclass(frozen=True, slots=True)
class _Constant:
    """Stands for a template that is the value itself."""

    value: Value


class _None:
    """The type of :data:`_NONE`."""


_NONE: Final = _None()
"""Stands for a template that there is not."""


def _inside(template: Any, path: str, name: str) -> Any:
    """The template of an attribute inside nested blocks."""
    for step in (*path.split(".")[1:], name):
        if isinstance(template, (list, tuple)):
            template = template[0] if template else _NONE
        if not isinstance(template, Mapping) or step not in template:
            return _NONE
        template = template[step]
    return template


def _type_of(spec: Mapping[str, Any]) -> Any:
    """The type of an attribute: "string", or ["list", …]; a nested type as an object."""
    nested = spec.get("nested_type")
    if nested is None:
        return spec.get("type")
    object_ = ["object", {k: _type_of(s) for k, s in (nested.get("attributes") or {}).items()}]
    mode = nested.get("nesting_mode")
    return object_ if mode == "single" else [mode, object_]


def _parts_of(type_: Any) -> tuple[Any, Any]:
    """The kind of a type, and the type of its elements."""
    return tuple(type_) if isinstance(type_, list) and len(type_) == 2 else (type_, None)


def empty_value(spec: Mapping[str, Any]) -> Value:
    """The least value of an attribute: Terraform takes no null for a collection."""
    kind = _parts_of(_type_of(spec))[0]
    if kind in ("list", "set", "tuple"):
        return []
    return {} if kind == "map" else None


def _as_text(value: Value) -> str:
    """A value as Terraform writes it in a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_type(text: str, type_: Any) -> Value:
    """A text as a value of a type."""
    if type_ == "number" and re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text) if "." in text else int(text)
    if type_ == "bool" and text in ("true", "false"):
        return text == "true"
    return text


def _guess(name: str, type_: str) -> str:
    """The template of a string, from the name of its attribute."""
    if name == "arn" or name.endswith("_arn"):
        service = re.sub(r"[^a-z0-9-]", "-", type_.split("_")[1]) if "_" in type_ else "x"
        return f"arn:$p:{service}:$r:$a:$lower12"
    for pattern, template in _GUESSES:
        if re.search(pattern, name):
            return template
    return "$lower12"


_GUESSES: Final = (
    (r"ipv6.*cidr", "$ipv6cidr56"),
    (r"cidr", "$cidr4"),
    (r"ipv6", "$ipv6"),
    (r"(^|_)ips?$|ip_address|public_ip|private_ip", "$ipv4"),
    (r"(^|_)(at|date|time|timestamp)$|not_(after|before)", "$time"),
    (r"(^|_)(url|uri|issuer)$", "https://$host"),
    (r"endpoint|dns_name|domain_name|hostname|fqdn|(^|_)address$|name_servers", "$host"),
    (r"(^|_)account_id$|owner_id$|registry_id$", UNKNOWN_ACCOUNT),
    (r"(^|_)region$", UNKNOWN_REGION),
)


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


def physical_name_attribute(type_: str) -> str | None:
    """The attribute with the physical name of a type; None where it is not known."""
    return resource_type(type_).name or None


def sample_arn(type_: str) -> str | None:
    """An ARN of the form that resources of a type have; None where the form is not known."""
    arn = resource_type(type_).arn().removeprefix("?").replace("$path", "/")
    return re.sub(r"\$(?:\{[^}]*\}|\w+)", "x", arn) or None
