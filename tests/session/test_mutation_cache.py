"""A saved mutation result is loaded for the same stack and suite only."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from planproof.errors import PlanproofError
from planproof.mutation_results import MutantStatus, MutationResult, Trial
from planproof.session import mutation_cache
from planproof.session.mutation_cache import FILE, fingerprint, load, save
from planproof.session.stacks import RunRequest

WHEN = dt.datetime(2026, 3, 4, 5, 6, tzinfo=dt.UTC)
TRIAL = Trial(
    "drop a.b", "drop", "a.b", "", "a", "nothing", MutantStatus.SURVIVED, seen=("REQ-01",)
)
MEASURED = MutationResult((TRIAL,), ("REQ-01",), made=1, seconds=2.5)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack" / "main.tf").write_text('variable "x" {}\n', "utf-8")
    (tmp_path / "conftest.py").write_text("", "utf-8")
    (tmp_path / "one.feature").write_text("Feature: One\n", "utf-8")
    return tmp_path


def mark(project: Path, *scenarios: str, more: tuple[Path, ...] = (), **changes: Any) -> str:
    request = RunRequest(terraform_dir=project / "stack", cache=project / "cache")
    item: Any = lambda name: SimpleNamespace(nodeid=name, path=project / "one.feature")  # noqa: E731
    items = [item(name) for name in scenarios or ("one",)]
    return fingerprint(replace(request, **changes), items, project, more)


def test_the_saved_result_is_loaded(project: Path) -> None:
    path = save(MEASURED, WHEN, mark(project), project / "reports")
    assert path == project / "reports" / FILE
    assert load(mark(project), project / "reports") == (MEASURED, WHEN)


@pytest.mark.parametrize("changed", ["stack/main.tf", "one.feature", "conftest.py", "more.toml"])
def test_it_is_not_loaded_after_a_change_of_a_file(project: Path, changed: str) -> None:
    more = project / "more.toml"
    more.write_text("", "utf-8")
    save(MEASURED, WHEN, mark(project, more=(more,)), project)
    with (project / changed).open("a", encoding="utf-8") as file:
        file.write("# more\n")
    assert load(mark(project, more=(more,)), project) is None


def test_it_is_not_loaded_after_a_change_of_a_module_that_steps_import(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("steps_of_the_project")
    module.__file__ = str(project / "steps" / "queues.py")
    step = SimpleNamespace(step_func=SimpleNamespace(__module__=module.__name__))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(mutation_cache, "step_definitions", lambda: [step])
    support = project / "steps" / "support" / "names.py"
    support.parent.mkdir(parents=True)
    support.write_text("", "utf-8")
    save(MEASURED, WHEN, mark(project), project)
    assert load(mark(project), project) is not None
    support.write_text("NAME = 1\n", "utf-8")
    assert load(mark(project), project) is None


def test_it_is_not_loaded_for_other_variables_or_scenarios(project: Path) -> None:
    save(MEASURED, WHEN, mark(project), project)
    assert load(mark(project, variables=("x=1",)), project) is None
    assert load(mark(project, "one", "two"), project) is None
    assert load(mark(project), project) is not None


def test_a_plan_file_has_no_fingerprint_and_no_saved_result(project: Path) -> None:
    assert mark(project, terraform_dir=None) == ""
    assert mark(project, plan_file=project / "plan.json") == ""
    save(MEASURED, WHEN, "", project)
    assert load("", project) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}', '{"format": 2, "of": "x"}'])
def test_an_unreadable_file_is_ignored(project: Path, text: str) -> None:
    (project / FILE).write_text(text, "utf-8")
    assert load("x", project) is None


def test_a_folder_that_cannot_be_written(project: Path) -> None:
    (project / "reports").write_text("", "utf-8")
    with pytest.raises(PlanproofError, match="name a folder that this user can write to"):
        save(MEASURED, WHEN, "x", project / "reports")
