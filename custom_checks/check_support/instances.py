"""The instances that ``for_each`` or ``count`` makes, as far as the source decides them.

https://developer.hashicorp.com/terraform/language/meta-arguments/for_each
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from check_support.scope import instance_frame
from check_support.values import Value

if TYPE_CHECKING:
    from check_support.configuration import Resource


def instances_of(resource: Resource) -> list[Resource]:
    """Each instance as a resource of its own; none where they are told apart already, or where the
    source does not decide how many there are.
    """
    if resource.key is not None:
        return []
    attributes = resource.block.attributes
    name = next((name for name in ("count", "for_each") if name in attributes), None)
    keys = _keys(resource.value(name)) if name else []
    return [
        replace(
            resource,
            frame=instance_frame(resource.block, resource.frame.scope, key),
            address=f"{resource.address}[{json.dumps(key)}]",
            key=key,
            known={},
        )
        for key in keys
    ]


def _keys(made_by: Value) -> list[Any]:
    if isinstance(made_by, int):
        return list(range(made_by))
    keys = list(made_by) if isinstance(made_by, dict | list) else []
    return keys if all(isinstance(key, str) for key in keys) else []
