"""Resources that connect others and whose edges are not modelled.

Their permissions are not checked, so reports name them.
"""

from __future__ import annotations

from planproof.service_facts import types
from planproof.terraform.stack import Resource, Stack


def unmodelled_resources(stack: Stack) -> tuple[Resource, ...]:
    """The resources of a stack that pass data on and whose edges are not drawn."""
    return stack.managed(*sorted(types(lambda facts: facts.unmodelled)))
