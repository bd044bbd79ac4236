"""The identity that AWS would assign to each resource: its ARN, id and URL.

While Terraform resolves a stack, every resource has a *token* of the right format in place of its
identity, since the identity depends on values that are not evaluated yet (name, region). Afterwards
each token is replaced by the identity that follows from the resolved values.

:data:`UNDECIDED_TOKEN` stands for a part that cannot be known (a version number, a timestamp in an
ARN): the format is right for Terraform, and the value is unknown.

Formats: https://docs.aws.amazon.com/service-authorization/latest/reference/ (resource types).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Template
from typing import Final

from planproof.terraform.generated_names import generated_name

PARTITION_TOKEN: Final = "aws-planproof"  # noqa: S105  (no secret)
REGION_TOKEN: Final = "xx-planproof-1"  # noqa: S105  (no secret)
ACCOUNT_TOKEN: Final = "999900009999"  # noqa: S105  (no secret)

_LOCATION_PARTS = {PARTITION_TOKEN: "partition", REGION_TOKEN: "region", ACCOUNT_TOKEN: "account"}

UNDECIDED_TOKEN: Final = "planproof-undecided"  # noqa: S105  (no secret)

_NAMESPACE = uuid.UUID("6f1f3d0e-1f0e-5a53-9c53-4d2b7f9f2a10")
_TOKEN = re.compile(r"planproof-n\d{6}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_OWNER = re.compile(rf"[^\s\",]*?({_TOKEN.pattern}|{_UUID.pattern})")
_IAM_PATH = re.compile(r":(?:role|user|group|policy|instance-profile)/$")
_ANY_TOKEN = re.compile(
    rf"(?P<of>{_TOKEN.pattern})\.(?P<part>region|account)\b"
    rf"|{_TOKEN.pattern}|{PARTITION_TOKEN}|{REGION_TOKEN}|{ACCOUNT_TOKEN}"
)
_TOKEN_PART = re.compile(
    rf"planproof-n\d|{UNDECIDED_TOKEN}|{PARTITION_TOKEN}|{REGION_TOKEN[:-2]}|{ACCOUNT_TOKEN}"
)


@dataclass(frozen=True, slots=True)
class ProviderLocation:
    """The partition, region and account that a provider configuration creates resources in."""

    partition: str
    region: str
    account: str


@dataclass(frozen=True, slots=True)
class Shape:
    """The format of the identity of a resource type.

    Attributes:
        name: the attribute with the physical name; "" without one.
        arn: template of the ARN.
        attributes: computed attribute → template with ``$name``, ``$uuid``, ``$hex``, ``$arn``,
            ``$region``, ``$account`` and ``$undecided``.
    """

    name: str
    arn: str
    attributes: Mapping[str, str]


# Services whose ARNs have no region, and those whose ARNs have no account.
_WITHOUT_REGION = ("iam", "s3")
_WITHOUT_ACCOUNT = ("apigateway", "s3")


def _arn(service: str, resource: str) -> str:
    region = "" if service in _WITHOUT_REGION else REGION_TOKEN
    account = "" if service in _WITHOUT_ACCOUNT else ACCOUNT_TOKEN
    return f"arn:{PARTITION_TOKEN}:{service}:{region}:{account}:{resource}"


_SUFFIX = "amazonaws.com"
_R = REGION_TOKEN
_A = ACCOUNT_TOKEN


def _shape(name: str, service: str, resource: str, /, **attributes: str) -> Shape:
    return Shape(name, _arn(service, resource), attributes)


def _named(service: str, resource: str, /, **attributes: str) -> Shape:
    """The shape of a type whose physical name is the attribute "name"."""
    return _shape("name", service, resource, name="$name", **attributes)


def _part(of: str) -> Shape:
    """The shape of a type that configures the resource that the attribute ``of`` identifies."""
    return Shape(of, "", {"id": "$name"})


SHAPES: Final[Mapping[str, Shape]] = {
    "aws_s3_bucket": _shape(
        "bucket",
        "s3",
        "$name",
        id="$name",
        bucket="$name",
        bucket_domain_name=f"$name.s3.{_SUFFIX}",
        bucket_regional_domain_name=f"$name.s3.{_R}.{_SUFFIX}",
        region="$region",
    ),
    "aws_s3_bucket_notification": _part("bucket"),
    "aws_s3_bucket_policy": _part("bucket"),
    "aws_s3_bucket_versioning": _part("bucket"),
    "aws_s3_bucket_public_access_block": _part("bucket"),
    "aws_s3_bucket_ownership_controls": _part("bucket"),
    "aws_s3_bucket_lifecycle_configuration": _part("bucket"),
    "aws_s3_bucket_server_side_encryption_configuration": _part("bucket"),
    "aws_sqs_queue": _named(
        "sqs",
        "$name",
        id=f"https://sqs.{_R}.{_SUFFIX}/{_A}/$name",
        url=f"https://sqs.{_R}.{_SUFFIX}/{_A}/$name",
    ),
    "aws_sqs_queue_policy": _part("queue_url"),
    "aws_sns_topic": _named("sns", "$name", id="$arn"),
    "aws_kms_key": _shape("key_id", "kms", "key/$uuid", id="$uuid", key_id="$uuid"),
    "aws_kms_replica_key": _shape("key_id", "kms", "key/$uuid", id="$uuid", key_id="$uuid"),
    "aws_kms_alias": _named("kms", "$name", id="$name"),
    "aws_iam_role": _named("iam", "role$path$name", id="$name", unique_id="AROA$hex"),
    "aws_iam_user": _named("iam", "user$path$name", id="$name", unique_id="AIDA$hex"),
    "aws_iam_group": _named("iam", "group$path$name", id="$name"),
    "aws_iam_policy": _named("iam", "policy$path$name", id="$arn"),
    "aws_iam_instance_profile": _named("iam", "instance-profile$path$name", id="$name"),
    "aws_lambda_function": _shape(
        "function_name",
        "lambda",
        "function:$name",
        id="$name",
        invoke_arn=f"arn:{PARTITION_TOKEN}:apigateway:{_R}:lambda:path/2015-03-31/functions/"
        "$arn/invocations",
        qualified_arn="$arn:$undecided",
        version="$undecided",
    ),
    "aws_lambda_alias": _shape("", "lambda", "function:$name", id="$arn"),
    "aws_lambda_layer_version": _shape(
        "", "lambda", "layer:$name", id="$arn", version="$undecided"
    ),
    "aws_lambda_event_source_mapping": _shape(
        "uuid", "lambda", "event-source-mapping:$uuid", id="$uuid", uuid="$uuid"
    ),
    "aws_dynamodb_table": _shape(
        "name", "dynamodb", "table/$name", id="$name", stream_arn="$arn/stream/$undecided"
    ),
    "aws_cloudwatch_log_group": _named("logs", "log-group:$name", id="$name"),
    "aws_cloudwatch_metric_alarm": _shape("alarm_name", "cloudwatch", "alarm:$name", id="$name"),
    "aws_cloudwatch_composite_alarm": _shape("alarm_name", "cloudwatch", "alarm:$name", id="$name"),
    "aws_cloudwatch_dashboard": Shape(
        "dashboard_name",
        "",
        {
            "id": "$name",
            "dashboard_arn": f"arn:{PARTITION_TOKEN}:cloudwatch::{_A}:dashboard/$name",
        },
    ),
    "aws_cloudwatch_event_bus": _shape("name", "events", "event-bus/$name", id="$name"),
    "aws_cloudwatch_event_rule": _named("events", "rule/$name", id="$name"),
    "aws_secretsmanager_secret": _named("secretsmanager", "secret:$name-AbCdEf", id="$arn"),
    "aws_ssm_parameter": _shape("name", "ssm", "parameter/$name", id="$name"),
    "aws_sfn_state_machine": _named("states", "stateMachine:$name", id="$arn"),
    "aws_ecr_repository": _shape(
        "name",
        "ecr",
        "repository/$name",
        id="$name",
        repository_url=f"{_A}.dkr.ecr.{_R}.{_SUFFIX}/$name",
        registry_id="$account",
    ),
    "aws_media_convert_queue": _shape("name", "mediaconvert", "queues/$name", id="$name"),
    "aws_kinesis_stream": _shape("name", "kinesis", "stream/$name", id="$arn"),
    "aws_iam_openid_connect_provider": _shape("url", "iam", "oidc-provider/$name", id="$arn"),
    "aws_api_gateway_rest_api": _shape(
        "name",
        "apigateway",
        "/restapis/$hex17",
        id="$hex17",
        execution_arn=_arn("execute-api", "$hex17"),
    ),
    "aws_apigatewayv2_api": _shape(
        "name",
        "apigateway",
        "/apis/$hex17",
        id="$hex17",
        execution_arn=_arn("execute-api", "$hex17"),
        api_endpoint=f"https://$hex17.execute-api.{_R}.{_SUFFIX}",
    ),
    "aws_vpc": _shape("id", "ec2", "vpc/vpc-$hex17", id="vpc-$hex17"),
    "aws_subnet": _shape("id", "ec2", "subnet/subnet-$hex17", id="subnet-$hex17"),
    "aws_security_group": _shape("id", "ec2", "security-group/sg-$hex17", id="sg-$hex17"),
    "aws_internet_gateway": _shape("id", "ec2", "internet-gateway/igw-$hex17", id="igw-$hex17"),
}

# Computed ARNs of a resource besides its own.
_OTHER_ARNS: Final = (
    "endpoint_arn",
    "execution_arn",
    "invoke_arn",
    "qualified_arn",
    "qualified_invoke_arn",
    "stream_arn",
    "version_arn",
)


class Identities:
    """The tokens of the resources of one stack, and their translation to identities.

    Types that are not in :data:`SHAPES` get an identity that is equal to no other.
    """

    def __init__(self) -> None:
        self._addresses: dict[str, str] = {}  # token or UUID → address
        self._marks: set[str] = set()  # other texts that occur only in identities
        self._undecided: set[str] = set()  # UUIDs that stand for several instances
        self._count = 0

    def tokens(self, address: str, type_: str, unknown: set[str] | None) -> dict[str, str]:
        """Attribute → token, for the override of one resource instance.

        Args:
            unknown: the top-level attributes that are unknown in the plan; only these get tokens.
                None without a plan: Terraform ignores attributes that the type does not have or
                that are configured.
        """
        token = f"planproof-n{self._count:06d}"
        self._count += 1
        fill = _fill(address, token)
        self._addresses[token] = address
        self._addresses[fill["uuid"]] = address
        self._marks |= {fill["hex"], fill["hex17"]}
        tokens = _token_values(type_, fill)
        # Other ARNs are unknown, but need the format of an ARN.
        shape = _undecided(Template(_opaque_arn(type_)).substitute(name=token))
        named: tuple[str, ...] = () if type_ in SHAPES else _OTHER_ARNS
        more = named if unknown is None else [k for k in unknown if k.endswith("_arn")]
        tokens = dict.fromkeys(more, shape) | tokens
        return {k: v for k, v in tokens.items() if unknown is None or k in unknown}

    def undecided(self, address: str, type_: str) -> dict[str, str]:
        """Attribute → token, for all instances that are not in the plan: the format is right for
        Terraform, and the value unknown, since each instance has its own identity."""
        fill = _fill(f"{address}[…]", UNDECIDED_TOKEN)
        self._undecided.add(fill["uuid"])
        tokens = _token_values(type_, fill)
        return {key: _undecided(value) for key, value in tokens.items()}

    def appears_in(self, text: str) -> bool:
        """Whether a text contains a token."""
        if _ANY_TOKEN.search(text) or self.is_undecided(text):
            return True
        if any(match[0] in self._addresses for match in _UUID.finditer(text)):
            return True
        return any(mark in text for mark in self._marks)

    def is_undecided(self, text: str) -> bool:
        """Whether a text contains a token that stands for an unknown value."""
        return UNDECIDED_TOKEN in text or any(token in text for token in self._undecided)

    def translator(
        self,
        names: Mapping[str, str | None],
        paths: Mapping[str, str],
        locations: Callable[[str], ProviderLocation | None],
    ) -> Callable[[str], str]:
        """A function that replaces the tokens in a string by identities.

        Args:
            names: address → resolved physical name; None where AWS would generate it.
            paths: address → IAM path, where it is not "/".
            locations: address → location of its provider; "" stands for the default provider.
        """

        def translate(text: str, within: frozenset[str] = frozenset()) -> str:
            if "planproof" not in text and ACCOUNT_TOKEN not in text and not _UUID.search(text):
                return text

            def replacement(match: re.Match[str]) -> str:
                token = match[0]
                if part := match["part"] or _LOCATION_PARTS.get(token):
                    of = match["of"]
                    owner = self._addresses.get(of, "") if of else self._owner_of(text, match)
                    location = locations(owner)
                    return str(getattr(location, part)) if location else token
                address = self._addresses.get(token)
                if address is None:
                    return token
                path = paths.get(address, "/").strip("/")
                before = text[: match.start()]
                prefix = f"{path}/" if path and _IAM_PATH.search(before) else ""
                name = names.get(address)
                if not name or token in name or token in within:
                    return f"{prefix}{generated_name(address)}"
                return prefix + _as_in_arn(before, translate(name, within | {token}))

            return _ANY_TOKEN.sub(replacement, text)

        return translate

    def _owner_of(self, text: str, token: re.Match[str]) -> str:
        """Address of the resource whose ARN, URL or domain name a location token is part of."""
        after = _OWNER.match(text, token.end())
        if after is not None:
            return self._addresses.get(after[1], "")
        begin = 1 + max(text.rfind(gap, 0, token.start()) for gap in ' ",\n\t')
        before = _TOKEN.findall(text, begin, token.start())
        return self._addresses.get(before[-1], "") if before else ""


def contains_token(text: str) -> bool:
    """Whether a translated text still contains a token or part of one: then it is no value."""
    return _TOKEN_PART.search(text) is not None


def _as_in_arn(before: str, name: str) -> str:
    """A physical name as AWS writes it in an ARN that starts with ``before``."""
    if before.endswith(":parameter/"):
        return name.removeprefix("/")
    if before.endswith(":oidc-provider/"):
        return name.removeprefix("https://")
    return name


def _token_values(type_: str, fill: Mapping[str, str]) -> dict[str, str]:
    shape = SHAPES.get(type_) or Shape("", _opaque_arn(type_), {"id": "$name"})
    arn = Template(shape.arn).substitute(fill)
    templates = shape.attributes.items()
    values = {key: Template(template).substitute(fill, arn=arn) for key, template in templates}
    return {**values, "arn": arn} if arn else values


def _opaque_arn(type_: str) -> str:
    """Template of the ARN of a type whose format is not known."""
    service = re.sub(r"[^a-z0-9-]", "-", type_.split("_")[1]) if "_" in type_ else "x"
    return f"arn:{PARTITION_TOKEN}:{service}:{REGION_TOKEN}:{ACCOUNT_TOKEN}:$name"


def _undecided(value: str) -> str:
    """An identity marked as unknown."""
    if UNDECIDED_TOKEN in value or _UUID.search(value):
        return value
    return f"{value}-{UNDECIDED_TOKEN}"


def physical_name_attribute(type_: str) -> str | None:
    """The attribute with the physical name of a type; None where it is not known."""
    shape = SHAPES.get(type_)
    return (shape.name or None) if shape else None


def _fill(address: str, token: str) -> dict[str, str]:
    identity = uuid.uuid5(_NAMESPACE, address)  # the same in every run
    return {
        "name": token,
        "uuid": str(identity),
        "hex": identity.hex[:17].upper(),
        "hex17": identity.hex[:17],
        "path": "/",  # the translator inserts a configured path
        "region": f"{token}.region",
        "account": f"{token}.account",
        "undecided": UNDECIDED_TOKEN,
    }
