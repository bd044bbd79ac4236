"""Makes a stack of the state of what is deployed: nothing in it is unknown.

Format: https://developer.hashicorp.com/terraform/internals/json-format#state-representation
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planproof.hcl_source import SourceIndex
from planproof.plan import Plan, state_resources
from planproof.references import Configuration
from planproof.stack import Resource, Stack
from planproof.state_merge import (
    close_dependencies,
    dependencies_of,
    in_plan_order,
    is_probe,
    places_of,
)
from planproof.values import Value


def deployed_stack(
    name: str,
    variables: Mapping[str, Value],
    plan: Plan,
    state: Mapping[str, Any],
    sources: SourceIndex | None,
) -> Stack:
    """The stack as it stands.

    Args:
        variables: what it was deployed with.
        plan: of the same directory; it tells the configuration, and the order of the resources.
        state: as ``terraform show -json`` writes it.
    """
    items = list(state_resources((state.get("values") or {}).get("root_module") or {}))
    places = places_of(items)
    resources = {
        item["address"]: Resource(
            address=item["address"],
            mode=item["mode"],
            type=item["type"],
            name=item["name"],
            index=item.get("index"),
            module=item["module"],
            values=item.get("values") or {},
            sensitive=item.get("sensitive_values"),
            dependencies=dependencies_of(item),
        )
        for item in items
        if not is_probe(item["mode"], item["type"], item["name"])
    }
    resources = in_plan_order(resources, plan)
    close_dependencies(resources)
    return Stack(
        name,
        resources,
        variables,
        Configuration.of(plan, sources),
        resolved=True,
        places=places,
        sources=sources,
        sensitive_variables=plan.sensitive_variables,
    )
