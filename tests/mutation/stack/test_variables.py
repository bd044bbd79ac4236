"""Mutants of stacks with several sets of variables."""

from __future__ import annotations

import json
from typing import Any

from planproof.mutation.stack.model import MutationInput, changed
from planproof.mutation.stack.operators import (
    attributes,
    mutants_of,
    statements,
    swaps,
    variations,
)
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN
from tests.builders.parts import queue_arn
from tests.builders.stacks import declare, stack
from tests.mutation.stack.operator_inputs import (
    CONDITION,
    JOBS_QUEUE,
    SERVICE,
    P,
    ids,
    managed_policy,
    one,
    only,
    send_statement,
)


def environment(name: str, suffix: str, **values: Any) -> Stack:
    """Two queues; one name is a prefix of the other."""
    dead, jobs = f"jobs-{suffix}-dead", f"jobs-{suffix}"
    redrive = json.dumps({"deadLetterTargetArn": queue_arn(dead)})
    return stack(
        declare(
            JOBS_QUEUE,
            arn=queue_arn(jobs),
            id=f"https://sqs/{jobs}",
            name=jobs,
            redrive_policy=redrive,
            **values,
        ),
        declare("aws_sqs_queue.dead", arn=queue_arn(dead), id=f"https://sqs/{dead}", name=dead),
        managed_policy(
            send_statement(Resource=[queue_arn(jobs), f"{queue_arn(jobs)}/*", queue_arn(dead)])
        ),
        name=name,
    )


def environments(ours: dict[str, Any], theirs: dict[str, Any]) -> MutationInput:
    one, other = environment("default", "dev", **ours), environment("test", "pr1", **theirs)
    return MutationInput({"default": one, "test": other})


def test_a_kept_name_keeps_every_identity_and_no_other_name() -> None:
    here = environments({}, {})
    assert ids(variations.keep_name, here) == [
        f"keep-name {JOBS_QUEUE}.name with test",
        "keep-name aws_sqs_queue.dead.name with test",
    ]
    mutant, _ = variations.keep_name(here)
    assert mutant.rewrite(here.stack) is here.stack
    test = here.stacks["test"]
    after = mutant.rewrite(test)
    assert changed(test, after) == {
        (JOBS_QUEUE, "name"),
        (JOBS_QUEUE, "arn"),
        (JOBS_QUEUE, "id"),
        (P, "policy"),
    }
    assert after[JOBS_QUEUE].values | {"redrive_policy": None} == here.stack[JOBS_QUEUE].values | {
        "redrive_policy": None
    }
    (kept,) = json.loads(after[P].get("policy"))["Statement"]
    assert kept["Resource"] == [
        queue_arn("jobs-dev"),
        f"{queue_arn('jobs-dev')}/*",
        queue_arn("jobs-pr1-dead"),
    ]


def test_a_name_that_contains_the_other_is_replaced_once() -> None:
    def named(name: str, text: str) -> Stack:
        return stack(
            declare(JOBS_QUEUE, arn=queue_arn(text), id=f"https://sqs/{text}", name=text), name=name
        )

    here = MutationInput({"default": named("default", "jobs-dev"), "test": named("test", "jobs")})
    after = only(variations.keep_name, here).rewrite(here.stacks["test"])
    assert dict(after[JOBS_QUEUE].values) == dict(here.stack[JOBS_QUEUE].values)


def test_a_name_is_kept_in_any_attribute() -> None:
    def named(name: str, text: str) -> Stack:
        return stack(declare("aws_dms_endpoint.e", endpoint_id=text), name=name)

    here = MutationInput(
        {"default": named("default", "main-dev"), "test": named("test", "main-pr1")}
    )
    mutant = only(variations.keep_name, here)
    assert mutant.id == "keep-name aws_dms_endpoint.e.endpoint_id with test"
    after = mutant.rewrite(here.stacks["test"])
    assert after["aws_dms_endpoint.e"].get("endpoint_id") == "main-dev"


def test_an_attribute_is_kept() -> None:
    here = environments(
        {"delay": 1, "same": 5, "maybe": UNKNOWN}, {"delay": 2, "same": 5, "maybe": "x"}
    )
    found = {m.id: m for m in variations.keep_value(here)}
    redrive = f"keep-value {JOBS_QUEUE}.redrive_policy with test"
    document = f"keep-value {P}.policy with test"
    assert list(found) == [redrive, f"keep-value {JOBS_QUEUE}.delay with test", document]
    mutant = found[f"keep-value {JOBS_QUEUE}.delay with test"]
    assert (mutant.before, mutant.after) == ("2", "1")
    test = here.stacks["test"]
    after = mutant.rewrite(test)
    assert changed(test, after) == {(JOBS_QUEUE, "delay")}
    assert after[JOBS_QUEUE].get("delay") == 1
    assert mutant.rewrite(here.stack) is here.stack


def test_an_attribute_that_only_other_variables_set_is_set() -> None:
    here = environments(
        {"actions": [], "more": None, "delay": 1, "maybe": None},
        {"actions": ["x"], "more": None, "delay": 2, "maybe": UNKNOWN},
    )
    mutant = only(variations.set_value, here)
    assert mutant.id == f"set-value {JOBS_QUEUE}.actions as with test"
    after = mutant.rewrite(here.stack)
    assert changed(here.stack, after) == {(JOBS_QUEUE, "actions")}
    assert after[JOBS_QUEUE].get("actions") == ["x"]
    assert mutant.rewrite(here.stacks["test"]) is here.stacks["test"]


# Every set of variables ---------------------------------------------------------------------------


def test_a_mutant_changes_the_same_statement_with_all_variables() -> None:
    def variant(name: str, suffix: str, *more: dict[str, Any]) -> Stack:
        own = send_statement(Sid="Send", Resource=queue_arn(f"jobs-{suffix}"))
        return stack(managed_policy(*more, own), name=name)

    here = MutationInput(
        {
            "default": variant("default", "dev"),
            "test": variant("test", "pr1", send_statement(Sid="A")),
        }
    )
    for operator in (statements.drop_statement, statements.flip_effect, swaps.swap_action):
        mutant = only(operator, here)
        for before in here.stacks.values():
            after = mutant.rewrite(before)
            assert changed(before, after) == {(P, "policy")}
            was = json.loads(before[P].get("policy"))["Statement"]
            now = json.loads(after[P].get("policy"))["Statement"]
            assert now[: len(was) - 1] == was[:-1], "another statement than its own was changed"
            assert now != was


def test_what_other_variables_leave_out_is_not_changed() -> None:
    whole = one(
        Action=["sqs:SendMessage", "sqs:DeleteMessage"],
        Principal=SERVICE,
        Condition=CONDITION,
    ).stack
    bare = [
        one(Action="*", Resource="*", Principal="*", Condition=None).stack,
        one(Action=["*"], Resource=None, Condition={"Bool": {}}, Principal={}).stack,
        stack(declare(P, policy=UNKNOWN)),
        stack(declare(P, policy="no policy")),
        stack(declare(P, policy=None)),
        stack(declare(P)),
        stack(),
    ]
    for number, other in enumerate(bare):
        here = MutationInput({"default": whole, "test": other})
        for mutant in mutants_of(here):
            after = mutant.rewrite(other)
            assert after is other or changed(other, after), (number, mutant.id)


def test_a_list_that_is_shorter_with_other_variables_is_unchanged() -> None:
    here = MutationInput(
        {
            "default": stack(declare(JOBS_QUEUE, rule=[{"days": 7}])),
            "test": stack(declare(JOBS_QUEUE, rule=[])),
            "none": stack(declare(JOBS_QUEUE, rule=None)),
        },
        frozenset({(JOBS_QUEUE, "rule.0.days")}),
    )
    found = [*attributes.raise_number(here), *attributes.unset(here)]
    assert len(found) == 2
    for mutant in found:
        assert mutant.rewrite(here.stacks["test"]) is here.stacks["test"]
        assert mutant.rewrite(here.stacks["none"]) is here.stacks["none"]
