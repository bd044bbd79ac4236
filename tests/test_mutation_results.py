"""The result of mutation testing: counts by status, requirement and operator."""

from __future__ import annotations

import pytest

from planproof import mutation_results as results
from planproof.mutation_results import Kill, MutantStatus, MutationResult, Trial
from planproof.values import Verdict


def kill(requirement: str, *, near: bool = True) -> Kill:
    return Kill(requirement, Verdict.FAILED, "a scenario", "why", near=near)


def trial(
    name: str, status: MutantStatus, *kills: Kill, seen: tuple[str, ...] = (), reason: str = ""
) -> Trial:
    operator, _, address = name.partition(" ")
    return Trial(name, operator, address, "", "x", "y", status, kills, seen, reason)


KILLED, SURVIVED = MutantStatus.KILLED, MutantStatus.SURVIVED
EQUIVALENT, UNDECIDED = MutantStatus.EQUIVALENT, MutantStatus.UNDECIDED
BOTH = ("R-1", "R-2")

TRIALS = (
    trial("flip a", KILLED, kill("R-1"), seen=BOTH),
    trial("drop a", KILLED, kill("R-1"), kill("R-2", near=False), seen=BOTH),
    trial("drop b", SURVIVED, seen=("R-2",)),
    trial("drop c", EQUIVALENT, seen=BOTH, reason="it is an alias"),
    trial("flip b", UNDECIDED, seen=("R-1",), reason="a step crashed"),
    trial("flip c", SURVIVED),
)
MUTATION = MutationResult(TRIALS, ("R-1", "R-2", "R-3"), untested=("R-4",), made=9)


def test_counts_the_mutants_of_each_status() -> None:
    assert MUTATION.counts == {KILLED: 2, SURVIVED: 2, EQUIVALENT: 1, UNDECIDED: 1}
    assert [t.id for t in MUTATION.with_status(SURVIVED)] == ["drop b", "flip c"]
    assert [t.id for t in MUTATION.with_status(EQUIVALENT)] == ["drop c"]


def test_the_rate_excludes_equivalent_mutants() -> None:
    assert MUTATION.rate == 2 / 5
    assert MutationResult(TRIALS[:2], BOTH).rate == 1.0
    assert MutationResult(TRIALS[2:3], BOTH).rate == 0.0
    assert MutationResult(TRIALS[3:4], BOTH).rate == 1.0
    assert MutationResult((), BOTH).rate == 1.0


@pytest.mark.parametrize(
    ("trials", "passed"),
    [
        ((), False),
        (TRIALS[:2], True),
        (TRIALS[3:4], True),
        (TRIALS[:3], False),
        (TRIALS[4:5], False),
        (TRIALS, False),
    ],
)
def test_passes_if_no_mutant_survived_or_stayed_undecided(
    trials: tuple[Trial, ...], passed: bool
) -> None:
    assert MutationResult(trials, BOTH).passed is passed


def test_counts_the_kills_of_each_requirement() -> None:
    assert MUTATION.kill_counts("R-1") == results.KillCounts(
        relevant=3, killed=2, killed_alone=1
    )  # flip b is undecided
    assert MUTATION.kill_counts("R-2") == results.KillCounts(
        relevant=2, killed=1, killed_alone=0
    )  # drop b survived
    assert MUTATION.kill_counts("R-3") == results.KillCounts(relevant=0, killed=0, killed_alone=0)
    assert MUTATION.kill_counts("R-4") is None
    assert MUTATION.kill_counts("R-5") is None


def test_names_requirements_without_kills() -> None:
    assert MUTATION.without_kills == ("R-3",)
    assert MutationResult((), BOTH).without_kills == BOTH


def test_lists_distant_kills() -> None:
    ((far, by),) = MUTATION.distant_kills
    assert (far.id, by.requirement) == ("drop a", "R-2")


def test_the_matrix_has_every_requirement_and_operator() -> None:
    assert MUTATION.matrix() == {
        "R-1": {"flip": 1, "drop": 1},
        "R-2": {"flip": 0, "drop": 1},
        "R-3": {"flip": 0, "drop": 0},
    }
    assert {name: [t.id for t in trials] for name, trials in MUTATION.by_operator.items()} == {
        "flip": ["flip a", "flip b", "flip c"],
        "drop": ["drop a", "drop b", "drop c"],
    }
    assert list(MUTATION.by_operator) == ["flip", "drop"]
