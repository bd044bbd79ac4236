"""The instances that ``for_each`` or ``count`` creates, as far as the source decides them.

https://developer.hashicorp.com/terraform/language/meta-arguments/for_each
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, TypeVar

from check_support.scope import instance_frame
from check_support.values import Value

Resource = TypeVar("Resource", bound=Any)
"""A :class:`check_support.configuration.Resource`."""


def instances_of(resource: Resource) -> list[Resource]:
    """The instances, each as a resource; none if ``resource`` is a single instance already, or if
    the source does not decide how many there are.
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
            evaluated={},
        )
        for key in keys
    ]


def _keys(collection: Value) -> list[Any]:
    if isinstance(collection, int):
        return list(range(collection))
    keys = list(collection) if isinstance(collection, dict | list) else []
    return keys if all(isinstance(key, str) for key in keys) else []
