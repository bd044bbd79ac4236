"""The documents of AWS-managed policies, from the copy that moto ships.

AWS changes these policies from time to time; the copy is as old as the installed moto.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, cast

from planproof.iam.arn import parse_arn

_OWNER = "aws"


def aws_managed_document(arn: str) -> dict[str, Any] | None:
    """The document of an AWS-managed policy; None for other ARNs and for unknown names.

    The copy is of the partition "aws"; policies of the same name elsewhere may differ.
    """
    parts = parse_arn(arn)
    if parts is None or parts.account != _OWNER or parts.partition != "aws":
        return None
    entry = _policies_by_name().get(parts.name)
    if entry is None or parts.resource != f"policy{entry['Path']}{parts.name}":
        return None
    return cast("dict[str, Any]", entry["Document"])


@cache
def _policies_by_name() -> dict[str, dict[str, Any]]:
    # Imported lazily: moto.iam is slow to import, and most stacks do not need it.
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    return cast("dict[str, dict[str, Any]]", json.loads(aws_managed_policies_data))
