"""The cases change only the files that they name; their judgement is checked in every detail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.counterexamples.catalogue import counterexamples
from tests.pipelines.compliance import (
    REQUIREMENTS,
    SHIPPED,
    Case,
    Edit,
    Judgement,
    assert_broken,
    assert_compliant,
    lay,
)
from tests.pipelines.cut_edges import CUTS
from tests.pipelines.pass_role_forms import RIGHT, WRONG
from tests.pipelines.second_mistakes import MISTAKES

CASES = [*counterexamples(), *MISTAKES, *CUTS, *RIGHT, *WRONG]


def _texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_changes_the_files_it_names_and_no_other(case: Case, tmp_path: Path) -> None:
    lay(Case("as it is", case.pipeline), tmp_path / "before")
    lay(case, tmp_path / "after")
    before, after = _texts(tmp_path / "before"), _texts(tmp_path / "after")
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert changed == {file for edit in case.edits for file in edit.files}


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(Edit("terraform/queues.tf", "no such text"), id="missing text"),
        pytest.param(
            Edit("terraform/queues.tf", "aws_kms_key.media.id", "x"), id="several matches"
        ),
        pytest.param(Edit("terraform/queues.tf", "", "# new"), id="file exists"),
        pytest.param(
            Edit("terraform/queues.tf", "timeout", "x", block='"aws_sqs_queue" "none"'),
            id="no block",
        ),
        pytest.param(
            Edit(
                "terraform/queues.tf",
                "visibility_timeout_seconds",
                block='resource "aws_sqs_queue" "status_dead_letter" {',
            ),
            id="in another block",
        ),
    ],
)
def test_an_edit_that_would_change_something_else_is_refused(edit: Edit, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"terraform/queues\.tf (has|exists)"):
        lay(Case("wrong", SHIPPED, (edit,)), tmp_path / "copy")


def _judgement(
    *broken: str, exit_code: int, of: int = len(REQUIREMENTS), **evidence: object
) -> Judgement:
    found = {"holds": False, "address": "", "file": "", "line": 0, **evidence}
    statuses = sorted(REQUIREMENTS)[:of]
    requirements = [
        {
            "id": name,
            "status": "failed" if name in broken else "passed",
            "scenarios": [{"evidence": [found]}] if name in broken else [],
        }
        for name in statuses
    ]
    sources = {"terraform/a.tf": 'resource "x" "y" {\n}\nresource "x" "z" {\n}\n'}
    return Judgement(exit_code, {"requirements": requirements}, "", sources)


CASE = Case("", SHIPPED, (), "REQ-05", "x.y")
LOCATION = {"address": "x.y", "file": "terraform/a.tf", "line": 2}


def test_a_broken_case_has_its_exit_code_requirement_and_location() -> None:
    assert_broken(CASE, _judgement("REQ-05", exit_code=1, **LOCATION))


@pytest.mark.parametrize(
    "judgement",
    [
        pytest.param(_judgement("REQ-05", exit_code=0, **LOCATION), id="exit code"),
        pytest.param(_judgement("REQ-06", exit_code=1, **LOCATION), id="another requirement"),
        pytest.param(_judgement("REQ-05", "REQ-06", exit_code=1, **LOCATION), id="one more"),
        pytest.param(_judgement(exit_code=1), id="none"),
        pytest.param(
            _judgement("REQ-05", exit_code=1, of=len(REQUIREMENTS) - 1, **LOCATION),
            id="one not judged",
        ),
        pytest.param(_judgement("REQ-05", exit_code=1, **{**LOCATION, "line": 3}), id="line"),
        pytest.param(_judgement("REQ-05", exit_code=1, **{**LOCATION, "file": "b.tf"}), id="file"),
        pytest.param(
            _judgement("REQ-05", exit_code=1, **{**LOCATION, "address": "x.z"}), id="address"
        ),
        pytest.param(
            _judgement("REQ-05", exit_code=1, **{**LOCATION, "holds": True}),
            id="evidence in favour",
        ),
    ],
)
def test_any_other_judgement_is_an_error(judgement: Judgement) -> None:
    with pytest.raises(AssertionError):
        assert_broken(CASE, judgement)


@pytest.mark.parametrize(
    "judgement", [_judgement("REQ-05", exit_code=1), _judgement(exit_code=1)], ids=["red", "code"]
)
def test_a_compliant_case_has_no_failed_requirement(judgement: Judgement) -> None:
    assert_compliant(CASE, _judgement(exit_code=0))
    with pytest.raises(AssertionError):
        assert_compliant(CASE, judgement)
