"""The ways in which a stack is broken: which mutants of a small one, and what each changes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from planproof.mutants.model import DEPENDENCIES, Mutant, Operator, Scene, changed
from planproof.mutants.operators import (
    attributes,
    mutants_of,
    ordering,
    references,
    resources,
    statements,
    swaps,
    variations,
)
from planproof.stack import Stack
from planproof.values import UNKNOWN
from tests.made_stack import ACCOUNT, Made, allow, made, role, role_arn, stack

P = "aws_iam_policy.p"
SPOKEN = "aws_sqs_queue.jobs"


def queue(name: str) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


def statement(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue("jobs"), **elements}


def policy(*items: dict[str, Any], **values: Any) -> Made:
    """A policy of these statements."""
    return made(P, policy=json.dumps({"Version": "2012-10-17", "Statement": items}), **values)


def scene(*items: Made, spoken: Iterable[str] = (), seed: int = 0) -> Scene:
    said = frozenset((SPOKEN, attribute) for attribute in spoken)
    return Scene({"default": stack(*items)}, said, seed)


def only(operator: Operator, made_of: Scene) -> Mutant:
    (found,) = operator(made_of)
    return found


def ids(operator: Operator, made_of: Scene) -> list[str]:
    return [mutant.id for mutant in operator(made_of)]


def said(mutant: Mutant, of: Scene) -> list[dict[str, Any]]:
    """The statements of the policy in a mutant; nothing but these may be different in it."""
    after = mutant.rewrite(of.stack)
    assert changed(of.stack, after) == {(P, "policy")}
    document = json.loads(after[P].get("policy"))
    assert document.keys() == {"Version", "Statement"}
    found: list[dict[str, Any]] = document["Statement"]
    return found


QUEUES = (
    made("aws_sqs_queue.jobs", arn=queue("jobs"), id="https://sqs/jobs", name="jobs"),
    made("aws_sqs_queue.other", arn=queue("other"), id="https://sqs/other", name="other"),
)


# Resources ----------------------------------------------------------------------------------------


def test_each_managed_resource_is_dropped_once_and_nothing_else_with_it() -> None:
    here = scene(
        *QUEUES,
        made('aws_s3_bucket.b["in"]', bucket="b-in"),
        made('module.m["one"].aws_sns_topic.t[0]', name="t"),
        made("data.aws_region.here", name="us-east-1"),
    )
    dropped = [m.address for m in resources.drop_resource(here)]
    assert dropped == [str(r) for r in here.stack.managed()]
    for mutant in resources.drop_resource(here):
        assert mutant.id == f"drop {mutant.address}"
        after = mutant.rewrite(here.stack)
        assert changed(here.stack, after) == {(mutant.address, "")}
        assert after.get(mutant.address) is None


# Statements ---------------------------------------------------------------------------------------

TWO = (statement(Sid="Send"), statement(Effect="Deny", Action=["s3:GetObject", "s3:PutObject"]))
SECOND = f"{P}.policy[statement 1]"
FIRST = f"{P}.policy[Send]"


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        (statements.drop_statement, {f"drop-statement {FIRST}": (0, None)}
         | {f"drop-statement {SECOND}": (1, None)}),
        (statements.flip_effect, {f"flip-effect {FIRST}": (0, {"Effect": "Deny"})}
         | {f"flip-effect {SECOND}": (1, {"Effect": "Allow"})}),
        (statements.widen_action, {f"widen-action {FIRST}": (0, {"Action": "*"})}
         | {f"widen-action {SECOND}": (1, {"Action": "*"})}),
        (statements.widen_resource, {f"widen-resource {FIRST}": (0, {"Resource": "*"})}
         | {f"widen-resource {SECOND}": (1, {"Resource": "*"})}),
        (statements.narrow,
         {f"narrow-action {SECOND} s3:GetObject": (1, {"Action": ["s3:PutObject"]})}
         | {f"narrow-action {SECOND} s3:PutObject": (1, {"Action": ["s3:GetObject"]})}),
        (statements.negate, {
            f"negate-action {FIRST}": (0, {"Action": None, "NotAction": "sqs:SendMessage"}),
            f"negate-resource {FIRST}": (0, {"Resource": None, "NotResource": queue("jobs")}),
            f"negate-action {SECOND}": (
                1, {"Action": None, "NotAction": ["s3:GetObject", "s3:PutObject"]}),
            f"negate-resource {SECOND}": (1, {"Resource": None, "NotResource": queue("jobs")}),
        }),
        (statements.widen_principal, {}),
        (swaps.swap_principal, {}),
        (swaps.drop_condition, {}),
        (swaps.swap_resource, {
            f"swap-resource {FIRST} 0": (0, {"Resource": queue("other")}),
            f"swap-resource {SECOND} 0": (1, {"Resource": queue("other")}),
        }),
    ],
)  # fmt: skip
def test_a_statement_is_changed_and_the_other_stays(
    operator: Operator, expected: dict[str, tuple[int, dict[str, Any] | None]]
) -> None:
    here = scene(policy(*TWO), *QUEUES)
    found = {mutant.id: said(mutant, here) for mutant in operator(here)}
    wanted = {}
    for name, (number, edit) in expected.items():
        listed: list[Any] = [dict(item) for item in TWO]
        if edit is None:
            del listed[number]
        else:
            edited = {k: v for k, v in {**listed[number], **edit}.items() if v is not None}
            listed[number] = edited
        wanted[name] = listed
    assert found == wanted


def one(**elements: Any) -> Scene:
    """A policy of one statement, some of whose elements are given, and others taken away."""
    whole = {"Sid": "S", **statement(), **elements}
    return scene(policy({k: v for k, v in whole.items() if v is not None}), *QUEUES)


def changes(operator: Operator, here: Scene) -> dict[str, dict[str, Any]]:
    """What tells a mutant apart → the elements that are other ones, None for those gone."""
    (before,) = json.loads(here.stack[P].get("policy"))["Statement"]
    found = {}
    for mutant in operator(here):
        (after,) = said(mutant, here)
        names = before.keys() | after.keys()
        found[mutant.id.replace(f" {P}.policy[S]", "")] = {
            name: after.get(name) for name in sorted(names) if before.get(name) != after.get(name)
        }
    return found


SERVICE = {"Service": "s3.amazonaws.com"}
ACCOUNT_ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OTHER_ROOT = "arn:aws:iam::999999999999:root"


@pytest.mark.parametrize(
    ("operator", "elements", "expected"),
    [
        # In the policy of a resource, everything is every action of its service.
        (statements.widen_action, {"Principal": SERVICE}, {"widen-action": {"Action": "sqs:*"}}),
        (statements.widen_resource, {"Principal": SERVICE}, {}),
        (statements.widen_principal, {"Principal": SERVICE},
         {"widen-principal": {"Principal": "*"}}),
        (statements.negate, {"Principal": "*", "Action": "*", "Resource": ["*"]}, {}),
        (statements.negate, {"Principal": SERVICE, "Action": "*", "Resource": "*"},
         {"negate-principal": {"Principal": None, "NotPrincipal": SERVICE}}),
        # What is as wide as it can be cannot be wider.
        (statements.widen_action, {"Action": "*"}, {}),
        (statements.widen_action, {"Action": "sqs:*", "Principal": SERVICE}, {}),
        (statements.widen_resource, {"Resource": ["*"]}, {}),
        (statements.widen_principal, {"Principal": "*"}, {}),
        (statements.widen_principal, {"Principal": {"AWS": "*"}}, {}),
        # Not...
        (statements.widen_action, {"Action": None, "NotAction": "s3:*"}, {}),
        (statements.negate, {"Action": None, "NotAction": "s3:*", "Resource": "*"}, {}),
        (swaps.swap_action, {"Action": None, "NotAction": "s3:*"}, {}),
        (statements.narrow, {"Action": None, "NotAction": ["s3:*", "sqs:*"]}, {}),
        (swaps.swap_principal, {"NotPrincipal": SERVICE}, {}),
        # Wildcards
        (statements.narrow, {"Action": "sqs:*"}, {"narrow-action": {"Action": "sqs:Get*"}}),
        (statements.narrow, {"Action": "*"}, {}),
        (statements.narrow, {"Resource": "arn:aws:s3:::b/*"},
         {"narrow-resource": {"Resource": "arn:aws:s3:::b/planproof/*"}}),
        (statements.narrow, {"Resource": "*"}, {}),
        (statements.narrow, {"Resource": [queue("jobs"), queue("other")]},
         {"narrow-resource 0": {"Resource": [queue("other")]},
          "narrow-resource 1": {"Resource": [queue("jobs")]}}),
        (swaps.swap_action, {"Action": ["*", "sqs:*"]}, {}),
        # Principals
        (swaps.swap_principal, {"Principal": SERVICE},
         {"swap-principal Service": {"Principal": {"Service": "sns.amazonaws.com"}}}),
        (swaps.swap_principal,
         {"Principal": {"Service": ["sns.amazonaws.com", "s3.amazonaws.com"]}},
         {"swap-principal Service": {"Principal": {"Service": "ec2.amazonaws.com"}}}),
        (swaps.swap_principal, {"Principal": {"AWS": ACCOUNT_ROOT}},
         {"swap-principal AWS": {"Principal": {"AWS": OTHER_ROOT}}}),
        (swaps.swap_principal, {"Principal": {"AWS": ACCOUNT}},
         {"swap-principal AWS": {"Principal": {"AWS": "999999999999"}}}),
        (swaps.swap_principal, {"Principal": {"AWS": [ACCOUNT_ROOT, ACCOUNT], **SERVICE}},
         {"swap-principal AWS":
              {"Principal": {"AWS": [OTHER_ROOT, "999999999999"], **SERVICE}},
          "swap-principal Service":
              {"Principal": {"AWS": [ACCOUNT_ROOT, ACCOUNT], "Service": "sns.amazonaws.com"}}}),
        (swaps.swap_principal, {"Principal": {"AWS": "*"}}, {}),
        (swaps.swap_principal, {"Principal": {"AWS": ["*"]}}, {}),
        (swaps.swap_principal, {"Principal": {"AWS": []}}, {}),
        (swaps.swap_principal, {"Principal": "*"}, {}),
        (swaps.swap_principal, {"Principal": {"Federated": "x"}}, {}),
        # Resources that are of no stack
        (swaps.swap_resource, {"Resource": "arn:aws:s3:::b/*"},
         {"swap-resource 0": {"Resource": "arn:aws:s3:::b/-planproof"}}),
        (swaps.swap_resource, {"Resource": "*"}, {}),
        (swaps.swap_resource, {"Resource": [f"{queue('jobs')}/*", "*"]},
         {"swap-resource 0": {"Resource": [f"{queue('other')}/*", "*"]}}),
    ],
)  # fmt: skip
def test_what_becomes_of_a_statement(
    operator: Operator, elements: dict[str, Any], expected: dict[str, dict[str, Any]]
) -> None:
    assert changes(operator, one(**elements)) == expected


def test_another_action_of_the_same_service_takes_the_place_of_each() -> None:
    found = changes(swaps.swap_action, one(Action=["sqs:SendMessage", "s3:GetObject"]))
    assert list(found) == ["swap-action sqs:SendMessage", "swap-action s3:GetObject"]
    first, kept = found["swap-action sqs:SendMessage"]["Action"]
    assert (first.partition(":")[0], kept) == ("sqs", "s3:GetObject")
    assert first != "sqs:SendMessage"
    kept, second = found["swap-action s3:GetObject"]["Action"]
    assert (kept, second.partition(":")[0]) == ("sqs:SendMessage", "s3")


SOURCE = {"aws:SourceArn": "arn:aws:s3:::b.x", "aws:SourceAccount": ACCOUNT}
CONDITION = {"StringEquals": SOURCE, "Bool": {"aws:SecureTransport": "false"}}


def conditions(operator: Operator, condition: dict[str, Any]) -> dict[str, Any]:
    found = changes(operator, one(Condition=condition))
    assert all(change.keys() == {"Condition"} for change in found.values())
    return {name: change["Condition"] for name, change in found.items()}


def test_each_condition_is_dropped() -> None:
    assert conditions(swaps.drop_condition, CONDITION) == {
        "drop-condition aws:SourceArn": {
            **CONDITION,
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
        },
        "drop-condition aws:SourceAccount": {
            **CONDITION,
            "StringEquals": {"aws:SourceArn": "arn:aws:s3:::b.x"},
        },
        "drop-condition aws:SecureTransport": {"StringEquals": SOURCE},
    }
    last = conditions(swaps.drop_condition, {"Bool": {"aws:SecureTransport": "true"}})
    assert last == {"drop-condition aws:SecureTransport": None}


def test_each_condition_is_turned_round() -> None:
    secure = {"aws:SecureTransport": "false"}
    assert conditions(swaps.negate_condition, CONDITION) == {
        "negate-condition aws:SourceArn": {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "StringNotEquals": {"aws:SourceArn": "arn:aws:s3:::b.x"},
            "Bool": secure,
        },
        "negate-condition aws:SourceAccount": {
            "StringEquals": {"aws:SourceArn": "arn:aws:s3:::b.x"},
            "StringNotEquals": {"aws:SourceAccount": ACCOUNT},
            "Bool": secure,
        },
        "negate-condition aws:SecureTransport": {
            "StringEquals": SOURCE,
            "Bool": {"aws:SecureTransport": "true"},
        },
    }
    exists = conditions(swaps.negate_condition, {"ArnLikeIfExists": {"k": ["a", "b"]}})
    assert exists == {"negate-condition k": {"ArnNotLikeIfExists": {"k": ["a", "b"]}}}
    assert conditions(swaps.negate_condition, {"ForAnyValue:StringLike": {"k": "a"}}) == {}


def test_each_condition_is_widened() -> None:
    assert conditions(swaps.widen_condition, CONDITION) == {
        "widen-condition aws:SourceArn": {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "StringLike": {"aws:SourceArn": "*"},
            "Bool": {"aws:SecureTransport": "false"},
        },
        "widen-condition aws:SourceAccount": {
            "StringEquals": {"aws:SourceArn": "arn:aws:s3:::b.x"},
            "StringLike": {"aws:SourceAccount": "*"},
            "Bool": {"aws:SecureTransport": "false"},
        },
    }
    assert conditions(swaps.widen_condition, {"StringLike": {"k": "*"}}) == {}


def test_each_condition_names_somebody_else() -> None:
    assert conditions(swaps.swap_condition, CONDITION) == {
        "swap-condition aws:SourceArn": {
            **CONDITION,
            "StringEquals": {**SOURCE, "aws:SourceArn": "arn:aws:s3:::b-planproof.x"},
        },
        "swap-condition aws:SourceAccount": {
            **CONDITION,
            "StringEquals": {**SOURCE, "aws:SourceAccount": "999999999999"},
        },
    }
    listed = conditions(swaps.swap_condition, {"ArnLike": {"k": ["a", queue("q")]}})
    other = queue("q").replace(ACCOUNT, "999999999999")
    assert listed == {"swap-condition k": {"ArnLike": {"k": ["a-planproof", other]}}}
    number = conditions(swaps.swap_condition, {"NumericLessThan": {"k": 5}})
    assert number == {"swap-condition k": {"NumericLessThan": {"k": "5-planproof"}}}


def test_one_key_under_two_operators_is_told_apart() -> None:
    both = {"ArnLike": {"k": "a"}, "StringEquals": {"k": "b"}}
    assert conditions(swaps.drop_condition, both) == {
        "drop-condition ArnLike k": {"StringEquals": {"k": "b"}},
        "drop-condition StringEquals k": {"ArnLike": {"k": "a"}},
    }


# References ---------------------------------------------------------------------------------------


def wired() -> Scene:
    """A queue that names its dead-letter queue, and a role that has a policy attached."""
    redrive = json.dumps({"deadLetterTargetArn": queue("other"), "maxReceiveCount": 3})
    return scene(
        made(
            "aws_sqs_queue.jobs", arn=queue("jobs"), id="https://sqs/jobs", redrive_policy=redrive
        ),
        QUEUES[1],
        role("reader"),
        role("writer"),
        made(P, arn=f"arn:aws:iam::{ACCOUNT}:policy/p", id=f"arn:aws:iam::{ACCOUNT}:policy/p"),
        made(
            "aws_iam_role_policy_attachment.a",
            role="reader",
            policy_arn=f"arn:aws:iam::{ACCOUNT}:policy/p",
            id="reader-1234",
        ),
    )


REDRIVE = "aws_sqs_queue.jobs.redrive_policy[deadLetterTargetArn]"
ATTACHED = "aws_iam_role_policy_attachment.a"


def test_references_are_broken_bent_and_confused() -> None:
    here = wired()
    assert ids(references.dangle, here) == [
        f"dangle {REDRIVE}",
        f"dangle {ATTACHED}.role",
        f"dangle {ATTACHED}.policy_arn",
    ]
    assert ids(references.redirect, here) == [f"redirect {REDRIVE}", f"redirect {ATTACHED}.role"]
    assert ids(references.swap_id_and_arn, here) == [
        f"swap-id-and-arn {REDRIVE}",
        f"swap-id-and-arn {ATTACHED}.role",
    ]
    assert ids(references.attach_administrator, here) == [
        f"attach-administrator {ATTACHED}.policy_arn"
    ]


@pytest.mark.parametrize(
    ("operator", "address", "attribute", "after"),
    [
        (references.dangle, ATTACHED, "role", "reader-planproof"),
        (references.redirect, ATTACHED, "role", "writer"),
        (references.swap_id_and_arn, ATTACHED, "role", role_arn("reader")),
        (references.attach_administrator, ATTACHED, "policy_arn",
         "arn:aws:iam::aws:policy/AdministratorAccess"),
        (references.dangle, "aws_sqs_queue.jobs", "redrive_policy",
         {"deadLetterTargetArn": f"{queue('other')}-planproof", "maxReceiveCount": 3}),
        (references.redirect, "aws_sqs_queue.jobs", "redrive_policy",
         {"deadLetterTargetArn": queue("jobs"), "maxReceiveCount": 3}),
        (references.swap_id_and_arn, "aws_sqs_queue.jobs", "redrive_policy",
         {"deadLetterTargetArn": "https://sqs/other", "maxReceiveCount": 3}),
    ],
)  # fmt: skip
def test_what_becomes_of_a_reference(
    operator: Operator, address: str, attribute: str, after: object
) -> None:
    here = wired()
    found = next(m for m in operator(here) if m.address == address and m.path.startswith(attribute))
    mutant = found.rewrite(here.stack)
    assert changed(here.stack, mutant) == {(address, attribute)}
    value = mutant[address].get(attribute)
    assert (value if isinstance(after, str) else json.loads(value)) == after


# Attributes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "attribute", "expected"),
    [
        ({"fifo_queue": True}, "fifo_queue", {"flip": False, "unset": None}),
        ({"fifo_queue": False}, "fifo_queue", {"flip": True}),
        ({"delay": 30}, "delay", {"raise": 30_000, "lower": 0, "unset": None}),
        ({"delay": 0}, "delay", {"raise": 1_000, "lower": -1, "unset": None}),
        ({"delay": -1}, "delay", {"raise": 1_000, "lower": -2, "unset": None}),
        ({"delay": 0.5}, "delay", {"raise": 500.0, "lower": 0, "unset": None}),
        ({"mode": "x"}, "mode", {"misspell": "x-planproof", "unset": None}),
        ({"mode": ""}, "mode", {}),
        ({"mode": None}, "mode", {}),
        ({"mode": UNKNOWN}, "mode", {}),
        ({"mode": ["x", UNKNOWN]}, "mode", {}),
        ({"mode": []}, "mode", {}),
        ({"mode": ["x"]}, "mode", {"unset": None}),
        ({"policy": allow("s3:*")}, "policy", {"unset": None}),
        ({"policy": '{"a": 1}'}, "policy", {"unset": None}),
        ({"name": "x"}, "name", {}),
        ({"arn": "x"}, "arn", {}),
        ({"mode": "x"}, "delay", {}),
        ({"rule": [{"days": 7}]}, "rule.days",
         {"raise": [{"days": 7_000}], "lower": [{"days": 0}], "unset": [{"days": None}]}),
        ({"rule": [{"days": 7}, {"days": 8}]}, "rule.1.days",
         {"raise": [{"days": 7}, {"days": 8_000}], "lower": [{"days": 7}, {"days": 0}],
          "unset": [{"days": 7}, {"days": None}]}),
        ({"list": ["a", "b"]}, "list.0", {"misspell": ["a-planproof", "b"], "unset": ["b"]}),
        ({"list": ["a"]}, "list.4", {}),
        ({"mode": "x"}, "mode.y.0", {}),
    ],
)  # fmt: skip
def test_what_becomes_of_an_attribute(
    values: dict[str, Any], attribute: str, expected: dict[str, Any]
) -> None:
    here = scene(made(SPOKEN, **values), spoken=[attribute])
    found = {}
    for operator in (
        attributes.flip,
        attributes.raise_number,
        attributes.lower_number,
        attributes.unset,
        attributes.misspell,
    ):
        for mutant in operator(here):
            assert mutant.id == f"{mutant.operator} {SPOKEN}.{attribute}"
            after = mutant.rewrite(here.stack)
            top = attribute.partition(".")[0]
            assert changed(here.stack, after) == {(SPOKEN, top)}
            found[mutant.operator] = after[SPOKEN].values[top]
    assert found == expected


def test_only_what_a_requirement_speaks_of_is_changed() -> None:
    here = Scene({"default": stack(made(SPOKEN, delay=30))}, frozenset({("aws_x.gone", "delay")}))
    assert ids(attributes.raise_number, here) == []
    data = Scene({"default": stack(made("data.aws_x.y", n=1))}, frozenset({("data.aws_x.y", "n")}))
    assert ids(attributes.raise_number, data) == []


# Ordering -----------------------------------------------------------------------------------------


def test_an_entry_of_depends_on_is_dropped_where_nothing_else_has_its_effect() -> None:
    first, second = made("aws_a.first"), made("aws_b.second")
    waiting = made("aws_c.waiting", after=["aws_a.first", "aws_b.second"])
    entry = {
        "expressions": {"b": {"references": ["aws_b.second.id", "aws_b.second"]}},
        "depends_on": ["aws_a.first", "aws_b.second"],
    }
    after_it = Made(
        made("aws_d.later", after=["aws_c.waiting", "aws_a.first", "aws_b.second"]).resource,
        {"expressions": {}, "depends_on": ["aws_c.waiting"]},
    )
    here = scene(first, second, Made(waiting.resource, entry), after_it)
    mutants = {m.id: m.rewrite(here.stack) for m in ordering.drop_depends_on(here)}
    told = {name: changed(here.stack, after) for name, after in mutants.items()}
    dropped = "drop-depends-on aws_c.waiting.depends_on"
    assert told == {
        f"{dropped} aws_a.first": {
            ("aws_c.waiting", DEPENDENCIES),
            ("aws_d.later", DEPENDENCIES),
        },
        f"{dropped} aws_b.second": frozenset(),  # a reference says the same
        "drop-depends-on aws_d.later.depends_on aws_c.waiting": {("aws_d.later", DEPENDENCIES)},
    }
    left = mutants[f"{dropped} aws_a.first"]
    assert left["aws_c.waiting"].dependencies == {"aws_b.second"}
    assert mutants[f"{dropped} aws_b.second"] is here.stack


def test_where_nobody_says_what_comes_first_no_order_is_dropped() -> None:
    waiting = made("aws_c.waiting", after=None)
    entry = {"expressions": {}, "depends_on": ["aws_a.first"]}
    here = scene(made("aws_a.first", after=None), Made(waiting.resource, entry))
    assert ids(ordering.drop_depends_on, here) == []


# Variations ---------------------------------------------------------------------------------------


def environment(name: str, suffix: str, **values: Any) -> Stack:
    """Two queues, the name of one of which begins with that of the other."""
    dead, jobs = f"jobs-{suffix}-dead", f"jobs-{suffix}"
    redrive = json.dumps({"deadLetterTargetArn": queue(dead)})
    return stack(
        made(SPOKEN, arn=queue(jobs), id=f"https://sqs/{jobs}", name=jobs, redrive_policy=redrive,
             **values),
        made("aws_sqs_queue.dead", arn=queue(dead), id=f"https://sqs/{dead}", name=dead),
        policy(statement(Resource=[queue(jobs), f"{queue(jobs)}/*", queue(dead)])),
        name=name,
    )  # fmt: skip


def environments(ours: dict[str, Any], theirs: dict[str, Any]) -> Scene:
    one, other = environment("default", "dev", **ours), environment("test", "pr1", **theirs)
    return Scene({"default": one, "test": other})


def test_a_name_stays_with_all_that_it_is_known_by_and_no_other_name_with_it() -> None:
    here = environments({}, {})
    assert ids(variations.keep_name, here) == [
        f"keep-name {SPOKEN}.name with test",
        "keep-name aws_sqs_queue.dead.name with test",
    ]
    mutant, _ = variations.keep_name(here)
    assert mutant.rewrite(here.stack) is here.stack
    test = here.stacks["test"]
    after = mutant.rewrite(test)
    assert changed(test, after) == {
        (SPOKEN, "name"),
        (SPOKEN, "arn"),
        (SPOKEN, "id"),
        (P, "policy"),
    }
    assert after[SPOKEN].values | {"redrive_policy": None} == here.stack[SPOKEN].values | {
        "redrive_policy": None
    }
    (told,) = json.loads(after[P].get("policy"))["Statement"]
    assert told["Resource"] == [
        queue("jobs-dev"),
        f"{queue('jobs-dev')}/*",
        queue("jobs-pr1-dead"),
    ]


def test_a_name_without_a_suffix_is_not_put_into_itself() -> None:
    def named(name: str, text: str) -> Stack:
        return stack(made(SPOKEN, arn=queue(text), id=f"https://sqs/{text}", name=text), name=name)

    here = Scene({"default": named("default", "jobs-dev"), "test": named("test", "jobs")})
    after = only(variations.keep_name, here).rewrite(here.stacks["test"])
    assert dict(after[SPOKEN].values) == dict(here.stack[SPOKEN].values)


def test_a_name_is_kept_whatever_its_attribute_is_called() -> None:
    def named(name: str, text: str) -> Stack:
        return stack(made("aws_dms_endpoint.e", endpoint_id=text), name=name)

    here = Scene({"default": named("default", "main-dev"), "test": named("test", "main-pr1")})
    mutant = only(variations.keep_name, here)
    assert mutant.id == "keep-name aws_dms_endpoint.e.endpoint_id with test"
    after = mutant.rewrite(here.stacks["test"])
    assert after["aws_dms_endpoint.e"].get("endpoint_id") == "main-dev"


def test_an_attribute_stays() -> None:
    here = environments(
        {"delay": 1, "same": 5, "maybe": UNKNOWN}, {"delay": 2, "same": 5, "maybe": "x"}
    )
    found = {m.id: m for m in variations.keep_value(here)}
    redrive = f"keep-value {SPOKEN}.redrive_policy with test"
    document = f"keep-value {P}.policy with test"
    assert list(found) == [redrive, f"keep-value {SPOKEN}.delay with test", document]
    mutant = found[f"keep-value {SPOKEN}.delay with test"]
    assert (mutant.before, mutant.after) == ("2", "1")
    test = here.stacks["test"]
    after = mutant.rewrite(test)
    assert changed(test, after) == {(SPOKEN, "delay")}
    assert after[SPOKEN].get("delay") == 1
    assert mutant.rewrite(here.stack) is here.stack


def test_what_only_other_variables_set_is_set() -> None:
    here = environments(
        {"actions": [], "more": None, "delay": 1, "maybe": None},
        {"actions": ["x"], "more": None, "delay": 2, "maybe": UNKNOWN},
    )
    mutant = only(variations.set_value, here)
    assert mutant.id == f"set-value {SPOKEN}.actions as with test"
    after = mutant.rewrite(here.stack)
    assert changed(here.stack, after) == {(SPOKEN, "actions")}
    assert after[SPOKEN].get("actions") == ["x"]
    assert mutant.rewrite(here.stacks["test"]) is here.stacks["test"]


# Every set of variables ---------------------------------------------------------------------------


def test_a_mutant_is_the_same_with_all_variables() -> None:
    def variant(name: str, suffix: str, *more: dict[str, Any]) -> Stack:
        own = statement(Sid="Send", Resource=queue(f"jobs-{suffix}"))
        return stack(policy(*more, own), name=name)

    here = Scene(
        {"default": variant("default", "dev"), "test": variant("test", "pr1", statement(Sid="A"))}
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


def test_what_is_not_there_with_other_variables_is_not_changed_there() -> None:
    whole = one(
        Action=["sqs:SendMessage", "sqs:DeleteMessage"],
        Principal=SERVICE,
        Condition=CONDITION,
    ).stack
    bare = [
        one(Action="*", Resource="*", Principal="*", Condition=None).stack,
        one(Action=["*"], Resource=None, Condition={"Bool": {}}, Principal={}).stack,
        stack(made(P, policy=UNKNOWN)),
        stack(made(P, policy="no policy")),
        stack(made(P, policy=None)),
        stack(made(P)),
        stack(),
    ]
    for number, other in enumerate(bare):
        here = Scene({"default": whole, "test": other})
        for mutant in mutants_of(here):
            after = mutant.rewrite(other)
            assert after is other or changed(other, after), (number, mutant.id)


def test_a_list_that_is_shorter_with_other_variables_is_left_alone() -> None:
    here = Scene(
        {
            "default": stack(made(SPOKEN, rule=[{"days": 7}])),
            "test": stack(made(SPOKEN, rule=[])),
            "none": stack(made(SPOKEN, rule=None)),
        },
        frozenset({(SPOKEN, "rule.0.days")}),
    )
    found = [*attributes.raise_number(here), *attributes.unset(here)]
    assert len(found) == 2
    for mutant in found:
        assert mutant.rewrite(here.stacks["test"]) is here.stacks["test"]
        assert mutant.rewrite(here.stacks["none"]) is here.stacks["none"]
