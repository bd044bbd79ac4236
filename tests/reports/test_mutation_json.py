"""The JSON document of mutation testing: complete, and rejected if inconsistent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from planproof.errors import PlanproofError
from planproof.mutation.results_json import document, read
from planproof.mutation_results import MutationResult
from planproof.reports import compliance_json, junit
from planproof.results import RunResult
from tests.reports import mutations
from tests.reports.conftest import NASTY, good_run, hostile_run
from tests.reports.mutations import with_mutation


@pytest.mark.parametrize(
    "mutation",
    [
        mutations.killed(),
        mutations.mixed(),
        mutations.nothing(),
        mutations.large(),
        mutations.attacked(NASTY, hostile_run().requirements),
        replace(mutations.mixed(), seconds=0.1 + 0.2, seed=-3),
    ],
    ids=["killed", "mixed", "nothing", "large", "hostile", "odd numbers"],
)
def test_a_document_reads_back_equal(mutation: MutationResult) -> None:
    assert read(json.loads(json.dumps(document(mutation)))) == mutation


def test_a_document_has_counts_and_trials() -> None:
    found = document(mutations.mixed())

    assert found["counts"] == {"killed": 8, "survived": 2, "equivalent": 1, "undecided": 1}
    assert found["rate"] == pytest.approx(8 / 11)
    assert (found["made"], found["seed"], found["seconds"], found["workers"]) == (12, 0, 12.5, 2)
    assert found["untested"] == ["REQ-08"]
    assert found["trials"][-1] == {
        "id": "drop-vpc aws_lambda_function.video.vpc_config",
        "operator": "drop-vpc",
        "address": "aws_lambda_function.video",
        "path": "vpc_config",
        "before": "true",
        "after": "false",
        "fate": "killed",
        "kills": [
            {
                "requirement": "REQ-11",
                "verdict": "failed",
                "scenario": "A scenario",
                "reason": "The queue names no key.",
                "near": False,
            }
        ],
        "seen": ["REQ-11"],
        "reason": "",
        "seconds": 0.05,
    }


DAMAGED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no trials": (lambda d: d.pop("trials"), "trials"),
    "trials by name": (lambda d: d.update(trials={}), "contradict"),
    "a trial as text": (lambda d: d["trials"].append("x"), "indices must be integers"),
    "another status": (
        lambda d: d["trials"][0].update(fate="lost"),
        "trials.0.status Input should be",
    ),
    "a number as id": (
        lambda d: d["trials"][3].update(id=3),
        "trials.3.id Input should be a valid string",
    ),
    "no verdict": (
        lambda d: d["trials"][0]["kills"][1].pop("verdict"),
        "trials.0.kills.1.verdict Field required",
    ),
    "killed and passed": (
        lambda d: d["trials"][0]["kills"][1].update(verdict="passed"),
        "trials.0 was killed by 'REQ-11', which passed",
    ),
    "near as text": (
        lambda d: d["trials"][0]["kills"][0].update(near="yes"),
        "contradict",
    ),
    "a kill by an unknown requirement": (
        lambda d: d["trials"][0]["kills"][0].update(requirement="REQ-99"),
        "trials.0 was killed by 'REQ-99', which was not tested",
    ),
    "killed without a kill": (
        lambda d: d["trials"][0].update(kills=[]),
        "trials.0 is killed with 0 kills",
    ),
    "survived a kill": (
        lambda d: d["trials"][7].update(kills=d["trials"][0]["kills"]),
        "trials.7 is survived with 2 kills",
    ),
    "the same twice": (lambda d: d["trials"].append(d["trials"][0]), "two trials have the same id"),
    "fewer made than tried": (lambda d: d.update(made=3), "made is 3, and there are 12 trials"),
    "another count": (
        lambda d: d["counts"].update(survived=0),
        "contradict",
    ),
    "no count": (lambda d: d["counts"].pop("survived"), "contradict"),
    "another rate": (lambda d: d.update(rate=1.0), "contradict"),
    "rate as truth": (lambda d: d.update(rate=True), "contradict"),
    "truth as seed": (lambda d: d.update(seed=True), "contradict"),
    "negative duration": (lambda d: d.update(seconds=-1), "-1.0 is not a duration"),
    "infinite duration": (lambda d: d.update(seconds=float("inf")), "inf is not a duration"),
    "half a worker": (lambda d: d.update(workers=0.5), "workers Input should be a valid integer"),
    "ids as text": (
        lambda d: d.update(requirements="REQ-01"),
        "requirements Input should be a valid",
    ),
    "a number as seen": (
        lambda d: d["trials"][0].update(seen=[1]),
        "trials.0.seen.0 Input should be a valid string",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_document_is_rejected_with_the_position(name: str) -> None:
    spoil, what = DAMAGED[name]
    found = json.loads(json.dumps(document(mutations.mixed())))
    spoil(found)

    with pytest.raises(PlanproofError) as raised:
        read(found)

    assert what in str(raised.value)
    assert "--mutants" in str(raised.value)


@pytest.mark.parametrize("found", [None, [], "text", 3, {}])
def test_other_values_are_rejected(found: object) -> None:
    with pytest.raises(PlanproofError, match="--mutants"):
        read(found)


def test_the_report_has_the_document_and_the_counts_of_each_requirement(mutated: RunResult) -> None:
    found = json.loads(compliance_json.render(mutated))
    tested = {r["id"]: r["tested"] for r in found["requirements"]}

    assert read(found["mutation"]) == mutated.mutation
    assert tested["REQ-05"] == {"ways": 3, "caught": 3, "alone": 3}
    assert tested["REQ-03"] == {"ways": 2, "caught": 0, "alone": 0}
    assert tested["REQ-13"] == {"ways": 0, "caught": 0, "alone": 0}
    assert tested["REQ-08"] is None


def test_a_report_without_mutants_has_no_member_for_them(good: RunResult) -> None:
    found = compliance_json.document(good)

    assert "mutation" not in found
    assert not [r for r in found["requirements"] if "tested" in r]
    assert b"mutant" not in junit.render(good)


def test_no_mutant_is_still_reported() -> None:
    found = compliance_json.document(with_mutation(good_run(), mutations.nothing()))

    assert found["mutation"]["trials"] == []
    assert found["requirements"][0]["tested"] == {"ways": 0, "caught": 0, "alone": 0}


def test_junit_has_the_counts_of_each_requirement(mutated: RunResult) -> None:
    text = junit.render(mutated).decode()

    assert text.count('<property name="mutants"') == len(mutated.requirements)
    [sentence] = re.findall(r'name="mutants" value="([^"]*against 5 ways[^"]*)"', text)
    assert "detected 4." in sentence
    assert "No other requirement detected 1 of them." in sentence
