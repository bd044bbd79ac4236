"""Can anybody use a part of the stack who has no business with it?

Three kinds of stranger are tried on every resource-based policy:

- principals of other accounts, and nobody at all: :mod:`planproof.datapath.outsiders`;
- the very services that the data path needs, but on behalf of somebody else:
  :mod:`planproof.datapath.deputies`;
- services that the data path does not need: :mod:`planproof.datapath.needless`.

What the services that it does need may do besides: :mod:`planproof.datapath.overreach`.
"""

from __future__ import annotations

from planproof.datapath.deputies import deputies
from planproof.datapath.needless import needless
from planproof.datapath.outsiders import NOBODY, STRANGER, Attempt, guarded, outsiders
from planproof.datapath.overreach import overreach

__all__ = [
    "NOBODY",
    "STRANGER",
    "Attempt",
    "deputies",
    "guarded",
    "needless",
    "outsiders",
    "overreach",
]
