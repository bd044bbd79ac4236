"""Every check passes and fails exactly the resources that its example expects.

An example names its resources ``pass…``, ``fail…``, ``unknown…`` (undetermined) and ``other…`` (not
applicable). Where a module declares the resource, the name of the module call tells. Every other
block of an example has another name.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from checkov.common.models.enums import CheckResult

from tests.custom_checks.checkov_scan import EXAMPLES, Scan, check_names, registered, scan

KINDS = ("pass", "fail", "unknown", "other")


def kind_of(address: str) -> str | None:
    """The verdict that an address expects, by the last name in it that has such a prefix."""
    names = re.sub(r"\[[^]]*\]", "", address).split(".")
    kinds = [kind for name in names for kind in KINDS if re.fullmatch(rf"{kind}(_\w+)?", name)]
    return kinds[-1] if kinds else None


def addresses(scan: Scan, name: str, result: CheckResult, prefix: str = "") -> set[str]:
    check = registered(name)
    return {
        record.resource
        for record in scan.of(check.id, name)
        if record.check_result["result"] is result and record.details[0].startswith(prefix)
    }


@pytest.mark.parametrize("name", check_names())
def test_check_judges_exactly_its_examples(name: str, examples: Scan) -> None:
    expected = {
        kind: {a for a in examples.declared.get(name, ()) if kind_of(a) == kind} for kind in KINDS
    }

    assert expected["pass"], (
        f"{name} has no example that passes: add one to {EXAMPLES.name}/{name}/"
    )
    assert expected["fail"], f"{name} has no example that fails: add one to {EXAMPLES.name}/{name}/"
    assert addresses(examples, name, CheckResult.PASSED) == expected["pass"]
    assert addresses(examples, name, CheckResult.FAILED) == expected["fail"]
    unknown = addresses(examples, name, CheckResult.UNKNOWN, "undetermined: ")
    assert unknown == expected["unknown"]
    assert addresses(examples, name, CheckResult.UNKNOWN, "does not apply: ") == expected["other"]


def test_every_example_belongs_to_a_check() -> None:
    assert {folder.name for folder in EXAMPLES.iterdir()} == set(check_names())


def test_every_finding_has_a_reason(examples: Scan) -> None:
    assert examples.records
    for record in examples.records:
        (reason,) = record.details
        assert reason, record.check_id
        assert not reason.endswith("."), reason


def test_no_check_ends_in_an_error(examples: Scan) -> None:
    """Checkov reports an exception in a check as UNKNOWN, and omits a check that it cannot load."""
    assert examples.errors == []
    assert not [r.resource for r in examples.records if "cannot be read" in r.details[0]]


def test_an_error_in_a_check_is_logged(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_s3_bucket" "x" {\n  force_destroy = true\n}\n')
    scan(tmp_path)
    check = registered("bucket_is_emptied_on_destroy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(check), "judge", lambda *_: 1 / 0)

        found = scan(tmp_path)

    assert any("CKV_PLANPROOF_7" in message for message in found.errors)
