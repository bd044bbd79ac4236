"""Stacks merged from a plan and a state in the form that Terraform prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planproof.terraform.addresses import configuration_address
from planproof.terraform.identities import GivenValues, ProviderLocation
from planproof.terraform.plan import Plan
from planproof.terraform.provenance import Tracer
from planproof.terraform.references import Configuration
from planproof.terraform.resolution.merge_state import Evaluation, resolved_stack
from planproof.terraform.resolution.overrides import Overrides
from planproof.terraform.source_index import SourceIndex, scan_text
from planproof.terraform.stack import Stack
from planproof.values import Value
from tests.builders.project import PLAN

COMPUTED = {"type": "string", "computed": True}
OPTIONAL = {"type": "string", "optional": True}
BOTH = {"type": "string", "optional": True, "computed": True}

PROBES = {
    "aws_region": {"id": "us-east-1"},
    "aws_partition": {"partition": "aws"},
    "aws_caller_identity": {"account_id": "123456789012"},
}


def entry(address: str) -> dict[str, Any]:
    """The entries that identify a resource in a plan and in a state."""
    plain, _, key = address.partition("[")
    *module, type_, name = plain.split(".")
    mode = "managed"
    if module and module[-1] == "data":
        module, mode = module[:-1], "data"
    index = key.removesuffix("]").strip('"')
    found = {"address": address, "mode": mode, "type": type_, "name": name}
    return found | ({"index": int(index) if index.isdigit() else index} if key else {})


HOME = ProviderLocation("aws", "us-east-1", "123456789012")


class Evaluated:
    """A stack whose sources are given as text, and that Terraform evaluated.

    Args:
        sources: of the root module.
        schemas: type → attribute → its schema; nested blocks as ``("set" or "list", attributes)``.
        locations: provider configuration key → its location.
    """

    def __init__(
        self,
        sources: str,
        schemas: Mapping[str, Mapping[str, Any]],
        locations: Mapping[str, ProviderLocation] | None = None,
    ) -> None:
        self.index = SourceIndex({"": scan_text(sources, "main.tf")})
        blocks = {type_: _block(schema) for type_, schema in schemas.items()}
        self.schemas = {f"{mode}.{k}": v for mode in ("managed", "data") for k, v in blocks.items()}
        self.locations = {"aws": HOME} if locations is None else locations
        self._changes: list[dict[str, Any]] = []
        self._state: list[dict[str, Any]] = []
        self._providers: dict[str, str] = {}

    def planned(
        self, address: str, after: Mapping[str, Any], unknown: Mapping[str, Any], **more: Any
    ) -> None:
        """Add an instance to the plan."""
        change = {
            "actions": ["create"],
            "after": dict(after),
            "after_unknown": dict(unknown),
            "after_sensitive": more.get("sensitive", {}),
        }
        self._changes.append({**entry(address), "change": change})

    def state(self, address: str, values: Mapping[str, Any], **more: Any) -> None:
        """Add evaluated values to the state, beside those that the override gives.

        ``<address.attribute>`` in a text is replaced by the value that the override of that
        resource gives.
        """
        self._state.append(
            {
                **entry(address),
                "values": values,
                "sensitive_values": more.get("sensitive", {}),
                "depends_on": more.get("after", []),
                "provider_name": more.get("provider", "registry.terraform.io/hashicorp/aws"),
            }
        )

    def both(
        self,
        address: str,
        after: Mapping[str, Any],
        unknown: Mapping[str, Any],
        values: Mapping[str, Any],
    ) -> None:
        """Add an instance to the plan and to the state, which has the known values too."""
        self.planned(address, after, unknown)
        self.state(address, {**after, **values})

    def made_by(self, declared: str, provider: str) -> None:
        """Set the provider configuration of a resource."""
        self._providers[declared] = provider

    def plan(self) -> Plan:
        """The plan."""
        resources = [
            {"address": a, "provider_config_key": self._providers.get(a, "aws"), **e}
            for a, e in Configuration.of_sources(self.index).resources.items()
        ]
        root = {"root_module": {"resources": resources}}
        return Plan.of({**PLAN, "resource_changes": self._changes, "configuration": root})

    def overrides(self, learnt: Mapping[str, Mapping[str, Value]] | None = None) -> Overrides:
        """What Terraform is given."""
        plan = self.plan()
        tracer = Tracer(Configuration.of(plan, self.index))
        return Overrides.of(plan, tracer, self.schemas, self.locations, learnt or {})

    def stack(
        self,
        learnt: Mapping[str, Mapping[str, Value]] | None = None,
        probes: Mapping[str, Mapping[str, Any]] = PROBES,
        *,
        emulated: bool = True,
    ) -> Stack:
        """The merged stack; ``emulated`` tells who answered the data sources."""
        plan, overrides = self.plan(), self.overrides(learnt)
        items = [self._item(item, overrides) for item in self._state]
        for type_, values in probes.items():
            items.append({**entry(f"data.{type_}.planproof"), "values": values})
        evaluation = Evaluation({"root_module": {"resources": items}}, self.schemas, emulated)
        return resolved_stack("default", plan, evaluation, overrides, self.index)

    def _item(self, item: Mapping[str, Any], overrides: Overrides) -> dict[str, Any]:
        given = overrides.given.get(item["address"])
        whole = overrides.whole.get(configuration_address(item["address"]), {})
        values = dict(given.values if given else whole if item["mode"] == "managed" else {})
        for key, value in _filled(item["values"], overrides).items():
            # Terraform gives each block its values.
            inside = values.get(key) if isinstance(values.get(key), Mapping) else None
            if inside is not None and isinstance(value, list):
                value = [{**inside, **one} for one in value]
            values[key] = value
        return {**item, "values": values}


def _block(schema: Mapping[str, Any]) -> dict[str, Any]:
    attributes = {k: v for k, v in schema.items() if isinstance(v, Mapping)}
    nested = {
        k: {"nesting_mode": v[0], "block": _block(v[1])}
        for k, v in schema.items()
        if isinstance(v, tuple)
    }
    return {"attributes": attributes, "block_types": nested}


def _filled(item: Any, overrides: Overrides) -> Any:
    if isinstance(item, Mapping):
        return {_filled(key, overrides): _filled(value, overrides) for key, value in item.items()}
    if isinstance(item, list):
        return [_filled(value, overrides) for value in item]
    if isinstance(item, str) and "<" in item:
        for address, given in overrides.given.items():
            for path, value in _paths(given):
                if item == f"<{address}.{path}>":
                    return value
                item = item.replace(f"<{address}.{path}>", str(value))
    return item


def _paths(given: GivenValues) -> list[tuple[str, Value]]:
    """The attributes that are given, those inside blocks as ``block.attribute``."""
    found = list(given.values.items())
    for key, value in given.values.items():
        if isinstance(value, Mapping):
            found += [(f"{key}.{name}", inner) for name, inner in value.items()]
    return found
