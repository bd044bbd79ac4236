"""Every module can be imported by each supported Python; Checkov imports the custom checks."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import planproof
import steps

NAMES = sorted(
    module.name
    for package in (planproof, steps)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", NAMES)
def test_a_module_can_be_imported(name: str) -> None:
    assert importlib.import_module(name).__name__ == name
