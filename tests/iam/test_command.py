"""``planproof iam --request FILE.json``: the decision, its reasons, and the exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from planproof.iam.command import main
from tests.builders.repository import ROOT

ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
REQUEST = {
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::bucket/key",
    "resource_account": "111122223333",
    "principal": "arn:aws:iam::111122223333:role/app",
}


def asked(policies: Any, **request: Any) -> dict[str, Any]:
    return {"request": {**REQUEST, **request}, "policies": policies}


def run(tmp_path: Path, given: Any, *options: str) -> int:
    file = tmp_path / "request.json"
    file.write_text(given if isinstance(given, str) else json.dumps(given))
    return main(["--request", str(file), *options])


CONDITIONAL = {
    "Statement": {
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
    }
}


@pytest.mark.parametrize(
    ("given", "code", "expected"),
    [
        (asked({"identity": [ALLOW]}), 0, ["allowed", "identity[0], statement 0 (Read)"]),
        (
            asked({"identity": [{"name": "aws_iam_policy.x", "document": json.dumps(ALLOW)}]}),
            0,
            ["aws_iam_policy.x, statement 0 (Read)"],
        ),
        (asked({"identity": []}), 1, ["implicitly denied", "s3:GetObject on arn:aws:s3:::bucket"]),
        (
            asked({"resource": {"Statement": {**ALLOW["Statement"][0], "Principal": "*"}}}),  # type: ignore[dict-item]
            0,
            ["resource, statement 0 (Read)"],
        ),
        (
            asked({"identity": [ALLOW], "service_control": [[]]}),
            1,
            ["no service control policy allows"],
        ),
        (asked({"identity": [CONDITIONAL]}), 2, ["undetermined", "the request's aws:SourceVpce"]),
        (
            asked({"identity": [CONDITIONAL]}, context={"aws:SourceVpce": "vpce-1"}),
            0,
            ["allowed"],
        ),
        (asked({"identity": [CONDITIONAL]}, complete=True), 1, ["implicitly denied"]),
    ],
)
def test_decision_and_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: Any, code: int, expected: list[str]
) -> None:
    assert run(tmp_path, given) == code
    output = capsys.readouterr().out
    assert [text for text in expected if text not in output] == []


def test_json_names_each_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, asked({"identity": [ALLOW]}), "--json") == 0
    decision = json.loads(capsys.readouterr().out)
    assert decision["effect"] == "allowed"
    (reason,) = decision["because"]
    text = reason.pop("text")
    assert "allows" in text
    assert [fact for fact in ("identity[0]", "statement 0", "Read") if fact not in text] == []
    assert reason == {
        "layer": "identity-based policy",
        "policy": "identity[0]",
        "index": 0,
        "sid": "Read",
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("{", "is not JSON (line 1"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "is not a JSON object"),
        ({"policies": {}}, 'no object "request"'),
        ({"request": REQUEST}, 'no object "policies"'),
        (asked({}) | {"polices": {}}, 'unknown key "polices"'),
        (asked({}, acton="x"), 'unknown key "acton"'),
        (asked({"identities": []}), 'unknown key "identities"'),
        ({"request": {"resource": "*"}, "policies": {}}, "has no action"),
        (asked({}, action="s3"), "'s3' is not a single action"),
        (asked({}, action="s3:*"), "'s3:*' is not a single action"),
        (asked({}, resource="bucket"), "'bucket' is not an ARN"),
        (asked({}, resource=7), '"resource" of "request" is not a string'),
        (asked({}, context=[]), '"context" of "request" is not an object'),
        (asked({}, context={"aws:SourceArn": {"a": 1}}), "'aws:SourceArn' has a value that no"),
        (asked({}, context={"aws:SourceArn": [["a"]]}), "'aws:SourceArn' has a value that no"),
        (asked({}, complete="yes"), '"complete" of "request" is not a boolean'),
        (asked({}, resource_account="1234"), "'1234' is not an account id"),
        (asked({}, principal="alice"), "'alice' is not a principal"),
        (asked({"identity": ALLOW}), '"identity" of "policies" is not a list'),
        (asked({"service_control": [ALLOW]}), '"service_control" of "policies" is not a list'),
        (asked({"identity": [{"Statement": []}]}), "identity[0]: Statement is an empty list"),
        (asked({"resource": ALLOW}), "names no principal"),
    ],
)
def test_an_invalid_request_file_is_reported_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: Any, expected: str
) -> None:
    assert run(tmp_path, given) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert expected in captured.err
    assert captured.err.count("\n") == 1


def test_a_missing_request_file_is_reported_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--request", "nowhere.json"]) == 3
    assert "nowhere.json cannot be read" in capsys.readouterr().err


def test_missing_option_is_not_an_undetermined_decision(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 3
    assert "--request" in capsys.readouterr().err


def test_module_runs_by_itself_from_standard_input() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "planproof.iam", "--request", "-"],
        input=json.dumps(asked({"identity": []})),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (ran.returncode, ran.stdout.splitlines()[0]) == (1, "implicitly denied")
