"""What came of all mutants: counted, and told apart by requirement and by kind."""

from __future__ import annotations

import pytest

from planproof import mutation_results as results
from planproof.mutation_results import Fate, Kill, Mutation, Trial
from planproof.verdicts import Verdict


def kill(requirement: str, *, near: bool = True) -> Kill:
    return Kill(requirement, Verdict.FAILED, "a scenario", "why", near=near)


def trial(
    name: str, fate: Fate, *kills: Kill, seen: tuple[str, ...] = (), reason: str = ""
) -> Trial:
    operator, _, address = name.partition(" ")
    return Trial(name, operator, address, "", "x", "y", fate, kills, seen, reason)


KILLED, SURVIVED = Fate.KILLED, Fate.SURVIVED
EQUIVALENT, UNDECIDED = Fate.EQUIVALENT, Fate.UNDECIDED
BOTH = ("R-1", "R-2")

TRIALS = (
    trial("flip a", KILLED, kill("R-1"), seen=BOTH),
    trial("drop a", KILLED, kill("R-1"), kill("R-2", near=False), seen=BOTH),
    trial("drop b", SURVIVED, seen=("R-2",)),
    trial("drop c", EQUIVALENT, seen=BOTH, reason="it is for people"),
    trial("flip b", UNDECIDED, seen=("R-1",), reason="a step crashed"),
    trial("flip c", SURVIVED),
)
MUTATION = Mutation(TRIALS, ("R-1", "R-2", "R-3"), untested=("R-4",), made=9)


def test_each_fate_is_counted() -> None:
    assert MUTATION.counts == {KILLED: 2, SURVIVED: 2, EQUIVALENT: 1, UNDECIDED: 1}
    assert [t.id for t in MUTATION.of(SURVIVED)] == ["drop b", "flip c"]
    assert [t.id for t in MUTATION.of(EQUIVALENT)] == ["drop c"]


def test_the_rate_leaves_out_what_is_explained() -> None:
    assert MUTATION.rate == 2 / 5
    assert Mutation(TRIALS[:2], BOTH).rate == 1.0
    assert Mutation(TRIALS[2:3], BOTH).rate == 0.0
    assert Mutation(TRIALS[3:4], BOTH).rate == 1.0
    assert Mutation((), BOTH).rate == 1.0


@pytest.mark.parametrize(
    ("trials", "whole"),
    [
        ((), False),
        (TRIALS[:2], True),
        (TRIALS[3:4], True),
        (TRIALS[:3], False),
        (TRIALS[4:5], False),
        (TRIALS, False),
    ],
)
def test_it_is_whole_where_none_survived_and_none_stayed_undecided(
    trials: tuple[Trial, ...], whole: bool
) -> None:
    assert Mutation(trials, BOTH).whole is whole


def test_how_a_requirement_did() -> None:
    assert MUTATION.tested("R-1") == results.Tested(
        ways=3, caught=2, alone=1
    )  # flip b was left open
    assert MUTATION.tested("R-2") == results.Tested(
        ways=2, caught=1, alone=0
    )  # drop b: nobody noticed
    assert MUTATION.tested("R-3") == results.Tested(ways=0, caught=0, alone=0)
    assert MUTATION.tested("R-4") is None
    assert MUTATION.tested("R-5") is None


def test_requirements_that_noticed_nothing_are_named() -> None:
    assert MUTATION.idle == ("R-3",)
    assert Mutation((), BOTH).idle == BOTH


def test_kills_far_from_the_change_are_named() -> None:
    ((far, by),) = MUTATION.far
    assert (far.id, by.requirement) == ("drop a", "R-2")


def test_the_matrix_has_every_requirement_and_every_kind() -> None:
    assert MUTATION.matrix() == {
        "R-1": {"flip": 1, "drop": 1},
        "R-2": {"flip": 0, "drop": 1},
        "R-3": {"flip": 0, "drop": 0},
    }
    assert {name: [t.id for t in trials] for name, trials in MUTATION.operators.items()} == {
        "flip": ["flip a", "flip b", "flip c"],
        "drop": ["drop a", "drop b", "drop c"],
    }
    assert list(MUTATION.operators) == ["flip", "drop"]
