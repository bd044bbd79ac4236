"""Builds a resolved stack from a plan and the state that Terraform evaluated.

The state that ``terraform test`` prints has three kinds of values: values that Terraform evaluated,
tokens from the overrides, and mocked values that Terraform generated for other computed attributes.
Mocked values become :data:`UNKNOWN`; see :mod:`planproof.terraform.resolution.merge_values`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from planproof.terraform.addresses import configuration_address
from planproof.terraform.identities import ProviderLocation, physical_name_attribute
from planproof.terraform.plan import Plan, place_of, state_resources
from planproof.terraform.provenance import Tracer
from planproof.terraform.references import Configuration
from planproof.terraform.resolution.merge_values import EvaluatedStack, ValueMerge
from planproof.terraform.resolution.mocked_values import EvaluatedInstance, MockedValues
from planproof.terraform.resolution.overrides import Overrides
from planproof.terraform.source_index import SourceIndex
from planproof.terraform.stack import Resource, Resources, Stack
from planproof.values import UNKNOWN, Value

# Type of a probe → the part of a location that it reports, and the attribute with it.
_PROBES = {
    "aws_region": ("region", "id"),
    "aws_caller_identity": ("account", "account_id"),
    "aws_partition": ("partition", "partition"),
}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A state as Terraform printed it, and the schemas ("managed.aws_s3_bucket" → block)."""

    state: Mapping[str, Any]
    schemas: Mapping[str, Any]


def is_probe(item: Mapping[str, Any]) -> bool:
    """Whether an entry of a state is a data source that was added by planproof."""
    is_location = item["mode"] == "data" and item["type"] in _PROBES
    return is_location and item["name"].startswith("planproof")


def resolved_stack(
    name: str,
    variables: Mapping[str, Value],
    plan: Plan,
    evaluation: Evaluation,
    overrides: Overrides,
    sources: SourceIndex | None,
    *,
    same_variables: bool,
) -> Stack:
    """The resolved stack.

    Args:
        same_variables: whether the state was evaluated with the plan's variables, so that the
            values of the plan apply.
    """
    items = list(state_resources(evaluation.state.get("root_module") or {}))
    locations = provider_locations(items)
    items = [item for item in items if not is_probe(item)]
    configuration = Configuration.of(plan, sources)
    tracer = Tracer(configuration)
    instances: dict[str, EvaluatedInstance] = {}
    for item in items:
        declared = configuration_address(item["address"])
        values = item.get("values") or {}
        tokens = overrides.tokens_of(item["address"])
        instances[item["address"]] = EvaluatedInstance(
            declared=declared,
            planned=plan.resources.get(item["address"]),
            schema=evaluation.schemas.get(f"{item['mode']}.{item['type']}") or {},
            expressions=configuration.expressions(declared),
            values=values,
            overridden=None if tokens is None else _overridden(tokens, values),
            repeated=frozenset(overrides.repeated.get(item["address"], ())),
        )
    overridden = [one for one in instances.values() if one.overridden is not None]
    evaluated = EvaluatedStack(
        tracer=tracer,
        mocked=MockedValues.among(overridden, tracer, same_variables=same_variables),
        identities=overrides.identities,
        same_variables=same_variables,
    )

    def location_of(address: str) -> ProviderLocation | None:
        key = configuration.provider_of(configuration_address(address)) if address else "aws"
        return locations.get(key)  # None for a provider inside a module, which has no probe

    names, paths = _names(items)
    translate = overrides.identities.translator(names, paths, location_of)
    resources = _resources(items, instances, evaluated, plan, translate)
    if unnamed := [a for a, name in names.items() if name and _has_unknown_name(resources[a])]:
        # The name is built from an unknown value: treated like a name that AWS generates.
        names.update(dict.fromkeys(unnamed))
        resources = _resources(items, instances, evaluated, plan, translate)
    return stack_of(name, variables, plan, configuration, resources, locations)


def stack_of(
    name: str,
    variables: Mapping[str, Value],
    plan: Plan,
    configuration: Configuration,
    resources: Mapping[str, Resource],
    locations: Mapping[str, ProviderLocation],
) -> Stack:
    """The stack of the resources of a state, in the order of the plan; those that it does not have
    come last."""
    order = {address: number for number, address in enumerate(plan.resources)}
    last = len(order)
    ordered = dict(sorted(resources.items(), key=lambda kv: (order.get(kv[0], last), kv[0])))
    _close_dependencies(ordered)
    return Stack(
        name,
        Resources(ordered),
        variables,
        configuration,
        True,
        locations,
        configuration.sources,
        plan.sensitive_variables,
    )


def _resources(
    items: list[dict[str, Any]],
    instances: Mapping[str, EvaluatedInstance],
    evaluated: EvaluatedStack,
    plan: Plan,
    translate: Callable[[str], str],
) -> dict[str, Resource]:
    siblings = {configuration_address(address): r for address, r in plan.resources.items()}
    resources: dict[str, Resource] = {}
    for item in items:
        instance = instances[item["address"]]
        # An instance that is not in the plan has the defaults of the planned ones.
        planned = instance.planned or siblings.get(instance.declared)
        resources[item["address"]] = resource_of(
            item,
            ValueMerge(evaluated, instance, translate).resource(planned.known if planned else {}),
            _either_sensitive(item.get("sensitive_values"), planned and planned.sensitive),
        )
    return resources


def _has_unknown_name(resource: Resource) -> bool:
    attribute = physical_name_attribute(resource.type)
    return attribute is not None and resource.values.get(attribute) is UNKNOWN


def _overridden(tokens: Mapping[str, str], values: Mapping[str, Value]) -> frozenset[str]:
    """The attributes set by an override: Terraform ignores it for configured attributes."""
    return frozenset(key for key, token in tokens.items() if values.get(key) == token)


def resource_of(item: Mapping[str, Any], values: Mapping[str, Value], sensitive: Any) -> Resource:
    """The resource of an entry of a state."""
    return Resource(
        **place_of(item, item["module"]),
        values=values,
        sensitive=sensitive,
        dependencies=frozenset(map(configuration_address, item.get("depends_on") or ())),
    )


def _close_dependencies(resources: dict[str, Resource]) -> None:
    """Make the dependencies transitive, through data sources too."""
    direct: dict[str, set[str]] = {}
    for resource in resources.values():
        direct.setdefault(resource.declared, set()).update(resource.dependencies or ())
    closed: dict[str, frozenset[str]] = {}
    for start in direct:
        seen: set[str] = set()
        todo = list(direct[start])
        while todo:
            address = todo.pop()
            if address not in seen:
                seen.add(address)
                todo.extend(closed.get(address, direct.get(address, ())))
        closed[start] = frozenset(seen)
    for address, resource in resources.items():
        resources[address] = replace(resource, dependencies=closed[resource.declared])


def provider_locations(items: list[dict[str, Any]]) -> dict[str, ProviderLocation]:
    """Provider configuration key → its location, from the probes."""
    found: dict[str, dict[str, str]] = {}
    for item in items:
        if is_probe(item):
            alias = item["name"].removeprefix("planproof").lstrip("_")
            key = f"aws.{alias}" if alias else "aws"
            part, attribute = _PROBES[item["type"]]
            if value := (item.get("values") or {}).get(attribute):
                found.setdefault(key, {})[part] = str(value)
    return {key: ProviderLocation(**parts) for key, parts in found.items() if len(parts) == 3}


def _names(items: list[dict[str, Any]]) -> tuple[dict[str, str | None], dict[str, str]]:
    """Address → physical name as evaluated, and address → IAM path."""
    names: dict[str, str | None] = {}
    paths: dict[str, str] = {}
    for item in items:
        attribute = physical_name_attribute(item["type"])
        value = (item.get("values") or {}).get(attribute) if attribute else None
        names[item["address"]] = value if isinstance(value, str) else None
        path = (item.get("values") or {}).get("path")
        if item["type"].startswith("aws_iam_") and str(path).startswith("/"):
            paths[item["address"]] = str(path)
    return names, paths


def _either_sensitive(one: Any, other: Any) -> Any:
    """Sensitive wherever one of the two is."""
    if one is True or other is True:
        return True
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {k: _either_sensitive(one.get(k), other.get(k)) for k in {**one, **other}}
    if isinstance(one, list) and isinstance(other, list):
        return [_either_sensitive(a, b) for a, b in zip_longest(one, other)]
    return one if one else other
