"""Runs the custom Checkov checks on the sources, once a run, beside Terraform."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planproof.errors import PlanproofError


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check said of one resource.

    Attributes:
        resource: address as Checkov has it, without instance keys.
        passed: True, False, or None where the check could not tell.
        file: relative to the Terraform directory.
    """

    check_id: str
    check_name: str
    requirement: str
    resource: str
    passed: bool | None
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class CheckResults:
    """All results of a run.

    Attributes:
        requirements: check id → the requirement it serves, for every check there is.
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


def run_checks(folder: Path, directory: Path | None) -> CheckResults:
    """Run every custom check of ``folder``, and no other, on the sources at ``directory``.

    Checkov's own checks are left out, and nothing is sent or fetched. Without sources (a plan
    file alone) no check has a result.

    Raises:
        PlanproofError: a check cannot be loaded.
    """
    if not folder.is_dir():
        return CheckResults((), {})
    with _LOCK:
        checks = _load(folder)
    requirements = {i: str(getattr(check, "requirement", "")) for i, check in checks.items()}
    names = {i: str(check.name) for i, check in checks.items()}
    if directory is None or not checks:
        return CheckResults((), requirements, names)
    from checkov.runner_filter import RunnerFilter
    from checkov.terraform.runner import Runner

    wanted = RunnerFilter(
        checks=sorted(checks), framework=["terraform"], download_external_modules=False
    )
    done = Runner().run(root_folder=str(directory.resolve()), runner_filter=wanted)
    reports = done if isinstance(done, list) else [done]
    records = [(r, True) for report in reports for r in report.passed_checks]
    records += [(r, False) for report in reports for r in report.failed_checks]
    results = [
        CheckResult(
            check_id=record.check_id,
            check_name=record.check_name,
            requirement=requirements.get(record.check_id, ""),
            resource=record.resource,
            passed=passed,
            file=str(record.file_path).lstrip("/"),
            line=int(record.file_line_range[0]),
        )
        for record, passed in records
    ]
    results.sort(key=lambda r: (r.check_id, r.file, r.line, r.resource))
    return CheckResults(tuple(results), requirements, names)


def _load(folder: Path) -> dict[str, Any]:
    """The checks of a folder, by id; each folder is loaded once in a process."""
    folder = folder.resolve()
    if folder in _LOADED:
        return _LOADED[folder]
    logging.getLogger("checkov").setLevel(logging.CRITICAL)
    from checkov.terraform.runner import Runner  # noqa: F401  (fills the registries)

    registries = _registries()
    before = {id(check) for check in _all_checks(registries)}
    try:
        registries[0].load_external_checks(str(folder))
    except Exception as problem:  # a user's check may raise anything while it is imported
        raise PlanproofError(
            f"the custom checks in {folder.name}/ cannot be loaded ({problem})",
            "mend the check that the message names",
        ) from None
    loaded = {c.id: c for c in _all_checks(registries) if id(c) not in before}
    _LOADED[folder] = loaded
    return loaded


def _registries() -> list[Any]:
    from checkov.terraform.checks.data.registry import data_registry
    from checkov.terraform.checks.module.registry import module_registry
    from checkov.terraform.checks.provider.registry import provider_registry
    from checkov.terraform.checks.resource.registry import resource_registry

    return [resource_registry, data_registry, provider_registry, module_registry]


def _all_checks(registries: Iterable[Any]) -> Iterable[Any]:
    for registry in registries:
        for group in (registry.checks, registry.wildcard_checks):
            for checks in group.values():
                yield from checks
