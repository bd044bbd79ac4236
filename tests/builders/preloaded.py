"""Imports what most runs need, for the process that forks them."""

from __future__ import annotations

import gc
import importlib
import io
from contextlib import redirect_stderr, redirect_stdout

import checkov.runner_filter
import checkov.terraform.checks.resource.registry
import checkov.terraform.runner  # noqa: F401
import pytest

import planproof.reports.write  # noqa: F401
from tests.builders.repository import ROOT

for _path in sorted((ROOT / "steps").glob("*.py")):
    if not _path.name.startswith("_"):
        importlib.import_module(f"steps.{_path.stem}")
with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
    pytest.main(["-c", str(ROOT / "pyproject.toml"), "--version", "--version"])  # loads all plugins
gc.freeze()  # a fork need not look through these objects, nor copy their pages
