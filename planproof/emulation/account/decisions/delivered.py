"""What a service asks of IAM when it hands an event to a resource by itself.

The facts are those of :mod:`planproof.aws.datapath.deliveries`, which names the sources, so that a
plan and what is deployed from it are decided alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from planproof.emulation.account.decisions.asks import Ask
from planproof.emulation.account.decisions.keys import is_aws_managed, key_of
from planproof.emulation.account.decisions.keys_used import about_key, key_arn
from planproof.emulation.account.decisions.standing import Standing
from planproof.iam.arn import Arn, parse_arn
from planproof.iam.context import ContextValue

_KEY_ACTIONS: Final = ("kms:GenerateDataKey", "kms:Decrypt")
_ALARMS: Final = "cloudwatch.amazonaws.com"
_EVENTS: Final = "events.amazonaws.com"


def delivery_asks(
    standing: Standing, service: str, action: str, source: str, target: str
) -> Iterator[tuple[Ask, str]]:
    """The delivery itself, and the use of the target's key by the service.

    Returns:
        what is asked, and why nothing can allow it, or "".
    """
    parts = parse_arn(source)
    account = (parts.account if parts is not None else "") or standing.account_id
    about: dict[str, ContextValue | None] = {
        "aws:SourceArn": source,
        "aws:SourceAccount": account,
    }
    owner = account if service == _ALARMS else None
    where = parse_arn(target)
    resource = target
    if where is not None and where.service == "logs":
        resource = f"{target.removesuffix(':*')}:log-stream:events"
    yield Ask(action, resource, {**about, "aws:SourceOwner": owner}), ""
    if where is None or where.service not in ("sqs", "sns"):
        return
    name, context = _encrypted(standing, where, target)
    if not name:
        return
    key = key_of(standing, name, where.region)
    if service == _EVENTS and where.service == "sns":
        # EventBridge does not say on whose behalf it has SNS use the key of an encrypted topic.
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        about = dict.fromkeys((*about, "aws:SourceOrgID"))
    closed = ""
    if is_aws_managed(name, key):
        closed = f"{name} is a key that AWS manages, whose policy lets no other service in"
    missing = f"there is no KMS key {name}" if key is None else ""
    keys = about_key(standing, key, context)
    keys = {k: v for k, v in keys.items() if k != "kms:CallerAccount"}
    for one in _KEY_ACTIONS:
        ask = Ask(one, key_arn(name, key), {**about, **keys}, missing, via=where.service)
        yield ask, closed


def _encrypted(standing: Standing, where: Arn, target: str) -> tuple[str, dict[str, str]]:
    """The key that encrypts a queue or topic, and the encryption context; "" without one."""
    backend = standing.backend(where.service, where.region)
    part: Any = None
    if backend is not None and where.service == "sqs":
        part = backend.queues.get(where.resource)
    elif backend is not None:
        part = backend.topics.get(target)
    key = str(getattr(part, "kms_master_key_id", None) or "")
    return key, {f"aws:{where.service}:{'topicArn' if where.service == 'sns' else 'arn'}": target}
