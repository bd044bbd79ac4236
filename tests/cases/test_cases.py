"""What scenarios say of values, paths and plans that were once judged wrong.

Each module of ``stack`` is a case. Terraform resolves all of them in one run, and each step of
``scenarios.toml`` is judged on the resources of its case alone.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.steps import step_function_context_registry

from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.stand_ins import is_assigned, is_unknown_text
from planproof.terraform.stack import Stack
from planproof.values import Verdict
from steps import permissions, vocabulary
from tests.builders.resolved_stacks import policy_evidence, verdict
from tests.conftest import Resolve
from tests.steps.permission_steps import iam_names_of

pytestmark = [pytest.mark.terraform, pytest.mark.slow, pytest.mark.xdist_group("cases")]

HERE = Path(__file__).parent

SCENARIOS: dict[str, dict[str, list[str]]] = tomllib.loads(
    (HERE / "scenarios.toml").read_text("utf-8")
)


@pytest.fixture(scope="module")
def whole(resolve: Resolve) -> Stack:
    """All cases, resolved."""
    return resolve(HERE / "stack").stack()


def case_of(whole: Stack, name: str) -> Stack:
    """The resources of one case."""
    own = {a: r for a, r in whole.resources.items() if a.startswith(f"module.{name}.")}
    assert own
    return replace(whole, resources=own)


def judged(found: Stack, step: str, *table: str) -> Recorder:
    """The evidence of a step."""
    modules = (permissions.__name__, vocabulary.__name__)
    (defined,) = (
        d
        for d in step_function_context_registry.values()
        if d.step_func.__module__ in modules and d.parser.is_matching(step)
    )
    arguments: dict[str, Any] = defined.parser.parse_arguments(step)
    evidence = Recorder(found.locate)
    if defined.step_func.__module__ == vocabulary.__name__:
        arguments |= {"stack": found, "evidence": evidence}
    else:
        arguments["query"] = partial(
            permissions.PermissionQuery, iam_names_of(found), policy_evidence(found, evidence)
        )
    if table:
        arguments["datatable"] = [row.split(" | ") for row in table]
    try:
        defined.step_func(**arguments)
    except UndeterminedError as problem:  # the resource has no ARN in the stack
        evidence.check(None, step, expected="an answer", found=str(problem))
    return evidence


def scenarios() -> list[Any]:
    return [
        pytest.param(name, step, Verdict(verdict), found, id=f"{name}-{step}")
        for name, steps in SCENARIOS.items()
        for step, (verdict, *found) in steps.items()
    ]


@pytest.mark.parametrize(("name", "step", "expected", "found"), scenarios())
def test_a_scenario_has_its_verdict(
    whole: Stack, name: str, step: str, expected: Verdict, found: list[str]
) -> None:
    first, *table = re.sub(r"\b(aws_\w+\.\w)", rf"module.{name}.\1", step).splitlines()
    evidence = judged(case_of(whole, name), first, *table)
    assert verdict(evidence) is expected, evidence.evidence
    decided = [e for e in evidence.evidence if e.holds is not True] or evidence.evidence
    for text in found:
        assert text in decided[0].found
    texts = str([(e.address, e.expected, e.found) for e in evidence.evidence])
    assert not is_assigned(texts)
    assert not is_unknown_text(texts)


def test_each_block_has_its_own_line(whole: Stack) -> None:
    step = "no aws_security_group sets ingress.ipv6_cidr_blocks"
    found = [e for e in judged(case_of(whole, "two_blocks"), step).evidence if e.holds is False]
    lines = (HERE / "stack" / "two_blocks" / "main.tf").read_text("utf-8").splitlines()
    assert len({e.line for e in found}) == len(found) == 2
    assert all("ipv6_cidr_blocks" in lines[e.line - 1] for e in found)


def test_every_case_is_judged() -> None:
    folders = {path.name for path in (HERE / "stack").iterdir() if path.is_dir()}
    assert folders == set(SCENARIOS)
