"""Resources are created after the policies that they need."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from planproof.aws.sdk_calls import SdkCalls
from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN, Verdict
from steps import ordering
from steps.ordering import made_after_queue_policies
from steps.support.pipeline import Pipeline
from tests.builders.parts import queue, queue_arn, resource_policy
from tests.builders.resolved_stacks import broken, verdict
from tests.builders.shipped import shipped, with_document, with_values
from tests.builders.stacks import DeclaredResource, declare, stack
from tests.steps.stack_steps import FUNCTION, StackSteps, first_statement


def judged(*items: DeclaredResource, to: tuple[str, ...] = ("up",), after: object = ()) -> Recorder:
    blocks = [{"queue_arn": queue_arn(name)} for name in to]
    link = declare("aws_s3_bucket_notification.n", bucket="b", queue=blocks, after=after)
    pipeline, evidence = Pipeline(stack(link, *items)), Recorder()
    made_after_queue_policies(pipeline, pipeline.notification, evidence)
    return evidence


OWN, OTHER = resource_policy(queue("up")), resource_policy(queue("other"))


def test_created_after_the_policy() -> None:
    evidence = judged(queue("up"), OWN, after=["aws_sqs_queue_policy.up"])
    assert verdict(evidence) is Verdict.PASSED


@pytest.mark.parametrize("after", [[], ["aws_sqs_queue.up"], ["aws_sqs_queue_policy.other"]])
def test_without_a_dependency_it_fails(after: list[str]) -> None:
    evidence = judged(queue("up"), queue("other"), OWN, OTHER, after=after)
    assert broken(evidence)[0][:3] == (
        "aws_s3_bucket_notification.n",
        "depends_on",
        "no dependency on it",
    )


def test_an_unknown_order_is_undetermined() -> None:
    refers = {"queue": ["local.arn"]}  # and no sources that say what that is
    link = declare(
        "aws_s3_bucket_notification.n",
        bucket="b",
        queue=[{"queue_arn": queue_arn("up")}],
        refers=refers,
        after=None,
    )
    pipeline, evidence = Pipeline(stack(link, queue("up"), OWN)), Recorder()
    made_after_queue_policies(pipeline, pipeline.notification, evidence)
    assert verdict(evidence) is Verdict.UNDETERMINED


def test_every_queue_of_the_notification_counts() -> None:
    items = (queue("up"), queue("other"), OWN, OTHER)
    one = judged(*items, to=("up", "other"), after=["aws_sqs_queue_policy.up"])
    assert verdict(one) is Verdict.FAILED
    both = ["aws_sqs_queue_policy.up", "aws_sqs_queue_policy.other"]
    assert verdict(judged(*items, to=("up", "other"), after=both)) is Verdict.PASSED


def test_a_queue_without_a_policy_accepts_nothing() -> None:
    evidence = judged(queue("up"), queue("other"), OTHER)
    assert broken(evidence) == [("aws_sqs_queue.up", "", "no policy", "")]


def test_a_policy_on_the_queue_itself() -> None:
    own = queue("up", policy="{}")
    assert verdict(judged(own, after=["aws_sqs_queue.up"])) is Verdict.PASSED
    assert verdict(judged(own)) is Verdict.FAILED


def test_a_policy_of_an_unknown_queue_is_undetermined() -> None:
    with pytest.raises(UndeterminedError):
        judged(queue("up"), declare("aws_sqs_queue_policy.up", queue_url=UNKNOWN, policy="{}"))


# What the data path rests on -----------------------------------------------------------------

TARGET = "aws_cloudwatch_event_target.status_queue"
UPLOADS = "aws_lambda_event_source_mapping.processing"
STATES = "aws_lambda_event_source_mapping.status"
WORKER = "aws_lambda_function.processor"
ORDERS = {
    TARGET: ("aws_sqs_queue_policy.status",),
    UPLOADS: (
        "aws_iam_role_policy_attachment.function",
        "aws_iam_role_policy_attachment.mediaconvert",
    ),
    STATES: ("aws_iam_role_policy_attachment.function",),
    WORKER: ("aws_cloudwatch_log_group.function", "aws_iam_role_policy_attachment.function"),
    "aws_s3_bucket_policy.input": ("aws_s3_bucket_public_access_block.input",),
    "aws_s3_bucket_policy.output": ("aws_s3_bucket_public_access_block.output",),
    "aws_s3_bucket_lifecycle_configuration.input": ("aws_s3_bucket_versioning.input",),
    "aws_s3_bucket_lifecycle_configuration.output": ("aws_s3_bucket_versioning.output",),
}


def orders(found: Stack, calls: SdkCalls | None = None) -> Recorder:
    """What all steps on orders wrote down but for the notification's."""
    steps, evidence = StackSteps(found, calls), Recorder(found.locate)
    ordering.targets_wait(steps.authority, steps.path, evidence)
    ordering.mappings_wait(steps.authority, steps.path, evidence)
    ordering.uploads_wait(steps.pipeline, steps.authority, steps.path, evidence)
    ordering.functions_wait(steps.authority, steps.path, evidence)
    ordering.policies_wait(found, evidence)
    ordering.lifecycles_wait(found, evidence)
    return evidence


def without(address: str, *earlier: str) -> Stack:
    """The shipped stack with some of what is made before a resource no dependency on it."""
    resource = shipped()[address]
    assert resource.dependencies is not None
    left = resource.dependencies - set(earlier)
    assert len(left) == len(resource.dependencies) - len(earlier)
    return shipped().with_resources([replace(resource, dependencies=left)])


def test_the_shipped_stack_is_created_in_order() -> None:
    evidence = orders(shipped())
    assert verdict(evidence) is Verdict.PASSED
    assert {e.address for e in evidence.evidence} == set(ORDERS)
    assert {e.attribute for e in evidence.evidence} == {"depends_on"}


@pytest.mark.parametrize(
    ("later", "earlier"), [(later, one) for later, before in ORDERS.items() for one in before]
)
def test_each_order_counts(later: str, earlier: str) -> None:
    found = [e for e in orders(without(later, earlier)).evidence if e.holds is False]
    assert {e.address for e in found} == {later}
    assert all(earlier in e.expected for e in found)


def test_an_unknown_dependency_is_undetermined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "created_after", lambda *_: None)
    assert {(e.address, e.holds) for e in orders(shipped()).evidence} == {
        (later, None) for later in ORDERS
    }


def test_an_unknown_policy_leaves_the_order_undetermined() -> None:
    evidence = orders(with_values(shipped(), "aws_iam_policy.function", policy=UNKNOWN))
    assert {e.address for e in evidence.evidence if e.holds is None} == {UPLOADS, STATES, WORKER}


def test_needs_that_no_policy_allows_are_skipped() -> None:
    evidence = orders(with_document(shipped(), FUNCTION, first_statement(Effect="Deny")))
    assert verdict(evidence) is Verdict.PASSED


def test_one_of_two_equivalent_policies_is_enough() -> None:
    attachment = shipped()["aws_iam_role_policy_attachment.function"]
    second = replace(attachment, address=f"{attachment.address}_again", name="function_again")
    assert verdict(orders(shipped().with_resources([second]))) is Verdict.PASSED


def test_a_second_policy_with_other_actions_counts() -> None:
    policy = json.loads(shipped()[FUNCTION].get("policy"))
    records = [s for s in policy["Statement"] if s["Sid"] == "KeepRecords"]
    del policy["Statement"][policy["Statement"].index(records[0])]
    inline = declare(
        "aws_iam_role_policy.records",
        name="records",
        role=shipped()["aws_iam_role.function"].get("name"),
        policy=json.dumps({"Version": "2012-10-17", "Statement": records}),
    )
    split = with_values(shipped(), FUNCTION, policy=json.dumps(policy))
    found = orders(split.with_resources([inline.resource]))
    assert {item[0] for item in broken(found)} == {UPLOADS, STATES}


def test_the_bucket_of_a_setting_may_be_unknown() -> None:
    def asked(of: object) -> Verdict:
        evidence = Recorder()
        bucket = declare("aws_s3_bucket.b", bucket="b", id="b")
        block = declare("aws_s3_bucket_public_access_block.p", bucket=of)
        later = declare("aws_s3_bucket_policy.p", bucket="b", after=[block.resource.address])
        ordering.policies_wait(stack(bucket, block, later), evidence)
        return verdict(evidence)

    assert asked("b") is Verdict.PASSED
    assert asked(UNKNOWN) is Verdict.UNDETERMINED
