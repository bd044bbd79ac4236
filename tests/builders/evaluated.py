"""Stacks merged from a plan and a state in the form that Terraform prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planproof.terraform.plan import Plan
from planproof.terraform.references import Configuration
from planproof.terraform.resolution.merge_state import Evaluation, resolved_stack
from planproof.terraform.resolution.overrides import Overrides, instances_of
from planproof.terraform.source_index import SourceIndex, scan_text
from planproof.terraform.stack import Stack
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


class Evaluated:
    """A stack whose sources are given as text.

    Args:
        sources: of the root module.
        schemas: type → attribute → its schema; nested blocks as ``("set" or "list", attributes)``.
    """

    def __init__(self, sources: str, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        self.index = SourceIndex({"": scan_text(sources, "main.tf")})
        self.schemas = {type_: _block(schema) for type_, schema in schemas.items()}
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
        """Add evaluated values to the state; ``<address.attribute>`` is replaced by its token."""
        after = more.get("after", [])
        self._state.append(
            {
                **entry(address),
                "values": values,
                "sensitive_values": more.get("sensitive", {}),
                "depends_on": after,
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

    def stack(
        self,
        *,
        same_variables: bool = True,
        repeating: bool = False,
        probes: Mapping[str, Mapping[str, Any]] = PROBES,
    ) -> Stack:
        """The merged stack."""
        configuration = Configuration.of_sources(self.index)
        resources = [
            {"address": a, "provider_config_key": self._providers.get(a, "aws"), **e}
            for a, e in configuration.resources.items()
        ]
        root = {"root_module": {"resources": resources}}
        plan = Plan.of({**PLAN, "resource_changes": self._changes, "configuration": root})
        overrides = Overrides.of(instances_of(plan), configuration)
        items = [_filled(item, overrides) for item in self._state]
        for type_, values in probes.items():
            address = f"data.{type_}.planproof"
            items.append({**entry(address), "values": values})
        schemas = {f"managed.{k}": v for k, v in self.schemas.items()}
        schemas |= {f"data.{k}": v for k, v in self.schemas.items()}
        state = Evaluation({"root_module": {"resources": items}}, schemas)
        return resolved_stack(
            "default", {}, plan, state, overrides, self.index, same_variables=same_variables
        )


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
        return {key: _filled(value, overrides) for key, value in item.items()}
    if isinstance(item, list):
        return [_filled(value, overrides) for value in item]
    if isinstance(item, str) and "<" in item:
        for address, tokens in overrides.tokens.items():
            for key, token in tokens.items():
                item = item.replace(f"<{address}.{key}>", token)
    return item
