"""A log line is one JSON object, with the ids of the upload."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import logs
import pytest
from emulation import Function, MediaConvert
from messages import completed, uploaded


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_line_about_an_upload_names_it(
    function: Function, capsys: pytest.CaptureFixture[str]
) -> None:
    function.deliver(uploaded("line\nfeed ü.mov"))
    (line,) = lines(capsys)
    assert datetime.fromisoformat(line.pop("timestamp")).tzinfo is not None
    asset = function.asset()
    assert line == {
        "level": "INFO",
        "message": "asset submitted",
        "request_id": "request-1",
        "message_id": "message-0",
        "receive_count": 1,
        "asset_id": asset["AssetId"],
        "key": "line\nfeed ü.mov",
        "job_id": asset["JobId"],
    }


def test_a_line_about_a_job_names_job_and_asset(
    function: Function, mediaconvert: MediaConvert, capsys: pytest.CaptureFixture[str]
) -> None:
    function.deliver(uploaded())
    function.deliver(completed(mediaconvert.jobs[0]))
    line = lines(capsys)[-1]
    asset = function.asset()
    assert (line["message"], line["status"]) == ("asset followed its job", "COMPLETE")
    assert (line["asset_id"], line["job_id"]) == (asset["AssetId"], asset["JobId"])


def test_ids_do_not_leak_into_the_next_message(
    function: Function, capsys: pytest.CaptureFixture[str]
) -> None:
    function.deliver(uploaded(), "poison")
    first, second = lines(capsys)
    assert "asset_id" in first
    assert not {"asset_id", "key"} & set(second)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("DEBUG", ["info", "warning", "error"]),
        ("INFO", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("ERROR", ["error"]),
        ("CHATTY", ["info", "warning", "error"]),
    ],
)
def test_the_level_decides_what_is_written(
    capsys: pytest.CaptureFixture[str], level: str, expected: list[str]
) -> None:
    logs.configure(level)
    logs.configure(level)
    logs.info("info")
    logs.warning("warning")
    logs.error("error")
    assert [line["message"] for line in lines(capsys)] == expected


def test_a_line_can_be_written_without_a_context(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    logs.info("alone", number=1, when=datetime(2026, 3, 1))
    (line,) = lines(capsys)
    assert {**line, "timestamp": None} == {
        "timestamp": None,
        "level": "INFO",
        "message": "alone",
        "number": 1,
        "when": "2026-03-01 00:00:00",
    }


@pytest.mark.parametrize(
    ("write", "level"), [(logs.info, "INFO"), (logs.warning, "WARNING"), (logs.error, "ERROR")]
)
def test_a_line_of_any_level_has_its_fields_and_no_traceback(
    capsys: pytest.CaptureFixture[str], write: Callable[..., None], level: str
) -> None:
    logs.configure("INFO")
    write("said", job_id="job-1")
    (line,) = lines(capsys)
    del line["timestamp"]
    assert line == {"level": level, "message": "said", "job_id": "job-1"}


def test_a_line_of_another_logger_has_the_same_form(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("INFO")
    before = datetime.now(UTC)
    logging.getLogger("video_pipeline").info("%s of %s", 1, 2)
    (line,) = lines(capsys)
    written = line.pop("timestamp")
    assert line == {"level": "INFO", "message": "1 of 2"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", written)
    assert abs(datetime.fromisoformat(written) - before) < timedelta(minutes=1)


def test_a_line_is_written_before_the_function_can_be_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logs.configure("INFO")
    sent = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(sent, "utf-8"))
    logs.info("said")
    assert json.loads(sent.getvalue())["message"] == "said"


def test_the_handler_of_the_runtime_does_not_repeat_a_line() -> None:
    seen: list[str] = []

    class Runtime(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.getMessage())

    runtime = Runtime()
    logging.getLogger().addHandler(runtime)
    try:
        logs.configure("INFO")
        logs.info("once")
        logging.getLogger("somebody.else").error("heard")
    finally:
        logging.getLogger().removeHandler(runtime)
    assert seen == ["heard"]
