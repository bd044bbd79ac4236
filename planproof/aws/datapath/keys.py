"""Which KMS key encrypts a part of a stack, and what does whoever uses that part need of it?

Sources: SQS Developer Guide, "Configure KMS permissions for Amazon SQS"; SNS Developer Guide,
"Managing Amazon SNS encryption keys and costs"; S3 User Guide, "Using server-side encryption with
AWS KMS keys"; DynamoDB Developer Guide, "DynamoDB encryption at rest: Usage notes"; AWS KMS
Developer Guide, "AWS KMS condition keys".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from planproof.aws.datapath.model import Need
from planproof.aws.datapath.places import account_of, arn_of, endpoint, place_of, written_at
from planproof.aws.service_facts import LOG_KEY_ACTIONS, LOG_KEY_ACTIONS_BESIDES
from planproof.iam.arn import parse_arn
from planproof.iam.context import ContextValue
from planproof.terraform.link_index import holders, targets
from planproof.terraform.links import configured, links
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown, Value, is_unknown

KEY_TYPES: Final = (
    "aws_kms_key",
    "aws_kms_replica_key",
    "aws_kms_external_key",
    "aws_kms_replica_external_key",
)
_NAMES: Final = ("arn", "id", "key_id")
_ALIASES: Final = ("name", "id", "arn", "target_key_arn")
_ATTRIBUTES: Final[Mapping[str, str]] = {
    "aws_cloudwatch_log_group": "kms_key_id",
    "aws_dynamodb_table": "server_side_encryption.0.kms_key_arn",
    "aws_kinesis_stream": "kms_key_id",
    "aws_secretsmanager_secret": "kms_key_id",
    "aws_sns_topic": "kms_master_key_id",
    "aws_sqs_queue": "kms_master_key_id",
}
_OWN_RULES: Final = "server_side_encryption_configuration"
_CONTEXT_KEYS: Final[Mapping[str, str]] = {
    "aws_cloudwatch_log_group": "aws:logs:arn",
    "aws_kinesis_stream": "aws:kinesis:arn",
    "aws_s3_bucket": "aws:s3:arn",
    "aws_secretsmanager_secret": "SecretARN",
    "aws_sns_topic": "aws:sns:topicArn",
    "aws_sqs_queue": "aws:sqs:arn",
}
_ENDPOINTS: Final[Mapping[str, str]] = {
    "aws_dynamodb_table": "dynamodb",
    "aws_kinesis_stream": "kinesis",
    "aws_s3_bucket": "s3",
    "aws_secretsmanager_secret": "secretsmanager",
    "aws_sns_topic": "sns",
    "aws_sqs_queue": "sqs",
}


@dataclass(frozen=True, slots=True)
class KeyUse:
    """How a part is encrypted.

    Attributes:
        key: the key of this stack, or None.
        arn: the key's ARN, UNKNOWN where that is not known; None without a KMS key of one's own.
        aws_managed: whether AWS manages the key; its policy is closed to other services.
        context: the encryption context that AWS sends with each use, as condition keys.
    """

    key: Resource | None = None
    arn: str | Unknown | None = None
    aws_managed: bool = False
    context: Mapping[str, ContextValue | None] = field(default_factory=dict)


def key_use(stack: Stack, part: Resource) -> KeyUse:
    """Which key encrypts a queue, topic, table, log group, secret or bucket."""
    if part.type == "aws_s3_bucket":
        return _bucket(stack, part)
    path = _ATTRIBUTES.get(part.type)
    if path is None:
        return KeyUse()
    value = part.get(path)
    if is_unknown(value) and not written_at(stack, part, path):
        return KeyUse()
    if not is_unknown(value) and not value:
        return KeyUse()
    return _named(stack, part, part, path, value)


def caller_needs(
    stack: Stack, part: Resource, principal: Resource, actions: Sequence[str], why: str
) -> Iterator[Need]:
    """What a role needs of the key when it uses an encrypted part: the service asks in its name."""
    use = key_use(stack, part)
    if use.arn is None or use.aws_managed:
        return
    place = place_of(stack, part)
    context: dict[str, ContextValue | None] = {
        "kms:ViaService": endpoint(place, _ENDPOINTS.get(part.type, "")),
        "kms:CallerAccount": account_of(stack, principal) or UNKNOWN,
        **use.context,
    }
    for action in actions:
        yield Need(action, principal, use.arn, use.key, context, why=why)


def service_needs(
    stack: Stack,
    part: Resource,
    service: str,
    actions: Sequence[str],
    context: Mapping[str, ContextValue | None],
    why: str,
) -> Iterator[Need]:
    """What a service principal needs of the key when it writes to an encrypted part."""
    use = key_use(stack, part)
    if use.arn is None or use.aws_managed:
        return
    for action in actions:
        yield Need(action, service, use.arn, use.key, {**context, **use.context}, why=why)


def log_group_needs(stack: Stack, group: Resource) -> Iterator[Need]:
    """What CloudWatch Logs needs of the key of a log group; nothing where its region is not known.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    service = endpoint(place_of(stack, group), "logs")
    if isinstance(service, Unknown):
        return
    why = f"since {group} is encrypted"
    yield from service_needs(stack, group, service, LOG_KEY_ACTIONS, {}, why)
    # Whoever takes the policy from AWS's page grants these with the others.
    for need in service_needs(stack, group, service, LOG_KEY_ACTIONS_BESIDES, {}, why):
        yield replace(need, required=False)


def _bucket(stack: Stack, bucket: Resource) -> KeyUse:
    rules = ("aws_s3_bucket_server_side_encryption_configuration",)
    for rule in holders(stack, rules, "bucket", bucket, ("id", "bucket")):
        named = links(stack, rule, "bucket", bucket, ("id", "bucket"))
        if named is False:
            continue
        return KeyUse(None, UNKNOWN) if named is None else _by_rule(stack, bucket, rule, "rule.0")
    if configured(stack, bucket, _OWN_RULES):
        return _by_rule(stack, bucket, bucket, f"{_OWN_RULES}.0.rule.0")
    return KeyUse()


def _by_rule(stack: Stack, bucket: Resource, holder: Resource, rule: str) -> KeyUse:
    """The key of a bucket's encryption rule, which is at a path of ``holder``."""
    default = f"{rule}.apply_server_side_encryption_by_default.0"
    algorithm = holder.get(f"{default}.sse_algorithm")
    if is_unknown(algorithm):
        return KeyUse(None, UNKNOWN)
    if not str(algorithm or "").startswith("aws:kms"):
        return KeyUse()
    path = f"{default}.kms_master_key_id"
    value = holder.get(path)
    # Without a key S3 takes the one that AWS manages, and the provider reads it back.
    written = configured(stack, holder, rule.split(".")[0])
    if value in (None, "") or (is_unknown(value) and not written):
        return KeyUse(None, UNKNOWN, aws_managed=True)
    use = _named(stack, bucket, holder, path, value)
    # With a bucket key the context is the bucket's ARN, else that of each object.
    whole = holder.get(f"{rule}.bucket_key_enabled") is True
    context = {_EC + "aws:s3:arn": arn_of(bucket) if whole else UNKNOWN}
    return KeyUse(use.key, use.arn, use.aws_managed, context)


def _named(stack: Stack, part: Resource, holder: Resource, path: str, value: Value) -> KeyUse:
    """The key that an attribute of ``holder`` names by ARN, id or alias."""
    context = _context(stack, part)
    for key in targets(stack, holder, path, KEY_TYPES, _NAMES):
        if links(stack, holder, path, key, _NAMES):
            return KeyUse(key, arn_of(key), context=context)
    for alias in targets(stack, holder, path, ("aws_kms_alias",), _ALIASES):
        if not links(stack, holder, path, alias, _ALIASES):
            continue
        for key in targets(stack, alias, "target_key_id", KEY_TYPES, _NAMES):
            if links(stack, alias, "target_key_id", key, _NAMES):
                return KeyUse(key, arn_of(key), context=context)
    if isinstance(value, str) and _is_aws_managed(value):
        return KeyUse(None, UNKNOWN, aws_managed=True, context=context)
    # A key from outside the stack: its policy is not known, and its alias is not its ARN.
    parts = parse_arn(value) if isinstance(value, str) else None
    own = value if parts is not None and parts.resource.startswith("key/") else UNKNOWN
    return KeyUse(None, own, context=context)


def _is_aws_managed(name: str) -> bool:
    return name.startswith("alias/aws/") or ":alias/aws/" in name


def _context(stack: Stack, part: Resource) -> dict[str, ContextValue | None]:
    if part.type == "aws_dynamodb_table":
        name = part.get("name")
        return {
            _EC + "aws:dynamodb:tableName": name if isinstance(name, str) else UNKNOWN,
            _EC + "aws:dynamodb:subscriberId": account_of(stack, part) or UNKNOWN,
        }
    key = _CONTEXT_KEYS.get(part.type)
    return {_EC + key: arn_of(part)} if key else {}


_EC: Final = "kms:EncryptionContext:"
