"""Small stacks made by hand, for tests that need no Terraform."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planproof.terraform.addresses import configuration_address, module_path
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.references import Configuration
from planproof.terraform.source_index import SourceIndex, scan_text
from planproof.terraform.stack import Resource, Stack

ACCOUNT = "123456789012"
SECOND_ACCOUNT = "111122223333"
REGION = "us-east-1"
# What AWS fills in; all other attributes count as written in the sources.
COMPUTED = ("arn", "id", "key_id", "url", "tags_all")


@dataclass(frozen=True)
class DeclaredResource:
    """A resource or data source, and its entry in the configuration."""

    resource: Resource
    configuration: Mapping[str, Any]

    @property
    def address(self) -> str:
        return self.resource.address


def declare(
    address: str,
    /,
    *,
    refers: Mapping[str, Any] | None = None,
    computed: Sequence[str] = (),
    depends_on: Sequence[str] = (),
    after: Iterable[str] | None = (),
    sensitive: Any = None,
    **values: Any,
) -> DeclaredResource:
    """A resource or data source as the sources declare it.

    Args:
        refers: attribute → the references in its expression, or a whole configuration entry.
        computed: attributes that are not written in the sources, besides the usual ones.
        depends_on: the written ``depends_on``.
        after: what Terraform creates before it; None where that is unknown.
        sensitive: see :attr:`Resource.sensitive`.
    """
    *module, type_, name = configuration_address(address).split(".")
    mode = "managed"
    if module and module[-1] == "data":
        module, mode = module[:-1], "data"
    _, bracket, key = address.rpartition("[")
    index = json.loads(key[:-1]) if bracket and address.endswith("]") else None
    expressions: dict[str, Any] = {
        attribute: {"constant_value": value}
        for attribute, value in values.items()
        if attribute not in (*COMPUTED, *computed)
    }
    for attribute, reference in (refers or {}).items():
        plain = isinstance(reference, list) and all(isinstance(r, str) for r in reference)
        expressions[attribute] = {"references": reference} if plain else reference
    resource = Resource(
        address=address,
        mode=mode,
        type=type_,
        name=name,
        index=index,
        module=".".join(module),
        values=values,
        sensitive=sensitive,
        dependencies=None if after is None else frozenset(after),
    )
    entry = {"expressions": expressions, **({"depends_on": depends_on} if depends_on else {})}
    return DeclaredResource(resource, entry)


def resource(address: str, /, **values: Any) -> Resource:
    """A resource or data source alone; options as for :func:`declare`."""
    return declare(address, **values).resource


def stack(
    *items: DeclaredResource | Resource,
    sources: str | None = None,
    variables: Mapping[str, Any] | None = None,
    region: str | None = REGION,
    name: str = "default",
) -> Stack:
    """A stack of these; ``sources`` is the text of main.tf in the root module."""
    declared = [item for item in items if isinstance(item, DeclaredResource)]
    resources = [item if isinstance(item, Resource) else item.resource for item in items]
    modules = {module_path(item.module): {} for item in resources if item.module}
    index = None
    if sources is not None:
        index = SourceIndex({"": scan_text(sources, "main.tf")})
    configuration = Configuration(
        {item.resource.declared: item.configuration for item in declared}, modules, {}, index
    )
    return Stack(
        name,
        {item.address: item for item in resources},
        variables or {},
        configuration,
        resolved=region is not None,
        provider_locations={"aws": ProviderLocation("aws", region, ACCOUNT)} if region else {},
        sources=index,
    )
