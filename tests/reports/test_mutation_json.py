"""What came of the mutants as a document: whole, and refused where it cannot be true."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from planproof.errors import PlanproofError
from planproof.mutation.stack.results_json import document, read
from planproof.mutation_results import Mutation
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
def test_what_was_kept_is_read_again(mutation: Mutation) -> None:
    assert read(json.loads(json.dumps(document(mutation)))) == mutation


def test_a_document_counts_what_it_holds() -> None:
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


SPOILT: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no trials": (lambda d: d.pop("trials"), "trials is missing"),
    "trials by name": (lambda d: d.update(trials={}), "trials is no list"),
    "a trial as text": (lambda d: d["trials"].append("x"), "trials.12 is no object"),
    "another fate": (
        lambda d: d["trials"][0].update(fate="lost"),
        "trials.0.fate is 'lost', which means nothing",
    ),
    "a number as id": (lambda d: d["trials"][3].update(id=3), "trials.3.id is no text"),
    "no verdict": (
        lambda d: d["trials"][0]["kills"][1].pop("verdict"),
        "trials.0.kills.1.verdict is missing",
    ),
    "killed and passed": (
        lambda d: d["trials"][0]["kills"][1].update(verdict="passed"),
        "trials.0 was killed by 'REQ-11', which passed",
    ),
    "near as text": (
        lambda d: d["trials"][0]["kills"][0].update(near="yes"),
        "trials.0.kills.0.near is neither true nor false",
    ),
    "a stranger's kill": (
        lambda d: d["trials"][0]["kills"][0].update(requirement="REQ-99"),
        "trials.0 was killed by 'REQ-99', which was not tested",
    ),
    "killed by nobody": (lambda d: d["trials"][0].update(kills=[]), "trials.0 is killed with 0"),
    "survived a kill": (
        lambda d: d["trials"][7].update(kills=d["trials"][0]["kills"]),
        "trials.7 is survived with 2 kills",
    ),
    "the same twice": (lambda d: d["trials"].append(d["trials"][0]), "two trials have one id"),
    "fewer made than tried": (lambda d: d.update(made=3), "made is 3, and there are 12 trials"),
    "another count": (
        lambda d: d["counts"].update(survived=0),
        "counts.survived is not the number of such trials, 2",
    ),
    "no count": (lambda d: d["counts"].pop("survived"), "counts.survived is missing"),
    "another rate": (lambda d: d.update(rate=1.0), "rate is not that of the trials, 0.727273"),
    "rate as truth": (lambda d: d.update(rate=True), "rate is no number"),
    "truth as seed": (lambda d: d.update(seed=True), "seed is no whole number"),
    "less than no time": (lambda d: d.update(seconds=-1), "seconds is no duration"),
    "endless": (lambda d: d.update(seconds=float("inf")), "seconds is no duration"),
    "half a worker": (lambda d: d.update(workers=0.5), "workers is no count"),
    "ids as text": (lambda d: d.update(requirements="REQ-01"), "requirements is no list of texts"),
    "a number as seen": (lambda d: d["trials"][0].update(seen=[1]), "trials.0.seen is no list"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_damaged_document_is_refused_in_one_sentence(name: str) -> None:
    spoil, what = SPOILT[name]
    found = json.loads(json.dumps(document(mutations.mixed())))
    spoil(found)

    with pytest.raises(PlanproofError) as raised:
        read(found)

    assert str(raised.value).startswith(f"the kept result of the mutants cannot be read ({what}")
    assert str(raised.value).endswith("): try the mutants again.")


@pytest.mark.parametrize("found", [None, [], "text", 3, {}])
def test_what_is_no_document_is_refused(found: object) -> None:
    with pytest.raises(PlanproofError, match="try the mutants again"):
        read(found)


def test_the_report_has_all_of_it_and_how_each_requirement_did(mutated: RunResult) -> None:
    found = json.loads(compliance_json.render(mutated))
    tested = {r["id"]: r["tested"] for r in found["requirements"]}

    assert read(found["mutation"]) == mutated.mutation
    assert tested["REQ-05"] == {"ways": 3, "caught": 3, "alone": 3}
    assert tested["REQ-03"] == {"ways": 2, "caught": 0, "alone": 0}
    assert tested["REQ-13"] == {"ways": 0, "caught": 0, "alone": 0}
    assert tested["REQ-08"] is None


def test_a_report_without_mutants_says_nothing_of_them(good: RunResult) -> None:
    found = compliance_json.document(good)

    assert "mutation" not in found
    assert not [r for r in found["requirements"] if "tested" in r]
    assert b"mutant" not in junit.render(good)


def test_nothing_tried_is_still_said() -> None:
    found = compliance_json.document(with_mutation(good_run(), mutations.nothing()))

    assert found["mutation"]["trials"] == []
    assert found["requirements"][0]["tested"] == {"ways": 0, "caught": 0, "alone": 0}


def test_a_build_server_learns_how_each_requirement_did(mutated: RunResult) -> None:
    text = junit.render(mutated).decode()

    assert text.count('<property name="mutants"') == len(mutated.requirements)
    assert (
        '<property name="mutants" value="This requirement was tested against 5 ways of breaking '
        'it, and caught 4. Nobody else noticed 1 of them." />' in text
    )
