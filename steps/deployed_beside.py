"""Do deployments keep out of each other's way, stay as they were planned, and go when told to?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pytest_bdd import given, then, when

from planproof.errors import PlanproofError, UndeterminedError
from planproof.evidence import Recorder, render
from planproof.terraform.stack import DEFAULT, Stack
from steps.deployed_outcome import check_uploads
from steps.mediaconvert.clip import clip
from steps.pipeline import Pipeline
from steps.support.deployed_scenario import Scene
from steps.support.leftovers import left
from steps.support.traffic import Deployed, Traffic, text_of

_DAYS = 7
"""The least that KMS waits before it deletes a key, and the most that a stack may ask it to."""
_BESIDE = "another suffix"


@given("the same stack, deployed beside it with another environment suffix")
def deployed_beside(on_stage: Scene, deployment: Deployed) -> None:
    """By Terraform, in the same account and region at the same time."""
    on_stage.beside = Traffic(deployment, Pipeline(deployment.stack(_BESIDE)))


@given("the same stack, deployed in another region")
def deployed_elsewhere(on_stage: Scene, deployment: Deployed) -> None:
    """By Terraform, in the same account."""
    on_stage.beside = Traffic(deployment, Pipeline(deployment.stack("another region")))


@then(
    "each has one job for its upload and a record that says COMPLETE, and none of the other's",
)
def each_its_own(on_stage: Scene, evidence: Recorder) -> None:
    """What the one has is counted without what the other has."""
    if on_stage.beside is None:
        raise UndeterminedError(
            "there is no other deployment, so that neither has anything of the other's: say which "
            "is deployed beside it"
        )
    for traffic in on_stage.all:
        check_uploads(traffic, evidence, "COMPLETE", on_stage.since)
    on_stage.what_went_wrong(evidence)


@then('"terraform plan" finds nothing to change in what it has built')
def nothing_to_change(deployment: Deployed, stack: Stack, evidence: Recorder) -> None:
    """After all the traffic that went through it."""
    drift = deployment.terraform(DEFAULT).drift()
    evidence.check(
        not drift if drift or stack.managed() else None,
        "terraform plan",
        expected="no changes",
        found="; ".join(map(str, drift)) or f"no changes of {len(stack.managed())} resources",
    )


@given("objects are in its buckets and messages in its queues")
def in_use(on_stage: Scene, evidence: Recorder) -> None:
    """Two versions of an object in every bucket, and a message in every queue."""
    traffic = on_stage.beside or on_stage.traffic
    s3 = traffic.client("s3")
    on_stage.control.pause()  # or the messages would be taken before anything is destroyed
    for bucket in traffic.stack.managed("aws_s3_bucket"):
        for _ in range(2):
            s3.put_object(Bucket=text_of(bucket, "bucket"), Key="left/clip.mp4", Body=clip())
        count = len(s3.list_object_versions(Bucket=text_of(bucket, "bucket")).get("Versions", ()))
        evidence.check(count > 0, bucket, expected="objects in it", found=f"{count} versions")
    for queue in traffic.stack.managed("aws_sqs_queue"):
        traffic.send(queue, {"left": "behind"})
    for queue, count in traffic.counted():
        evidence.check(count > 0, queue, expected="messages in it", found=f"{count} messages")


@when('"terraform destroy" has run')
def destroyed(on_stage: Scene, deployment: Deployed, evidence: Recorder) -> None:
    """Without a hand on anything before. A stack that does not let itself be destroyed is the
    failure that is looked for, in Terraform's own words."""
    # Whatever comes of it, nobody shall look for queues in what is left.
    on_stage.gone, on_stage.beside = on_stage.beside, None
    try:
        deployment.terraform(_BESIDE).destroy()
    except PlanproofError as problem:
        deployment.check()  # an account that has ended is not the stack's fault
        evidence.check(
            False,
            "terraform destroy",
            expected="everything to be destroyed in one go",
            found=problem.detail or problem.what,
        )


@then(
    "nothing of it is left in the account but the key, which is to be deleted within 7 days",
)
def nothing_left(on_stage: Scene, evidence: Recorder) -> None:
    """Every name that the stack gave is looked for in AWS's own lists."""
    traffic = on_stage.gone or on_stage.traffic
    for name, there in left(traffic.stack, traffic.client):
        evidence.check(
            None if there is None else not there,
            name.resource,
            name.attribute,
            expected=f"no {name.value} in the account",
            found="nobody here can list what is of this type"
            if there is None
            else f"{name.value} is still there"
            if there
            else "none",
        )
    for key in traffic.pipeline.keys:
        told = traffic.client("kms").describe_key(KeyId=text_of(key, "key_id"))["KeyMetadata"]
        at = told.get("DeletionDate")
        now = datetime.fromtimestamp(on_stage.control.now(), UTC)
        soon = at is not None and at <= now + timedelta(days=_DAYS, minutes=1)
        evidence.check(
            told["KeyState"] == "PendingDeletion" and soon,
            key,
            expected=f"to be deleted within {_DAYS} days",
            found=f"{told['KeyState']}, {render(str(at) if at else None)}",
        )
