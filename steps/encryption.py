"""Encryption at rest with a KMS key of the stack, referenced in the form each service needs."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_bdd import then

from planproof.evidence import Recorder
from planproof.terraform.attribute_paths import elements_at, equals
from planproof.terraform.links import configured, links
from planproof.terraform.stack import Resource
from planproof.values import Truth, Value, is_unknown
from steps.support.pipeline import Pipeline

_SSE = "aws_s3_bucket_server_side_encryption_configuration"
_OWN = "server_side_encryption_configuration"
_DEFAULT = "apply_server_side_encryption_by_default"
_KMS = ("aws:kms", "aws:kms:dsse")
_BY_ARN = "the ARN of a KMS key of this stack"


@then("every SQS queue names a key of this stack by its id")
def queues_by_id(pipeline: Pipeline, evidence: Recorder) -> None:
    """``kms_master_key_id`` is the key id, not its ARN or an alias."""
    for queue in pipeline.stack.managed("aws_sqs_queue"):
        _check(pipeline, evidence, queue, "kms_master_key_id", "key_id")


@then("every S3 bucket is encrypted with a key of this stack, named by its ARN")
def buckets_by_arn(pipeline: Pipeline, evidence: Recorder) -> None:
    """The default encryption of each bucket is SSE-KMS with that key."""
    for bucket in pipeline.stack.managed("aws_s3_bucket"):
        rules = list(_default_encryption(pipeline, bucket))
        for resource, path in rules:
            algorithm = resource.get(f"{path}.sse_algorithm")
            known = not is_unknown(algorithm)
            evidence.check(
                algorithm in _KMS if known else None,
                resource,
                f"{path}.sse_algorithm",
                expected="aws:kms",
            )
            _check(pipeline, evidence, resource, f"{path}.kms_master_key_id", "arn")
        if not rules:
            evidence.check(False, bucket, expected="SSE-KMS by default", found="not set")


@then("every DynamoDB table is encrypted with a key of this stack, named by its ARN")
def tables_by_arn(pipeline: Pipeline, evidence: Recorder) -> None:
    """Server-side encryption is on, with that key."""
    for table in pipeline.tables:
        for element in elements_at(pipeline.stack, table, "server_side_encryption.enabled"):
            evidence.element(equals(element.value, "true"), table, element, expected="true")
        _check(pipeline, evidence, table, "server_side_encryption.kms_key_arn", "arn")


@then("every CloudWatch log group is encrypted with a key of this stack, named by its ARN")
def log_groups_by_arn(pipeline: Pipeline, evidence: Recorder) -> None:
    """Despite its name, ``kms_key_id`` of a log group is an ARN."""
    for group in pipeline.log_groups:
        _check(pipeline, evidence, group, "kms_key_id", "arn")


def _check(
    pipeline: Pipeline, evidence: Recorder, resource: Resource, path: str, identity: str
) -> None:
    expected = _BY_ARN if identity == "arn" else "the id of a KMS key of this stack, not its ARN"
    holds = _is_identity(resource.get(path), [key.get(identity) for key in pipeline.keys])
    evidence.check(holds, resource, path, expected=expected)


def _is_identity(value: Value, identities: list[Value]) -> Truth:
    if is_unknown(value):
        return None
    if not isinstance(value, str) or not value:
        return False
    if any(value == identity for identity in identities if not is_unknown(identity)):
        return True
    return None if any(map(is_unknown, identities)) else False


def _default_encryption(pipeline: Pipeline, bucket: Resource) -> Iterator[tuple[Resource, str]]:
    """The resource and attribute path of each default encryption rule of a bucket."""
    stack = pipeline.stack
    for resource in stack.managed(_SSE):
        if links(stack, resource, "bucket", bucket, ("id", "bucket")):
            rules = resource.get("rule")
            count = len(rules) if isinstance(rules, (list, tuple)) else 1
            yield from ((resource, f"rule.{i}.{_DEFAULT}") for i in range(count))
    if configured(stack, bucket, _OWN):
        yield bucket, f"{_OWN}.rule.{_DEFAULT}"
