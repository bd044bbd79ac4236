"""Only explained mutants may survive `tox -e mutation`."""

from __future__ import annotations

import json
from pathlib import Path

import mutation
import pytest
from mutation import Change, change_of, compare, explained, outcomes_in, survivors_of

FIRST = Change("jobs.Jobs.find", "return 1", "return 2")
SECOND = Change("jobs.Jobs.find", "return 1", "return None")


def test_survivors_that_are_explained_are_no_problem() -> None:
    assert compare({"a": FIRST, "b": SECOND}, [SECOND, FIRST], whole=True) == []


def test_a_survivor_that_is_not_explained_is_named_with_its_change() -> None:
    (problem,) = compare({"a": FIRST, "b": SECOND}, [FIRST], whole=True)
    assert problem == "b survives:\n  - return 1\n  + return None"


def test_one_explanation_explains_one_survivor() -> None:
    assert len(compare({"a": FIRST, "b": FIRST}, [FIRST], whole=True)) == 1


def test_an_explanation_without_its_survivor_is_a_problem_where_all_were_tried() -> None:
    (problem,) = compare({"a": FIRST}, [FIRST, SECOND], whole=True)
    assert "explains what does not survive, in jobs.Jobs.find" in problem
    assert compare({"a": FIRST}, [FIRST, SECOND], whole=False) == []


@pytest.mark.parametrize(("reason", "known"), [("No test can tell.", [FIRST]), (" ", [])])
def test_only_a_reason_explains(tmp_path: Path, reason: str, known: list[Change]) -> None:
    file = tmp_path / "survivors.toml"
    file.write_text(
        f'[[survivor]]\nfunction = "jobs.Jobs.find"\nwas = "return 1"\n'
        f'becomes = ["return 2"]\nreason = "{reason}"\n'
    )
    assert explained(file) == known


def test_every_explanation_names_an_existing_line() -> None:
    assert explained()
    for change in explained():
        module = change.function.partition(".")[0]
        source = (mutation.LAMBDA / f"{module}.py").read_text()
        assert change.was in mutation.ast.unparse(mutation.ast.parse(source))


MUTATED = """
class Jobs:
    def xǁJobsǁfind__mutmut_orig(self):
        # a comment is not a change
        return 1
    def xǁJobsǁfind__mutmut_1(self):
        return 2
    def xǁJobsǁfind__mutmut_2(self):
        return None
def x__code__mutmut_orig():
    return 1
def x__code__mutmut_1():
    return 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The output of mutmut."""
    sources = tmp_path / "mutants" / "src"
    sources.mkdir(parents=True)
    (sources / "jobs.py").write_text(MUTATED)
    codes = {
        "jobs.xǁJobsǁfind__mutmut_1": 0,
        "jobs.xǁJobsǁfind__mutmut_2": 1,
        "jobs.x__code__mutmut_1": None,
    }
    (sources / "jobs.py.meta").write_text(json.dumps({"exit_code_by_key": codes}))
    return tmp_path


def test_a_change_is_read_from_the_output_of_mutmut(folder: Path) -> None:
    assert change_of(folder, "jobs.xǁJobsǁfind__mutmut_1") == FIRST
    assert change_of(folder, "jobs.x__code__mutmut_1") == Change("jobs._code", *FIRST[1:])


def test_mutants_that_were_not_tried_have_no_outcome(folder: Path) -> None:
    outcomes = dict(outcomes_in(folder))
    assert sorted(outcomes.values()) == [0, 1]
    assert survivors_of(folder, outcomes) == {"jobs.xǁJobsǁfind__mutmut_1": FIRST}


@pytest.mark.parametrize(
    ("code", "survives"),
    [(0, True), (1, False), (24, False), (36, False), (33, True), (4, True), (-11, True)],
    ids=[
        "passed",
        "failed",
        "out of time",
        "out of time too",
        "no tests",
        "usage error",
        "crashed",
    ],
)
def test_a_failing_or_endless_test_notices_a_mutant(
    folder: Path, code: int, survives: bool
) -> None:
    name = "jobs.xǁJobsǁfind__mutmut_1"
    assert (name in survivors_of(folder, {name: code})) is survives
