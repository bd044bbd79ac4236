"""Random stacks have the values that they were resolved with, and a value that differs is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from planproof.stand_ins import generated_name, stand_in
from planproof.values import UNKNOWN, Value
from tests.builders.stacks import declare, stack
from tests.fuzz.agreement import Agreement
from tests.fuzz.random_stacks import write_stacks
from tests.fuzz.run import Outcome, judge

SEED = 20
ONE, OTHER = (f"vpc-{stand_in(owner, '$hex17', known=True)}" for owner in "ab")
NAME = generated_name("aws_iam_role.r", "role-")
UNMARKED = stand_in("x", "$lower12", known=False)
REAL_ONE, REAL_OTHER = "vpc-0123456789abcdef0", "vpc-0fedcba9876543210"


def differences(resolved: Value, applied: Value, type_: str = "aws_x") -> list[str]:
    """What the comparison of an attribute with two values finds."""
    found = [stack(declare(f"{type_}.r", value=value)) for value in (resolved, applied)]
    return list(Agreement().differences(*found))


@pytest.mark.parametrize(
    ("resolved", "applied"),
    [
        ("a", "a"),
        (3, 3),
        (None, ""),
        ([], None),
        (UNKNOWN, "anything"),
        (["a", UNKNOWN], ["a", "b"]),
        ({"a": UNKNOWN}, {"a": 1}),
        (ONE, REAL_ONE),
        (f"arn:{ONE}/{OTHER}", f"arn:{REAL_ONE}/{REAL_OTHER}"),
        ([ONE, OTHER, ONE], [REAL_ONE, REAL_OTHER, REAL_ONE]),
        (NAME, "role-20261201040939756200000004"),
        ({ONE: 1}, {REAL_ONE: 1}),
        (f'{{"Statement":["{UNMARKED}"]}}', '{"Statement":["b"]}'),
        (f'{{"Statement":["{ONE}","a"]}}', f'{{"Statement":["a","{REAL_ONE}"]}}'),
    ],
)
def test_the_same_values_agree(resolved: Value, applied: Value) -> None:
    assert differences(resolved, applied) == []


@pytest.mark.parametrize(
    ("resolved", "applied", "where"),
    [
        ("a", "b", "value"),
        (3, 4, "value"),
        (True, False, "value"),
        ("a", None, "value"),
        (None, "a", "value"),
        (ONE, "sg-0123456789abcdef0", "value"),
        (f"{ONE}/x", REAL_ONE, "value"),
        ([ONE, ONE], [REAL_ONE, REAL_OTHER], "value[1]"),
        (["a"], ["a", "b"], "value"),
        (["a", "b"], ["b", "a"], "value[0]"),
        ({"a": 1}, {"a": 2}, "value.a"),
        ({"a": 1}, {}, "value.a"),
        ({}, {"a": 1}, "value.a"),
        ({ONE: 1}, {REAL_ONE: 2}, f"value.{ONE}"),
        ({"a": {"b": UNKNOWN, "c": 1}}, {"a": {"b": 2, "c": 2}}, "value.a.c"),
        (f'{{"Statement":["{UNMARKED}","a"]}}', '{"Statement":["b","c"]}', "value.Statement[1]"),
        ('{"Statement":["a","b"]}', '{"Statement":["a","c"]}', "value.Statement[1]"),
        ('{"Statement":["a"]}', "text", "value"),
    ],
)
def test_a_value_that_differs_is_found(resolved: Value, applied: Value, where: str) -> None:
    assert differences(resolved, applied)[0].startswith(f"aws_x.r.{where}: ")


def test_an_assigned_text_means_the_same_in_the_whole_stack() -> None:
    resolved = stack(declare("aws_x.a", value=ONE), declare("aws_x.b", value=f"{ONE}/x"))
    good = stack(declare("aws_x.a", value=REAL_ONE), declare("aws_x.b", value=f"{REAL_ONE}/x"))
    bad = stack(declare("aws_x.a", value=REAL_ONE), declare("aws_x.b", value=f"{REAL_OTHER}/x"))
    assert list(Agreement().differences(resolved, good)) == []
    assert [text.partition(":")[0] for text in Agreement().differences(resolved, bad)] == [
        "aws_x.b.value"
    ]


def test_a_resource_that_was_not_applied_is_found() -> None:
    (found,) = Agreement().differences(stack(declare("aws_x.a", value=1)), stack())
    assert found.startswith("aws_x.a ")


def test_known_and_unknown_values_are_counted() -> None:
    agreement = Agreement()
    one = stack(declare("aws_x.a", value=["a", UNKNOWN, {"b": 1, "c": UNKNOWN}]))
    other = stack(declare("aws_x.a", value=["a", "b", {"b": 1, "c": 2}]))
    assert list(agreement.differences(one, other)) == []
    assert (agreement.known, agreement.unknown) == (2, 2)


def test_what_the_emulated_account_does_not_write_as_aws_is_left_out() -> None:
    for key, found in (("unique_id", 0), ("name", 1)):
        one, other = (stack(declare("aws_iam_group.g", **{key: v})) for v in ("x", "y"))
        assert len(list(Agreement().differences(one, other))) == found


def test_a_seed_gives_the_same_stacks_again(tmp_path: Path) -> None:
    def texts(folder: Path, seed: int) -> list[str]:
        write_stacks(folder, seed, 3)
        return [path.read_text("utf-8") for path in sorted(folder.rglob("*.tf"))]

    one = texts(tmp_path / "a", 1)
    assert len(one) == 7
    assert one == texts(tmp_path / "b", 1)
    assert one != texts(tmp_path / "c", 2)


@pytest.mark.slow
@pytest.mark.terraform
def test_random_stacks_have_the_values_that_they_were_resolved_with(
    tmp_path: Path, terraform_cache: Path
) -> None:
    """``python tests/fuzz/run.py 20 20`` judges the same stacks."""
    outcome = Outcome()
    write_stacks(tmp_path / "stacks", SEED, 20)
    judge(tmp_path / "stacks", terraform_cache, outcome)
    assert outcome.differences == []
    assert outcome.known > 1000
    assert outcome.unknown > 100
