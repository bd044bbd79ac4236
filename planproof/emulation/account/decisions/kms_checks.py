"""Permissions on KMS keys that a service uses on behalf of its caller.

Keys that AWS manages need none: every user of the service may use them.
Sources: AWS KMS Developer Guide, "AWS KMS condition keys" (kms:ViaService, kms:EncryptionContext)
and the pages that :mod:`planproof.aws.datapath.keys` names, which decides the same for a plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from planproof.aws.authorization import ContextKeys
from planproof.emulation.account.decisions.checks import CheckedCall, PermissionCheck
from planproof.emulation.account.decisions.kms_keys import is_aws_managed, key_of
from planproof.iam.arn import parse_arn
from planproof.service_facts import receiving_type
from planproof.values import UNKNOWN, Unknown


def key_use_checks(
    call: CheckedCall,
    service: str,
    name: str,
    actions: Sequence[str],
    context: Mapping[str, str],
    *,
    region: str = "",
) -> Iterator[PermissionCheck]:
    """Permissions for a service to use a key on behalf of its caller.

    Args:
        service: as in ``kms:ViaService``, which is also botocore's name.
        name: id, ARN or alias of the key.
        context: the encryption context.
        region: of the resource; "" for the region of the call.
    """
    region = region or call.api_call.region
    key = key_of(call.state, name, region)
    if is_aws_managed(name, key):
        return
    arn = key_arn(name, key)
    keys: ContextKeys = {
        "kms:ViaService": f"{service}.{region}.amazonaws.com",
        **key_context(key, context),
        "aws:ViaAWSService": UNKNOWN,
    }
    missing = f"there is no KMS key {name}" if key is None else ""
    for action in actions:
        yield PermissionCheck(action, arn, keys, missing, via=service)


def stored_key_checks(call: CheckedCall, service: str, arn: str) -> Iterator[PermissionCheck]:
    """Permissions for the use of the key that encrypts a stored resource, by a call on it."""
    facts = receiving_type(service)
    more = facts.called.more_key_actions
    actions = tuple(dict.fromkeys(use for one in call.actions() for use in more.get(one, ())))
    if actions and (name := getattr(call.state.stored(arn), facts.key, None)):
        context = dict.fromkeys(facts.key_context, arn)
        yield from key_use_checks(call, service, str(name), actions, context)


def key_arn(name: str, key: Any) -> str | Unknown:
    """ARN of a key; UNKNOWN for a missing key that was not named by its ARN."""
    if key is not None:
        return str(key.arn)
    parts = parse_arn(name)
    return name if parts is not None and parts.resource.startswith("key/") else UNKNOWN


def key_context(key: Any, context: Mapping[str, str]) -> ContextKeys:
    """Condition keys of every use of a KMS key."""
    return {
        "kms:ResourceAliases": (list(key.aliases) or None) if key is not None else UNKNOWN,
        "kms:EncryptionContextKeys": list(context) or None,
        **{f"kms:EncryptionContext:{name}": value for name, value in context.items()},
    }
