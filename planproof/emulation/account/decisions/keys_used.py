"""What a service asks of a KMS key in the name of whoever calls it.

Keys that AWS manages need nothing: who may use the service may use them.
Sources: AWS KMS Developer Guide, "AWS KMS condition keys" (kms:ViaService, kms:EncryptionContext)
and the pages that :mod:`planproof.aws.datapath.keys` names, which decides the same on a plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from planproof.emulation.account.decisions.asks import Ask, Asking, Keys
from planproof.emulation.account.decisions.keys import is_aws_managed, key_of
from planproof.emulation.account.decisions.standing import Standing
from planproof.iam.arn import parse_arn
from planproof.values import UNKNOWN, Unknown


def key_asks(
    asking: Asking,
    service: str,
    name: str,
    actions: Sequence[str],
    context: Mapping[str, str],
    *,
    region: str = "",
) -> Iterator[Ask]:
    """The use of a key by a service for the caller.

    Args:
        service: as ``kms:ViaService`` spells it, which is botocore's name of it as well.
        name: the key, by id, ARN or alias.
        context: the encryption context.
        region: of the resource; that of the call if "".
    """
    region = region or asking.call.region
    key = key_of(asking.standing, name, region)
    if is_aws_managed(name, key):
        return
    arn = key_arn(name, key)
    keys: Keys = {
        "kms:ViaService": f"{service}.{region}.amazonaws.com",
        **about_key(asking.standing, key, context),
        "aws:ViaAWSService": UNKNOWN,
    }
    why = f"there is no KMS key {name}" if key is None else ""
    for action in actions:
        yield Ask(action, arn, keys, why, via=service)


def key_arn(name: str, key: Any) -> str | Unknown:
    """The ARN of a key; of one that is not there only where it was named by it."""
    if key is not None:
        return str(key.arn)
    parts = parse_arn(name)
    return name if parts is not None and parts.resource.startswith("key/") else UNKNOWN


def about_key(standing: Standing, key: Any, context: Mapping[str, str]) -> Keys:
    """What every use of a key says of it, and of the encryption context."""
    return {
        "kms:CallerAccount": standing.account_id,
        "kms:ResourceAliases": (list(key.aliases) or None) if key is not None else UNKNOWN,
        "kms:EncryptionContextKeys": list(context) or None,
        **{f"kms:EncryptionContext:{name}": value for name, value in context.items()},
    }
