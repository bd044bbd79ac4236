"""Joins what a plan knows with what resolution found, and marks what neither may be trusted with.

The state that ``terraform test`` prints holds three kinds of values: those that Terraform
evaluated, the tokens we gave, and what it made up for computed attributes nobody gave (random
strings, zeros, empty collections). Only the first two count; the third is :data:`UNKNOWN`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from planproof.hcl_source import SourceIndex
from planproof.identities import Identities, Place, physical_name_attribute
from planproof.plan import Plan, PlannedResource, state_resources
from planproof.references import Configuration
from planproof.stack import Resource, Stack, configuration_address
from planproof.values import UNKNOWN, Value, contains_unknown, leaves

_MADE_UP = re.compile(r"[a-z0-9]{8}")
_PROBES = ("aws_region", "aws_caller_identity", "aws_partition")
_HARMLESS = ("var.", "each.", "count.", "path.", "terraform.")


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
    identities: Identities,
    overrides: Mapping[str, Mapping[str, str]],
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
    places = _places(items)
    items = [i for i in items if not is_probe(i["mode"], i["type"], i["name"])]
    configuration = Configuration.of(plan, sources)
    real = _translator(items, identities, configuration, places)
    made_up, blind = _made_up(items, plan, configuration, overrides)
    resources: dict[str, Resource] = {}
    for item in items:
        address = item["address"]
        planned = plan.resources.get(address)
        merge = _Merge(
            real=real,
            made_up=made_up,
            blind=blind,
            schema=evaluation.schemas.get(f"{item['mode']}.{item['type']}") or {},
            expressions=configuration.resources.get(configuration_address(address), {}).get(
                "expressions"
            )
            or {},
            given=frozenset(overrides.get(address, ())),
            overridden=address in overrides,
            same_variables=same_variables,
        )
        resources[address] = Resource(
            address=address,
            mode=item["mode"],
            type=item["type"],
            name=item["name"],
            index=item.get("index"),
            module=item["module"],
            values=merge.resource(planned, item.get("values") or {}),
            sensitive=_union(item.get("sensitive_values"), planned and planned.sensitive),
            dependencies=_dependencies(item),
        )
    resources = _in_plan_order(resources, plan)
    _close_dependencies(resources)
    return Stack(name, resources, variables, configuration, True, places, sources)


def _in_plan_order(resources: dict[str, Resource], plan: Plan) -> dict[str, Resource]:
    order = {address: number for number, address in enumerate(plan.resources)}
    last = len(order)
    return dict(sorted(resources.items(), key=lambda kv: (order.get(kv[0], last), kv[0])))


def _dependencies(item: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(configuration_address(a) for a in item.get("depends_on") or ())


def _close_dependencies(resources: dict[str, Resource]) -> None:
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


def _places(items: list[dict[str, Any]]) -> dict[str, Place]:
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
            found.setdefault(key, {})[part[0]] = str(part[1])
    return {
        key: Place(parts["partition"], parts["region"], parts["account"])
        for key, parts in found.items()
        if len(parts) == 3
    }


def _translator(
    items: list[dict[str, Any]],
    identities: Identities,
    configuration: Configuration,
    places: Mapping[str, Place],
) -> Callable[[str], str]:
    names: dict[str, str | None] = {}
    paths: dict[str, str] = {}
    for item in items:
        attribute = physical_name_attribute(item["type"])
        value = (item.get("values") or {}).get(attribute) if attribute else None
        names[item["address"]] = value if isinstance(value, str) else None
        if isinstance(path := (item.get("values") or {}).get("path"), str):
            if item["type"].startswith("aws_iam_") and path.startswith("/"):
                paths[item["address"]] = path

    def place_of(address: str) -> Place | None:
        key = configuration.provider_of(configuration_address(address)) if address else "aws"
        return places.get(key) or places.get("aws")

    return identities.translator(names, paths, place_of)


def _made_up(
    items: list[dict[str, Any]],
    plan: Plan,
    configuration: Configuration,
    overrides: Mapping[str, Mapping[str, str]],
) -> tuple[frozenset[str], frozenset[str]]:
    """What Terraform made up: its strings, and the references whose made-up value is no string."""
    strings: set[str] = set()
    blind: set[str] = set()
    for item in items:
        address = item["address"]
        if address not in overrides:
            continue
        declared = configuration_address(address)
        expressions = configuration.resources.get(declared, {}).get("expressions") or {}
        planned = plan.resources.get(address)
        local = declared.rsplit("module.", 1)[-1]
        local = local.split(".", 1)[1] if declared.startswith("module.") else local
        for key, value in (item.get("values") or {}).items():
            if key in expressions or key in overrides[address]:
                continue
            if planned is not None and key not in planned.unknown and planned.mode == "managed":
                continue
            for _, leaf in leaves(value):
                if isinstance(leaf, str) and _MADE_UP.fullmatch(leaf):
                    strings.add(leaf)
                elif leaf is not None:
                    blind.add(f"{local}.{key}")
    return frozenset(strings), frozenset(blind)


@dataclass(frozen=True, slots=True)
class _Merge:
    """Joins one resource's planned and evaluated values."""

    real: Callable[[str], str]
    made_up: frozenset[str]
    blind: frozenset[str]
    schema: Mapping[str, Any]
    expressions: Mapping[str, Any]
    given: frozenset[str]
    overridden: bool
    same_variables: bool

    def resource(
        self, planned: PlannedResource | None, state: Mapping[str, Value]
    ) -> dict[str, Value]:
        known = planned.known if planned else {}
        values: dict[str, Value] = {}
        for key in [*state, *(key for key in known if key not in state)]:
            values[key] = self._attribute(key, known.get(key, UNKNOWN), state.get(key))
        return values

    def _attribute(self, key: str, planned: Value, found: Value) -> Value:
        if key in self.given:
            return self._trusted(found)
        if not contains_unknown(planned):
            return self._known(key, planned, found)
        expression = self.expressions.get(key)
        attribute = (self.schema.get("attributes") or {}).get(key)
        if self.overridden and attribute is not None:
            if attribute.get("computed") and expression is None:
                return UNKNOWN
        return self._join(planned, found, expression, self._block(key))

    def _known(self, key: str, planned: Value, found: Value) -> Value:
        """A value that the plan knows; with other variables, only its defaults still hold."""
        if self.same_variables:
            return planned
        if not self.overridden:
            return self._trusted(found)
        attribute = (self.schema.get("attributes") or {}).get(key)
        expression = self.expressions.get(key)
        if attribute is not None and expression is None:
            if attribute.get("computed"):
                return UNKNOWN
            return planned if found is None else self._trusted(found)
        return self._join(planned, found, expression, self._block(key))

    def _block(self, key: str) -> Mapping[str, Any]:
        """Schema of a nested block, empty for an attribute."""
        return ((self.schema.get("block_types") or {}).get(key) or {}).get("block") or {}

    def _trusted(self, value: Value) -> Value:
        """An evaluated value with identities in place of tokens, made-up strings unknown."""
        if isinstance(value, str):
            return UNKNOWN if self._is_made_up(value) else self.real(value)
        if isinstance(value, Mapping):
            return {self.real(str(k)): self._trusted(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self._trusted(item) for item in value]
        return value

    def _is_made_up(self, text: str) -> bool:
        if not self.made_up or len(text) < 8:
            return False
        return any(text[i : i + 8] in self.made_up for i in range(len(text) - 7))

    def _join(
        self, planned: Value, found: Value, expression: Any, block: Mapping[str, Any]
    ) -> Value:
        """Fill the unknown parts of a planned value from the evaluated one."""
        known = not contains_unknown(planned)
        if known and self.same_variables:
            return planned
        if _references_any(expression, self.blind):
            return UNKNOWN
        if isinstance(found, Mapping):
            inner = planned if isinstance(planned, Mapping) else {}
            return {
                self.real(str(key)): self._nested(str(key), inner, value, expression, block)
                for key, value in found.items()
            }
        if isinstance(found, list) and found:
            aligned = planned if isinstance(planned, list) and len(planned) == len(found) else None
            return [
                self._join(
                    aligned[i] if aligned else UNKNOWN,
                    item,
                    expression[i]
                    if isinstance(expression, list) and len(expression) == len(found)
                    else expression,
                    block,
                )
                for i, item in enumerate(found)
            ]
        if isinstance(found, str):
            return self._trusted(found)
        if found is None and known and expression is None:
            return planned  # a default, which the provider fills in only when it really plans
        if found is None or known or _is_settled(expression):
            return found
        # A number, a flag or an empty collection that the plan did not know can only come from
        # what was made up or from the shape of a token.
        return UNKNOWN

    def _nested(
        self, key: str, planned: Mapping[str, Value], found: Value, expression: Any, block: Any
    ) -> Value:
        attribute = (block.get("attributes") or {}).get(key) if block else None
        inner = expression
        if isinstance(expression, list) and len(expression) == 1:
            inner = expression[0]
        if isinstance(inner, Mapping) and not _is_expression(inner):
            inner = inner.get(key)
        elif attribute is not None and not isinstance(inner, Mapping):
            inner = None
        if self.overridden and attribute and attribute.get("computed"):
            if not attribute.get("optional") or (inner is None and expression is not None):
                return planned.get(key, UNKNOWN)
        nested = (((block.get("block_types") or {}).get(key) or {}) if block else {}).get("block")
        return self._join(planned.get(key, UNKNOWN), found, inner, nested or {})


def _is_expression(item: Mapping[str, Any]) -> bool:
    return bool(item) and set(item) <= {"references", "constant_value"}


def _is_settled(expression: Any) -> bool:
    """Whether an expression refers to nothing that could be made up."""
    if not isinstance(expression, Mapping) or not _is_expression(expression):
        return False
    return all(str(r).startswith(_HARMLESS) for r in expression.get("references") or ())


def _references_any(expression: Any, blind: frozenset[str]) -> bool:
    if not blind:
        return False
    if isinstance(expression, Mapping):
        listed = expression.get("references")
        if isinstance(listed, list):
            return any(re.sub(r"\[[^\]]*\]", "", str(r)) in blind for r in listed)
        return False  # a block: its attributes are asked one by one
    return False


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
