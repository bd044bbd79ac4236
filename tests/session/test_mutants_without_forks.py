"""--mutants is refused where a process cannot be forked."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from planproof.errors import PlanproofError
from planproof.session.options import check

OPTIONS = {"--mutants": True, "--compliance": True}
CONFIG: Any = SimpleNamespace(
    getoption=lambda name, default=None: OPTIONS.get(name, default),
    args_source=pytest.Config.ArgsSource.ARGS,
    rootpath=Path(),
    getini=str,
)


def test_mutants_need_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    check(CONFIG)
    monkeypatch.delattr(os, "fork")
    with pytest.raises(PlanproofError, match=r"--mutants .* fork"):
        check(CONFIG)
