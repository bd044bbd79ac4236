"""Whether evidence against a mutant points at the change."""

from __future__ import annotations

import json

import pytest

from planproof.mutation.stack.model import Mutant, mutant
from planproof.mutation.stack.near import identities, neighbours, points_at
from planproof.mutation.stack.rewriting import dropped, put
from planproof.results import Evidence, ScenarioResult
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN, Verdict
from tests.builders.parts import queue_arn, role, role_arn
from tests.builders.stacks import ACCOUNT, declare, stack

JOBS, DEAD, OTHER = "aws_sqs_queue.jobs", "aws_sqs_queue.dead", "aws_sqs_queue.other"
READER, WRITER = "aws_iam_role.reader", "aws_iam_role.writer"
POLICY, ATTACHMENT = "aws_iam_policy.p", "aws_iam_role_policy_attachment.a"
POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/p"


def whole() -> Stack:
    """A queue with its dead-letter queue, another queue, and a role with an attached policy."""
    return stack(
        declare(JOBS, arn=queue_arn("jobs"), redrive_policy=json.dumps({"arn": queue_arn("dead")})),
        declare(DEAD, arn=queue_arn("dead")),
        declare(OTHER, arn=queue_arn("beside"), name="beside"),
        role("reader"),
        role("writer"),
        declare(POLICY, arn=POLICY_ARN, policy=json.dumps({"Resource": queue_arn("jobs")})),
        declare(ATTACHMENT, role="reader", policy_arn=POLICY_ARN),
    )


def fact(
    address: str, *, holds: bool | None = True, found: str = "x", attribute: str = "a"
) -> Evidence:
    return Evidence(holds, address, attribute, "y", found)


def scenario(*evidence: Evidence, reason: str = "", failed: bool = True) -> ScenarioResult:
    verdict = Verdict.FAILED if failed else Verdict.UNDETERMINED
    return ScenarioResult("s", "f.feature", 1, verdict, evidence, reason)


def dropping(address: str) -> Mutant:
    return mutant("drop", whole()[address], "", "x", "nothing", dropped(address))


def near(
    change: Mutant, *evidence: Evidence, unchanged: tuple[Evidence, ...] = (), reason: str = ""
) -> bool:
    before = whole()
    after = change.rewrite(before)
    return points_at(
        change, scenario(*unchanged), scenario(*evidence, reason=reason), before, after
    )


@pytest.mark.parametrize(
    "wrong",
    [
        fact(JOBS, holds=False),
        fact(JOBS, holds=None),
        fact("something", holds=False, found=f"no {JOBS}"),
        fact("something", holds=False, found=f"nothing that sends to {queue_arn('jobs')}"),
        fact(DEAD, holds=False),  # the queue refers to it
        fact(POLICY, holds=False),  # it refers to the queue
        fact("something", holds=False, found=f"no message reaches {queue_arn('dead')}"),
    ],
)
def test_evidence_on_the_resource_or_a_neighbour_is_near(wrong: Evidence) -> None:
    assert near(dropping(JOBS), wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        fact(OTHER, holds=False),
        fact(READER, holds=False),  # two steps away
        fact("something", holds=False),
        fact("something", holds=False, found="beside"),
    ],
)
def test_evidence_on_other_resources_is_far(wrong: Evidence) -> None:
    assert not near(dropping(JOBS), wrong)


def test_evidence_that_holds_does_not_count() -> None:
    right, wrong = fact(JOBS), fact(OTHER, holds=False)
    assert not near(dropping(JOBS), right, wrong)
    assert near(dropping(JOBS), fact(JOBS, holds=False), wrong)


def test_missing_evidence_counts() -> None:
    assert near(dropping(JOBS), unchanged=(fact(JOBS),))
    assert near(dropping(JOBS), fact(OTHER), unchanged=(fact(JOBS), fact(OTHER)))
    assert not near(dropping(JOBS), fact(OTHER), unchanged=(fact(OTHER),))


def test_the_reason_counts() -> None:
    assert near(dropping(JOBS), reason=f"{JOBS} is not there")
    assert near(dropping(JOBS), reason=f"{POLICY} allows too much")
    assert not near(dropping(JOBS), reason="there is no network")
    assert not near(dropping(JOBS), reason=f"{OTHER} is open")


def test_connected_resources_are_near_each_other() -> None:
    assert near(dropping(ATTACHMENT), fact(READER, holds=False))
    assert near(dropping(POLICY), fact(READER, holds=False))
    assert near(dropping(READER), fact(POLICY, holds=False))
    assert not near(dropping(POLICY), fact(WRITER, holds=False))
    assert not near(dropping(DEAD), fact(POLICY, holds=False))


def test_a_neighbour_after_the_change_is_near() -> None:
    def attached(value: str) -> Mutant:
        return mutant(
            "redirect", whole()[ATTACHMENT], "role", "x", value, put(ATTACHMENT, ("role",), value)
        )

    assert near(attached("writer"), fact(WRITER, holds=False))
    assert not near(attached("missing"), fact(WRITER, holds=False))


def test_a_resource_that_is_new_is_near_itself() -> None:
    from planproof.mutation.stack.rewriting import added

    new = declare("aws_vpc.new", id="vpc-1234").resource
    change = mutant("add", new, "", "nothing", "aws_vpc", added(new))
    assert near(change, fact("aws_vpc.new", holds=False))
    assert near(change, fact("x", holds=False, found="it lies in vpc-1234"))
    assert not near(change, fact(JOBS, holds=False))


def test_an_undetermined_verdict_is_never_far() -> None:
    change, before = dropping(JOBS), whole()
    far = fact(OTHER, holds=None)
    after = change.rewrite(before)
    assert points_at(change, scenario(), scenario(far, failed=False), before, after)
    assert not points_at(change, scenario(), scenario(far), before, after)


def test_identities() -> None:
    here = stack(
        declare(
            "aws_x.y", arn=queue_arn("q"), name="abc", id=UNKNOWN, bucket="media", other="other"
        ),
    )
    assert identities(here["aws_x.y"]) == {"arn": queue_arn("q"), "bucket": "media"}


def test_neighbours_refer_or_are_referred_to() -> None:
    here = whole()

    def of(address: str) -> list[str]:
        return [r.address for r in neighbours(here[address], here)]

    assert of(JOBS) == [DEAD, POLICY]
    assert of(DEAD) == [JOBS]
    assert of(POLICY) == [JOBS, ATTACHMENT]
    assert of(READER) == [ATTACHMENT]
    assert of(WRITER) == of(OTHER) == []
    assert here[READER].get("arn") == role_arn("reader")
