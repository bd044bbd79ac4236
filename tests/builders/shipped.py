"""The recorded shipped stack, for tests without Terraform."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from planproof.aws.lambda_package import Package, package_of
from planproof.errors import PlanproofError
from planproof.terraform.recording import read_recording
from planproof.terraform.stack import Stack
from tests.builders.repository import ROOT

TERRAFORM = ROOT / "terraform"


@cache
def shipped_stacks() -> dict[str, Stack]:
    """The recorded stacks, by the name of their variables."""
    missing = PlanproofError("Terraform is missing", "it is not needed")
    recording = read_recording(ROOT / "recordings" / "terraform.json", TERRAFORM, missing)
    return dict(recording.stacks(TERRAFORM))


def shipped() -> Stack:
    """The stack with the variables' defaults."""
    return shipped_stacks()["default"]


@cache
def shipped_package() -> Package:
    """The package of its function."""
    stack = shipped()
    function = stack["aws_lambda_function.processor"]
    return package_of(stack, function, directory=TERRAFORM, same_sources=True)


def with_values(stack: Stack, address: str, **values: Any) -> Stack:
    """The stack with other values of one resource."""
    resource = stack[address]
    return stack.with_resources([replace(resource, values={**resource.values, **values})])


def with_document(
    stack: Stack, address: str, edit: Callable[[dict[str, Any]], None], attribute: str = "policy"
) -> Stack:
    """The stack with a policy changed in place."""
    document = json.loads(stack[address].get(attribute))
    edit(document)
    return with_values(stack, address, **{attribute: json.dumps(document)})
