"""Runs the custom checks in process and records every result."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from checkov.common.output.record import Record
from checkov.runner_filter import RunnerFilter
from checkov.terraform.checks.resource.registry import resource_registry

from planproof.checkov_runner import recording_runner
from tests.builders.repository import ROOT

CHECKS = ROOT / "custom_checks"
EXAMPLES = Path(__file__).parent / "examples"

# Checkov adds the folder too, but only when it loads the checks.
sys.path.insert(0, str(CHECKS))


@cache
def check_names() -> tuple[str, ...]:
    """The name of every check file."""
    return tuple(sorted(file.stem for file in CHECKS.glob("*.py") if file.stem != "__init__"))


def registered(name: str) -> Any:
    """The check of a file that Checkov runs: the first instance, if the file was loaded twice."""
    if name not in sys.modules:
        resource_registry.load_external_checks(str(CHECKS))
    check = sys.modules[name].check
    return next(found for r in check.registries if (found := r.get_check_by_id(check.id)))


@dataclass
class Scan:
    """The records of a run, and the addresses of all blocks that it could judge."""

    records: list[Record]
    errors: list[str]
    declared: dict[str, set[str]] = field(default_factory=dict)

    def of(self, check_id: str, folder: str) -> Iterator[Record]:
        """The records of one check on one example."""
        for record in self.records:
            if record.check_id == check_id and record.file_path.startswith(f"/{folder}/"):
                yield record


class ErrorLog(logging.Handler):
    """Collects logged errors: Checkov logs the exception of a check instead of raising it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def scan(directory: Path) -> Scan:
    """Runs only the custom checks on a directory."""
    runner = recording_runner()
    log = ErrorLog()
    logging.getLogger().addHandler(log)
    report = runner.run(
        root_folder=str(directory),
        external_checks_dir=[str(CHECKS)],
        runner_filter=RunnerFilter(
            framework=["terraform"],
            checks=["CKV_PLANPROOF_*"],
            download_external_modules=False,
            show_progress_bar=False,
        ),
    )
    assert not report.parsing_errors
    logging.getLogger().removeHandler(log)
    found = Scan(runner.records, log.messages)
    for key, definition in (runner.definitions or {}).items():
        folder = Path(key.file_path).relative_to(directory.resolve()).parts[0]
        text = str({kind: definition.get(kind) for kind in ("resource", "data", "provider")})
        addresses = re.findall(r"'__address__': (?:'([^']+)'|\"([^\"]+)\")", text)
        found.declared.setdefault(folder, set()).update(a or b for a, b in addresses)
    return found
