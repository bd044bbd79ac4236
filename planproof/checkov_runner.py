"""Runs the custom Checkov checks on the Terraform sources."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from planproof.errors import PlanproofError
from planproof.values import Truth

UNDETERMINED_PREFIX = "undetermined"
"""The start of a check's detail if it could not decide, rather than does not apply."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check on one resource to which it applies.

    Attributes:
        resource: address as Checkov reports it, with module path and instance keys.
        passed: None if the check could not decide.
        detail: the reason that the check gives, if any.
        file: relative to the Terraform directory.
    """

    check_id: str
    check_name: str
    requirement: str
    resource: str
    passed: Truth
    detail: str
    file: str
    line: int


Conclusion = Literal["passed", "failed", "undetermined", "not applicable", "crashed"]


@dataclass(frozen=True, slots=True)
class CheckConclusion:
    """The conclusion of one check on one resource, including "not applicable" and a crash.

    Attributes:
        resource: address as Checkov reports it, with module path and instance keys.
        file: relative to the scanned directory.
    """

    resource: str
    conclusion: Conclusion
    detail: str
    file: str


@dataclass(frozen=True, slots=True)
class CheckResults:
    """All results of a run.

    Attributes:
        requirements: check id → its requirement, for every check.
        names: check id → its name.
    """

    results: tuple[CheckResult, ...]
    requirements: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)

    def of(self, check_id: str) -> tuple[CheckResult, ...]:
        """The results of one check."""
        return tuple(r for r in self.results if r.check_id == check_id)

    def for_requirement(self, requirement: str) -> tuple[CheckResult, ...]:
        """The results of all checks that serve a requirement."""
        return tuple(r for r in self.results if r.requirement == requirement)

    def ids_for(self, requirement: str) -> tuple[str, ...]:
        """Ids of all checks that serve a requirement, with or without results."""
        return tuple(sorted(i for i, r in self.requirements.items() if r == requirement))


_LOADED: dict[Path, dict[str, Any]] = {}
_LOCK = threading.Lock()


def run_checks(
    folder: Path, directory: Path | None, variable_files: Sequence[Path] = ()
) -> CheckResults:
    """Run every custom check of ``folder``, and no other, on the sources in ``directory``.

    Nothing is uploaded or downloaded. Without sources (a plan file only) no check has a result.

    Raises:
        PlanproofError: a check cannot be loaded, or Checkov cannot read the sources.
    """
    if not folder.is_dir():
        return CheckResults((), {})
    with _LOCK:
        checks = _load(folder)
    requirements = {i: str(getattr(check, "requirement", "")) for i, check in checks.items()}
    names = {i: str(check.name) for i, check in checks.items()}
    if directory is None or not checks:
        return CheckResults((), requirements, names)
    records, unread = _scan(directory, sorted(checks), variable_files)
    if unread:
        raise PlanproofError(
            f"Checkov cannot read {', '.join(Path(file).name for file in unread)}",
            "fix the syntax errors that Terraform reports",
        )
    results = [r for r in (_result(record, requirements) for record in records) if r is not None]
    results.sort(key=lambda r: (r.check_id, r.file, r.line, r.resource))
    return CheckResults(tuple(results), requirements, names)


def run_check(folder: Path, name: str, directory: Path) -> tuple[list[CheckConclusion], list[Path]]:
    """Run only the check of ``folder/name.py`` on the sources below ``directory``.

    Returns:
        its conclusion on every resource, and the files that Checkov cannot read.

    Raises:
        PlanproofError: a check cannot be loaded, or there is none of this name.
    """
    with _LOCK:
        checks = _load(folder)
    check_id = next((i for i, check in checks.items() if type(check).__module__ == name), None)
    if check_id is None:
        raise PlanproofError(
            f"there is no custom check {folder.name}/{name}.py", "name the example after its check"
        )
    records, unread = _scan(directory, [check_id], ())
    return [_conclusion(record) for record in records], [Path(file) for file in unread]


def _result_and_detail(record: Any) -> tuple[str, str]:
    detail = str(record.details[0]) if record.details else ""
    return str(record.check_result["result"].value), detail


def _conclusion(record: Any) -> CheckConclusion:
    result, detail = _result_and_detail(record)
    conclusions: dict[str, Conclusion] = {"PASSED": "passed", "FAILED": "failed"}
    conclusion = conclusions.get(result, "not applicable")
    if result == "UNKNOWN" and not detail:
        conclusion = "crashed"
    elif result == "UNKNOWN" and detail.startswith(UNDETERMINED_PREFIX):
        conclusion = "undetermined"
    return CheckConclusion(record.resource, conclusion, detail, str(record.file_path).lstrip("/"))


def _scan(
    directory: Path, ids: Sequence[str], variable_files: Sequence[Path]
) -> tuple[list[Any], list[str]]:
    """Every record of these checks, and the files that Checkov cannot read."""
    from checkov.runner_filter import RunnerFilter

    runner = recording_runner()
    report: Any = runner.run(
        root_folder=str(directory.resolve()),
        runner_filter=RunnerFilter(
            framework=["terraform"],
            checks=list(ids),
            download_external_modules=False,
            show_progress_bar=False,
            var_files=[str(path.resolve()) for path in variable_files],
        ),
    )
    return runner.records, sorted(report.parsing_errors)


def recording_runner() -> Any:
    """A runner of Checkov that has every record in ``records``; its report drops UNKNOWN ones."""
    from checkov.common.output.report import Report
    from checkov.terraform.runner import Runner

    records: list[Any] = []

    class RecordingReport:
        def __init__(self, report: Any) -> None:
            self._report = report

        def add_record(self, record: Any) -> None:
            records.append(record)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._report, name)

    class RecordingRunner(Runner):
        def run_block(
            self, entities: Any, context: Any, path: Any, root: Any, report: Any, *rest: Any
        ) -> None:
            recording: Any = RecordingReport(report)
            super().run_block(entities, context, path, root, recording, *rest)

        def get_graph_checks_report(self, *_: Any, **__: Any) -> Any:
            return Report(self.check_type)  # no graph checks of Checkov

    runner: Any = RecordingRunner()
    runner.records = records
    return runner


def _result(record: Any, requirements: Mapping[str, str]) -> CheckResult | None:
    """A record as a result; None if the check does not apply to the resource.

    A skip comment in the sources does not pass: unlike a waiver, it has no end date.
    """
    result, detail = _result_and_detail(record)
    if result == "UNKNOWN" and detail and not detail.startswith(UNDETERMINED_PREFIX):
        return None
    if result == "SKIPPED":
        detail = "skipped by a comment in the sources; use a waiver, which has an end date"
    elif result == "UNKNOWN" and not detail:
        detail = "the check could not decide, or ended in an error"
    return CheckResult(
        check_id=record.check_id,
        check_name=record.check_name,
        requirement=requirements.get(record.check_id, ""),
        resource=record.resource,
        passed={"PASSED": True, "FAILED": False, "SKIPPED": False}.get(result),
        detail=detail,
        file=str(record.file_path).lstrip("/"),
        line=int(record.file_line_range[0]),
    )


def _load(folder: Path) -> dict[str, Any]:
    """The checks of a folder, by id; a process loads each folder once."""
    folder = folder.resolve()
    if folder in _LOADED:
        return _LOADED[folder]
    logging.getLogger("checkov").setLevel(logging.CRITICAL)
    from checkov.terraform.checks.resource.registry import resource_registry

    resource_registry.load_external_checks(str(folder))
    loaded: dict[str, Any] = {}
    for path in sorted(folder.glob("*.py")):
        if path.stem == "__init__":
            continue
        # Checkov only logs an import error, so a check could be missing without notice.
        module = sys.modules.get(path.stem)
        check = getattr(module, "check", None)
        if check is None or not str(getattr(module, "__file__", "")).startswith(str(folder)):
            raise PlanproofError(
                f"the custom check {folder.name}/{path.name} cannot be loaded",
                f"run 'python {folder.name}/{path.name}' to see why; it must end in 'check = …()'",
            )
        if check.id in loaded:
            raise PlanproofError(
                f"two custom checks in {folder.name}/ have the id {check.id}",
                "give one of them another id",
            )
        loaded[check.id] = check
    _LOADED[folder] = loaded
    return loaded
