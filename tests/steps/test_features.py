"""Every feature has a reason, a source, and a requirement for each scenario."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from gherkin.parser import Parser

from tests.builders.repository import ROOT
from tests.builders.requirements import ALL

FEATURES = sorted((ROOT / "features").glob("*.feature"))
REQUIREMENT = re.compile(r"@REQ-\d\d")
SOURCE = re.compile(r"Source: https://(docs\.aws\.amazon|developer\.hashicorp)\.com/\S+")


def rules(path: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    feature = Parser().parse(path.read_text("utf-8"))["feature"]
    return [(feature, child["rule"]) for child in feature["children"]]


def scenarios() -> list[tuple[str, set[str]]]:
    """Every scenario with its tags, inherited ones included."""
    found = []
    for path in FEATURES:
        for feature, rule in rules(path):
            for scenario in (c["scenario"] for c in rule["children"] if "scenario" in c):
                tags = {t["name"] for part in (feature, rule, scenario) for t in part["tags"]}
                found.append((scenario["name"], tags))
    return found


@pytest.mark.parametrize("path", FEATURES, ids=lambda path: path.stem)
def test_every_rule_says_why_and_where_it_is_written(path: Path) -> None:
    found = rules(path)
    assert found
    for _, rule in found:
        lines = [line.strip() for line in rule["description"].splitlines() if line.strip()]
        assert SOURCE.fullmatch(lines[-1]), rule["name"]
        assert 2 <= len(lines) <= 4, rule["name"]


def test_every_scenario_serves_one_requirement() -> None:
    found = scenarios()
    assert len(found) > len(FEATURES)
    for name, tags in found:
        assert len([tag for tag in tags if REQUIREMENT.fullmatch(tag)]) == 1, name


def test_every_requirement_is_served() -> None:
    served = {tag for _, tags in scenarios() for tag in tags if REQUIREMENT.fullmatch(tag)}
    assert served == {f"@{name}" for name in ALL}
    assert [f"REQ-{number:02}" for number in range(1, len(ALL) + 1)] == ALL


def test_features_name_no_implementation_details() -> None:
    machinery = re.compile(r"json|python|pytest|planned_values|after_unknown|jsonencode", re.I)
    assert FEATURES
    for path in FEATURES:
        assert not machinery.search(SOURCE.sub("", path.read_text("utf-8"))), path.name
