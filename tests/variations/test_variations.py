"""Harmless variations of the shipped pipeline pass; a variation with a mistake fails.

Each other module of this folder is a variation: its docstring says in one sentence what varies,
``EDITS`` makes the change, and ``OPTIONS`` are for the command line, if needed.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipelines.changes import Everywhere
from tests.pipelines.compliance import (
    SHIPPED,
    Case,
    Judgement,
    assert_broken,
    assert_compliant,
    lay,
    together,
)

HERE = Path(__file__).parent
NAMES = sorted(p.stem for p in HERE.glob("*.py") if not p.stem.startswith(("conftest", "test_")))


def variation(name: str) -> Case:
    """A variation as a case that has to pass."""
    module = importlib.import_module(f"tests.variations.{name}")
    return Case(name, SHIPPED, module.EDITS, options=getattr(module, "OPTIONS", ()))


TOGETHER = [
    ("roles_in_modules", "unrelated_resources"),
    ("outputs", "aliased_providers", "meta_arguments"),
    (
        "policy_files",
        "name_prefixes",
        "output_formats",
        "second_function",
        "merged_and_split_files",
    ),
    ("fifo_free", "inline_policies", "variables", "other_names"),
    ("policy_documents", "for_each_and_count", "child_module"),
]
"""Variations that are judged at once: each edits what the others leave in place."""
CASES = [together([*map(variation, names)]) for names in TOGETHER]
OPEN_QUEUE = Case(
    "policy files, one of which names no sender",
    SHIPPED,
    (
        *variation("policy_files").edits,
        Everywhere(
            "terraform/sender.json.tftpl",
            r'"ArnEquals": \{\s+"aws:sourcearn": "\$\{source\}"\s+\},',
            "",
        ),
    ),
    "REQ-16",
    "aws_sqs_queue.processing",
    "resource aws_sqs_queue_policy.processing",
)


def test_each_variation_is_judged() -> None:
    assert sorted(name for names in TOGETHER for name in names) == NAMES


@pytest.mark.terraform
@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_variations_meet_every_requirement(case: Case, judged: Callable[[Case], Judgement]) -> None:
    assert_compliant(case, judged(case))


@pytest.mark.terraform
@pytest.mark.slow
@pytest.mark.parametrize("case", [OPEN_QUEUE], ids=str)
def test_a_mistake_in_a_variation_is_found(case: Case, judged: Callable[[Case], Judgement]) -> None:
    assert_broken(case, judged(case))


@pytest.mark.parametrize("name", NAMES)
def test_a_variation_has_a_description(name: str) -> None:
    description = importlib.import_module(f"tests.variations.{name}").__doc__
    assert description is not None
    assert description.strip().endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_a_variation_changes_the_pipeline(name: str, tmp_path: Path) -> None:
    lay(Case("as it is", SHIPPED), tmp_path / "before")
    lay(variation(name), tmp_path / "after")
    assert _texts(tmp_path / "before") != _texts(tmp_path / "after")


def _texts(folder: Path) -> dict[Path, str]:
    return {
        path.relative_to(folder): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
