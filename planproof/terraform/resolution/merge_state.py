"""Builds a resolved stack from a plan and the state that Terraform evaluated.

The state that ``terraform test`` prints has three kinds of values: values that Terraform evaluated,
tokens from the overrides, and mocked values that Terraform generated for other computed attributes.
Mocked values become :data:`UNKNOWN`; see :mod:`planproof.terraform.resolution.merge_values`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from planproof.terraform.addresses import configuration_address
from planproof.terraform.identities import ProviderLocation, physical_name_attribute
from planproof.terraform.plan import Plan, state_resources
from planproof.terraform.provenance import Tracer
from planproof.terraform.references import Configuration
from planproof.terraform.resolution.merge_values import EvaluatedStack, ValueMerge
from planproof.terraform.resolution.mocked_values import EvaluatedInstance, MockedValues
from planproof.terraform.resolution.overrides import Overrides
from planproof.terraform.source_index import SourceIndex
from planproof.terraform.stack import Resource, Resources, Stack
from planproof.values import UNKNOWN, Value

_PROBES = ("aws_region", "aws_caller_identity", "aws_partition")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A state as Terraform printed it, and the schemas ("managed.aws_s3_bucket" → block)."""

    state: Mapping[str, Any]
    schemas: Mapping[str, Any]


def is_probe(mode: str, type_: str, name: str) -> bool:
    """Whether a data source was added by planproof."""
    return mode == "data" and type_ in _PROBES and name.startswith("planproof")


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
    items = [i for i in items if not is_probe(i["mode"], i["type"], i["name"])]
    configuration = Configuration.of(plan, sources)
    tracer = Tracer(configuration)
    instances: dict[str, EvaluatedInstance] = {}
    for item in items:
        declared = configuration_address(item["address"])
        planned = plan.resources.get(item["address"])
        expressions = configuration.resources.get(declared, {}).get("expressions") or {}
        tokens = overrides.tokens_of(item["address"])
        instances[item["address"]] = EvaluatedInstance(
            declared=declared,
            planned=planned,
            schema=evaluation.schemas.get(f"{item['mode']}.{item['type']}") or {},
            expressions=expressions,
            values=item.get("values") or {},
            overridden=None if tokens is None else _overridden(tokens, item.get("values") or {}),
            repeated=frozenset(overrides.repeated.get(item["address"], ())),
        )
    overridden = [one for one in instances.values() if one.overridden is not None]
    evaluated = EvaluatedStack(
        tracer=tracer,
        mocked=MockedValues.among(overridden, tracer, same_variables=same_variables),
        identities=overrides.identities,
        same_variables=same_variables,
    )
    names, paths = _names(items)
    translate = overrides.identities.translator(
        names, paths, _location_of(configuration, locations)
    )
    resources = _resources(items, instances, evaluated, plan, translate)
    if unnamed := [a for a, name in names.items() if name and _has_unknown_name(resources[a])]:
        # The name is built from an unknown value: treated like a name that AWS generates.
        names.update(dict.fromkeys(unnamed))
        resources = _resources(items, instances, evaluated, plan, translate)
    resources = in_plan_order(resources, plan)
    close_dependencies(resources)
    return Stack(
        name,
        Resources(resources),
        variables,
        configuration,
        True,
        locations,
        sources,
        sensitive_variables=plan.sensitive_variables,
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
        merge = ValueMerge(
            evaluated,
            instance.declared,
            translate,
            instance.schema,
            instance.expressions,
            instance.overridden,
        )
        # An instance that is not in the plan has the defaults of the planned ones.
        planned = instance.planned or siblings.get(instance.declared)
        resources[item["address"]] = resource_of(
            item,
            merge.resource(planned.known if planned else {}, instance.values),
            _either_sensitive(item.get("sensitive_values"), planned and planned.sensitive),
        )
    return resources


def _has_unknown_name(resource: Resource) -> bool:
    attribute = physical_name_attribute(resource.type)
    return attribute is not None and resource.values.get(attribute) is UNKNOWN


def _overridden(tokens: Mapping[str, str], values: Mapping[str, Value]) -> frozenset[str]:
    """The attributes set by an override: Terraform ignores it for configured attributes."""
    return frozenset(key for key, token in tokens.items() if values.get(key) == token)


def in_plan_order(resources: dict[str, Resource], plan: Plan) -> dict[str, Resource]:
    """The resources in the order of the plan; those that it does not have come last."""
    order = {address: number for number, address in enumerate(plan.resources)}
    last = len(order)
    return dict(sorted(resources.items(), key=lambda kv: (order.get(kv[0], last), kv[0])))


def resource_of(item: Mapping[str, Any], values: Mapping[str, Value], sensitive: Any) -> Resource:
    """The resource of an entry of a state."""
    return Resource(
        address=item["address"],
        mode=item["mode"],
        type=item["type"],
        name=item["name"],
        index=item.get("index"),
        module=item["module"],
        values=values,
        sensitive=sensitive,
        dependencies=frozenset(map(configuration_address, item.get("depends_on") or ())),
    )


def close_dependencies(resources: dict[str, Resource]) -> None:
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
        if is_probe(item["mode"], item["type"], item["name"]):
            alias = item["name"].removeprefix("planproof").lstrip("_")
            key = f"aws.{alias}" if alias else "aws"
            values = item.get("values") or {}
            part = {
                "aws_region": ("region", values.get("id")),
                "aws_partition": ("partition", values.get("partition")),
                "aws_caller_identity": ("account", values.get("account_id")),
            }[item["type"]]
            if part[1]:
                found.setdefault(key, {})[part[0]] = str(part[1])
    return {
        key: ProviderLocation(parts["partition"], parts["region"], parts["account"])
        for key, parts in found.items()
        if len(parts) == 3
    }


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


def _location_of(
    configuration: Configuration, locations: Mapping[str, ProviderLocation]
) -> Callable[[str], ProviderLocation | None]:
    def location_of(address: str) -> ProviderLocation | None:
        key = configuration.provider_of(configuration_address(address)) if address else "aws"
        return locations.get(key)  # None for a provider inside a module, which has no probe

    return location_of


def _either_sensitive(one: Any, other: Any) -> Any:
    """Sensitive wherever one of the two is."""
    if one is True or other is True:
        return True
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {k: _either_sensitive(one.get(k), other.get(k)) for k in {**one, **other}}
    if isinstance(one, list) and isinstance(other, list):
        length = max(len(one), len(other))
        pad = [None] * length
        return [
            _either_sensitive(a, b)
            for a, b in zip((one + pad)[:length], (other + pad)[:length], strict=True)
        ]
    return one if one else other
