"""Runs the compliance command on edited copies of pipelines, and checks its report."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from planproof.terraform.addresses import configuration_address
from planproof.terraform.binary import find_binary
from planproof.terraform.source_index import SourceBlock, scan_text
from planproof.terraform.workspace import Workspace
from tests.builders.project import PLUGIN
from tests.builders.repository import ROOT
from tests.builders.requirements import ALL
from tests.builders.warm_process import run_warm

REQUIREMENTS = frozenset(ALL)
FEATURES = sorted(f"features/{path.name}" for path in (ROOT / "features").glob("*.feature"))
VARYING = ("features/alarms.feature", "features/naming.feature")
"""The features that judge the stack with other variables too."""
VARIED = frozenset(
    tag for name in VARYING for tag in re.findall(r"@(REQ-\d+)", (ROOT / name).read_text("utf-8"))
)
"""Their requirements."""
LONGEST_RUN = 400  # seconds, on a busy machine


@dataclass(frozen=True)
class Pipeline:
    """A pipeline to judge.

    Attributes:
        folders: its folders, siblings in the copy.
        stack: the name of the folder with the Terraform sources.
        options: the options that its variables need.
    """

    name: str
    folders: tuple[Path, ...]
    stack: str
    options: tuple[str, ...] = ()


SHIPPED = Pipeline("shipped", (ROOT / "terraform", ROOT / "lambda"), "terraform")
SECOND = Pipeline(
    "second",
    (ROOT / "tests/pipelines/second/newsroom", ROOT / "tests/pipelines/second/desk"),
    "newsroom",
    ("--suffix-variable", "stage"),
)
UNCORRECTED = Pipeline("uncorrected", (ROOT / "tests/counterexamples/uncorrected",), "uncorrected")
PIPELINES = (SHIPPED, SECOND, UNCORRECTED)


class Change(Protocol):
    """A change to the copy of a pipeline."""

    @property
    def files(self) -> frozenset[str]:
        """The files that it changes, relative to the parent of the pipeline's folders."""

    def apply(self, folder: Path) -> None:
        """Make the change below ``folder``; an edit without exactly one match is an error."""


@dataclass(frozen=True)
class Edit:
    """Replaces one piece of text, or adds a new file.

    Attributes:
        file: relative to the parent of the pipeline's folders.
        old: the text to replace; empty for a new file.
        block: the first line of the block with ``old``, if the file has the text elsewhere too.
    """

    file: str
    old: str
    new: str = ""
    block: str = ""

    @property
    def files(self) -> frozenset[str]:
        """The one file."""
        return frozenset({self.file})

    def apply(self, folder: Path) -> None:
        """Make the change below ``folder``; an edit without exactly one match is an error."""
        path = folder / self.file
        assert self.old != self.new
        if not self.old:
            assert not path.exists(), f"{self.file} exists"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.new, "utf-8")
            return
        text = path.read_text("utf-8")
        start, end = self._span(text)
        count = text.count(self.old, start, end)
        assert count == 1, f"{self.file} has {count} matches of the text to edit:\n{self.old}"
        changed = text[start:end].replace(self.old, self.new)
        path.write_text(text[:start] + changed + text[end:], "utf-8")

    def _span(self, text: str) -> tuple[int, int]:
        if not self.block:
            return 0, len(text)
        assert text.count(self.block) == 1, f"{self.file} has no single {self.block}"
        start = text.index(self.block)
        return start, text.index("\n}", start) + 1


def remove_statement(file: str, sid: str) -> Edit:
    """Removes a statement of a policy written with ``jsonencode`` from a shipped file."""
    lines = (ROOT / file).read_text("utf-8").splitlines(keepends=True)
    here = next(i for i, line in enumerate(lines) if re.search(rf'\bSid += "{sid}"', line))
    start = max(i for i in range(here) if lines[i].strip() == "{")
    indent = lines[start].partition("{")[0]
    end = next(i for i in range(here, len(lines)) if lines[i] == f"{indent}}},\n")
    return Edit(file, "".join(lines[start : end + 1]))


@dataclass(frozen=True)
class Case:
    """A pipeline with some edits, and the expected judgement.

    Attributes:
        broken: the requirement that must not pass; empty if all must pass.
        also: other requirements that cannot pass either: a grant that one requirement names is
            missing from the data path, and one that another forbids is more than it needs.
        address: the address in the evidence.
        attribute: the attribute in the evidence, if it matters.
        block: the block with the file and line of the evidence, as "data type.name"; that of
            ``address`` unless given.
        features: the features to judge, if not all; none may use other variables.
        requirements: the requirements of these features.
        options: the options that the edited sources need, besides those of the pipeline.
    """

    name: str
    pipeline: Pipeline
    edits: tuple[Change, ...] = ()
    broken: str = ""
    address: str = ""
    block: str = ""
    also: frozenset[str] = frozenset()
    features: tuple[str, ...] = ()
    requirements: frozenset[str] = REQUIREMENTS
    attribute: str = ""
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def resolved_once(case: Case) -> Case:
    """The case without the requirements that need the stack with other variables too, if it is
    about none of them: resolving it three times more takes a third of the time."""
    if VARIED & {case.broken, *case.also}:
        return case
    features = tuple(name for name in FEATURES if name not in VARYING)
    return replace(case, features=features, requirements=REQUIREMENTS - VARIED)


def together(cases: Sequence[Case]) -> Case:
    """One case with the edits of several that are independent of each other."""
    broken = {name for case in cases for name in (case.broken, *case.also) if name}
    return replace(
        cases[0],
        name=" + ".join(case.name for case in cases),
        edits=tuple(edit for case in cases for edit in case.edits),
        broken="",
        also=frozenset(broken),
        options=tuple(option for case in cases for option in case.options),
    )


@dataclass(frozen=True)
class Judgement:
    """The report of the command on a case.

    Attributes:
        report: compliance.json.
        output: the printed output.
        sources: the judged Terraform sources, by file below the pipeline's folder.
    """

    exit_code: int
    report: Mapping[str, Any]
    output: str
    sources: Mapping[str, str] = field(repr=False)

    @property
    def requirements(self) -> dict[str, str]:
        """Requirement → status."""
        return {item["id"]: item["status"] for item in self.report["requirements"]}

    @property
    def broken(self) -> set[str]:
        """Every requirement that did not pass."""
        return {name for name, status in self.requirements.items() if status != "passed"}

    @property
    def unproven_edges(self) -> set[str]:
        """Every edge of the data path that is not proven, as "source kind target"."""
        return {
            f"{edge['source']} {edge['kind']} {edge['target']}"
            for edge in self.report["data_path"]
            if edge["state"] != "proven"
        }

    def findings(self, requirement: str) -> list[dict[str, Any]]:
        """The evidence on a requirement that does not hold or is undetermined."""
        return [
            evidence
            for item in self.report["requirements"]
            if item["id"] == requirement
            for scenario in item["scenarios"]
            for evidence in scenario["evidence"]
            if evidence["holds"] is not True
        ]

    def block_at(self, file: str, line: int) -> str:
        """The top-level block at a line of a file: ``resource aws_sqs_queue.mail``."""
        blocks: Iterable[SourceBlock] = scan_text(self.sources.get(file, ""), file)
        for block in blocks:
            if block.line <= line <= block.end_line:
                return f"{block.kind} {'.'.join(block.labels)}".strip()
        return ""


@dataclass(frozen=True)
class Bench:
    """A folder in which cases are judged one after the other, so that Terraform is initialised
    once."""

    folder: Path
    pipeline: Pipeline

    def judge(self, case: Case) -> Judgement:
        """Run the command on a case."""
        lay(case, self.folder / "sources")
        stack = self.folder / "sources" / case.pipeline.stack
        reports = self.folder / "reports"
        shutil.rmtree(reports, ignore_errors=True)
        arguments = ["-c", "pyproject.toml", *PLUGIN, "-p", "no:cacheprovider", "--compliance"]
        arguments += ["--terraform-dir", str(stack), "--report-dir", str(reports), *_choice(case)]
        code, output = run_warm(arguments, ROOT, _environment(), LONGEST_RUN)
        report = reports / "compliance.json"
        assert report.is_file(), f"no report on {case.name}:\n{output}"
        return Judgement(
            code,
            json.loads(report.read_text("utf-8")),
            output,
            {
                path.relative_to(stack.parent).as_posix(): path.read_text("utf-8")
                for path in stack.rglob("*.tf")
            },
        )

    def clear(self) -> None:
        """Remove the working copy that the command keeps for the directory."""
        source = self.folder / "sources" / self.pipeline.stack
        if source.is_dir():
            workspace = Workspace.cached(source, find_binary(), ROOT / ".planproof")
            shutil.rmtree(workspace.folder, ignore_errors=True)


def lay(case: Case, folder: Path) -> None:
    """Replace ``folder`` by an edited copy of a case's pipeline."""
    shutil.rmtree(folder, ignore_errors=True)
    for source in case.pipeline.folders:
        unwanted = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(source, folder / source.name, ignore=unwanted)
    for edit in case.edits:
        edit.apply(folder)


def assert_compliant(case: Case, judgement: Judgement) -> None:
    """Every requirement passed."""
    assert judgement.broken == set(), judgement.output
    assert set(judgement.requirements) == case.requirements
    assert judgement.exit_code == 0


def assert_broken(case: Case, judgement: Judgement) -> None:
    """Exactly the expected requirements failed, and the evidence is at the expected location."""
    assert_only_broken(case, judgement)
    assert_located(case, judgement)


def assert_only_broken(case: Case, judgement: Judgement) -> None:
    """Exactly the expected requirements failed."""
    assert judgement.broken == {name for name in (case.broken, *case.also) if name}, (
        judgement.output
    )
    assert set(judgement.requirements) == case.requirements
    assert judgement.exit_code == 1


def assert_located(case: Case, judgement: Judgement) -> None:
    """Evidence against the requirement is at the expected location."""
    placed = [
        (
            e["address"],
            e["attribute"] if case.attribute else "",
            judgement.block_at(e["file"], e["line"]),
        )
        for e in judgement.findings(case.broken)
    ]
    wanted = (case.address, case.attribute, case.block or block_of(case.address))
    assert wanted in placed, f"{wanted} is not in {placed}:\n{judgement.output}"


def block_of(address: str) -> str:
    """``module.m["a"].aws_sqs_queue.q`` → ``resource aws_sqs_queue.q``."""
    parts = configuration_address(address).split(".")
    kind = "data" if parts[-3:-2] == ["data"] else "resource"
    return f"{kind} {'.'.join(parts[-2:])}"


def _choice(case: Case) -> list[str]:
    """The arguments after the directory. A case with few features names variables that do not
    exist, so that it is resolved once and not four times."""
    if not case.features:
        return [*case.pipeline.options, *case.options]
    variables = ("suffix", "region", "alarm-topics")
    return [*case.features, *(f"--{name}-variable=none" for name in variables), *case.options]


def _environment() -> dict[str, str]:
    """The environment without variables of the tests' own run. With GOGC, Terraform uses more
    memory and a fifth less time: https://go.dev/doc/gc-guide#GOGC"""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "COV_", "COVERAGE_"))
    } | {"GOGC": "400"}
