"""Whether MediaConvert may write to a job's destinations, on the shipped stack."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from planproof.evidence import Recorder
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN, Verdict
from steps import function as steps
from tests.builders.resolved_stacks import FakeResolvedStacks, policy_evidence, verdict
from tests.builders.shipped import shipped, with_document, with_values

POLICY, FUNCTION = "aws_iam_policy.mediaconvert", "aws_lambda_function.processor"
ROLE = shipped()["aws_iam_role.mediaconvert"].get("arn")
OUTPUT = shipped()["aws_s3_bucket.output"]
BELOW = f"s3://{OUTPUT.get('bucket')}/renditions/7f/"
Edit = Callable[[dict[str, Any]], None]


def job(*destinations: str, role: Any = ROLE) -> dict[str, Any]:
    groups = [
        {"OutputGroupSettings": {"FileGroupSettings": {"Destination": destination}}}
        for destination in destinations
    ]
    return {"Id": "job-1", "Role": role, "Settings": {"OutputGroups": groups}}


def judged(*jobs: dict[str, Any], stack: Stack | None = None) -> Recorder:
    """What the step writes down of the jobs that a function made."""
    given = stack or shipped()
    evidence, stacks = Recorder(given.locate), FakeResolvedStacks(given)
    planned_run: Any = SimpleNamespace(jobs=list(jobs))
    scenario = steps.FunctionScenario(planned_run, given[FUNCTION], stacks, given, evidence)  # type: ignore[arg-type]
    steps.may_write_there(scenario, policy_evidence(given, evidence))
    return evidence


def writes(**elements: Any) -> Stack:
    """The shipped stack with another statement that lets the role write."""

    def edit(document: dict[str, Any]) -> None:
        (said,) = [s for s in document["Statement"] if s["Sid"] == "WriteOutput"]
        said.update(elements)

    return with_document(shipped(), POLICY, edit)


def of_key(**elements: Any) -> Stack:
    def edit(document: dict[str, Any]) -> None:
        (said,) = [s for s in document["Statement"] if s["Sid"] == "UseKeyThroughS3"]
        said.update(elements)

    return with_document(shipped(), POLICY, edit)


def test_the_role_may_write_anywhere_in_the_output_bucket() -> None:
    found = judged(job(BELOW, f"s3://{OUTPUT.get('bucket')}/film"))
    assert verdict(found) is Verdict.PASSED
    said = [e.expected for e in found.evidence]
    assert said[:3] == [
        f"s3:PutObject allowed on {BELOW}* to write {BELOW}",
        f"kms:GenerateDataKey allowed on aws_kms_key.media to write {BELOW}",
        f"kms:Decrypt allowed on aws_kms_key.media to write {BELOW}",
    ]
    assert len(said) == 6
    assert {e.address for e in found.evidence} == {"aws_iam_role.mediaconvert"}


@pytest.mark.parametrize("path", ["/planproof/*", "/renditions/7", "/film.mp4", ""])
def test_a_statement_for_another_prefix_fails(path: str) -> None:
    found = judged(job(BELOW), stack=writes(Resource=f"{OUTPUT.get('arn')}{path}"))
    wrong = [e for e in found.evidence if e.holds is False]
    assert [e.expected for e in wrong] == [f"s3:PutObject allowed on {BELOW}* to write {BELOW}"]


@pytest.mark.parametrize("path", ["/renditions/*", "/renditions/7f/*", "/*/7f/*"])
def test_a_statement_for_the_prefix_is_enough(path: str) -> None:
    stack = writes(Resource=f"{OUTPUT.get('arn')}{path}")
    assert verdict(judged(job(BELOW), stack=stack)) is Verdict.PASSED


def test_every_destination_counts() -> None:
    stack = writes(Resource=f"{OUTPUT.get('arn')}/renditions/*")
    elsewhere = f"s3://{OUTPUT.get('bucket')}/thumbnails/"
    found = judged(job(BELOW, elsewhere), stack=stack)
    (wrong,) = [e for e in found.evidence if e.holds is False]
    assert elsewhere in wrong.expected


@pytest.mark.parametrize(
    ("elements", "lost"),
    [
        ({"Action": "kms:Decrypt"}, ["kms:GenerateDataKey"]),
        ({"Action": "kms:GenerateDataKey"}, ["kms:Decrypt"]),
    ],
)
def test_the_key_is_needed_as_well(elements: dict[str, Any], lost: list[str]) -> None:
    found = judged(job(BELOW), stack=of_key(**elements))
    wrong = [e.expected.partition(" ")[0] for e in found.evidence if e.holds is False]
    assert wrong == lost


def test_a_statement_for_some_keys_leaves_it_undetermined() -> None:
    found = judged(job(BELOW), stack=writes(Resource=f"{OUTPUT.get('arn')}/*.mp4"))
    assert verdict(found) is Verdict.UNDETERMINED
    (doubt,) = [e for e in found.evidence if e.holds is None]
    assert "(decided for arn:aws:s3:::" in doubt.found


def test_without_a_job_it_is_undetermined() -> None:
    found = judged()
    assert verdict(found) is Verdict.UNDETERMINED
    assert [e.found for e in found.evidence] == ["no job"]


def test_a_role_outside_the_stack_is_undetermined() -> None:
    found = judged(job(BELOW, role=f"{ROLE}-of-somebody"))
    assert [(e.holds, e.found) for e in found.evidence] == [(None, f"{ROLE}-of-somebody")]


def test_a_bucket_outside_the_stack_has_an_unknown_policy() -> None:
    stack = writes(Resource="arn:aws:s3:::of-somebody/*")
    for given in (shipped(), stack):
        assert verdict(judged(job("s3://of-somebody/x/"), stack=given)) is Verdict.UNDETERMINED
    denied = writes(Effect="Deny", Resource="arn:aws:s3:::of-somebody/*")
    assert verdict(judged(job("s3://of-somebody/x/"), stack=denied)) is Verdict.FAILED


def test_an_unknown_bucket_or_policy_leaves_it_undetermined() -> None:
    for address, unknown in (("aws_s3_bucket.output", "arn"), (POLICY, "policy")):
        stack = with_values(shipped(), address, **{unknown: UNKNOWN})
        assert verdict(judged(job(BELOW), stack=stack)) is Verdict.UNDETERMINED
    assert verdict(judged(job("films/x/"))) is Verdict.UNDETERMINED
