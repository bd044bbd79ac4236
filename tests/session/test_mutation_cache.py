"""The last measurement counts for the very same stack and suite, and for nothing else."""

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
from planproof.session.mutation_cache import FILE, fingerprint, keep, last
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


def mark(project: Path, *scenarios: str, more: tuple[Path, ...] = (), **asked: Any) -> str:
    request = RunRequest(terraform_dir=project / "stack", cache=project / "cache")
    item: Any = lambda name: SimpleNamespace(nodeid=name, path=project / "one.feature")  # noqa: E731
    items = [item(name) for name in scenarios or ("one",)]
    return fingerprint(replace(request, **asked), items, project, more)


def test_it_is_read_again(project: Path) -> None:
    path = keep(MEASURED, WHEN, mark(project), project / "reports")
    assert path == project / "reports" / FILE
    assert last(mark(project), project / "reports") == (MEASURED, WHEN)


@pytest.mark.parametrize("changed", ["stack/main.tf", "one.feature", "conftest.py", "more.toml"])
def test_not_when_a_file_has_changed(project: Path, changed: str) -> None:
    more = project / "more.toml"
    more.write_text("", "utf-8")
    keep(MEASURED, WHEN, mark(project, more=(more,)), project)
    with (project / changed).open("a", encoding="utf-8") as file:
        file.write("# more\n")
    assert last(mark(project, more=(more,)), project) is None


def test_not_when_a_module_that_steps_import_has_changed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("steps_of_the_project")
    module.__file__ = str(project / "steps" / "queues.py")
    step = SimpleNamespace(step_func=SimpleNamespace(__module__=module.__name__))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(mutation_cache, "step_function_context_registry", {"step": step})
    support = project / "steps" / "support" / "names.py"
    support.parent.mkdir(parents=True)
    support.write_text("", "utf-8")
    keep(MEASURED, WHEN, mark(project), project)
    assert last(mark(project), project) is not None
    support.write_text("NAME = 1\n", "utf-8")
    assert last(mark(project), project) is None


def test_not_for_other_variables_or_scenarios(project: Path) -> None:
    keep(MEASURED, WHEN, mark(project), project)
    assert last(mark(project, variables=("x=1",)), project) is None
    assert last(mark(project, "one", "two"), project) is None
    assert last(mark(project), project) is not None


def test_a_plan_file_has_no_mark_and_nothing_is_known_of_it(project: Path) -> None:
    assert mark(project, terraform_dir=None) == ""
    assert mark(project, plan_file=project / "plan.json") == ""
    keep(MEASURED, WHEN, "", project)
    assert last("", project) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}', '{"format": 2, "of": "x"}'])
def test_what_cannot_be_read_is_none(project: Path, text: str) -> None:
    (project / FILE).write_text(text, "utf-8")
    assert last("x", project) is None


def test_where_it_cannot_be_written(project: Path) -> None:
    (project / "reports").write_text("", "utf-8")
    with pytest.raises(PlanproofError, match="name a folder that this user can write to"):
        keep(MEASURED, WHEN, "x", project / "reports")
