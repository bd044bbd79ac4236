"""The physical names of a stack, and those that a copy of the stack would have again."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.stand_ins import stand_in
from planproof.terraform.physical_names import compare_names, physical_names
from planproof.values import UNKNOWN, Truth
from tests.builders.stacks import DeclaredResource, declare, stack


def names(*items: DeclaredResource) -> dict[str, tuple[str, Any]]:
    return {str(n.resource): (n.attribute, n.value) for n in physical_names(stack(*items))}


def verdict(one: DeclaredResource, other: DeclaredResource) -> Truth:
    (found,) = compare_names(stack(one), stack(other))
    return found.differs


def test_attribute_of_known_types() -> None:
    assert names(
        declare("aws_s3_bucket.b", bucket="films-dev"),
        declare("aws_lambda_function.f", function_name="f-dev"),
        declare("aws_cloudwatch_metric_alarm.a", alarm_name="a-dev"),
        declare("aws_kms_alias.k", name="alias/k-dev"),
    ) == {
        "aws_s3_bucket.b": ("bucket", "films-dev"),
        "aws_lambda_function.f": ("function_name", "f-dev"),
        "aws_cloudwatch_metric_alarm.a": ("alarm_name", "a-dev"),
        "aws_kms_alias.k": ("name", "alias/k-dev"),
    }


def test_attribute_of_other_types_follows_from_the_type() -> None:
    assert names(
        declare("aws_glue_job.j", name="j"),
        declare("aws_batch_compute_environment.e", compute_environment_name="e"),
        declare("aws_db_instance.d", identifier="d", db_name="x"),
        declare("aws_rds_cluster.c", cluster_identifier="c"),
    ) == {
        "aws_glue_job.j": ("name", "j"),
        "aws_batch_compute_environment.e": ("compute_environment_name", "e"),
        "aws_db_instance.d": ("identifier", "d"),
        "aws_rds_cluster.c": ("cluster_identifier", "c"),
    }


@pytest.mark.parametrize(
    "item",
    [
        declare("aws_s3_bucket.b", computed=("bucket",), bucket=UNKNOWN, bucket_prefix="films-"),
        declare("aws_sqs_queue.q", computed=("name",), name="(aws_sqs_queue.q)"),
        declare("aws_s3_bucket_policy.p", bucket="films-dev"),
        declare("aws_s3_bucket_versioning.v", bucket="films-dev"),
        declare("aws_sqs_queue_policy.p", queue_url="https://sqs/q"),
        declare("aws_kms_key.k", key_id="0f6337be"),
        declare("aws_lambda_event_source_mapping.m", function_name="f", uuid="x"),
        declare("aws_lambda_permission.p", function_name="f", statement_id="s"),
        declare("aws_sqs_queue.q", name=""),
        declare("data.aws_s3_bucket.b", bucket="films"),
    ],
    ids=lambda item: item.resource.address,
)
def test_names_that_the_resource_does_not_assign_are_left_out(item: DeclaredResource) -> None:
    assert names(item) == {}


def test_an_attribute_that_refers_to_another_resource_is_left_out() -> None:
    bucket = declare("aws_s3_bucket.b", bucket="films", id="films")
    refers = {"name": ["aws_s3_bucket.b.id", "aws_s3_bucket.b"]}
    assert "aws_x_y.r" not in names(bucket, declare("aws_x_y.r", name="films", refers=refers))
    # One that is built from another's name is a name of its own, and so is an equal literal.
    assert "aws_x_y.r" in names(bucket, declare("aws_x_y.r", name="films-log", refers=refers))
    assert "aws_x_y.r" in names(bucket, declare("aws_x_y.r", name="films"))


def test_a_name_that_changes_differs() -> None:
    one, other = (declare("aws_sqs_queue.q", name=f"q-{suffix}") for suffix in ("dev", "pr1"))
    assert verdict(one, other) is True


def test_an_equal_name_is_shared() -> None:
    queue = declare("aws_sqs_queue.q", name="q")
    assert verdict(queue, queue) is False


def test_a_name_is_shared_with_any_resource_of_its_type() -> None:
    moved = declare('aws_sqs_queue.q["pr1"]', name="q")
    assert verdict(declare('aws_sqs_queue.q["dev"]', name="q"), moved) is False
    topic = declare("aws_sns_topic.t", name="q")
    assert verdict(declare("aws_sqs_queue.q", name="q"), topic) is True


def test_an_unknown_name_is_undetermined() -> None:
    known, unknown = declare("aws_sqs_queue.q", name="q"), declare("aws_sqs_queue.q", name=UNKNOWN)
    assert verdict(unknown, known) is None
    assert verdict(known, unknown) is None


def inside(
    owner: object, type_: str = "aws_iam_role_policy", attribute: str = "role"
) -> DeclaredResource:
    return declare(f"{type_}.p", **{"name": "access", attribute: owner})


def test_a_name_within_another_resource_differs_with_that_resource() -> None:
    assert verdict(inside("r-dev"), inside("r-pr1")) is True
    assert verdict(inside("r"), inside("r")) is False
    assert verdict(inside(UNKNOWN), inside("r-pr1")) is None


def test_a_generated_id_differs_in_every_copy() -> None:
    stage = ("aws_apigatewayv2_stage", "api_id")
    api = stand_in("aws_apigatewayv2_api.a id", "$lower10", known=True)
    assert verdict(inside(api, *stage), inside(api, *stage)) is True
    assert verdict(inside("abc123", *stage), inside("abc123", *stage)) is False
