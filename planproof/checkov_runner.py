"""Runs the custom Checkov checks on the sources, once a run, beside Terraform."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from planproof.errors import PlanproofError

UNDECIDED = "undetermined"
"""How a check's first detail begins where it could not decide, unlike where it does not apply."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check said of one resource.

    Attributes:
        resource: address as Checkov has it, with module path and instance keys.
        passed: True, False, or None where the check could not tell.
        detail: the check's own reason, where it gives one.
        file: relative to the Terraform directory.
    """

    check_id: str
    check_name: str
    requirement: str
    resource: str
    passed: bool | None
    detail: str
    file: str
    line: int


Conclusion = Literal["passed", "failed", "undetermined", "not applicable", "crashed"]


@dataclass(frozen=True, slots=True)
class Said:
    """All that a check said of one resource: also that it does not apply, or nothing, by a crash.

    Attributes:
        resource: address as Checkov has it, with module path and instance keys.
        file: relative to the folder that was read.
    """

    resource: str
    conclusion: Conclusion
    detail: str
    file: str


@dataclass(frozen=True, slots=True)
class CheckResults:
    """All results of a run.

    Attributes:
        requirements: check id → the requirement it serves, for every check there is.
        names: check id → what it promises.
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
        """Ids of all checks that serve a requirement, whether they met a resource or not."""
        return tuple(sorted(i for i, r in self.requirements.items() if r == requirement))


_LOADED: dict[Path, dict[str, Any]] = {}
_LOCK = threading.Lock()


def run_checks(
    folder: Path, directory: Path | None, variable_files: Sequence[Path] = ()
) -> CheckResults:
    """Run every custom check of ``folder``, and no other, on the sources at ``directory``.

    Checkov's own checks are left out, and nothing is sent or fetched. Without sources (a plan
    file alone) no check has a result.

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
            "mend the syntax that Terraform names",
        )
    results = [r for r in (_result(record, requirements) for record in records) if r is not None]
    results.sort(key=lambda r: (r.check_id, r.file, r.line, r.resource))
    return CheckResults(tuple(results), requirements, names)


def run_check(folder: Path, name: str, directory: Path) -> tuple[list[Said], list[Path]]:
    """Run the check of ``folder/name.py`` alone on the sources below ``directory``.

    Returns:
        What it said of every resource it was asked about, and the files that Checkov cannot read.

    Raises:
        PlanproofError: a check cannot be loaded, or there is none of this name.
    """
    with _LOCK:
        checks = _load(folder)
    found = next((i for i, check in checks.items() if type(check).__module__ == name), None)
    if found is None:
        raise PlanproofError(
            f"there is no custom check {folder.name}/{name}.py", "name the example after its check"
        )
    records, unread = _scan(directory, [found], ())
    return [_said(record) for record in records], [Path(file) for file in unread]


def _said(record: Any) -> Said:
    result = str(record.check_result["result"].value)
    detail = str(record.details[0]) if record.details else ""
    conclusions: dict[str, Conclusion] = {"PASSED": "passed", "FAILED": "failed"}
    conclusion = conclusions.get(result, "not applicable")
    if result == "UNKNOWN" and not detail:
        conclusion = "crashed"
    elif result == "UNKNOWN" and detail.startswith(UNDECIDED):
        conclusion = "undetermined"
    return Said(record.resource, conclusion, detail, str(record.file_path).lstrip("/"))


def _scan(
    directory: Path, ids: Sequence[str], variable_files: Sequence[Path]
) -> tuple[list[Any], list[str]]:
    """Every record of these checks, and the files that Checkov could not read."""
    from checkov.common.output.report import Report
    from checkov.runner_filter import RunnerFilter
    from checkov.terraform.runner import Runner

    records: list[Any] = []

    class Keeper:
        """Takes the place of Checkov's report, which drops what could not be decided."""

        def __init__(self, report: Any) -> None:
            self._report = report

        def add_record(self, record: Any) -> None:
            records.append(record)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._report, name)

    class KeepingRunner(Runner):
        def run_block(
            self, entities: Any, context: Any, path: Any, root: Any, report: Any, *rest: Any
        ) -> None:
            keeper: Any = Keeper(report)
            super().run_block(entities, context, path, root, keeper, *rest)

        def get_graph_checks_report(self, *_: Any, **__: Any) -> Any:
            return Report(self.check_type)  # Checkov's own graph checks are none of ours

    report: Any = KeepingRunner().run(
        root_folder=str(directory.resolve()),
        runner_filter=RunnerFilter(
            framework=["terraform"],
            checks=list(ids),
            download_external_modules=False,
            show_progress_bar=False,
            var_files=[str(path.resolve()) for path in variable_files],
        ),
    )
    return records, sorted(report.parsing_errors)


def _result(record: Any, requirements: Mapping[str, str]) -> CheckResult | None:
    """A record as a result; None where the check does not apply to the resource.

    A skip comment in the sources is no pass: unlike a waiver, it has no end date.
    """
    said = str(record.check_result["result"].value)
    detail = str(record.details[0]) if record.details else ""
    if said == "UNKNOWN" and detail and not detail.startswith(UNDECIDED):
        return None
    if said == "SKIPPED":
        detail = "skipped by a comment in the sources; use a waiver, which has an end date"
    elif said == "UNKNOWN" and not detail:
        detail = "the check could not decide, or failed itself"
    return CheckResult(
        check_id=record.check_id,
        check_name=record.check_name,
        requirement=requirements.get(record.check_id, ""),
        resource=record.resource,
        passed={"PASSED": True, "FAILED": False, "SKIPPED": False}.get(said),
        detail=detail,
        file=str(record.file_path).lstrip("/"),
        line=int(record.file_line_range[0]),
    )


def _load(folder: Path) -> dict[str, Any]:
    """The checks of a folder, by id; each folder is loaded once in a process."""
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
        # Checkov logs what goes wrong in an import and goes on, so a check could be missing unseen.
        module = sys.modules.get(path.stem)
        check = getattr(module, "check", None)
        if check is None or not str(getattr(module, "__file__", "")).startswith(str(folder)):
            raise PlanproofError(
                f"the custom check {folder.name}/{path.name} cannot be loaded",
                f"run 'python {folder.name}/{path.name}' to see why; it must end in 'check = …()'",
            )
        if check.id in loaded:
            raise PlanproofError(
                f"two custom checks in {folder.name}/ have the id {check.id}", "renumber one"
            )
        loaded[check.id] = check
    _LOADED[folder] = loaded
    return loaded
