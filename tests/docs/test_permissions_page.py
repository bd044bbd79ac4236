"""The request on the page has the decision on the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planproof.iam import command
from tests.docs.pages import ROOT, read

PAGE = read(ROOT / "docs" / "permissions.md")


def block(language: str) -> str:
    (found,) = [b.body for b in PAGE.blocks if (b.language, b.section) == (language, "One request")]
    return found


def run(given: object, tmp_path: Path) -> int:
    file = tmp_path / "request.json"
    file.write_text(json.dumps(given), "utf-8")
    return command.main(["--request", str(file)])


def test_the_request_is_decided_as_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(json.loads(block("json")), tmp_path) == 0
    assert capsys.readouterr().out == block("")


def test_the_request_for_another_bucket_is_denied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = json.loads(block("json"))
    given["request"]["context"]["aws:SourceArn"] = "arn:aws:s3:::elsewhere"
    assert run(given, tmp_path) == 1
    assert "implicitly denied" in capsys.readouterr().out


def test_without_the_bucket_it_is_undetermined(tmp_path: Path) -> None:
    given = json.loads(block("json"))
    del given["request"]["context"]["aws:SourceArn"]
    assert run(given, tmp_path) == 2


def test_every_part_of_a_request_is_named() -> None:
    from dataclasses import fields

    from planproof.iam import Policies, Request

    for part in (*fields(Request), *fields(Policies)):
        if part.init:
            assert f"`{part.name}`" in PAGE.text, part.name
