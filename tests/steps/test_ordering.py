"""The notification after the queue policy, and nothing but that order counts."""

from __future__ import annotations

import pytest

from planproof.recorder import Recorder, UndeterminedError
from planproof.results import Verdict
from planproof.values import UNKNOWN
from steps.ordering import made_after_queue_policies
from steps.pipeline import Pipeline
from tests.made_inquiry import broken, verdict
from tests.made_stack import ACCOUNT, REGION, Made, made, stack


def arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def queue(name: str, **values: object) -> Made:
    return made(f"aws_sqs_queue.{name}", name=name, arn=arn(name), id=f"https://{name}", **values)


def policy(name: str, of: object) -> Made:
    return made(f"aws_sqs_queue_policy.{name}", queue_url=of, policy="{}")


def judged(*items: Made, to: tuple[str, ...] = ("up",), after: object = ()) -> Recorder:
    blocks = [{"queue_arn": arn(name)} for name in to]
    link = made("aws_s3_bucket_notification.n", bucket="b", queue=blocks, after=after)
    pipeline, evidence = Pipeline(stack(link, *items)), Recorder()
    made_after_queue_policies(pipeline, pipeline.notification, evidence)
    return evidence


OWN = policy("own", "https://up")
OTHER = policy("other", "https://other")


def test_made_after_the_policy() -> None:
    evidence = judged(queue("up"), OWN, after=["aws_sqs_queue_policy.own"])
    assert verdict(evidence) is Verdict.PASSED


@pytest.mark.parametrize("after", [[], ["aws_sqs_queue.up"], ["aws_sqs_queue_policy.other"]])
def test_in_no_order(after: list[str]) -> None:
    evidence = judged(queue("up"), queue("other"), OWN, OTHER, after=after)
    assert broken(evidence)[0][:3] == (
        "aws_s3_bucket_notification.n",
        "depends_on",
        "in no order with it",
    )


def test_in_an_order_nobody_knows() -> None:
    refers = {"queue": ["local.arn"]}  # and no sources that say what that is
    link = made(
        "aws_s3_bucket_notification.n",
        bucket="b",
        queue=[{"queue_arn": arn("up")}],
        refers=refers,
        after=None,
    )
    pipeline, evidence = Pipeline(stack(link, queue("up"), OWN)), Recorder()
    made_after_queue_policies(pipeline, pipeline.notification, evidence)
    assert verdict(evidence) is Verdict.UNDETERMINED


def test_every_queue_of_the_notification_counts() -> None:
    items = (queue("up"), queue("other"), OWN, OTHER)
    one = judged(*items, to=("up", "other"), after=["aws_sqs_queue_policy.own"])
    assert verdict(one) is Verdict.FAILED
    both = ["aws_sqs_queue_policy.own", "aws_sqs_queue_policy.other"]
    assert verdict(judged(*items, to=("up", "other"), after=both)) is Verdict.PASSED


def test_a_queue_without_a_policy_accepts_nothing() -> None:
    evidence = judged(queue("up"), queue("other"), OTHER)
    assert broken(evidence) == [("aws_sqs_queue.up", "", "no policy", "")]


def test_a_policy_on_the_queue_itself() -> None:
    own = queue("up", policy="{}")
    assert verdict(judged(own, after=["aws_sqs_queue.up"])) is Verdict.PASSED
    assert verdict(judged(own)) is Verdict.FAILED


def test_a_policy_of_nobody_knows_which_queue() -> None:
    with pytest.raises(UndeterminedError):
        judged(queue("up"), policy("own", UNKNOWN))
