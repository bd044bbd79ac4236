"""The parts of a pipeline are found by connections; missing parts are named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.errors import UndeterminedError
from planproof.values import UNKNOWN
from steps.support.pipeline import MissingPartError, Pipeline
from tests.builders.parts import (
    arn,
    bucket,
    function,
    queue,
    queue_arn,
    resource_policy,
    role,
    role_arn,
)
from tests.builders.policies import trust
from tests.builders.stacks import ACCOUNT, REGION, DeclaredResource, declare, stack

MEDIACONVERT = "mediaconvert.amazonaws.com"


def worker(**environment: Any) -> DeclaredResource:
    return function("work", role=role_arn("worker"), environment=[{"variables": environment}])


def mapping(name: str, source: str, target: str = "work") -> DeclaredResource:
    address = f"aws_lambda_event_source_mapping.{name}"
    return declare(address, event_source_arn=queue_arn(source), function_name=target)


def notification(name: str = "n", to: str = "uploads", of: str = "films") -> DeclaredResource:
    blocks = [{"queue_arn": queue_arn(to)}]
    return declare(f"aws_s3_bucket_notification.{name}", bucket=of, queue=blocks)


def rule(**pattern: Any) -> DeclaredResource:
    event = {
        "source": ["aws.mediaconvert"],
        "detail-type": ["MediaConvert Job State Change"],
        **pattern,
    }
    text = json.dumps(event)
    return declare(
        "aws_cloudwatch_event_rule.states", name="states", id="states", event_pattern=text
    )


def target(of: str = "states") -> DeclaredResource:
    return declare("aws_cloudwatch_event_target.results", rule=of, arn=queue_arn("results"))


PARTS: dict[str, DeclaredResource] = {
    "films": bucket("films"),
    "clips": bucket("clips"),
    "logs": bucket("logs"),
    "uploads": queue("uploads"),
    "results": queue("results"),
    "notification": notification(),
    "uploads mapping": mapping("uploads", "uploads"),
    "results mapping": mapping("results", "results"),
    "function": worker(TO="clips"),
    "worker": role("worker"),
    "converter": role("converter", MEDIACONVERT),
    "rule": rule(),
    "target": target(),
}


def pipeline(*without: str, **instead: DeclaredResource) -> Pipeline:
    parts = {**PARTS, **{name.replace("_", " "): item for name, item in instead.items()}}
    return Pipeline(stack(*(item for name, item in parts.items() if name not in without)))


@pytest.mark.parametrize(
    ("part", "address"),
    [
        ("notification", "aws_s3_bucket_notification.n"),
        ("input_bucket", "aws_s3_bucket.films"),
        ("output_bucket", "aws_s3_bucket.clips"),
        ("processing_queue", "aws_sqs_queue.uploads"),
        ("function", "aws_lambda_function.work"),
        ("function_role", "aws_iam_role.worker"),
        ("mediaconvert_role", "aws_iam_role.converter"),
        ("status_rule", "aws_cloudwatch_event_rule.states"),
        ("status_queue", "aws_sqs_queue.results"),
    ],
)
def test_a_part_is_found_by_what_it_does(part: str, address: str) -> None:
    assert str(getattr(pipeline(), part)) == address


@pytest.mark.parametrize(
    ("without", "part", "missing"),
    [
        ("notification", "input_bucket", "S3 bucket notification to a queue"),
        ("films", "input_bucket", "bucket with a notification to a queue"),
        ("uploads", "processing_queue", "queue that the bucket notifies"),
        ("uploads mapping", "function", "event source mapping of the processing queue"),
        ("function", "function", "Lambda function fed by the processing queue"),
        ("worker", "function_role", "role of aws_lambda_function.work"),
        ("converter", "mediaconvert_role", f"role that {MEDIACONVERT} may assume"),
        ("rule", "status_queue", "EventBridge rule for MediaConvert job state changes"),
        ("target", "status_queue", "queue for MediaConvert job state changes"),
    ],
)
def test_a_missing_part_is_named(without: str, part: str, missing: str) -> None:
    with pytest.raises(MissingPartError, match=f"^the stack has no {missing}$"):
        getattr(pipeline(without), part)


def test_several_parts_are_ambiguous() -> None:
    two = pipeline(second=notification("m", of="clips"))
    with pytest.raises(UndeterminedError, match=r"2 candidates .*bucket_notification.n, .*.m"):
        _ = two.notification


def test_a_notification_to_a_function_is_no_notification_to_a_queue() -> None:
    other = declare("aws_s3_bucket_notification.n", bucket="films", queue=[], lambda_function=[{}])
    with pytest.raises(MissingPartError):
        _ = pipeline(notification=other).notification


def test_all_mappings_of_a_queue() -> None:
    more = pipeline(second=mapping("again", "uploads"))
    assert len(more.mappings) == 2
    assert str(more.function) == "aws_lambda_function.work"
    assert [str(m) for m in more.status_mappings] == ["aws_lambda_event_source_mapping.results"]


def test_a_mapping_may_name_the_function_by_arn() -> None:
    own = arn("lambda", "function:work")
    assert pipeline(uploads_mapping=mapping("uploads", "uploads", own)).function


# The output bucket -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["clips", "s3://clips", "s3://clips/a/b", "arn:aws:s3:::clips", "arn:aws:s3:::clips/*"]
)
def test_the_output_bucket_is_the_one_in_the_environment(text: str) -> None:
    assert str(pipeline(function=worker(OUT=text)).output_bucket) == "aws_s3_bucket.clips"


@pytest.mark.parametrize("text", ["clip", "clips2", "s3://clips2/x", "x-clips", ""])
def test_similar_text_names_no_bucket(text: str) -> None:
    with pytest.raises(UndeterminedError, match="2 candidates for the bucket for the output"):
        _ = pipeline(function=worker(OUT=text)).output_bucket


def test_the_only_other_bucket_is_the_output_bucket() -> None:
    found = pipeline("logs", function=worker(OUT=UNKNOWN)).output_bucket
    assert str(found) == "aws_s3_bucket.clips"


def test_without_another_bucket_there_is_no_output() -> None:
    with pytest.raises(MissingPartError, match="no bucket for the output"):
        _ = pipeline("logs", "clips").output_bucket


# The role that MediaConvert works under ----------------------------------------------------------


def trusted(**condition: Any) -> Pipeline:
    policy = trust(MEDIACONVERT, Condition=condition)
    return pipeline(converter=role("converter", assume_role_policy=policy))


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        {"ArnLike": {"aws:SourceArn": f"arn:aws:mediaconvert:*:{ACCOUNT}:*"}},
        {"ArnEquals": {"aws:SourceArn": f"arn:aws:mediaconvert:{REGION}:{ACCOUNT}:queues/Default"}},
    ],
)
def test_trust_under_a_condition_that_this_account_meets(condition: Any) -> None:
    assert str(trusted(**condition).mediaconvert_role) == "aws_iam_role.converter"


def test_trust_for_a_queue_of_the_stack() -> None:
    arn = f"arn:aws:mediaconvert:{REGION}:{ACCOUNT}:queues/films"
    policy = trust(MEDIACONVERT, Condition={"ArnEquals": {"aws:SourceArn": arn}})
    own = role("converter", assume_role_policy=policy)
    found = pipeline(converter=own, films_queue=declare("aws_media_convert_queue.films", arn=arn))
    assert str(found.mediaconvert_role) == "aws_iam_role.converter"
    with pytest.raises(MissingPartError):
        _ = pipeline(converter=own).mediaconvert_role


@pytest.mark.parametrize(
    "policy",
    [
        trust("lambda.amazonaws.com"),
        trust(MEDIACONVERT, Condition={"StringEquals": {"aws:SourceAccount": "111122223333"}}),
        trust(MEDIACONVERT, Action="sts:TagSession"),
        trust(MEDIACONVERT, Effect="Deny"),
        "no policy at all",
    ],
)
def test_a_role_that_mediaconvert_may_not_assume_is_none(policy: str) -> None:
    with pytest.raises(MissingPartError):
        _ = pipeline(converter=role("converter", assume_role_policy=policy)).mediaconvert_roles


def test_an_unknown_trust_policy_is_undetermined() -> None:
    unknown = pipeline(converter=role("converter", assume_role_policy=UNKNOWN))
    with pytest.raises(UndeterminedError, match=r"cannot be determined.*converter") as error:
        _ = unknown.mediaconvert_roles
    assert not isinstance(error.value, MissingPartError)


def test_of_several_roles_the_one_in_the_environment() -> None:
    second = role("second", MEDIACONVERT)
    told = pipeline(second=second, function=worker(ROLE=role_arn("second"), TO="clips"))
    assert str(told.mediaconvert_role) == "aws_iam_role.second"
    with pytest.raises(UndeterminedError, match="2 candidates"):
        _ = pipeline(second=second).mediaconvert_role


# What comes back ---------------------------------------------------------------------------------


def test_a_rule_for_other_events_is_not_the_status_rule() -> None:
    with pytest.raises(MissingPartError):
        _ = pipeline(rule=rule(source=["aws.s3"])).status_rule


def test_an_unknown_pattern_is_undetermined() -> None:
    unknown = declare("aws_cloudwatch_event_rule.states", name="states", event_pattern=UNKNOWN)
    with pytest.raises(
        UndeterminedError, match=r"cannot be determined: .* aws_cloudwatch_event_rule\.states"
    ):
        _ = pipeline(rule=unknown).status_rule


# The policies of queues, and accounts -------------------------------------------------------------


def test_queue_policies() -> None:
    found = pipeline(policy=resource_policy(queue("uploads")))
    assert [str(p) for p in found.queue_policies(found.processing_queue)] == [
        "aws_sqs_queue_policy.uploads"
    ]
    assert found.queue_policies(found.status_queue) == ()
    unclear = pipeline(policy=declare("aws_sqs_queue_policy.p", queue_url=UNKNOWN, policy="{}"))
    with pytest.raises(UndeterminedError, match=r"policy of aws_sqs_queue\.uploads"):
        unclear.queue_policies(unclear.processing_queue)


# A plan alone -------------------------------------------------------------------------------------


def test_a_plan_alone_is_followed_by_its_references() -> None:
    hidden = {"arn": UNKNOWN, "id": UNKNOWN, "url": UNKNOWN}
    refers = {
        "queue": [{"queue_arn": {"references": ["aws_sqs_queue.up.arn", "aws_sqs_queue.up"]}}]
    }
    bare = Pipeline(
        stack(
            declare("aws_s3_bucket.in", bucket="in", arn=UNKNOWN, id=UNKNOWN),
            declare("aws_sqs_queue.up", name="up", **hidden),
            declare("aws_sqs_queue.back", name="back", **hidden),
            declare(
                "aws_s3_bucket_notification.n",
                bucket=UNKNOWN,
                queue=[{"queue_arn": UNKNOWN}],
                refers={"bucket": ["aws_s3_bucket.in.id", "aws_s3_bucket.in"], **refers},
            ),
            region=None,
        )
    )
    assert str(bare.input_bucket) == "aws_s3_bucket.in"
    assert str(bare.processing_queue) == "aws_sqs_queue.up"
