"""Where a process cannot be forked, mutants are refused in a sentence."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest

from planproof.errors import PlanproofError
from planproof.session.options import check


def config(**options: Any) -> Any:
    given = {"--mutants": True, "--compliance": True, **options}
    return SimpleNamespace(getoption=lambda name: given.get(name))


def test_where_there_are_no_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    check(config())
    monkeypatch.delattr(os, "fork")
    with pytest.raises(PlanproofError, match="run it on Linux or macOS"):
        check(config())
