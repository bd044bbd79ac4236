"""Builds a stack from the state after an apply; none of its values is unknown.

A provider that reads a resource back writes "" for a value that is not set. Where the sources do
not set it either, it is None here, as in a resolved stack.

Format: https://developer.hashicorp.com/terraform/internals/json-format#state-representation
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planproof.terraform.addresses import configuration_address
from planproof.terraform.plan import Plan, state_resources
from planproof.terraform.references import Configuration
from planproof.terraform.resolution.merge_state import (
    is_probe,
    provider_locations,
    resource_of,
    stack_of,
)
from planproof.terraform.source_index import SourceIndex
from planproof.terraform.stack import Stack
from planproof.values import Value


def applied_stack(
    name: str,
    variables: Mapping[str, Value],
    plan: Plan,
    state: Mapping[str, Any],
    sources: SourceIndex | None,
) -> Stack:
    """The deployed stack.

    Args:
        variables: of the deployment.
        plan: of the same directory; gives the configuration and the order of the resources.
        state: as ``terraform show -json`` writes it.
    """
    items = list(state_resources((state.get("values") or {}).get("root_module") or {}))
    configuration = Configuration.of(plan, sources)
    resources = {
        item["address"]: resource_of(
            item, _values(item, plan, configuration), item.get("sensitive_values")
        )
        for item in items
        if not is_probe(item)
    }
    return stack_of(name, variables, plan, configuration, resources, provider_locations(items))


def _values(
    item: Mapping[str, Any], plan: Plan, configuration: Configuration
) -> Mapping[str, Value]:
    values = item.get("values") or {}
    if item["mode"] == "data":
        return values
    expressions = configuration.expressions(configuration_address(item["address"]))
    planned = plan.resources.get(item["address"])
    return _without_empty_strings(values, expressions, planned.known if planned else {})


def _without_empty_strings(
    values: Mapping[str, Any], expressions: Mapping[str, Any], planned: Mapping[str, Any]
) -> dict[str, Any]:
    """``values`` with None for each "" that the sources do not set, in nested blocks too."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        written, known = expressions.get(key), planned.get(key)
        if value == "" and (written is None or (key in planned and known is None)):
            found[key] = None
        elif _is_blocks(value):
            found[key] = [
                _without_empty_strings(block, _nth(written, index), _nth(known, index))
                for index, block in enumerate(value)
            ]
        else:
            found[key] = value
    return found


def _is_blocks(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


def _nth(blocks: Any, index: int) -> Mapping[str, Any]:
    """The entry of one block; empty for a ``dynamic`` one, which has none."""
    if isinstance(blocks, list) and index < len(blocks) and isinstance(blocks[index], Mapping):
        block: Mapping[str, Any] = blocks[index]
        return block
    return {}
