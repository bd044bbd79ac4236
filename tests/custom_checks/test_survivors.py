"""The mutants that ``tox -e mutants`` makes of the examples, and the reasons for survivors.

That command judges the mutants and fails on survivors, crashes and stale reasons: see
tests/session/test_check_mutants.py.
"""

from __future__ import annotations

import configparser
from collections import Counter
from pathlib import Path

import pytest

from planproof.mutation.checks.edits import SourceMutant
from planproof.mutation.checks.generate import mutants
from planproof.mutation.explanations import read_explanations
from planproof.session.check_mutants import read_examples
from tests.builders.repository import ROOT
from tests.custom_checks.checkov_scan import CHECKS, EXAMPLES, check_names

SURVIVORS = Path(__file__).parent / "survivors.toml"


@pytest.fixture(scope="module")
def made() -> list[SourceMutant]:
    examples = read_examples(CHECKS, EXAMPLES).values()
    return [mutant for example in examples for mutant in mutants(example)]


def test_every_check_has_mutants_on_both_sides(made: list[SourceMutant]) -> None:
    counts = Counter((mutant.check, mutant.side) for mutant in made)
    assert set(counts) == {(name, side) for name in check_names() for side in ("pass", "fail")}
    assert len(made) > 2000


def test_every_reason_is_about_a_mutant(made: list[SourceMutant]) -> None:
    explanations = read_explanations(SURVIVORS, "")
    assert explanations
    assert [e.mutant for e in explanations if not any(e.covers(m.id) for m in made)] == []


def test_tox_judges_them() -> None:
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "tox.ini", "utf-8")
    commands = config["testenv:mutants"]["commands"].replace("{tox_root}{/}", "").splitlines()
    (command,) = [line.split() for line in commands if line.startswith("planproof mutants")]
    options = dict(zip(command[2::2], command[3::2], strict=True))
    paths = {"--checks": CHECKS, "--examples": EXAMPLES, "--explained": SURVIVORS}
    for option, path in paths.items():
        assert options[option].replace("{/}", "/") == path.relative_to(ROOT).as_posix()
