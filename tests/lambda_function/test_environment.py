"""The environment variables that the function needs, and its error without them."""

from __future__ import annotations

import pytest
from emulation import Function
from environment import Environment
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


def test_all_missing_variables_are_named_at_once_with_what_to_do(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NAMES:
        monkeypatch.delenv(name)
    with pytest.raises(RuntimeError) as raised:
        function.deliver()
    assert str(raised.value) == (
        "The function's environment lacks INPUT_BUCKET, OUTPUT_BUCKET, ASSETS_TABLE, "
        "MEDIACONVERT_ROLE; set every one of them on the Lambda function."
    )


def test_every_variable_is_read_from_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*NAMES, "LOG_LEVEL"]:
        monkeypatch.setenv(name, f"the {name}")
    assert Environment.read() == Environment(
        input_bucket="the INPUT_BUCKET",
        output_bucket="the OUTPUT_BUCKET",
        assets_table="the ASSETS_TABLE",
        mediaconvert_role="the MEDIACONVERT_ROLE",
        log_level="the LOG_LEVEL",
    )


def test_the_log_level_is_optional(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOG_LEVEL")
    assert function.deliver(uploaded()) == []
    assert Environment.read().log_level == "INFO"
