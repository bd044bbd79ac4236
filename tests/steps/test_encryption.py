"""The key, by its id for SQS and by its ARN for the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from planproof.evidence import Recorder
from planproof.values import UNKNOWN, Verdict
from steps.encryption import buckets_by_arn, log_groups_by_arn, queues_by_id, tables_by_arn
from steps.support.pipeline import Pipeline
from tests.builders.parts import arn, queue
from tests.builders.resolved_stacks import broken, verdict
from tests.builders.stacks import ACCOUNT, REGION, DeclaredResource, declare, stack

ID = "0f6337be-2c7f-57d4-a55f-1d70c048e8ca"
ARN = arn("kms", f"key/{ID}")
KEY = declare("aws_kms_key.k", key_id=ID, id=ID, arn=ARN)
HIDDEN = declare("aws_kms_key.k", key_id=UNKNOWN, id=UNKNOWN, arn=UNKNOWN)
BUCKET = declare("aws_s3_bucket.b", bucket="b", id="b")
SSE = "aws_s3_bucket_server_side_encryption_configuration"
Step = Callable[[Pipeline, Recorder], None]


def encrypted_queue(key: Any) -> list[DeclaredResource]:
    return [queue("q", kms_master_key_id=key)]


def encrypted_table(key: Any, enabled: Any = True) -> list[DeclaredResource]:
    block = [{"enabled": enabled, "kms_key_arn": key}]
    return [declare("aws_dynamodb_table.t", name="t", server_side_encryption=block)]


def encrypted_log_group(key: Any) -> list[DeclaredResource]:
    return [declare("aws_cloudwatch_log_group.g", name="g", kms_key_id=key)]


def sse(key: Any, algorithm: Any = "aws:kms", of: str = "b") -> list[DeclaredResource]:
    default = [{"sse_algorithm": algorithm, "kms_master_key_id": key}]
    rules = [{"apply_server_side_encryption_by_default": default}]
    return [BUCKET, declare(f"{SSE}.s", bucket=of, rule=rules)]


def own(key: Any) -> list[DeclaredResource]:
    default = [{"sse_algorithm": "aws:kms", "kms_master_key_id": key}]
    rules = [{"rule": [{"apply_server_side_encryption_by_default": default}]}]
    return [
        declare("aws_s3_bucket.b", bucket="b", id="b", server_side_encryption_configuration=rules)
    ]


def judged(step: Step, *items: DeclaredResource) -> Recorder:
    evidence = Recorder()
    step(Pipeline(stack(*items)), evidence)
    return evidence


BY_ID = [(queues_by_id, encrypted_queue)]
BY_ARN = [
    (tables_by_arn, encrypted_table),
    (log_groups_by_arn, encrypted_log_group),
    (buckets_by_arn, sse),
    (buckets_by_arn, own),
]


@pytest.mark.parametrize(("step", "using"), BY_ID)
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (ID, Verdict.PASSED),
        (ARN, Verdict.FAILED),
        ("alias/films", Verdict.FAILED),
        ("11111111-2c7f-57d4-a55f-1d70c048e8ca", Verdict.FAILED),
        (None, Verdict.FAILED),
        (UNKNOWN, Verdict.UNDETERMINED),
    ],
)
def test_by_id(step: Step, using: Any, key: Any, expected: Verdict) -> None:
    assert verdict(judged(step, KEY, *using(key))) is expected


@pytest.mark.parametrize(("step", "using"), BY_ARN)
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (ARN, Verdict.PASSED),
        (ID, Verdict.FAILED),
        (f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/films", Verdict.FAILED),
        (ARN.replace("0f6337be", "11111111"), Verdict.FAILED),
        ("", Verdict.FAILED),
        (None, Verdict.FAILED),
        (UNKNOWN, Verdict.UNDETERMINED),
    ],
)
def test_by_arn(step: Step, using: Any, key: Any, expected: Verdict) -> None:
    assert verdict(judged(step, KEY, *using(key))) is expected


@pytest.mark.parametrize(("step", "using"), [*BY_ID, *BY_ARN])
def test_an_unknown_key_id_is_undetermined(step: Step, using: Any) -> None:
    assert verdict(judged(step, HIDDEN, *using("x"))) is Verdict.UNDETERMINED


@pytest.mark.parametrize(("step", "using"), [*BY_ID, *BY_ARN])
def test_without_a_key_in_the_stack_every_step_fails(step: Step, using: Any) -> None:
    assert verdict(judged(step, *using(ARN))) is Verdict.FAILED


@pytest.mark.parametrize(
    "items",
    [
        [BUCKET],
        sse(ARN, of="other"),
        sse(ARN, "AES256"),
        sse(ARN, "aws:kms-other"),
        [declare("aws_s3_bucket.second", bucket="second", id="second"), *sse(ARN)],
    ],
)
def test_every_bucket_has_kms_by_default(items: list[DeclaredResource]) -> None:
    assert verdict(judged(buckets_by_arn, KEY, *items)) is Verdict.FAILED


def test_a_table_whose_encryption_is_off() -> None:
    evidence = judged(tables_by_arn, KEY, *encrypted_table(ARN, enabled=False))
    assert broken(evidence)[0][:3] == (
        "aws_dynamodb_table.t",
        "server_side_encryption.enabled",
        "false",
    )
    assert verdict(judged(tables_by_arn, KEY, declare("aws_dynamodb_table.t"))) is Verdict.FAILED


def test_a_table_whose_encryption_the_sources_leave_out_has_the_key_of_aws() -> None:
    left = ["server_side_encryption"]
    table = declare("aws_dynamodb_table.t", server_side_encryption=UNKNOWN, computed=left)
    evidence = Recorder()
    tables_by_arn(Pipeline(stack(KEY, table, sources="")), evidence)
    assert [item.holds for item in evidence.evidence] == [False, None]
    assert verdict(evidence) is Verdict.FAILED


def test_nothing_to_encrypt_proves_nothing() -> None:
    for step in (queues_by_id, buckets_by_arn, tables_by_arn, log_groups_by_arn):
        assert judged(step, KEY).evidence == []


def test_one_of_several() -> None:
    other = queue("other", kms_master_key_id=ARN)
    evidence = judged(queues_by_id, KEY, *encrypted_queue(ID), other)
    assert [item[0] for item in broken(evidence)] == ["aws_sqs_queue.other"]
