"""The fixture of the video pipeline in the stack under test."""

from __future__ import annotations

import pytest

from planproof.terraform.stack import Stack
from steps.support.pipeline import Pipeline


@pytest.fixture(scope="session")
def pipeline(stack: Stack) -> Pipeline:
    """The parts of the pipeline in the stack under test."""
    return Pipeline(stack)
