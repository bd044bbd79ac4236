"""The process of an account starts, is monitored, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from planproof.emulation.account.__main__ import main
from planproof.emulation.account.application import Application
from planproof.emulation.account.clients import Clients
from planproof.emulation.account.model import Fault
from planproof.emulation.account.process import AccountProcess
from planproof.errors import PlanproofError
from tests.emulation.account.fake_components import idle_components

HERE = str(Path(__file__).parent)
SOON = 30.0


def _account(components: str = "idle_components", **options: object) -> AccountProcess:
    return AccountProcess(path=[HERE], components=f"fake_components:{components}", **options)  # type: ignore[arg-type]


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def _gone(*pids: int) -> bool:
    deadline = time.monotonic() + SOON
    while any(_runs(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(_runs(pid) for pid in pids)


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The parent of accounts' folders; each test must leave it empty."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.glob("planproof-account-*")) == []


def test_account_runs_until_stopped() -> None:
    with _account(services=["fake_components:FakeMediaConvert"]) as account:
        assert account.alive
        account.check()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", account.endpoint)
        assert account.control.settle()["settled"]
        before = account.control.now()
        account.control.advance(3600)
        assert account.control.now() - before == pytest.approx(3600, abs=SOON)
        assert abs(time.time() - before) < SOON
        account.control.add_fault(Fault("error", name="x", times=None))
        assert account.control.remove_faults() == 1
        assert account.control.trail() == []
        pid = account.pid
    assert _gone(pid)
    assert not account.alive


def test_default_components_deny_a_role_without_grants() -> None:
    role = "arn:aws:iam::123456789012:role/worker"
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "sts:AssumeRole",
    }
    with AccountProcess() as account:
        clients = Clients(account.endpoint)
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam = clients.client("iam", "us-east-1")
        iam.create_role(RoleName="worker", AssumeRolePolicyDocument=document)
        sts = clients.client("sts", "us-east-1")
        given = sts.assume_role(RoleArn=role, RoleSessionName="one")["Credentials"]
        keys = {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        }
        with pytest.raises(ClientError, match="AccessDenied"):
            clients.client("s3", "us-east-1", keys).list_buckets()
        allowed = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=document)
        assert clients.client("s3", "us-east-1", keys).list_buckets()["Buckets"] == []
        assert [entry.outcome for entry in account.control.trail()] == ["denied", "ok"]
        assert account.control.settle()["settled"]


def test_port_in_use() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PlanproofError) as caught, _account(port=port):
            pass
    assert f"port {port} of 127.0.0.1 is in use" in caught.value.what
    assert "0 for a free one" in caught.value.todo


def test_port_in_use_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code = main(
            ["--port", str(port), "--path", HERE, "--components", "fake_components:idle_components"]
        )
    assert code == 2
    assert f"port {port} of 127.0.0.1 is in use" in capsys.readouterr().err


@pytest.mark.parametrize("port", [-1, 70_000])
def test_invalid_port(port: int) -> None:
    with pytest.raises(PlanproofError, match=f"port {port} of 127.0.0.1 is not available"):
        Application(components=idle_components(), port=port)


def test_missing_service() -> None:
    with pytest.raises(PlanproofError) as caught, _account(services=["fake_components:Nothing"]):
        pass
    assert "'fake_components:Nothing'" in caught.value.what
    assert "MODULE:CLASS" in caught.value.todo
    assert "--path" in caught.value.todo


def test_failed_start_shows_the_log() -> None:
    with (
        pytest.raises(PlanproofError, match="did not start") as caught,
        _account("components_that_fail"),
    ):
        pass
    assert "RuntimeError: moto has changed" in caught.value.detail


def test_account_ended_early() -> None:
    with _account() as account:
        os.kill(account.pid, signal.SIGKILL)
        deadline = time.monotonic() + SOON
        while account.alive and time.monotonic() < deadline:
            time.sleep(0.01)
        with pytest.raises(PlanproofError, match="ended early, with exit code -9"):
            account.check()
        with pytest.raises(PlanproofError, match="does not answer"):
            account.control.now()


def test_account_not_started() -> None:
    with pytest.raises(PlanproofError, match="was not started"):
        _account().check()


def _children(folder: Path) -> list[int]:
    (log,) = folder.glob("planproof-account-*/account.log")
    deadline = time.monotonic() + SOON
    while len(found := re.findall(r"child (\d+)", log.read_text())) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return [int(pid) for pid in found]


def test_child_processes_are_ended(folders: Path) -> None:
    with _account("components_with_children"):
        children = _children(folders)
        assert all(_runs(pid) for pid in children)
    assert _gone(*children)


def test_hanging_stop_is_killed() -> None:
    with _account("components_that_hang") as account:
        pid = account.pid
    assert _gone(pid)


RUN = """
    import sys, tempfile, time
    from planproof.emulation.account.process import AccountProcess
    tempfile.tempdir = sys.argv[1]
    components = "fake_components:idle_components"
    with AccountProcess(path=[sys.argv[2]], components=components) as account:
        print(account.pid, flush=True)
        time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_account_ends_with_its_run(folders: Path, number: signal.Signals) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(RUN), str(folders), HERE],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert run.stdout is not None
    pid = int(run.stdout.readline())
    assert _runs(pid)
    run.send_signal(number)
    run.wait(SOON)
    run.stdout.close()
    assert _gone(pid)
    deadline = time.monotonic() + SOON
    while list(folders.glob("planproof-account-*")) and time.monotonic() < deadline:
        time.sleep(0.02)


def test_aws_settings_of_the_user_are_hidden(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the user")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:1")
    with _account() as account:
        held = Path(f"/proc/{account.pid}/environ").read_bytes()
        assert account.control.now() > 0
    assert b"production" not in held
    assert b"of the user" not in held
    assert b"PROXY" not in held


def test_command_line_prints_usage() -> None:
    command = [sys.executable, "-m", "planproof.emulation.account", "--path", HERE]
    command += ["--components", "fake_components:idle_components"]
    account = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert account.stdout is not None
    lines = [account.stdout.readline() for _ in range(4)]
    account.send_signal(signal.SIGINT)
    assert account.wait(SOON) == 0
    account.stdout.close()
    assert re.match(r"The emulated AWS account listens at http://127\.0\.0\.1:\d+ ", lines[0])
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:" in lines[2]
