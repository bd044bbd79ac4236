"""Can anybody use a part of the stack who has no business with it?

Three kinds of stranger are tried on every resource-based policy:

- principals of other accounts, and nobody at all: :mod:`planproof.aws.datapath.outsiders`;
- the very services that the data path needs, but on behalf of somebody else:
  :mod:`planproof.aws.datapath.deputies`;
- services that the data path does not need: :mod:`planproof.aws.datapath.unneeded_services`.

What the services that it does need may do besides: :mod:`planproof.aws.datapath.overreach`.
"""

from __future__ import annotations

from planproof.aws.datapath.deputies import deputies
from planproof.aws.datapath.outsiders import NOBODY, STRANGER, Attempt, guarded, outsiders
from planproof.aws.datapath.overreach import overreach
from planproof.aws.datapath.unneeded_services import needless

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
