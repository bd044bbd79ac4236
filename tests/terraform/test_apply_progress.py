"""What is told of deployments that go on side by side?"""

from __future__ import annotations

import json
from typing import Any

from planproof.terraform.apply_progress import Told, in_one_line


def _told(total: int = 0, done: int = 0, begun: str = "") -> Told:
    told = Told("apply", "one", [].append)
    if total:
        changes = {"operation": "plan", "add": total, "change": 0, "remove": 0}
        _take(told, type="change_summary", changes=changes)
    for number in range(done):
        for kind in ("apply_start", "apply_complete"):
            _take(told, type=kind, hook={"resource": {"addr": f"made[{number}]"}})
    if begun:
        _take(told, type="apply_start", hook={"resource": {"addr": begun}})
    return told


def _take(told: Told, **message: Any) -> None:
    told.take(json.dumps(message, separators=(",", ":")).encode())


def test_one_line_tells_of_all_and_what_the_last_of_them_waits_for() -> None:
    several = [_told(9, 4, "aws_kms_key.a"), _told(9, 2, "aws_sqs_queue.b"), _told(9, 3)]
    line = in_one_line(several)
    assert line == "applying 3 sets of variables: 4, 2 and 3 of 9, aws_sqs_queue.b for 0 s"


def test_one_that_is_still_planned_has_nothing_done() -> None:
    assert in_one_line([_told(9, 9), _told()]) == "applying 2 sets of variables: 9 and 0 of 9"


def test_sets_with_other_numbers_of_resources_tell_each_its_own() -> None:
    line = in_one_line([_told(9, 4), _told(), _told(12, 12)])
    assert line == "applying 3 sets of variables: 4 of 9, 0 and 12 of 12"


def test_a_single_set_is_told_of_alike() -> None:
    assert in_one_line([_told(9, 4)]) == "applying 1 set of variables: 4 of 9"
