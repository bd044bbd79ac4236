"""Second deployments in the same account, drift, and destruction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pytest_bdd import given, then, when

from planproof.errors import PlanproofError, UndeterminedError
from planproof.evidence import Recorder, render
from planproof.terraform.stack import DEFAULT, Stack
from steps.mediaconvert.clip import clip
from steps.support.deployed_scenario import DeployedScenario
from steps.support.leftovers import remaining_names
from steps.support.pipeline import Pipeline
from steps.support.traffic import Deployed, Traffic, text_of
from steps.support.uploads import check_uploads

_DAYS = 7
"""The shortest waiting period before KMS deletes a key, and the longest that is accepted."""
_SECOND = "another suffix"


@given("the same stack, deployed beside it with another environment suffix")
def deploy_second_stack(deployed_scenario: DeployedScenario, deployment: Deployed) -> None:
    """A second deployment by Terraform, in the same account and region."""
    deployed_scenario.second = Traffic(deployment, Pipeline(deployment.stack(_SECOND)))


@given("the same stack, deployed in another region")
def deploy_in_another_region(deployed_scenario: DeployedScenario, deployment: Deployed) -> None:
    """A second deployment by Terraform, in the same account."""
    deployed_scenario.second = Traffic(deployment, Pipeline(deployment.stack("another region")))


@then("each has one job for its upload and a record that says COMPLETE, and none of the other's")
def each_has_its_own_job(deployed_scenario: DeployedScenario, evidence: Recorder) -> None:
    """Jobs and records are counted for each deployment on its own."""
    if deployed_scenario.second is None:
        raise UndeterminedError(
            "there is no second deployment to compare with: add a step that deploys one, such as "
            "'the same stack, deployed in another region'"
        )
    for traffic in deployed_scenario.all_traffic:
        check_uploads(traffic, evidence, "COMPLETE", deployed_scenario.since)
    deployed_scenario.record_unfired_faults(evidence)


@then('"terraform plan" finds nothing to change in what it has built')
def nothing_to_change(deployment: Deployed, stack: Stack, evidence: Recorder) -> None:
    """No drift after the traffic of earlier scenarios."""
    drift = deployment.terraform(DEFAULT).drift()
    evidence.check(
        not drift if drift or stack.managed() else None,
        "terraform plan",
        expected="no changes",
        found="; ".join(map(str, drift)) or f"no changes of {len(stack.managed())} resources",
    )


@given("objects are in its buckets and messages in its queues")
def in_use(deployed_scenario: DeployedScenario, evidence: Recorder) -> None:
    """Two versions of an object in every bucket, and a message in every queue."""
    traffic = deployed_scenario.second or deployed_scenario.traffic
    s3 = traffic.client("s3")
    deployed_scenario.control.pause()  # the function would take the messages
    for bucket in traffic.stack.managed("aws_s3_bucket"):
        for _ in range(2):
            s3.put_object(Bucket=text_of(bucket, "bucket"), Key="left/clip.mp4", Body=clip())
        count = len(s3.list_object_versions(Bucket=text_of(bucket, "bucket")).get("Versions", ()))
        evidence.check(count > 0, bucket, expected="objects in it", found=f"{count} versions")
    for queue in traffic.stack.managed("aws_sqs_queue"):
        traffic.send(queue, {"left": "behind"})
    for queue, count in traffic.message_counts():
        evidence.check(count > 0, queue, expected="messages in it", found=f"{count} messages")


@when('"terraform destroy" has run')
def destroyed(
    deployed_scenario: DeployedScenario, deployment: Deployed, evidence: Recorder
) -> None:
    """Run it without any cleanup before. If it fails, the evidence is Terraform's error."""
    # Set first: even after a failure, the traffic of a destroyed stack cannot be read.
    deployed_scenario.destroyed, deployed_scenario.second = deployed_scenario.second, None
    try:
        deployment.terraform(_SECOND).destroy()
    except PlanproofError as problem:
        deployment.check()  # raises if the emulated account itself has ended
        evidence.check(
            False,
            "terraform destroy",
            expected="everything destroyed by one run",
            found=problem.detail or problem.what,
        )


@then("nothing of it is left in the account but the key, which is to be deleted within 7 days")
def nothing_left(deployed_scenario: DeployedScenario, evidence: Recorder) -> None:
    """Every name of the stack is looked up in the lists of its service."""
    traffic = deployed_scenario.destroyed or deployed_scenario.traffic
    for name, there in remaining_names(traffic.stack, traffic.client):
        evidence.check(
            None if there is None else not there,
            name.resource,
            name.attribute,
            expected=f"no {name.value} in the account",
            found=f"resources of type {name.resource.type} cannot be listed here"
            if there is None
            else f"{name.value} still exists"
            if there
            else "none",
        )
    for key in traffic.pipeline.keys:
        metadata = traffic.client("kms").describe_key(KeyId=text_of(key, "key_id"))["KeyMetadata"]
        at = metadata.get("DeletionDate")
        now = datetime.fromtimestamp(deployed_scenario.control.now(), UTC)
        soon = at is not None and at <= now + timedelta(days=_DAYS, minutes=1)
        evidence.check(
            metadata["KeyState"] == "PendingDeletion" and soon,
            key,
            expected=f"deletion scheduled within {_DAYS} days",
            found=f"{metadata['KeyState']}, deletion date {render(str(at) if at else None)}",
        )
