"""compliance.json is complete and follows docs/compliance.schema.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from planproof.reports import compliance_json
from planproof.results import RunResult
from tests.builders.repository import ROOT

RUNS = [
    "good",
    "broken",
    "waived",
    "hostile",
    "empty",
    "drawn",
    "hostile_drawn",
    "mutated",
    "hostile_mutated",
]
SCHEMA = ROOT / "docs" / "compliance.schema.json"


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("name", RUNS)
def test_every_run_follows_the_schema(
    name: str, validator: Draft202012Validator, request: pytest.FixtureRequest
) -> None:
    document = json.loads(compliance_json.render(request.getfixturevalue(name)))

    assert [error.message for error in validator.iter_errors(document)] == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.pop("summary"),
        lambda d: d.update(more=1),
        lambda d: d["summary"].update(passed="yes"),
        lambda d: d["summary"]["counts"].pop("waived"),
        lambda d: d["requirements"][0].update(status="green"),
        lambda d: d["requirements"][0].pop("scenarios"),
        lambda d: d["requirements"][0]["kinds"].pop("deployed"),
        lambda d: d["requirements"][0]["kinds"].update(deployed="not judged in this run"),
        lambda d: d["requirements"][0]["scenarios"][0].update(kind="built"),
        lambda d: d["requirements"][0]["scenarios"][0].update(line=-1),
        lambda d: d["requirements"][0]["scenarios"][0]["evidence"][0].update(holds="maybe"),
        lambda d: d["requirements"][0]["scenarios"][0]["evidence"][0].pop("found"),
        lambda d: d["requirements"][0]["scenarios"][0]["evidence"][0].update(extra=""),
    ],
)
def test_the_schema_rejects_other_documents(
    spoil: Callable[[dict[str, Any]], object], validator: Draft202012Validator, good: RunResult
) -> None:
    document = compliance_json.document(good)
    spoil(document)

    assert not validator.is_valid(document)


def test_every_object_of_the_schema_is_closed_and_complete() -> None:
    """A member that is added to the report must be added to the schema."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    objects = [part for part in (schema, *schema["$defs"].values()) if "properties" in part]
    objects += [schema["$defs"][name]["properties"]["counts"] for name in ("summary", "mutation")]
    optional_in = {id(schema): {"data_path", "mutation"}}
    optional_in[id(schema["$defs"]["requirement"])] = {"tested"}

    assert len(objects) == 14
    for part in objects:
        assert part["additionalProperties"] is False
        optional = optional_in.get(id(part), set())
        assert set(part["required"]) == set(part["properties"]) - optional


def test_the_summary_of_a_broken_run(broken: RunResult) -> None:
    summary = compliance_json.document(broken)["summary"]

    assert summary["passed"] is False
    assert summary["requirements"] == 13
    assert summary["counts"] == {"passed": 11, "failed": 1, "undetermined": 1, "waived": 0}
    assert summary["scenarios"] == 13
    assert summary["evidence"] == 29
    assert summary["started"] == "2027-01-27T09:30:12+00:00"
    assert summary["duration"] == 12.34
    assert summary["subject"] == "terraform/"
    assert summary["notices"] == list(broken.notices)


def test_a_failed_requirement_has_the_source_location(broken: RunResult) -> None:
    requirement = compliance_json.document(broken)["requirements"][2]
    scenario = requirement["scenarios"][0]

    assert (requirement["id"], requirement["status"]) == ("REQ-03", "failed")
    assert requirement["page"] == "docs/requirements/REQ-03.md"
    assert (scenario["feature"], scenario["line"], scenario["status"]) == (
        "features/access.feature",
        24,
        "failed",
    )
    assert scenario["evidence"][2] == {
        "step": "Then the function's role may pass no other role, and to no other service",
        "holds": False,
        "address": "aws_iam_role_policy.function_pass_role",
        "attribute": "policy.Statement.0.Resource",
        "expected": "arn:aws:iam::111122223333:role/video-mediaconvert-pr42",
        "found": '["arn:aws:iam::111122223333:role/*"]',
        "file": "terraform/access.tf",
        "line": 88,
    }


def test_undetermined_is_null_and_not_false(broken: RunResult) -> None:
    requirement = compliance_json.document(broken)["requirements"][7]

    assert requirement["status"] == "undetermined"
    assert [item["holds"] for item in requirement["scenarios"][0]["evidence"]] == [True, True, None]


def test_a_waiver_has_its_last_day(waived: RunResult) -> None:
    document = compliance_json.document(waived)

    assert document["summary"]["passed"] is True
    assert document["requirements"][4]["status"] == "waived"
    assert document["requirements"][4]["waiver"] == {
        "reason": "The archive is kept for the audit.",
        "until": "2027-03-31",
        "address": 'aws_s3_bucket.media["archive"]',
    }
    assert document["requirements"][3]["waiver"] is None


def test_a_hostile_run_is_unchanged(hostile: RunResult) -> None:
    text = compliance_json.render(hostile)
    scenario = json.loads(text.encode())["requirements"][0]["scenarios"][0]

    assert len(scenario["evidence"]) == 2_000
    for was, item in zip(
        hostile.requirements[0].scenarios[0].evidence, scenario["evidence"], strict=True
    ):
        assert was.address == item["address"]
        assert was.found == item["found"]
        assert was.holds is item["holds"]
    assert "\u202e" not in text
    assert "\x1b" not in text


def test_readable_characters_are_not_escaped(good: RunResult) -> None:
    assert "Übergröße – 漢字" in compliance_json.render(replace(good, subject="Übergröße – 漢字"))
