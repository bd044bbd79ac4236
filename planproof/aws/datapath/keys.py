"""Which KMS key encrypts a resource of the stack, and which key permissions do its users need?

Sources: SQS Developer Guide, "Configure KMS permissions for Amazon SQS"; SNS Developer Guide,
"Managing Amazon SNS encryption keys and costs"; S3 User Guide, "Using server-side encryption with
AWS KMS keys"; DynamoDB Developer Guide, "DynamoDB encryption at rest: Usage notes"; AWS KMS
Developer Guide, "AWS KMS condition keys".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final

from planproof.aws.datapath.locations import (
    account_of,
    arn_of,
    arn_parts,
    endpoint,
    is_configured,
    location_of,
    named_resources,
)
from planproof.aws.datapath.model import End, Need
from planproof.aws.policies.key import KEY_IDENTITIES, key_types
from planproof.iam.context import ContextValue
from planproof.service_facts import resource_type
from planproof.terraform.link_index import holders
from planproof.terraform.links import configured, links
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown, Value, is_unknown

_ALIASES: Final = ("name", "id", "arn", "target_key_arn")
_CONTEXT: Final = "kms:EncryptionContext:"
_OWN_RULES: Final = "server_side_encryption_configuration"


@dataclass(frozen=True, slots=True)
class Encryption:
    """How a resource is encrypted.

    Attributes:
        key: the key of this stack, or None.
        arn: the key's ARN, UNKNOWN where that is not known, None without a KMS key.
        aws_managed: whether it is an AWS managed key, whose policy allows no other service.
        context: the encryption context that AWS sends with each use, as condition keys.
    """

    key: Resource | None = None
    arn: str | Unknown | None = None
    aws_managed: bool = False
    context: Mapping[str, ContextValue | None] = field(default_factory=dict)


def encryption_of(stack: Stack, part: Resource) -> Encryption:
    """Which key encrypts a queue, topic, table, log group, secret or bucket."""
    if part.type == "aws_s3_bucket":
        return _bucket(stack, part)
    path = resource_type(part.type).key
    if not path:
        return Encryption()
    value = part.get(path)
    unset = not is_configured(stack, part, path) if is_unknown(value) else not value
    if unset:
        return Encryption()
    return _named(stack, part, part, path, value)


def caller_needs(
    stack: Stack, part: Resource, principal: Resource, actions: Sequence[str], why: str
) -> Iterator[Need]:
    """The key permissions of a role that uses an encrypted resource through its service."""
    via = endpoint(location_of(stack, part), resource_type(part.type).service)
    return key_needs(stack, part, principal, actions, {"kms:ViaService": via}, why)


def key_needs(
    stack: Stack,
    part: Resource,
    principal: End,
    actions: Sequence[str],
    context: Mapping[str, ContextValue | None],
    why: str,
) -> Iterator[Need]:
    """The key permissions of a principal that uses an encrypted resource.

    Args:
        context: condition keys of each request, besides the encryption context.
    """
    encryption = encryption_of(stack, part)
    if encryption.arn is None or encryption.aws_managed:
        return
    context = {**context, **encryption.context}
    for action in actions:
        yield Need(action, principal, encryption.arn, encryption.key, context, why=why)


def log_group_needs(stack: Stack, group: Resource) -> Iterator[Need]:
    """The key permissions of CloudWatch Logs for a log group; none where its region is unknown.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    facts = resource_type(group.type)
    service = endpoint(location_of(stack, group), facts.service)
    if isinstance(service, Unknown):
        return
    why = f"because {group} is encrypted"
    yield from key_needs(stack, group, service, facts.service_key_actions, {}, why)
    # The policy on AWS's page grants these, too.
    for need in key_needs(stack, group, service, facts.optional_key_actions, {}, why):
        yield replace(need, required=False)


def _bucket(stack: Stack, bucket: Resource) -> Encryption:
    rules = ("aws_s3_bucket_server_side_encryption_configuration",)
    for rule in holders(stack, rules, "bucket", bucket, ("id", "bucket")):
        named = links(stack, rule, "bucket", bucket, ("id", "bucket"))
        if named is False:
            continue
        if named is None:
            return Encryption(None, UNKNOWN)
        return _by_rule(stack, bucket, rule, "rule.0")
    if configured(stack, bucket, _OWN_RULES):
        return _by_rule(stack, bucket, bucket, f"{_OWN_RULES}.0.rule.0")
    return Encryption()


def _by_rule(stack: Stack, bucket: Resource, holder: Resource, rule: str) -> Encryption:
    """The key of the encryption rule of a bucket, at a path of ``holder``."""
    default = f"{rule}.apply_server_side_encryption_by_default.0"
    algorithm = holder.get(f"{default}.sse_algorithm")
    if is_unknown(algorithm):
        return Encryption(None, UNKNOWN)
    if not str(algorithm or "").startswith("aws:kms"):
        return Encryption()
    path = f"{default}.kms_master_key_id"
    value = holder.get(path)
    # Without a key S3 uses the AWS managed one, and the provider reads it back.
    written = configured(stack, holder, rule.split(".")[0])
    if value in (None, "") or (is_unknown(value) and not written):
        return Encryption(None, UNKNOWN, aws_managed=True)
    # With a bucket key the context is the bucket's ARN, else that of each object.
    with_bucket_key = holder.get(f"{rule}.bucket_key_enabled") is True
    context = {_CONTEXT + "aws:s3:arn": arn_of(bucket) if with_bucket_key else UNKNOWN}
    return replace(_named(stack, bucket, holder, path, value), context=context)


def _named(stack: Stack, part: Resource, holder: Resource, path: str, value: Value) -> Encryption:
    """The key that an attribute of ``holder`` names by ARN, id or alias."""
    context: dict[str, ContextValue | None] = {}
    for name, attribute in resource_type(part.type).key_context.items():
        sent = account_of(stack, part) if attribute == "account" else part.get(attribute)
        context[_CONTEXT + name] = sent if isinstance(sent, str) and sent else UNKNOWN
    keys = named_resources(stack, holder, path, key_types(), KEY_IDENTITIES)
    by_alias = (
        key
        for alias in named_resources(stack, holder, path, ("aws_kms_alias",), _ALIASES)
        for key in named_resources(stack, alias, "target_key_id", key_types(), KEY_IDENTITIES)
    )
    if (key := next(chain(keys, by_alias), None)) is not None:
        return Encryption(key, arn_of(key), context=context)
    if isinstance(value, str) and (value.startswith("alias/aws/") or ":alias/aws/" in value):
        return Encryption(None, UNKNOWN, aws_managed=True, context=context)
    # A key outside the stack: its policy is unknown, and an alias is not its ARN.
    parts = arn_parts(value)
    own = value if parts is not None and parts.resource.startswith("key/") else UNKNOWN
    return Encryption(None, own, context=context)
