"""What if a resource were not there?"""

from __future__ import annotations

from collections.abc import Iterator

from planproof.mutation.stack.model import Mutant, Scene, mutant
from planproof.mutation.stack.rewriting import dropped


def drop_resource(scene: Scene) -> Iterator[Mutant]:
    """Each managed resource once."""
    for resource in scene.stack.managed():
        yield mutant("drop", resource, "", resource.type, "nothing", dropped(resource.address))
