"""Timeouts and retries of the two clients."""

from __future__ import annotations

from typing import Any

import pytest
from batch import TIME_FOR_ONE_MESSAGE
from emulation import MediaConvert
from jobs import PAUSES


@pytest.fixture
def limits(table: Any, mediaconvert: MediaConvert) -> dict[str, tuple[Any, ...]]:
    """Connect timeout, read timeout, attempts and retry mode of each client."""
    return {
        client.meta.service_model.service_name: (
            client.meta.config.connect_timeout,
            client.meta.config.read_timeout,
            client.meta.config.retries["total_max_attempts"],
            client.meta.config.retries["mode"],
        )
        for client in (table.meta.client, mediaconvert.client)
    }


def test_timeouts_are_short_and_only_calls_of_the_table_are_retried(
    limits: dict[str, tuple[Any, ...]],
) -> None:
    assert limits == {"dynamodb": (2, 3, 4, "standard"), "mediaconvert": (2, 8, 1, "standard")}


def test_createjob_ends_within_the_time_for_one_message(
    limits: dict[str, tuple[Any, ...]],
) -> None:
    connect, read, attempts, _ = limits["mediaconvert"]
    seconds = len(PAUSES) * attempts * (connect + read) + sum(PAUSES)
    assert seconds * 1_000 < TIME_FOR_ONE_MESSAGE
