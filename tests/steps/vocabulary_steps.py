"""Runs a step for any stack by its words."""

from __future__ import annotations

from pytest_bdd.steps import step_function_context_registry

from planproof.evidence import Recorder
from planproof.terraform.stack import Stack
from steps import vocabulary


def run(model: Stack, text: str) -> Recorder:
    """Run the one step whose words match."""
    found = [
        (one, one.parser.parse_arguments(text))
        for one in step_function_context_registry.values()
        if one.step_func.__module__ == vocabulary.__name__ and one.parser.is_matching(text)
    ]
    assert len(found) == 1, text
    evidence = Recorder(model.locate)
    found[0][0].step_func(model, evidence, **found[0][1])
    return evidence
