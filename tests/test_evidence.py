"""Evidence, the verdict that follows from it, and the masking of sensitive texts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planproof.aws.datapath import DecidedNeed, Edge, Fact, JudgedEdge, Need
from planproof.errors import UndeterminedError
from planproof.evidence import SENSITIVE, Recorder, StepFailedError, render, sensitive_texts
from planproof.iam import Decision, Effect
from planproof.results import DrawnEdge, EdgeState, Evidence, verdict_of
from planproof.stand_ins import stand_in
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Truth, Verdict
from tests.builders.stacks import resource, stack

QUEUE = "aws_sqs_queue.q"


def recorder(*secrets: str) -> Recorder:
    return Recorder(lambda r, path: (f"{r.name}.tf", 7 if path else 1), lambda: frozenset(secrets))


def settled(evidence: Recorder, *, must_prove: bool = True) -> Verdict:
    try:
        evidence.settle(must_prove=must_prove)
    except StepFailedError:
        return Verdict.FAILED
    except UndeterminedError:
        return Verdict.UNDETERMINED
    return Verdict.PASSED


def seen(*holds: Any) -> list[Evidence]:
    return [Evidence(h, "a", "", "e", "f") for h in holds]


@pytest.mark.parametrize(
    ("holds", "verdict"),
    [
        ((True, True), Verdict.PASSED),
        ((True, None), Verdict.UNDETERMINED),
        ((True, None, False), Verdict.FAILED),
        ((), Verdict.UNDETERMINED),
        ((UNKNOWN,), Verdict.UNDETERMINED),
        (("yes",), Verdict.UNDETERMINED),
        ((1,), Verdict.UNDETERMINED),
    ],
)
def test_the_verdict_of_evidence(holds: tuple[Any, ...], verdict: Verdict) -> None:
    assert verdict_of(seen(*holds)) is verdict


@pytest.mark.parametrize(
    ("holds", "recorded"),
    [(True, True), (False, False), (None, None), (UNKNOWN, None), ([], False), ("x", True)],
)
def test_evidence_holds_does_not_hold_or_is_undecided(holds: Any, recorded: Truth) -> None:
    evidence = recorder()
    assert evidence.check(holds, "x", expected="y") is recorded
    assert evidence.evidence[0].holds is recorded


def test_evidence_names_address_attribute_file_line_and_step() -> None:
    evidence = recorder()
    evidence.begin("Then the queue is called jobs")
    evidence.equal(resource(QUEUE, name="jobs"), "name", "jobs")
    evidence.check(True, resource(QUEUE), expected="a queue")
    evidence.check(True, "the code", expected="x", found="y", at=("f.py", 3))
    first, second, third = evidence.evidence
    assert first == Evidence(
        True, "aws_sqs_queue.q", "name", "jobs", "jobs", "q.tf", 7, "Then the queue is called jobs"
    )
    assert (second.line, second.found) == (1, "not set")
    assert third.where == "f.py:3"


def test_an_unknown_value_equals_no_value() -> None:
    evidence = recorder()
    queue = resource(QUEUE, arn=UNKNOWN, tags={"a": UNKNOWN}, name="jobs")
    assert evidence.equal(queue, "arn", "x") is None
    assert evidence.equal(queue, "tags", {"a": "x"}) is None
    assert evidence.equal(queue, "name", UNKNOWN) is None
    assert evidence.equal(queue, "name", "other") is False
    assert evidence.equal(queue, "missing", None) is True
    assert [e.found for e in evidence.evidence][:2] == [
        "unknown before it is built",
        '{"a": "(unknown)"}',
    ]


def test_a_step_is_decided_by_its_own_evidence() -> None:
    evidence = recorder()
    evidence.begin("Given something open")
    evidence.check(None, "x", expected="y")
    assert settled(evidence, must_prove=False) is Verdict.UNDETERMINED
    evidence.begin("Then something else")
    evidence.check(True, "x", expected="y")
    assert settled(evidence) is Verdict.PASSED


def test_a_step_that_asserts_must_record_evidence() -> None:
    evidence = recorder()
    evidence.begin("Then all is well")
    assert settled(evidence, must_prove=False) is Verdict.PASSED
    with pytest.raises(StepFailedError, match="nothing is proven: Then all is well"):
        evidence.settle(must_prove=True)
    evidence.none_found("VPC resources", expected="none")
    assert settled(evidence) is Verdict.PASSED


def test_a_failure_names_address_file_line_and_values() -> None:
    evidence = recorder()
    evidence.equal(resource(QUEUE, name="a"), "name", "b")
    evidence.check(False, "another", expected="c")
    with pytest.raises(StepFailedError) as caught:
        evidence.settle(must_prove=True)
    assert str(caught.value) == "aws_sqs_queue.q.name (q.tf:7): expected b, found a, and 1 more"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (UNKNOWN, "unknown before it is built"),
        (None, "not set"),
        (True, "true"),
        (False, "false"),
        ("", '""'),
        ("plain", "plain"),
        (3, "3"),
        (["a", UNKNOWN, None], '["a", "(unknown)", null]'),
        ({"b": 1, "a": (True,)}, '{"a": [true], "b": 1}'),
        ({3: {"x"}}, '{"3": ["x"]}'),
        ("ä", "ä"),
    ],
)
def test_values_are_rendered_for_a_reader(value: Any, text: str) -> None:
    assert render(value) == text


def test_a_long_value_is_cut() -> None:
    assert render("x" * 2000).endswith("… (2000 characters)")
    assert len(render("x" * 2000)) < 1600


# Sensitive values ----------------------------------------------------------------------------


def with_secrets(*resources: Resource, **variables: Any) -> Stack:
    """A stack whose variables are all sensitive."""
    found = stack(*resources, variables=variables)
    return replace(found, sensitive_variables=frozenset(variables))


def test_sensitive_texts_come_from_attributes_and_variables() -> None:
    marked = resource(
        QUEUE,
        **{"a": "attribute", "b": "public", "c": [{"d": "nested"}], "e": "abc"},
        sensitive={"a": True, "c": [{"d": True}], "e": True},
    )
    found = sensitive_texts(
        [with_secrets(marked, token="variable", more={"k": "deep"}, number=4711)]
    )
    assert found == {"attribute", "nested", "variable", "deep"}  # "abc" would hide half a report


def test_a_whole_sensitive_resource() -> None:
    assert sensitive_texts(
        [with_secrets(resource(QUEUE, a={"b": "all of it"}, sensitive=True))]
    ) == {"all of it"}


def test_a_sensitive_attribute_is_never_shown() -> None:
    evidence = recorder()
    queue = resource(QUEUE, pin=12, tags={"a": "b"}, sensitive={"pin": True, "tags": {"a": True}})
    evidence.equal(queue, "pin", 13, expected="13")
    evidence.check(False, queue, "tags", expected="x", found="whatever")
    assert [e.found for e in evidence.evidence] == [SENSITIVE, SENSITIVE]


def test_a_secret_that_is_not_there_is_not_set() -> None:
    evidence = recorder()
    queue = resource(QUEUE, pin=None, other=1, sensitive={"pin": True, "other": True})
    evidence.check(True, queue, "pin", expected="not set")
    evidence.check(False, queue, "other", expected="not set")
    assert [e.found for e in evidence.evidence] == ["not set", SENSITIVE]


SECRET = 'pa"ss\nwörd\\1'


@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        f"prefix {SECRET} suffix",
        {"TOKEN": SECRET},
        {SECRET: 1},
        [[SECRET], (SECRET,)],
        {"x": "y" * 1490 + SECRET},
        "y" * 1496 + SECRET,
    ],
    ids=["text", "within", "value", "key", "list", "cut in JSON", "cut"],
)
def test_a_secret_is_masked_before_it_is_quoted_or_cut(value: Any) -> None:
    evidence = recorder(*sensitive_texts([with_secrets(s=SECRET)]))
    evidence.check(False, "x", expected="y", found=value)
    found = evidence.evidence[0].found
    assert "pa" not in found
    assert "(se" in found


def test_a_secret_inside_a_json_document_is_masked() -> None:
    evidence = recorder(*sensitive_texts([with_secrets(s=SECRET)]))
    evidence.check(False, "x", expected="y", found=json.dumps({"token": SECRET}))
    assert "pa" not in evidence.evidence[0].found


def test_a_secret_that_begins_with_another_is_masked_whole() -> None:
    evidence = recorder("secret", "secret-and-more", "secret-and")
    assert evidence.mask("a secret-and-more b secret c") == f"a {SENSITIVE} b {SENSITIVE} c"


def test_expectations_warnings_and_errors_are_masked() -> None:
    evidence = recorder("hunter2")
    evidence.check(False, "x", expected="not hunter2", found="hunter2")
    evidence.warn("hunter2 is weak")
    with pytest.raises(StepFailedError) as caught:
        evidence.settle(must_prove=True)
    assert "hunter2" not in str(caught.value)
    assert evidence.warnings == [f"{SENSITIVE} is weak"]


TEXTS = st.text(min_size=4, max_size=12)


@given(st.sets(TEXTS, max_size=4), st.lists(TEXTS | st.text(max_size=3), max_size=6))
def test_no_secret_is_left_in_any_text(secrets: set[str], parts: list[str]) -> None:
    evidence = recorder(*secrets)
    masked = evidence.mask("|".join([*parts, *secrets]))
    assert not any(secret in masked.replace(SENSITIVE, "\0") for secret in secrets)


def judged(*effects: Effect, facts: tuple[Fact, ...] = ()) -> JudgedEdge:
    """The edge from the hushed bucket to a queue, with one permission for each effect."""
    needs = tuple(
        Need(f"sqs:Do{number}", "hush.amazonaws.com", "*") for number in range(len(effects))
    )
    edge = Edge("the hush bucket", resource(QUEUE), "hushes", needs, facts, outside=True)
    decided_needs = zip(needs, effects, strict=True)
    return JudgedEdge(
        edge, tuple(DecidedNeed(need, Decision(effect, ())) for need, effect in decided_needs)
    )


def test_a_drawn_edge_is_complete_and_masked() -> None:
    evidence = recorder("hush")
    facts = (
        Fact(None, "x", "y", "a hush queue", "?"),
        Fact(False, "x", "y", "the hush type", "no"),
        Fact(True, "x", "y", "a hush region", "yes"),
    )
    effects = (Effect.ALLOWED, Effect.IMPLICITLY_DENIED, Effect.UNDETERMINED)
    evidence.draw(judged(*effects, facts=facts))
    service = f"for {SENSITIVE}.amazonaws.com"
    assert evidence.edges == [
        DrawnEdge(
            source=f"the {SENSITIVE} bucket",
            target="aws_sqs_queue.q",
            kind=f"{SENSITIVE}es",
            state=EdgeState.BROKEN,
            missing=(f"sqs:Do1 {service}", f"the {SENSITIVE} type"),
            needs=tuple(f"sqs:Do{number} {service}" for number in range(3)),
            outside=True,
            undecided=(f"sqs:Do2 {service}", f"a {SENSITIVE} queue"),
        )
    ]
    assert "hush" not in str(evidence.edges)


@pytest.mark.parametrize(
    ("effects", "state"),
    [
        ((), "proven"),
        ((Effect.ALLOWED,), "proven"),
        ((Effect.ALLOWED, Effect.UNDETERMINED), "undetermined"),
        ((Effect.EXPLICITLY_DENIED, Effect.UNDETERMINED), "broken"),
    ],
)
def test_a_drawn_edge_keeps_its_state(effects: tuple[Effect, ...], state: str) -> None:
    evidence = recorder()
    evidence.draw(judged(*effects))
    assert [(edge.state, edge.proven) for edge in evidence.edges] == [(state, state == "proven")]


def test_a_drawn_edge_is_not_evidence() -> None:
    evidence = recorder()
    evidence.begin("Then every edge is allowed")
    evidence.draw(judged(Effect.ALLOWED))
    with pytest.raises(StepFailedError, match="nothing is proven"):
        evidence.settle(must_prove=True)


# Stand-ins -------------------------------------------------------------------------------------


def found_of(value: Any) -> str:
    evidence = recorder()
    evidence.check(False, "x", "y", expected="z", found=value)
    return evidence.evidence[0].found


def test_an_assigned_text_is_not_shown() -> None:
    vpc = f"vpc-{stand_in('aws_vpc.v id', '$hex17', known=True)}"
    assert found_of(vpc) == "vpc-(assigned when built)"
    assert found_of({"vpc_id": [vpc]}) == '{"vpc_id": ["vpc-(assigned when built)"]}'
    evidence = recorder()
    evidence.check(False, vpc, "y", expected=vpc, found="other")
    evidence.warn(vpc)
    assert "5eed" not in str((evidence.evidence, evidence.warnings))


def test_an_unknown_text_is_shown_as_unknown() -> None:
    address = stand_in("aws_eip.e public_ip", "$ipv4", known=False)
    assert found_of(address) == render(UNKNOWN)
    policy = json.dumps({"Statement": [{"Sid": "A", "Resource": f"arn:x:{address}"}]})
    assert found_of(policy) == '{"Statement": [{"Resource": "(unknown)", "Sid": "A"}]}'


@pytest.mark.parametrize("form", ["$hex17", "$ipv4", "$host", "$time", "$uuid", "$upper20"])
def test_no_text_that_stands_for_an_unknown_one_is_in_any_sentence(form: str) -> None:
    text = stand_in("x", form, known=False)
    evidence = recorder()
    evidence.check(None, "x", "y", expected=f"as {text} says", found="other")
    assert text not in evidence.evidence[0].expected
    assert "(unknown)" in evidence.evidence[0].expected


def test_other_texts_are_shown_as_they_are() -> None:
    assert found_of('{"a": "vpc-0123456789abcdef0"}') == '{"a": "vpc-0123456789abcdef0"}'
