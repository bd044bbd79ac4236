"""Plans that leave resources out, and what that leaves undetermined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planproof.aws.datapath import Authority
from planproof.errors import PlanproofError, UndeterminedError
from planproof.evidence import Recorder, StepFailedError
from planproof.terraform.plan import Plan
from planproof.terraform.stack import Stack
from planproof.values import Verdict
from steps import vocabulary
from tests.builders.plan_files import (
    NEW,
    OLD,
    TOFU,
    VERSIONS,
    Version,
    change,
    declared,
    plan_file,
    state,
)

MEMBERS = ["address", "resource_change", "mode", "type", "values", "root_module", "resources"]
MEMBERS += ["change", "actions", "module_calls", "count_expression"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=3)
    ),
    max_leaves=10,
)
A, B, TOPIC = "aws_sqs_queue.a", "aws_sqs_queue.b", "aws_sns_topic.t"
ENCRYPTED = {"name": "x", "sqs_managed_sse_enabled": True}
REFERENCE = {"references": ["var.number"]}
FLAGS = [OLD, NEW, TOFU]
by_name = pytest.mark.parametrize("version", VERSIONS, ids=lambda v: f"{v.name}-{v.provider[9:17]}")
with_and_without_flag = pytest.mark.parametrize(
    "version", FLAGS, ids=["without complete", "complete", "OpenTofu"]
)


def stack_of(raw: Any) -> Stack:
    return Stack.from_plan(Plan.of(raw))


def verdict(stack: Stack, step: Callable[[Stack, Recorder], None]) -> Verdict:
    evidence = Recorder(gaps=stack.gaps)
    try:
        step(stack, evidence)
        evidence.settle(must_prove=True)
    except StepFailedError:
        return Verdict.FAILED
    except UndeterminedError:
        return Verdict.UNDETERMINED
    return Verdict.PASSED


def encrypted(type_: str = "aws_sqs_queue") -> Callable[[Stack, Recorder], None]:
    return lambda s, e: vocabulary.every_has(s, e, type_, "sqs_managed_sse_enabled", "true")


def none_of(pattern: str) -> Callable[[Stack, Recorder], None]:
    return lambda s, e: vocabulary.no_resource_of_types(s, e, [["type"], [pattern]])


def missing(raw: Any) -> list[str]:
    return sorted(stack_of(raw).gaps.missing)


# Versions of the format ----------------------------------------------------------------------


@by_name
def test_a_complete_plan_of_each_version_is_judged(version: Version) -> None:
    whole = plan_file(version, [declared(A)], [change(A, after=ENCRYPTED)])
    assert missing(whole) == []
    assert verdict(stack_of(whole), encrypted()) is Verdict.PASSED
    assert verdict(stack_of(whole), none_of("aws_vpc")) is Verdict.PASSED
    assert verdict(stack_of(whole), none_of("aws_sqs_*")) is Verdict.FAILED
    open_to_all = change(A, after={**ENCRYPTED, "sqs_managed_sse_enabled": False})
    broken = plan_file(version, [declared(A)], [open_to_all])
    assert verdict(stack_of(broken), encrypted()) is Verdict.FAILED
    unknown = change(A, after={"name": "x"}, unknown={"sqs_managed_sse_enabled": True})
    configured = declared(A, expressions={"sqs_managed_sse_enabled": REFERENCE})
    undecided = plan_file(version, [configured], [unknown])
    assert verdict(stack_of(undecided), encrypted()) is Verdict.UNDETERMINED


@by_name
def test_a_targeted_plan_of_each_version_leaves_its_types_open(version: Version) -> None:
    changes = [change(A, after=ENCRYPTED), change(TOPIC, after=ENCRYPTED)]
    flag = {"complete": False} if "complete" in version.more else {}
    partial = plan_file(version, [declared(x) for x in (A, B, TOPIC)], changes, **flag)
    stack = stack_of(partial)
    assert list(stack.gaps.missing) == [B]
    assert any(B in notice for notice in stack.gaps.notices)
    assert verdict(stack, encrypted()) is Verdict.UNDETERMINED
    assert verdict(stack, encrypted("aws_sns_topic")) is Verdict.PASSED
    assert verdict(stack, none_of("aws_vpc")) is Verdict.PASSED


# What is missing -----------------------------------------------------------------------------


@with_and_without_flag
@pytest.mark.parametrize(
    ("entry", "changes", "open_"),
    [
        ({}, (), True),
        ({"count": {"constant_value": 0}}, (), False),
        ({"count": {"constant_value": "0"}}, (), False),
        ({"count": {"constant_value": 2}}, (f"{A}[0]", f"{A}[1]"), False),
        ({"count": {"constant_value": 2}}, (f"{A}[0]",), True),
        ({"count": {"constant_value": 2}}, (), True),
        ({"for_each": {"constant_value": {}}}, (), False),
        ({"for_each": {"constant_value": {"x": 1}}}, (f'{A}["x"]',), False),
        ({"for_each": {"constant_value": {"x": 1, "y": 2}}}, (f'{A}["x"]',), True),
        ({"count": REFERENCE}, (f"{A}[0]",), False),
        ({"for_each": REFERENCE}, (f'{A}["k"]',), False),
        ({"for_each": {}}, (f'{A}["k"]',), False),
    ],
)
def test_the_configuration_says_how_many_there_must_be(
    version: Version, entry: dict[str, Any], changes: Sequence[str], open_: bool
) -> None:
    raw = plan_file(version, [declared(A, **entry)], [change(a, after=ENCRYPTED) for a in changes])
    assert (missing(raw) == [A]) is open_


OPEN = {"name": "old", "sqs_managed_sse_enabled": False}


@pytest.mark.parametrize("ok", [True, False], ids=["encrypted", "open"])
@pytest.mark.parametrize(
    ("entry", "more"),
    [
        ({"previous_address": B, "actions": ["no-op"]}, {}),
        ({"actions": ["create", "forget"]}, {}),
        ({"actions": ["delete", "create"], "action_reason": "replace_by_triggers"}, {}),
        ({}, {"resource_drift": [change(A, ["update"], after=OPEN)]}),
        ({}, {"relevant_attributes": [{"resource": A, "attribute": ["name"]}]}),
        ({}, {"action_invocations": [{"address": "action.aws_lambda_invoke.x"}]}),
    ],
    ids=["moved", "forgotten and created", "replaced", "drift", "relevant", "actions"],
)
def test_the_planned_values_count(entry: dict[str, Any], more: dict[str, Any], ok: bool) -> None:
    planned = change(A, after=ENCRYPTED if ok else OPEN, **entry)
    others = [change("aws_sqs_queue.gone", ["forget"]), {**change(A, ["delete"]), "deposed": "ab"}]
    stack = stack_of(plan_file(NEW, [declared(A)], [planned, *others], **more))
    assert not stack.gaps.missing
    assert verdict(stack, encrypted()) is (Verdict.PASSED if ok else Verdict.FAILED)


@pytest.mark.parametrize("repetition", ["count", "for_each"])
def test_a_number_that_the_plan_does_not_show(repetition: str) -> None:
    entries = [declared(A, **{repetition: REFERENCE}), declared(TOPIC)]
    topic = [change(TOPIC)]
    assert missing(plan_file(NEW, entries, topic)) == []  # Terraform says that it is complete
    assert missing(plan_file(OLD, entries, topic)) == [A]
    assert missing(plan_file(TOFU, entries, topic)) == [A]
    assert missing(plan_file(NEW, entries, topic, complete=False)) == [A]
    # Where the plan lacks others, some of its instances may not be there either.
    assert missing(plan_file(OLD, entries, [change(f"{A}[0]")])) == [TOPIC, A]


def test_instances_that_are_removed_since_nothing_declares_them() -> None:
    gone = change(f"{A}[0]", ["delete"], action_reason="delete_because_count_index")
    raw = plan_file(OLD, [declared(A, count=REFERENCE), declared(TOPIC)], [gone, change(TOPIC)])
    assert missing(raw) == []
    assert verdict(stack_of(raw), none_of("aws_sqs_queue")) is Verdict.PASSED


@with_and_without_flag
@pytest.mark.parametrize(
    ("call", "instances", "open_"),
    [
        ({}, ("module.m",), False),
        ({}, (), True),
        ({"count_expression": {"constant_value": 0}}, (), False),
        ({"count_expression": {"constant_value": 2}}, ("module.m[0]", "module.m[1]"), False),
        ({"count_expression": {"constant_value": 2}}, ("module.m[1]",), True),
        ({"for_each_expression": REFERENCE}, ('module.m["k"]',), False),
    ],
)
def test_resources_of_modules(
    version: Version, call: dict[str, Any], instances: Sequence[str], open_: bool
) -> None:
    inner = {"module": {"resources": [declared(A)]}, **call}
    changes = [change(f"{place}.{A}", after=ENCRYPTED) for place in instances]
    assert (missing(plan_file(version, [], changes, modules={"m": inner})) != []) is open_


def test_data_sources_are_in_the_prior_state_or_read_later() -> None:
    here = "data.aws_region.here"
    assert missing(plan_file(OLD, [declared(here)], [])) == [here]
    known = state({"address": here, "values": {"name": "eu-west-1"}})
    assert missing(plan_file(OLD, [declared(here)], [], prior_state=known)) == []
    assert missing(plan_file(OLD, [declared(here)], [change(here, ["read"])])) == []


def test_an_ephemeral_resource_is_never_missing() -> None:
    secret = declared("ephemeral.aws_secretsmanager_secret_version.s")
    assert missing(plan_file(NEW, [secret, declared(A)], [change(A)])) == []


# Other plans that are not of a whole stack ---------------------------------------------------


@with_and_without_flag
def test_a_resource_that_only_the_prior_state_has_was_not_planned(version: Version) -> None:
    before = state({"address": B, "values": ENCRYPTED})
    entries = [declared(A), declared(B)]
    raw = plan_file(version, entries, [change(A, after=ENCRYPTED)], prior_state=before)
    assert missing(raw) == [B]
    assert verdict(stack_of(raw), encrypted()) is Verdict.UNDETERMINED


@with_and_without_flag
def test_a_plan_that_only_refreshes(version: Version) -> None:
    before = state({"address": A, "values": ENCRYPTED})
    stack = stack_of(plan_file(version, [declared(A)], [], prior_state=before))
    assert "-refresh-only" in stack.gaps.notices[0]
    assert verdict(stack, encrypted()) is Verdict.UNDETERMINED
    assert verdict(stack, none_of("aws_sqs_queue")) is Verdict.UNDETERMINED


@with_and_without_flag
def test_a_plan_that_destroys(version: Version) -> None:
    gone = [change(A, ["delete"]), change(f"{B}[0]", ["delete"])]
    stack = stack_of(plan_file(version, [declared(A), declared(B, count=REFERENCE)], gone))
    assert "destroys the stack" in stack.gaps.notices[0]
    assert verdict(stack, encrypted()) is Verdict.UNDETERMINED
    assert verdict(stack, none_of("aws_sqs_queue")) is Verdict.UNDETERMINED
    assert verdict(stack, none_of("aws_vpc")) is Verdict.PASSED


def test_a_plan_that_removes_what_the_sources_no_longer_declare_destroys_nothing() -> None:
    changes = [change(A, ["delete"], action_reason="delete_because_no_resource_config")]
    stack = stack_of(plan_file(OLD, [declared(TOPIC)], [*changes, change(TOPIC)]))
    assert (stack.gaps.missing, stack.gaps.notices) == ({}, ())
    assert verdict(stack, none_of("aws_sqs_queue")) is Verdict.PASSED


@pytest.mark.parametrize("flag", [True, False])
def test_deferred_changes(flag: bool) -> None:
    deferred = [{"reason": "instance_count_unknown", "resource_change": change(f"{A}[0]")}]
    raw = plan_file(
        NEW,
        [declared(A, count=REFERENCE), declared(TOPIC)],
        [change(TOPIC, after=ENCRYPTED)],
        deferred_changes=deferred,
        complete=flag,
    )
    stack = stack_of(raw)
    assert missing(raw) == [A]
    assert "instance_count_unknown" in stack.gaps.notices[0]
    assert verdict(stack, encrypted()) is Verdict.UNDETERMINED
    assert verdict(stack, encrypted("aws_sns_topic")) is Verdict.PASSED


def test_complete_false_is_said_even_where_nothing_is_missing() -> None:
    stack = stack_of(plan_file(NEW, [declared(A)], [change(A, after=ENCRYPTED)], complete=False))
    assert "complete: false" in stack.gaps.notices[0]
    assert verdict(stack, encrypted()) is Verdict.PASSED


@pytest.mark.parametrize(
    "damage",
    [
        {"deferred_changes": [1]},
        {"deferred_changes": [{"reason": "x"}]},
        {"deferred_changes": 7},
        {"prior_state": {"values": 7}},
        {"prior_state": {"values": {"root_module": {"resources": [3]}}}},
        {"resource_changes": [{"change": {"actions": ["create"]}}]},
    ],
)
def test_damage_is_one_sentence(damage: dict[str, Any]) -> None:
    with pytest.raises(PlanproofError, match="is damaged"):
        stack_of(plan_file(NEW, [declared(A)], [], **damage))


PARTS = st.sampled_from(
    ["deferred_changes", "resource_changes", "prior_state", "complete", "configuration"]
)


@given(st.dictionaries(PARTS, JSON))
def test_any_content_is_judged_or_refused(parts: dict[str, Any]) -> None:
    raw = plan_file(NEW, [declared(A)], [change(A)])
    try:
        stack_of({**raw, **parts})
    except PlanproofError as problem:
        assert problem.sentence.endswith(".")  # noqa: PT017


# What a missing resource decides -------------------------------------------------------------


def incomplete(*present: dict[str, Any], lacks: str = B) -> Stack:
    entries = [declared(entry["address"]) for entry in present]
    return stack_of(plan_file(NEW, [*entries, declared(lacks)], present, complete=False))


def test_a_resource_that_breaks_a_requirement_does_so_whatever_is_missing() -> None:
    broken = change(A, after={"sqs_managed_sse_enabled": False})
    assert verdict(incomplete(broken), encrypted()) is Verdict.FAILED


def test_what_fails_for_want_of_another_type_is_undetermined() -> None:
    stack = incomplete(change(A, after=ENCRYPTED), lacks="aws_sqs_queue_policy.p")

    def has_policy(stack: Stack, evidence: Recorder) -> None:
        policies = stack.managed("aws_sqs_queue_policy")
        evidence.check(bool(policies), stack[A], expected="a policy")

    assert verdict(stack, has_policy) is Verdict.UNDETERMINED


@pytest.mark.parametrize(
    "look",
    [
        lambda s: s.managed(),
        lambda s: s.managed("aws_sns_topic", "aws_sqs_queue"),
        lambda s: s.where("aws_sqs_queue", "name", "y"),
        list,
        len,
        lambda s: s.get(B),
        lambda s: s.resources.declared_as(B),
        lambda s: s.resources.derived("names", lambda: [r.name for r in s]),
        lambda s: s.managed_where(lambda type_: type_.startswith("aws_sqs")),
        lambda s: s.with_resources([s[A]]).managed("aws_sqs_queue"),
    ],
)
def test_every_way_to_look_for_a_missing_resource_is_noted(look: Callable[[Stack], object]) -> None:
    stack = incomplete(change(A, after=ENCRYPTED))

    def step(stack: Stack, evidence: Recorder) -> None:
        look(stack)
        evidence.check(True, "something", expected="x", found="x")

    for _ in range(2):  # the second time from what was derived before
        assert verdict(stack, step) is Verdict.UNDETERMINED


@pytest.mark.parametrize(
    "look",
    [
        lambda s: s.managed("aws_sns_topic"),
        lambda s: s.data("aws_sqs_queue"),
        lambda s: s.get(A),
        lambda s: s[A],
        lambda s: s.types(),
        lambda s: s.resources.declared_as(A),
        lambda s: s.managed_where(lambda type_: type_ == "aws_vpc"),
    ],
)
def test_what_is_not_missing_is_judged(look: Callable[[Stack], object]) -> None:
    stack = incomplete(change(A, after=ENCRYPTED))

    def step(stack: Stack, evidence: Recorder) -> None:
        look(stack)
        evidence.check(True, "something", expected="x", found="x")

    assert verdict(stack, step) is Verdict.PASSED


@pytest.mark.parametrize(
    ("lacks", "open_"),
    [
        ("aws_iam_role_policy.p", True),
        ("aws_iam_role_policy_attachment.p", True),
        ("aws_sns_topic.t", False),
    ],
)
def test_the_policies_of_a_role_may_be_missing(lacks: str, open_: bool) -> None:
    role = change("aws_iam_role.r", after={"name": "r", "managed_policy_arns": None})
    stack = incomplete(role, lacks=lacks)

    def held(stack: Stack, evidence: Recorder) -> None:
        found = Authority(stack).identity_policies(stack["aws_iam_role.r"])
        evidence.check(not found, stack["aws_iam_role.r"], expected="no policy")

    assert (verdict(stack, held) is Verdict.UNDETERMINED) is open_


def test_the_owner_of_an_arn_may_be_missing() -> None:
    def owner(stack: Stack, evidence: Recorder) -> None:
        found = Authority(stack).resource_for("arn:aws:sqs:eu-west-1:123456789012:b")
        evidence.check(found is None, "the queue", expected="outside of the stack")

    stack = incomplete(change(A, after=ENCRYPTED))
    assert verdict(stack, owner) is Verdict.UNDETERMINED
    assert verdict(incomplete(change(A), lacks=TOPIC), owner) is Verdict.PASSED
