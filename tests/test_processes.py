"""Messages between processes, whatever the other side sends, and the end of a process."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from planproof.processes import Channel, PythonProcess

SOON = 10.0


@pytest.fixture
def pair() -> Iterator[tuple[Channel, socket.socket]]:
    """A channel, and the socket at its other end."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Channel(ours), theirs


def test_values_arrive_as_json_holds_them(pair: tuple[Channel, socket.socket]) -> None:
    channel, theirs = pair
    day = datetime(2024, 1, 1, tzinfo=UTC)
    channel.send({"text": "ü\n", "set": {2, 1}, "bytes": b"\xff", "day": day, "more": (None, 1.5)})
    assert Channel(theirs).receive(SOON) == {
        "text": "ü\n",
        "set": [1, 2],
        "bytes": "\\xff",
        "day": "2024-01-01 00:00:00+00:00",
        "more": [None, 1.5],
    }


def test_long_message_arrives_whole(pair: tuple[Channel, socket.socket]) -> None:
    channel, theirs = pair
    child = os.fork()
    if child == 0:
        Channel(theirs).send({"text": "x" * 5_000_000})
        os._exit(0)
    received = channel.receive(SOON)
    os.waitpid(child, 0)
    assert received == {"text": "x" * 5_000_000}


@pytest.mark.parametrize("data", [b"", b'{"half', b"no json\n", b"[1]\n", b'{"a": 1}\n{"b": 2}\n'])
def test_end_and_anything_else_are_no_message(
    pair: tuple[Channel, socket.socket], data: bytes
) -> None:
    channel, theirs = pair
    theirs.sendall(data)
    theirs.close()
    assert channel.receive(SOON) is None
    assert channel.request({"do": "more"}, SOON) is None


def test_incomplete_message_times_out(pair: tuple[Channel, socket.socket]) -> None:
    channel, theirs = pair
    theirs.sendall(b'{"half')
    with pytest.raises(TimeoutError):
        channel.receive(0.05)


def test_process_that_reads_nothing_times_out(pair: tuple[Channel, socket.socket]) -> None:
    channel, _ = pair
    with pytest.raises(TimeoutError):
        channel.request({"text": "x" * 5_000_000}, 0.05)


ANSWERS = """
import socket, sys, time
from planproof.processes import Channel
channel = Channel(socket.socket(fileno=int(sys.argv[1])))
print("started", flush=True)
while (request := channel.receive()) is not None:
    channel.send({"got": request})
time.sleep({seconds})
"""


def _started(folder: Path, seconds: int) -> PythonProcess:
    code = ANSWERS.replace("{seconds}", str(seconds))
    root = str(Path(__file__).resolve().parents[1])
    return PythonProcess(["-c", code], folder / "log", {"PYTHONPATH": root})


def test_process_ends_with_its_channel(tmp_path: Path) -> None:
    process = _started(tmp_path, 0)
    assert process.channel.request({"a": 1}, SOON) == {"got": {"a": 1}}
    assert process.exit_code() is None
    process.end(SOON)
    assert process.exit_code() == 0
    assert process.log_tail() == "started"


def test_process_that_does_not_end_is_killed(tmp_path: Path) -> None:
    process = _started(tmp_path, 600)
    assert process.channel.request({}, SOON) == {"got": {}}
    process.end(0.05)
    assert process.exit_code() == -9
