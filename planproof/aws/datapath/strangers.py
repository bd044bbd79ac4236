"""Can a principal use a resource of the stack without need?

Every resource-based policy is tested for three kinds of callers:

- external principals and unauthenticated callers: :mod:`planproof.aws.datapath.outsiders`;
- services that the data path needs, acting for other sources, as confused deputies:
  :mod:`planproof.aws.datapath.deputies`;
- services that the data path does not need: :mod:`planproof.aws.datapath.unneeded_services`.

Excess permissions of the needed services: :mod:`planproof.aws.datapath.overreach`.
"""

from __future__ import annotations

from planproof.aws.datapath.deputies import confused_deputies
from planproof.aws.datapath.outsiders import (
    ANONYMOUS,
    OTHER_ACCOUNT,
    Attempt,
    external_access,
    resources_with_policies,
)
from planproof.aws.datapath.overreach import service_grants
from planproof.aws.datapath.unneeded_services import unneeded_services

__all__ = [
    "ANONYMOUS",
    "OTHER_ACCOUNT",
    "Attempt",
    "confused_deputies",
    "external_access",
    "resources_with_policies",
    "service_grants",
    "unneeded_services",
]
