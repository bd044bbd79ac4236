"""Builds a resolved stack from a plan and the state that Terraform evaluated.

The state that ``terraform test`` prints has the values that Terraform evaluated, and those that the
overrides gave to computed attributes. Those that are not known become :data:`UNKNOWN`; see
:mod:`planproof.terraform.resolution.merge_values`.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from planproof.stand_ins import without_unknown
from planproof.terraform.addresses import configuration_address
from planproof.terraform.aws_answers import made_up
from planproof.terraform.given_data.blocks import PROVIDER
from planproof.terraform.identities import ProviderLocation, Standing
from planproof.terraform.plan import Plan, place_of, state_resources
from planproof.terraform.provenance import Place, Tracer
from planproof.terraform.references import Configuration
from planproof.terraform.resolution.merge_values import EvaluatedStack, ValueMerge
from planproof.terraform.resolution.overrides import Overrides
from planproof.terraform.resolution.standings import EvaluatedInstance, Standings
from planproof.terraform.source_index import SourceIndex
from planproof.terraform.stack import Resource, Resources, Stack
from planproof.values import UNKNOWN, Value, is_unknown

# Type of a probe → the part of a location that it reports, and the attribute with it.
_PROBES = {
    "aws_region": ("region", "id"),
    "aws_caller_identity": ("account", "account_id"),
    "aws_partition": ("partition", "partition"),
}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A state as Terraform printed it, and the schemas ("managed.aws_s3_bucket" → block).

    Attributes:
        emulated: whether data sources were answered by an emulated account.
    """

    state: Mapping[str, Any]
    schemas: Mapping[str, Any]
    emulated: bool = True


def is_probe(item: Mapping[str, Any]) -> bool:
    """Whether an entry of a state is a data source that was added by planproof."""
    is_location = item["type"] in (*_PROBES, "aws_default_tags", "terraform_data")
    return is_location and item["name"].startswith("planproof")


def resolved_stack(
    name: str,
    plan: Plan,
    evaluation: Evaluation,
    overrides: Overrides,
    sources: SourceIndex | None,
    replaced: frozenset[Place] = frozenset(),
) -> Stack:
    """The resolved stack.

    Args:
        plan: of the same variables.
        replaced: the expressions that were not evaluated as they are written.
    """
    items = list(state_resources(evaluation.state.get("root_module") or {}))
    locations = provider_locations(items)
    items = [item for item in items if not is_probe(item)]
    configuration = Configuration.of(plan, sources)
    tracer = Tracer(configuration, replaced)
    instances: dict[str, EvaluatedInstance] = {}
    for item in items:
        declared = configuration_address(item["address"])
        instances[item["address"]] = EvaluatedInstance(
            declared=declared,
            planned=plan.resources.get(item["address"]),
            schema=evaluation.schemas.get(f"{item['mode']}.{item['type']}") or {},
            expressions=configuration.expressions(declared),
            values=item.get("values") or {},
            given=overrides.given.get(item["address"]),
            defaults=frozenset(overrides.defaults.get(declared, ())),
            made_up=_made_up(item, configuration.expressions(declared), evaluation.emulated),
        )
    evaluated = EvaluatedStack(
        tracer, Standings.among(instances.values(), tracer), planned_tags(plan)
    )
    resources = _resources(items, instances, evaluated, plan)
    return stack_of(name, plan.variables, plan, configuration, resources, locations)


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
) -> dict[str, Resource]:
    siblings = {configuration_address(address): r for address, r in plan.resources.items()}
    made_up_by = {instance.declared for instance in instances.values() if instance.made_up}
    resources: dict[str, Resource] = {}
    for item in items:
        instance = instances[item["address"]]
        # An instance that is not in the plan has the defaults of the planned ones.
        planned = instance.planned or siblings.get(instance.declared)
        known = planned.known if planned else {}
        if item["mode"] == "data" and instance.planned is None:
            known = instance.values  # it was read while Terraform planned
        elif item["mode"] == "data" and instance.given is None:
            known = _without_null(known)  # it was read after the plan, which has no defaults
        known = {
            key: without_unknown(value)
            for key, value in known.items()
            if not _is_of_made_up(key, instance, evaluated, made_up_by)
        }
        values = ValueMerge(evaluated, instance).resource(known)
        resources[item["address"]] = resource_of(
            item,
            {**values, **dict.fromkeys(instance.made_up & values.keys(), UNKNOWN)},
            _either_sensitive(item.get("sensitive_values"), planned and planned.sensitive),
        )
    return resources


def _made_up(
    item: Mapping[str, Any], expressions: Mapping[str, Any], emulated: bool
) -> frozenset[str]:
    """The attributes of a data source that the emulated account does not know."""
    is_given = str(item.get("provider_name")).endswith(f"/{PROVIDER}")
    if item["mode"] != "data" or is_given or not emulated:
        return frozenset()
    return made_up(item["type"]) - expressions.keys()


def _is_of_made_up(
    key: str, instance: EvaluatedInstance, evaluated: EvaluatedStack, made_up_by: Set[str]
) -> bool:
    """Whether a value that the plan knows derives from one that the emulated account made up."""
    if not made_up_by:
        return False
    declared, tracer = instance.declared, evaluated.tracer
    if key in instance.expressions or tracer.dynamic_blocks(declared, key):
        origin = tracer.attribute(declared, key)
    elif declared.split(".")[-3:-2] == ["data"]:
        origin = tracer.inputs(declared)
    else:
        return False
    return any(
        leaf[0] in made_up_by and evaluated.standings.of(leaf) > Standing.ASSIGNED
        for leaf in origin.leaves
    )


def _without_null(value: Any) -> Any:
    """A planned value without the arguments that are null."""
    if isinstance(value, Mapping):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    return [_without_null(item) for item in value] if isinstance(value, list) else value


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


def planned_locations(plan: Plan) -> dict[str, ProviderLocation]:
    """Provider configuration key → its location, from the probes in a plan."""
    found = {}
    for key, probe in _planned_probes(plan).items():
        parts = {name: probe.get(name) for name, _ in _PROBES.values()}
        known = {name: part for name, part in parts.items() if isinstance(part, str)}
        if len(known) == len(parts):
            found[key] = ProviderLocation(**known)
    return found


def planned_tags(plan: Plan) -> dict[str, Mapping[str, Value]]:
    """Provider configuration key → the tags that it gives to every resource."""
    tags = {key: probe.get("tags") for key, probe in _planned_probes(plan).items()}
    return {key: found or {} for key, found in tags.items() if not is_unknown(found)}


def _planned_probes(plan: Plan) -> dict[str, Mapping[str, Value]]:
    """Provider configuration key → what its probe reports, with UNKNOWN among it."""
    found = {}
    for resource in plan.resources.values():
        if resource.type == "terraform_data" and resource.name.startswith("planproof"):
            reported = resource.known.get("input")
            if isinstance(reported, Mapping):
                found[_provider_key(resource.name, resource.module)] = reported
    return found


def provider_locations(items: list[dict[str, Any]]) -> dict[str, ProviderLocation]:
    """Provider configuration key → its location, from the probes."""
    found: dict[str, dict[str, str]] = {}
    for item in items:
        if is_probe(item) and item["type"] in _PROBES:
            key = _provider_key(item["name"], item["module"])
            part, attribute = _PROBES[item["type"]]
            if value := (item.get("values") or {}).get(attribute):
                found.setdefault(key, {})[part] = str(value)
    return {key: ProviderLocation(**parts) for key, parts in found.items() if len(parts) == 3}


def _provider_key(probe: str, module: str) -> str:
    """Key of the provider configuration that a probe asks, as a plan writes it: "aws",
    "aws.west", "module.m:aws"."""
    alias = probe.removeprefix("planproof").lstrip("_")
    key = f"aws.{alias}" if alias else "aws"
    return f"{configuration_address(module)}:{key}" if module else key


def _either_sensitive(one: Any, other: Any) -> Any:
    """Sensitive wherever one of the two is."""
    if one is True or other is True:
        return True
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {k: _either_sensitive(one.get(k), other.get(k)) for k in {**one, **other}}
    if isinstance(one, list) and isinstance(other, list):
        return [_either_sensitive(a, b) for a, b in zip_longest(one, other)]
    return one if one else other
