"""The mutants of whole stacks: the shipped one, and malformed ones."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planproof.mutation.stack.model import Mutant, MutationInput, changed
from planproof.mutation.stack.operators import OPERATORS, mutants_of
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN, Value, leaves
from tests.builders.parts import role
from tests.builders.policies import allow, document
from tests.builders.shipped import shipped_stacks
from tests.builders.stacks import ACCOUNT, DeclaredResource, declare, stack


@cache
def shipped_input(seed: int = 0) -> MutationInput:
    """The shipped stack with every attribute of a managed resource as evidence."""
    stacks = shipped_stacks()
    paths = {
        (resource.address, ".".join(map(str, path)))
        for resource in stacks["default"].managed()
        for path, _ in leaves(resource.values)
    }
    return MutationInput(stacks, frozenset(paths), seed)


@cache
def shipped_mutants(seed: int = 0) -> tuple[Mutant, ...]:
    return tuple(mutants_of(shipped_input(seed)))


def effects(mutant: Mutant) -> set[tuple[str, str, str]]:
    return {
        (name, address, attribute)
        for name, here in shipped_stacks().items()
        for address, attribute in changed(here, mutant.rewrite(here))
    }


def test_the_shipped_stack_has_hundreds_of_mutants_with_unique_ids() -> None:
    ids = [mutant.id for mutant in shipped_mutants()]
    assert len(ids) >= 300
    assert len(set(ids)) == len(ids)
    quiet = MutationInput(shipped_stacks())  # even without evidence
    assert len(list(mutants_of(quiet))) >= 300


def test_no_operator_makes_an_id_twice() -> None:
    for operator in OPERATORS:
        made_twice = Counter(mutant.id for mutant in operator(shipped_input()))
        assert max(made_twice.values(), default=1) == 1, operator


def test_every_operator_makes_a_mutant_of_the_shipped_stack() -> None:
    for operator in OPERATORS:
        assert any(True for _ in operator(shipped_input())), operator


def test_an_id_has_operator_and_location() -> None:
    for mutant in shipped_mutants():
        location = f"{mutant.address}.{mutant.path}" if mutant.path else mutant.address
        assert mutant.id.startswith(f"{mutant.operator} {location}"), mutant
        assert "\n" not in mutant.id + mutant.before + mutant.after


def test_a_mutant_changes_only_its_resource() -> None:
    """Except for a name, which other resources repeat, and for indirect dependencies."""
    for mutant in shipped_mutants():
        found = effects(mutant)
        if mutant.operator in ("keep-name", "drop-depends-on"):
            continue
        assert {address for _, address, _ in found} <= {mutant.address}, mutant
        attribute = mutant.path.partition(".")[0].partition("[")[0]
        assert {attribute for _, _, attribute in found} <= {attribute}, mutant


def test_a_mutant_differs_from_the_stack() -> None:
    """Except for a redundant depends_on; such mutants are left out before judging."""
    unchanged = [m for m in shipped_mutants() if m.operator != "drop-depends-on" and not effects(m)]
    assert unchanged == []
    for mutant in shipped_mutants():
        for here in shipped_stacks().values():
            after = mutant.rewrite(here)
            assert after is here or changed(here, after), mutant
            assert not _equal(here, after) or after is here, mutant


def _equal(one: Stack, other: Stack) -> bool:
    return all(
        other.get(r.address) is not None
        and dict(r.values) == dict(other[r.address].values)
        and r.dependencies == other[r.address].dependencies
        for r in one
    ) and len(one) == len(other)


def test_the_original_stack_is_unchanged() -> None:
    def written(here: Stack) -> str:
        return repr([(r.address, r.values, r.dependencies) for r in here])

    before = {name: written(here) for name, here in shipped_stacks().items()}
    for mutant in shipped_mutants():
        for here in shipped_stacks().values():
            mutant.rewrite(here)
    assert {name: written(here) for name, here in shipped_stacks().items()} == before


def _descriptions(mutants: tuple[Mutant, ...]) -> list[tuple[str, str, str]]:
    return [(m.id, m.before, m.after) for m in mutants]


def test_one_seed_makes_the_same_mutants() -> None:
    again = tuple(mutants_of(shipped_input()))
    assert _descriptions(again) == _descriptions(shipped_mutants())
    for first, second in zip(shipped_mutants(), again, strict=True):
        here = shipped_stacks()["default"]
        one, other = first.rewrite(here), second.rewrite(here)
        assert _equal(one, other), first


def test_another_seed_makes_other_choices_and_nothing_else() -> None:
    one, other = shipped_mutants(0), shipped_mutants(7)
    assert {(m.operator, m.address, m.path) for m in one} == {
        (m.operator, m.address, m.path) for m in other
    }
    before = dict(zip((m.id for m in one), one, strict=True))
    chosen = {m.operator for m in other if m.after != before[m.id].after}
    assert chosen <= {"swap-action", "swap-resource", "redirect"}
    assert {"swap-action", "redirect"} <= chosen


def test_a_choice_does_not_depend_on_other_resources() -> None:
    def redirected(*more: DeclaredResource) -> str:
        roles = [role(name) for name in ("alpha", "beta", "gamma", "delta")]
        target = declare("aws_lambda_function.f", role=roles[0].resource.values["arn"])
        inputs = MutationInput({"default": stack(*more, *roles, target)})
        found = [m for m in mutants_of(inputs) if m.operator == "redirect"]
        return next(m.after for m in found if m.address == "aws_lambda_function.f")

    assert redirected() == redirected(declare("aws_s3_bucket.b", bucket="media"))


# Malformed stacks -------------------------------------------------------------------------------


ODD: dict[str, str] = {
    "one statement that is no list": json.dumps(
        {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    ),
    "no statement": document(),
    "a statement that is a text": document("Allow"),
    "a policy that is a list": "[]",
    "a statement that is a number": '{"Statement": 5}',
    "cut off": '{"Statement": [{"Effect": "Allow"',
    "no JSON": '"Statement" of what we do',
    "everything but": document(
        {"Effect": "Deny", "NotAction": ["s3:*"], "NotResource": "*", "NotPrincipal": "*"}
    ),
    "principals in lists": document(
        {
            "Effect": "Allow",
            "Action": "s3:*",
            "Principal": {"AWS": [ACCOUNT, "*"], "Service": ["a.amazonaws.com"], "Federated": []},
        }
    ),
    "principals in a list": document({"Effect": "Allow", "Action": "s3:*", "Principal": ["*"]}),
    "conditions that are none": document(
        {"Effect": "Allow", "Action": "s3:*", "Condition": ["StringEquals"]},
        {"Effect": "Allow", "Action": "s3:*", "Condition": {"StringEquals": "x"}},
        {"Effect": "Allow", "Action": "s3:*", "Condition": {"Bool": {"k": True, "l": [True]}}},
        {"Effect": "Allow", "Action": "s3:*", "Condition": {"NumericEquals": {"k": 5}}},
        {"Effect": "Allow", "Action": "s3:*", "Condition": {"StringEquals": {"k": None}}},
    ),
    "nothing in it": document({}),
    "numbers for texts": document(
        {"Sid": 1, "Effect": 2, "Action": 3, "Resource": 4, "Principal": 5, "Condition": 6}
    ),
    "numbers in lists": document(
        {"Effect": "Allow", "Action": ["s3:*", 3], "Resource": [4], "Principal": {"AWS": [5]}}
    ),
    "an action of no service": document({"Effect": "Allow", "Action": ["x", ":", "no:such"]}),
}


def _all_mutants(*items: DeclaredResource) -> tuple[MutationInput, list[Mutant]]:
    here = stack(*items)
    paths = {
        (r.address, ".".join(map(str, path))) for r in here for path, _ in leaves(r.values) if path
    }
    inputs = MutationInput({"default": here, "test": stack(*items, name="test")}, frozenset(paths))
    found = list(mutants_of(inputs))
    for mutant in found:
        for before in inputs.stacks.values():
            after = mutant.rewrite(before)
            assert after is before or changed(before, after), mutant
    return inputs, found


@pytest.mark.parametrize("odd", ODD)
def test_a_malformed_policy_raises_no_error(odd: str) -> None:
    _, found = _all_mutants(declare("aws_x.y", policy=ODD[odd], arn=f"arn:aws:x:::{ACCOUNT}"))
    assert "drop aws_x.y" in {mutant.id for mutant in found}


def test_a_single_statement_without_a_list_is_a_statement() -> None:
    _, found = _all_mutants(declare("aws_x.y", policy=ODD["one statement that is no list"]))
    assert "flip-effect aws_x.y.policy[statement 0]" in {mutant.id for mutant in found}


@pytest.mark.parametrize(
    "values",
    [
        {"name": UNKNOWN, "policy": UNKNOWN, "tags": {"a": UNKNOWN}, "list": [UNKNOWN]},
        {"name": None, "tags": {}, "list": [], "nested": [{"a": [{"b": None}]}]},
        {"tags": {"a.b": "x", "a": {"b": "y"}}, "numbers": {"0": 1}},
        {"name": "", "policy": ""},
        {},
    ],
)
def test_unusual_values_raise_no_error(values: dict[str, Value]) -> None:
    _, found = _all_mutants(declare("aws_x.y", **values), declare("aws_x.z", name="other"))
    assert {"drop aws_x.y", "drop aws_x.z"} <= {mutant.id for mutant in found}


def test_instances_and_modules_keep_their_addresses() -> None:
    addresses = [
        'aws_sqs_queue.q["in"]',
        'aws_sqs_queue.q["out"]',
        "aws_sqs_queue.n[0]",
        'module.m["a.b"].aws_sqs_queue.q',
        'module.m["a.b"].module.n[0].aws_sqs_queue.q["x"]',
    ]
    items = [
        declare(a, name=f"queue-{i}", policy=allow("sqs:*", f"arn:aws:sqs:::q-{i}"))
        for i, a in enumerate(addresses)
    ]
    inputs, found = _all_mutants(*items)
    for address in addresses:
        own = [mutant for mutant in found if mutant.address == address]
        ids = {mutant.id for mutant in own}
        assert {
            f"drop {address}",
            f"flip-effect {address}.policy[statement 0]",
        } <= ids
        for mutant in own:
            after = mutant.rewrite(inputs.stack)
            assert {a for a, _ in changed(inputs.stack, after)} == {address}


_texts = st.sampled_from(["*", "s3:*", "sqs:SendMessage", ACCOUNT, "arn:aws:sqs:::q", "x", ""])
_anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 2), _texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from(["AWS", "Service", "StringEquals", "Bool", "k"]), inner,
                        max_size=2),
    ),
    max_leaves=4,
)  # fmt: skip
_elements = st.sampled_from(
    ["Sid", "Effect", "Action", "NotAction", "Resource", "Principal", "NotPrincipal", "Condition"]
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.dictionaries(_elements, _anything, max_size=5), max_size=2),
    st.lists(st.dictionaries(_elements, _anything, max_size=5), max_size=2),
)
def test_any_policy_raises_no_error(ours: list[Any], theirs: list[Any]) -> None:
    stacks = {
        "default": stack(declare("aws_x.y", policy=document(*ours))),
        "test": stack(declare("aws_x.y", policy=document(*theirs)), name="test"),
    }
    for mutant in mutants_of(MutationInput(stacks, frozenset({("aws_x.y", "policy")}))):
        for before in stacks.values():
            after = mutant.rewrite(before)
            assert after is before or changed(before, after), mutant
