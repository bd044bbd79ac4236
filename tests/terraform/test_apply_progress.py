"""The progress line of deployments that are applied at the same time."""

from __future__ import annotations

import json
from typing import Any

from planproof.terraform.apply_progress import ApplyProgress, progress_line


def _progress(total: int = 0, done: int = 0, started: str = "") -> ApplyProgress:
    progress = ApplyProgress("apply", "one", [].append)
    if total:
        changes = {"operation": "plan", "add": total, "change": 0, "remove": 0}
        _handle(progress, type="change_summary", changes=changes)
    for number in range(done):
        for kind in ("apply_start", "apply_complete"):
            _handle(progress, type=kind, hook={"resource": {"addr": f"made[{number}]"}})
    if started:
        _handle(progress, type="apply_start", hook={"resource": {"addr": started}})
    return progress


def _handle(progress: ApplyProgress, **message: Any) -> None:
    progress.handle(json.dumps(message, separators=(",", ":")).encode())


def test_line_has_each_count_and_the_longest_running_resource_of_the_slowest() -> None:
    first, slowest = _progress(9, 4, "aws_kms_key.a"), _progress(9, 2, "aws_sqs_queue.b")
    line = progress_line([first, slowest, _progress(9, 3)])
    assert line == "applying 3 sets of variables: 4, 2 and 3 of 9, aws_sqs_queue.b for 0 s"


def test_deployment_that_is_still_planned_counts_zero() -> None:
    line = progress_line([_progress(9, 9), _progress()])
    assert line == "applying 2 sets of variables: 9 and 0 of 9"


def test_different_totals_are_shown_for_each() -> None:
    line = progress_line([_progress(9, 4), _progress(), _progress(12, 12)])
    assert line == "applying 3 sets of variables: 4 of 9, 0 and 12 of 12"


def test_line_of_a_single_deployment() -> None:
    assert progress_line([_progress(9, 4)]) == "applying 1 set of variables: 4 of 9"
