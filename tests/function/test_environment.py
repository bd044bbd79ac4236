"""The names that Terraform gives the function: which it needs, and what it says without them."""

from __future__ import annotations

import pytest
from emulation import Function
from messages import uploaded

NAMES = ["INPUT_BUCKET", "OUTPUT_BUCKET", "ASSETS_TABLE", "MEDIACONVERT_ROLE"]


@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
@pytest.mark.parametrize("name", NAMES)
def test_a_missing_variable_fails_the_invocation_and_is_named(
    function: Function, monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    with pytest.raises(RuntimeError, match=f"lacks {name};"):
        function.deliver(uploaded())
    assert function.assets() == []


def test_all_missing_variables_are_named_at_once(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NAMES:
        monkeypatch.delenv(name)
    with pytest.raises(RuntimeError, match="lacks " + ", ".join(NAMES)):
        function.deliver()


def test_the_log_level_is_optional(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOG_LEVEL")
    assert function.deliver(uploaded()) == []
