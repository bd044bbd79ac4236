"""Templates that depend on the value of an attribute."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.service_facts import ResourceType
from planproof.values import UNKNOWN

BY_ENGINE = {
    "by": "engine",
    "redis": {"by": "port", "unset": 6379, "else": "${port}"},
    "else": ("$name-001", {"port": 1}),
}
NOT_KNOWN = ("?$name-001", {"port": {"unknown": 1}})


@pytest.mark.parametrize(
    ("values", "template"),
    [
        ({"engine": "redis"}, 6379),
        ({"engine": "redis", "port": 7000}, "${port}"),
        ({"engine": "redis", "port": UNKNOWN}, {"unknown": 6379}),
        ({"engine": "other"}, BY_ENGINE["else"]),
        ({}, BY_ENGINE["else"]),
        ({"engine": UNKNOWN}, NOT_KNOWN),
    ],
)
def test_a_value_chooses_a_template(values: dict[str, Any], template: Any) -> None:
    described = ResourceType(attributes={"a": BY_ENGINE})
    assert described.for_values(values).attributes["a"] == template


@pytest.mark.parametrize("text", ["$arn:1", "?$arn:1"])
def test_a_text_that_an_unknown_value_chooses_is_unknown(text: str) -> None:
    described = ResourceType(id={"by": "publish", "else": text})
    assert described.for_values({"publish": UNKNOWN}).id == "?$arn:1"


def test_what_is_unknown_for_every_value_stays_so() -> None:
    described = ResourceType(attributes={"a": {"by": "b", "else": {"unknown": 6379}}})
    assert described.for_values({"b": UNKNOWN}).attributes["a"] == {"unknown": 6379}
