"""Permissions that a service needs to deliver an event to a resource.

The facts and their sources are those of :mod:`planproof.aws.datapath.deliveries`, so that a plan
and its deployment are decided alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from planproof.emulation.account.decisions.account_state import AccountState
from planproof.emulation.account.decisions.checks import PermissionCheck
from planproof.emulation.account.decisions.kms_checks import key_arn, key_context
from planproof.emulation.account.decisions.kms_keys import is_aws_managed, key_of
from planproof.iam.arn import Arn, parse_arn
from planproof.iam.context import ContextValue

_KEY_ACTIONS: Final = ("kms:GenerateDataKey", "kms:Decrypt")
_ALARMS: Final = "cloudwatch.amazonaws.com"
_EVENTS: Final = "events.amazonaws.com"


def delivery_checks(
    state: AccountState, service: str, action: str, source: str, target: str
) -> Iterator[tuple[PermissionCheck, str]]:
    """Checks of the delivery itself and of the service's use of the target's key.

    Returns:
        each check, and why no policy can allow it, or "".
    """
    parts = parse_arn(source)
    account = (parts.account if parts is not None else "") or state.account_id
    about: dict[str, ContextValue | None] = {
        "aws:SourceArn": source,
        "aws:SourceAccount": account,
    }
    owner = account if service == _ALARMS else None
    where = parse_arn(target)
    resource = target
    if where is not None and where.service == "logs":
        resource = f"{target.removesuffix(':*')}:log-stream:events"
    yield PermissionCheck(action, resource, {**about, "aws:SourceOwner": owner}), ""
    if where is None or where.service not in ("sqs", "sns"):
        return
    name, context = _encrypted(state, where, target)
    if not name:
        return
    key = key_of(state, name, where.region)
    if service == _EVENTS and where.service == "sns":
        # EventBridge sends no source when SNS uses the key of an encrypted topic for it.
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        about = dict.fromkeys((*about, "aws:SourceOrgID"))
    closed = ""
    if is_aws_managed(name, key):
        closed = f"{name} is an AWS managed key, whose policy allows no other service"
    missing = f"there is no KMS key {name}" if key is None else ""
    keys = key_context(state, key, context)
    keys = {k: v for k, v in keys.items() if k != "kms:CallerAccount"}
    for one in _KEY_ACTIONS:
        check = PermissionCheck(
            one, key_arn(name, key), {**about, **keys}, missing, via=where.service
        )
        yield check, closed


def _encrypted(state: AccountState, where: Arn, target: str) -> tuple[str, dict[str, str]]:
    """Id of the key that encrypts a queue or topic, or "", and the encryption context."""
    backend = state.backend(where.service, where.region)
    resource: Any = None
    if backend is not None and where.service == "sqs":
        resource = backend.queues.get(where.resource)
    elif backend is not None:
        resource = backend.topics.get(target)
    key = str(getattr(resource, "kms_master_key_id", None) or "")
    return key, {f"aws:{where.service}:{'topicArn' if where.service == 'sns' else 'arn'}": target}
