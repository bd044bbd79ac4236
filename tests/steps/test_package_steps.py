"""The package is built by Terraform, and its handler can be imported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from planproof.emulation.function.host import FunctionHost
from planproof.errors import UndeterminedError
from planproof.evidence import Recorder, StepFailedError
from planproof.results import Evidence
from planproof.session.stacks import ResolvedStacks, RunRequest
from planproof.terraform.archive_provider.archive import ArchiveSpec, Hashes, Source, build_archive
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN
from steps import package as steps
from steps.support.pipeline import Pipeline
from tests.builders.stacks import resource
from tests.steps.pipeline_stack import pipeline_stack, processor

HANDLER = "def handler(event, context):\n    return 1\n"


@pytest.fixture(scope="module")
def host() -> Iterator[FunctionHost]:
    with FunctionHost(seconds_per_event=5) as kept:
        yield kept


@pytest.fixture
def stacks(tmp_path: Path) -> ResolvedStacks:
    """Of a run without Terraform, on sources with the function beside them."""
    (tmp_path / "terraform").mkdir()
    (tmp_path / "lambda").mkdir()
    (tmp_path / "lambda" / "main.py").write_text(HANDLER)
    return ResolvedStacks(
        RunRequest(terraform_dir=tmp_path / "terraform", cache=tmp_path / "cache")
    )


def archive(text: str = HANDLER, **values: Any) -> Resource:
    """An archive of one module whose content stands in the configuration."""
    spec = ArchiveSpec(type="zip", source=(Source(text, "main.py"),))
    built = Hashes.of(build_archive(spec)).attributes()
    given = {"type": "zip", "output_path": "./f.zip"}
    source = {"source": [{"content": text, "filename": "main.py"}]}
    return resource("data.archive_file.f", **{**given, **source, **built, **values})


def stack_with(its: Resource | None, **values: Any) -> Stack:
    told = its.get("output_base64sha256") if its is not None else None
    f = processor(**{"source_code_hash": told, "environment": [], **values})
    return pipeline_stack(f, *([its] if its is not None else []))


def built(stacks: ResolvedStacks, stack: Stack) -> list[Evidence]:
    evidence = Recorder()
    steps.package_is_built(stacks, stack, Pipeline(stack), evidence)
    return evidence.evidence


def changed(stack: Stack) -> Evidence:
    evidence = Recorder()
    steps.package_change_is_seen(stack, Pipeline(stack), evidence)
    (item,) = evidence.evidence
    return item


def imported(stacks: ResolvedStacks, stack: Stack, host: FunctionHost) -> Evidence:
    """The last evidence of the scenario; raises as the run would."""
    evidence = Recorder()
    pipeline = Pipeline(stack)
    failure = steps.open_package(stacks, stack, pipeline, host, evidence)
    evidence.settle(must_prove=False)
    steps.handler_is_imported(stacks, stack, pipeline, evidence, failure)
    return evidence.evidence[-1]


# Built by Terraform ----------------------------------------------------------------------------


def test_an_archive_of_a_folder_of_the_sources_is_built(stacks: ResolvedStacks) -> None:
    stack = stack_with(archive(source=[], source_dir="./../lambda"))
    found = built(stacks, stack)
    assert [(e.address, e.attribute, e.holds) for e in found] == [
        ("aws_lambda_function.f", "filename", True),
        ("data.archive_file.f", "type", True),
        ("data.archive_file.f", "source_dir", True),
    ]


def test_an_archive_of_content_in_the_configuration_is_built(stacks: ResolvedStacks) -> None:
    assert {e.holds for e in built(stacks, stack_with(archive()))} == {True}


def test_a_file_that_no_archive_builds_fails(stacks: ResolvedStacks) -> None:
    (found,) = built(stacks, stack_with(None, filename="function.zip"))
    assert found.holds is False
    assert found.found == "function.zip, which no archive_file of the stack builds"


def test_an_image_is_seen(stacks: ResolvedStacks) -> None:
    (found,) = built(stacks, stack_with(None, filename=None, image_uri="image"))
    assert (found.holds, found.found) == (False, "no file")


def test_a_folder_that_is_not_in_the_sources_is_seen(stacks: ResolvedStacks) -> None:
    stack = stack_with(archive(source=[], source_dir="./../build"))
    assert [e.holds for e in built(stacks, stack)] == [True, True, False]


def test_another_kind_of_archive_is_seen(stacks: ResolvedStacks) -> None:
    assert [e.holds for e in built(stacks, stack_with(archive(type="tar.gz")))] == [
        True,
        False,
    ]


def test_a_plan_file_has_no_sources(tmp_path: Path) -> None:
    stacks = ResolvedStacks(
        RunRequest(terraform_dir=None, cache=tmp_path, plan_file=tmp_path / "p")
    )
    stack = stack_with(archive(source=[], source_dir="./../lambda"))
    assert built(stacks, stack)[-1].holds is None


# A change is seen ------------------------------------------------------------------------------


def test_the_hash_of_the_archive_shows_a_change() -> None:
    assert changed(stack_with(archive())).holds is True


def test_no_hash_is_seen() -> None:
    assert changed(stack_with(archive(), source_code_hash=None)).holds is False


def test_the_hash_of_something_else_is_seen() -> None:
    other = archive("# other").get("output_base64sha256")
    assert changed(stack_with(archive(), source_code_hash=other)).holds is False


def test_the_hash_of_a_file_that_no_archive_builds_is_undetermined() -> None:
    assert changed(stack_with(None, filename="f.zip", source_code_hash="x")).holds is False


def test_an_unknown_hash_is_undetermined() -> None:
    assert changed(stack_with(archive(), source_code_hash=UNKNOWN)).holds is None
    assert (
        changed(stack_with(archive(output_base64sha256=UNKNOWN), source_code_hash="x")).holds
        is None
    )


# The handler can be imported -------------------------------------------------------------------


def test_a_handler_is_imported_from_the_package(stacks: ResolvedStacks, host: FunctionHost) -> None:
    found = imported(stacks, stack_with(archive()), host)
    assert found.holds is True
    assert found.found == "main.handler, imported"
    assert archive().get("output_sha256")[:12] in found.expected


def test_a_missing_package_is_seen(stacks: ResolvedStacks, host: FunctionHost) -> None:
    with pytest.raises(
        StepFailedError, match=r"function\.zip of aws_lambda_function\.f does not exist"
    ):
        imported(stacks, stack_with(None, filename="function.zip"), host)


def test_a_file_that_is_no_zip_is_seen(stacks: ResolvedStacks, host: FunctionHost) -> None:
    assert stacks.request.terraform_dir is not None
    (stacks.request.terraform_dir / "function.zip").write_text("placeholder")
    with pytest.raises(StepFailedError, match=r"function\.zip is not a zip archive"):
        imported(stacks, stack_with(None, filename="function.zip"), host)


def test_a_wrong_handler_is_seen(stacks: ResolvedStacks, host: FunctionHost) -> None:
    found = imported(stacks, stack_with(archive(), handler="index.handler"), host)
    assert found.holds is False
    assert found.attribute == "handler"
    assert found.found == "ModuleNotFoundError: No module named 'index'"


def test_a_module_that_crashes_is_seen_where_it_crashes(
    stacks: ResolvedStacks, host: FunctionHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lambda" / "main.py").write_text("import os\n\nTABLE = os.environ['TABLE']\n")
    its = resource(
        "data.archive_file.f",
        type="zip",
        output_path="./f.zip",
        source_dir="./../lambda",
        source=[],
    )
    found = imported(stacks, stack_with(its), host)
    assert found.holds is False
    assert found.found == "KeyError at main.py:3: 'TABLE'"
    assert (found.file, found.line) == ("lambda/main.py", 3)


def test_a_package_that_is_not_in_the_runtime_fails(
    stacks: ResolvedStacks, host: FunctionHost
) -> None:
    found = imported(stacks, stack_with(archive("import moto\n" + HANDLER)), host)
    assert (found.holds, found.found) == (
        False,
        "ModuleNotFoundError at main.py:1: No module named 'moto'",
    )


def test_a_module_that_may_be_in_a_layer_is_undetermined(
    stacks: ResolvedStacks, host: FunctionHost
) -> None:
    its = archive("import aws_lambda_powertools\n" + HANDLER)
    found = imported(stacks, stack_with(its, layers=["arn:aws:lambda:eu-west-1::layer:p:1"]), host)
    assert found.holds is None
    assert found.found.endswith("which may be in one of its layers")


def test_an_unset_role_variable_is_ignored(stacks: ResolvedStacks, host: FunctionHost) -> None:
    its = archive("import os\nROLE = os.environ['MEDIACONVERT_ROLE']\n" + HANDLER)
    assert imported(stacks, stack_with(its), host).holds is True
    given = {"environment": [{"variables": {"MEDIACONVERT_ROLE": "arn"}}]}
    assert imported(stacks, stack_with(its, **given), host).holds is True


def test_a_plan_file_has_no_package(tmp_path: Path, host: FunctionHost) -> None:
    stacks = ResolvedStacks(
        RunRequest(terraform_dir=None, cache=tmp_path, plan_file=tmp_path / "p")
    )
    with pytest.raises(UndeterminedError, match="a plan file does not contain it"):
        imported(stacks, stack_with(archive()), host)
