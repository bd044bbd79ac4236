"""The operator on ``depends_on``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from planproof.mutation.stack.model import DEPENDENCIES, Mutant, MutationInput, Rewrite, mutant
from planproof.terraform.references import Configuration, prefix_of, reference_parts
from planproof.terraform.stack import Stack


def drop_depends_on(inputs: MutationInput) -> Iterator[Mutant]:
    """Drop one entry of a ``depends_on``, if no reference has the same effect."""
    stack = inputs.stack
    if not any(resource.dependencies for resource in stack):
        return  # the dependencies are unknown
    seen: set[tuple[str, str]] = set()
    for resource in stack.managed():
        entry = stack.configuration.resources.get(resource.declared, {})
        for reference in entry.get("depends_on") or ():
            key = (resource.declared, reference)
            if key in seen:
                continue
            seen.add(key)
            rewrite = _without(stack, resource.declared, reference)
            yield mutant(
                "drop-depends-on",
                resource,
                DEPENDENCIES,
                reference,
                "nothing",
                rewrite,
                which=reference,
            )


def _without(stack: Stack, declared: str, reference: str) -> Rewrite:
    resources: dict[str, Mapping[str, object]] = dict(stack.configuration.resources)
    entry = dict(resources[declared])
    entry["depends_on"] = [item for item in entry["depends_on"] if item != reference]  # type: ignore[attr-defined]
    resources[declared] = entry
    configuration: Configuration = replace(stack.configuration, resources=resources, _reached={})
    target = _target(declared, reference)

    def rewrite(here: Stack) -> Stack:
        changed = []
        for resource in here:
            if not resource.dependencies or target not in resource.dependencies:
                continue
            reached, complete = configuration.dependencies(resource.declared)
            if complete and target not in reached:
                left = frozenset(item for item in resource.dependencies if item in reached)
                changed.append(replace(resource, dependencies=left))
        return here.with_resources(changed) if changed else here

    return rewrite


def _target(declared: str, reference: str) -> str:
    """The configuration address that an entry of a resource's ``depends_on`` names."""
    parts = reference_parts(reference)
    module = declared.rsplit(".", 2)[0] + "." if declared.startswith("module.") else ""
    prefix = module if module.startswith("module.") else prefix_of("")
    return prefix + ".".join(parts[: 3 if parts[0] == "data" else 2])
