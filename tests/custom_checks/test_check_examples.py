"""Every check ships both sides: what it must pass, and what it must fail, and nothing else.

An example names its resources ``pass…``, ``fail…``, ``unknown…`` (undetermined) and ``other…`` (the
promise is not about them). Where a module declares the resource, the name of the module call says
it. Whatever else an example needs has another name.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from checkov.common.models.enums import CheckResult

from tests.custom_checks.checkov_scan import EXAMPLES, Scan, check_names, registered, scan

KINDS = ("pass", "fail", "unknown", "other")


def kind_of(address: str) -> str | None:
    """Which side an address is meant to show, by the last name in it that says so."""
    names = re.sub(r"\[[^]]*\]", "", address).split(".")
    told = [kind for name in names for kind in KINDS if re.fullmatch(rf"{kind}(_\w+)?", name)]
    return told[-1] if told else None


def addresses(scan: Scan, name: str, result: CheckResult, prefix: str = "") -> set[str]:
    check = registered(name)
    return {
        record.resource
        for record in scan.of(check.id, name)
        if record.check_result["result"] is result and record.details[0].startswith(prefix)
    }


@pytest.mark.parametrize("name", check_names())
def test_check_judges_exactly_its_examples(name: str, examples: Scan) -> None:
    meant = {
        kind: {a for a in examples.declared.get(name, ()) if kind_of(a) == kind} for kind in KINDS
    }

    assert meant["pass"], f"{name} has no example that passes: add one to {EXAMPLES.name}/{name}/"
    assert meant["fail"], f"{name} has no example that fails: add one to {EXAMPLES.name}/{name}/"
    assert addresses(examples, name, CheckResult.PASSED) == meant["pass"]
    assert addresses(examples, name, CheckResult.FAILED) == meant["fail"]
    unknown = addresses(examples, name, CheckResult.UNKNOWN, "undetermined: ")
    assert unknown == meant["unknown"]
    assert addresses(examples, name, CheckResult.UNKNOWN, "does not apply: ") == meant["other"]


def test_every_example_belongs_to_a_check() -> None:
    assert {folder.name for folder in EXAMPLES.iterdir()} == set(check_names())


def test_every_finding_says_why(examples: Scan) -> None:
    assert examples.records
    for record in examples.records:
        (reason,) = record.details
        assert reason, record.check_id
        assert not reason.endswith("."), reason


def test_no_check_ends_in_an_error(examples: Scan) -> None:
    """Checkov makes an exception in a check UNKNOWN, and leaves out a check it cannot load."""
    assert examples.errors == []
    assert not [r.resource for r in examples.records if "cannot be read" in r.details[0]]


def test_an_error_in_a_check_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_s3_bucket" "x" {\n  force_destroy = true\n}\n')
    scan(tmp_path)
    check = registered("bucket_is_emptied_on_destroy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(check), "judge", lambda *_: 1 / 0)

        found = scan(tmp_path)

    assert any("CKV_PLANPROOF_7" in message for message in found.errors)
