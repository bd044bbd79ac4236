"""The operator on whole resources."""

from __future__ import annotations

from collections.abc import Iterator

from planproof.mutation.stack.model import Mutant, MutationInput, mutant
from planproof.mutation.stack.rewriting import dropped


def drop_resource(inputs: MutationInput) -> Iterator[Mutant]:
    """Drop each managed resource."""
    for resource in inputs.stack.managed():
        yield mutant("drop", resource, "", resource.type, "nothing", dropped(resource.address))
