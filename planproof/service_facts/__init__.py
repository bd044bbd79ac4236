"""Facts about AWS services. ``services.toml`` describes each service once, ``defaults.toml`` what
AWS sets where the sources set nothing; all other code looks up a fact here when it needs it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any, Final

from planproof.service_facts.defaults import (
    NO_DEFAULT,
    Default,
    NoDefault,
    add_defaults,
    default,
    documented_defaults,
)
from planproof.service_facts.model import (
    CodeUse,
    PolicyDeclaration,
    Reception,
    ResourceType,
    Service,
)

__all__ = [
    "NO_DEFAULT",
    "CodeUse",
    "Default",
    "NoDefault",
    "PolicyDeclaration",
    "Reception",
    "ResourceType",
    "Service",
    "add_defaults",
    "add_services",
    "default",
    "documented_defaults",
    "governed_type",
    "has_policies",
    "receiving_type",
    "resource_type",
    "service",
    "service_of_client",
    "services",
    "types",
]

_SERVICES: Final[dict[str, Service]] = {}  # by prefix
_TYPES: Final[dict[str, ResourceType]] = {}  # by Terraform's name
_WITH_POLICIES: Final[set[str]] = set()
_NESTED: Final = {"policy": PolicyDeclaration, "receives": Reception, "called": CodeUse}


def add_services(text: str) -> None:
    """Add the services that a text in the form of ``services.toml`` describes.

    Besides the fields of :class:`Service`, a section can have ``types`` and, as lists of types:
    ``parts`` of the resource that an attribute identifies, ``inside`` which names are unique,
    ``alike`` to a described type, and ``unmodelled``; and ``given``, for the attributes that many
    types have: attribute → template → types.

    Raises:
        TypeError: a field has a wrong name.
    """
    for prefix, facts in tomllib.loads(text).items():
        own: dict[str, Mapping[str, Any]] = facts.pop("types", {})
        for field, groups in (
            ("name", facts.pop("parts", {})),
            ("inside", facts.pop("inside", {})),
            ("unmodelled", {True: facts.pop("unmodelled", ())}),
        ):
            for value, listed in groups.items():
                for one in listed:
                    own[one] = {field: value, **own.get(one, {})}
        for attribute, templates in facts.pop("given", {}).items():
            for template, listed in templates.items():
                for one in listed:
                    held = own.get(one, {})
                    own[one] = {
                        **held,
                        "attributes": {attribute: template, **held.get("attributes", {})},
                    }
        for model, listed in facts.pop("alike", {}).items():
            own |= {one: {**own[model], **own.get(one, {})} for one in listed}
        _SERVICES[prefix] = Service(**_frozen({"prefix": prefix, "client": prefix} | facts))
        found = {one: _type(prefix, described) for one, described in own.items()}
        _TYPES.update(found)
        _WITH_POLICIES.update(t.policy_service or prefix for t in found.values() if t.policy)
        _WITH_POLICIES.update({prefix} if _SERVICES[prefix].policies else ())


def _type(prefix: str, facts: Mapping[str, Any]) -> ResourceType:
    nested = {k: made(**_frozen(facts[k])) for k, made in _NESTED.items() if k in facts}
    return ResourceType(**_frozen({**facts, "service": prefix}) | nested)


def _frozen(value: Any) -> Any:
    """The value with tuples instead of lists."""
    if isinstance(value, list):
        return tuple(value)
    return {k: _frozen(v) for k, v in value.items()} if isinstance(value, dict) else value


def service(prefix: str) -> Service:
    """The service of a prefix of actions or ARNs, in lower case."""
    return _SERVICES.get(prefix) or Service(prefix=prefix, client=prefix)


def service_of_client(client: str) -> Service:
    """The service that botocore gives a name."""
    return next((one for one in _SERVICES.values() if one.client == client), service(client))


def services(chosen: Callable[[Service], object]) -> tuple[Service, ...]:
    """The described services that satisfy a predicate, by their prefixes."""
    return tuple(one for one in _SERVICES.values() if chosen(one))


def resource_type(name: str) -> ResourceType:
    """The facts of a resource type."""
    return _TYPES.get(name) or ResourceType()


def types(chosen: Callable[[ResourceType], object]) -> tuple[str, ...]:
    """The described resource types that satisfy a predicate."""
    return tuple(name for name, one in _TYPES.items() if chosen(one))


def receiving_type(prefix: str) -> ResourceType:
    """The type of a service that is delivered to."""
    return _first(lambda one: one.service == prefix and one.receives.actions)


def governed_type(prefix: str) -> ResourceType:
    """The type of a service that can have a resource-based policy."""
    return _first(lambda one: one.service == prefix and one.policy)


def _first(chosen: Callable[[ResourceType], object]) -> ResourceType:
    return next(filter(chosen, _TYPES.values()), ResourceType())


def has_policies(prefix: str) -> bool:
    """Whether resources of a service can have resource-based policies.

    A resource outside of the stack may have any policy.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
    """
    return prefix in _WITH_POLICIES


add_services(files(__name__).joinpath("services.toml").read_text("utf-8"))
