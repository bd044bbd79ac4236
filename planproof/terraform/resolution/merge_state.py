"""Makes a stack of a plan and of the state that Terraform evaluated.

The state that ``terraform test`` prints holds three kinds of values: those that Terraform
evaluated, the tokens we gave, and what it made up for computed attributes nobody gave. Only the
first two count (see :mod:`planproof.terraform.resolution.merge_values`); the third is
:data:`UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from planproof.terraform.addresses import configuration_address
from planproof.terraform.identities import Place, physical_name_attribute
from planproof.terraform.plan import Plan, state_resources
from planproof.terraform.provenance import Tracer
from planproof.terraform.references import Configuration
from planproof.terraform.resolution.merge_values import Knowledge, ValueMerge
from planproof.terraform.resolution.mocked_values import EvaluatedInstance, MockedValues
from planproof.terraform.resolution.overrides import Overrides
from planproof.terraform.source_index import SourceIndex
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Value

_PROBES = ("aws_region", "aws_caller_identity", "aws_partition")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A state as printed, and the provider schemas ("managed.aws_s3_bucket" → block)."""

    state: Mapping[str, Any]
    schemas: Mapping[str, Any]


def is_probe(mode: str, type_: str, name: str) -> bool:
    """Whether a data source is ours rather than the stack's."""
    return mode == "data" and type_ in _PROBES and name.startswith("planproof")


def stack_of(
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
        same_variables: whether the state was evaluated with the plan's own variables, so that
            what the plan knows holds here too.
    """
    items = list(state_resources(evaluation.state.get("root_module") or {}))
    places = places_of(items)
    items = [i for i in items if not is_probe(i["mode"], i["type"], i["name"])]
    configuration = Configuration.of(plan, sources)
    tracer = Tracer(configuration)
    looked: dict[str, EvaluatedInstance] = {}
    for item in items:
        declared = configuration_address(item["address"])
        planned = plan.resources.get(item["address"])
        expressions = configuration.resources.get(declared, {}).get("expressions") or {}
        tokens = overrides.given(item["address"])
        looked[item["address"]] = EvaluatedInstance(
            declared=declared,
            planned=planned,
            schema=evaluation.schemas.get(f"{item['mode']}.{item['type']}") or {},
            expressions=expressions,
            values=item.get("values") or {},
            given=None if tokens is None else _given(tokens, item.get("values") or {}),
            repeated=frozenset(overrides.repeated.get(item["address"], ())),
        )
    overridden = [item for item in looked.values() if item.given is not None]
    knowledge = Knowledge(
        tracer=tracer,
        made_up=MockedValues.among(overridden, tracer, same_variables=same_variables),
        identities=overrides.identities,
        same_variables=same_variables,
    )
    names, paths = _names(items)
    real = overrides.identities.translator(names, paths, _place_of(configuration, places))
    resources = _resources(items, looked, knowledge, plan, real)
    if nameless := [a for a, name in names.items() if name and _nameless(resources[a])]:
        # Made of something unknown, as their ARNs are then: as good as a name that AWS makes.
        names.update(dict.fromkeys(nameless))
        resources = _resources(items, looked, knowledge, plan, real)
    resources = in_plan_order(resources, plan)
    close_dependencies(resources)
    return Stack(
        name,
        resources,
        variables,
        configuration,
        True,
        places,
        sources,
        sensitive_variables=plan.sensitive_variables,
    )


def _resources(
    items: list[dict[str, Any]],
    looked: Mapping[str, EvaluatedInstance],
    knowledge: Knowledge,
    plan: Plan,
    real: Callable[[str], str],
) -> dict[str, Resource]:
    siblings = {configuration_address(address): r for address, r in plan.resources.items()}
    resources: dict[str, Resource] = {}
    for item in items:
        look = looked[item["address"]]
        merge = ValueMerge(
            knowledge, look.declared, real, look.schema, look.expressions, look.given
        )
        # An instance that only these variables bring about has the defaults of its siblings.
        planned = look.planned or siblings.get(look.declared)
        resources[item["address"]] = Resource(
            address=item["address"],
            mode=item["mode"],
            type=item["type"],
            name=item["name"],
            index=item.get("index"),
            module=item["module"],
            values=merge.resource(planned.known if planned else {}, look.values),
            sensitive=_union(item.get("sensitive_values"), planned and planned.sensitive),
            dependencies=dependencies_of(item),
        )
    return resources


def _nameless(resource: Resource) -> bool:
    attribute = physical_name_attribute(resource.type)
    return attribute is not None and resource.values.get(attribute) is UNKNOWN


def _given(tokens: Mapping[str, str], values: Mapping[str, Value]) -> frozenset[str]:
    """The attributes that an override gave: Terraform passes over those that are configured."""
    return frozenset(key for key, token in tokens.items() if values.get(key) == token)


def in_plan_order(resources: dict[str, Resource], plan: Plan) -> dict[str, Resource]:
    """The resources in the order of the plan, those that it does not have at the end."""
    order = {address: number for number, address in enumerate(plan.resources)}
    last = len(order)
    return dict(sorted(resources.items(), key=lambda kv: (order.get(kv[0], last), kv[0])))


def dependencies_of(item: Mapping[str, Any]) -> frozenset[str]:
    """What Terraform makes before a resource of a state, by configuration address."""
    return frozenset(configuration_address(a) for a in item.get("depends_on") or ())


def close_dependencies(resources: dict[str, Resource]) -> None:
    """Make dependency lists transitive, through data sources too."""
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
        resources[address] = Resource(
            resource.address,
            resource.mode,
            resource.type,
            resource.name,
            resource.index,
            resource.module,
            resource.values,
            resource.sensitive,
            closed[resource.declared],
        )


def places_of(items: list[dict[str, Any]]) -> dict[str, Place]:
    """Provider configuration key → where it puts things, from the probes."""
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
        key: Place(parts["partition"], parts["region"], parts["account"])
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


def _place_of(
    configuration: Configuration, places: Mapping[str, Place]
) -> Callable[[str], Place | None]:
    def place_of(address: str) -> Place | None:
        key = configuration.provider_of(configuration_address(address)) if address else "aws"
        return places.get(key)  # a provider inside a module has no probe: its place is not known

    return place_of


def _union(one: Any, other: Any) -> Any:
    """Sensitive wherever either says so."""
    if one is True or other is True:
        return True
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {k: _union(one.get(k), other.get(k)) for k in {**one, **other}}
    if isinstance(one, list) and isinstance(other, list):
        length = max(len(one), len(other))
        pad = [None] * length
        return [
            _union(a, b) for a, b in zip((one + pad)[:length], (other + pad)[:length], strict=True)
        ]
    return one if one else other
