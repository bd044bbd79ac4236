"""What the sources leave unset has AWS's documented default once Terraform evaluated the stack."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.session.stacks import ResolvedStacks
from planproof.terraform.attribute_paths import elements_at
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN

pytestmark = [pytest.mark.terraform, pytest.mark.xdist_group("rich_stacks")]


@pytest.fixture(scope="module")
def stack(rich_stacks: ResolvedStacks) -> Stack:
    return rich_stacks.stack()


@pytest.mark.parametrize(
    ("address", "path", "value"),
    [
        ("aws_sqs_queue.dead", "sqs_managed_sse_enabled", True),
        ("aws_sqs_queue.counted[0]", "kms_data_key_reuse_period_seconds", 300),
        ("aws_lambda_function.plain", "architectures", ["x86_64"]),
        ("aws_lambda_function.plain", "ephemeral_storage.size", 512),
        ("aws_lambda_function.plain", "tracing_config.mode", "PassThrough"),
        ('aws_s3_bucket.media["in"]', "versioning.enabled", False),
        ('aws_s3_bucket.media["in"]', "acl", "private"),
    ],
)
def test_default(stack: Stack, address: str, path: str, value: Any) -> None:
    (element,) = elements_at(stack, stack[address], path)
    assert (element.value, element.present, element.default) == (value, False, True)


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("aws_sqs_queue.dead", "policy"),
        ("aws_lambda_function.plain", "tracing_config"),
        ('aws_s3_bucket.media["in"]', "versioning"),
        ('aws_s3_bucket.media["in"]', "acceleration_status"),
    ],
)
def test_what_has_no_default_is_not_set_in_the_sources(
    stack: Stack, address: str, path: str
) -> None:
    (element,) = elements_at(stack, stack[address], path)
    assert element.value is UNKNOWN
    assert (element.present, element.unset, element.default) == (False, True, False)


def test_the_default_is_among_the_values_where_no_other_resource_can_set_it(stack: Stack) -> None:
    assert stack["aws_lambda_function.plain"].values["architectures"] == ["x86_64"]
    assert stack['aws_s3_bucket.media["in"]'].values["acl"] is UNKNOWN
