"""The provider exits with Terraform, however Terraform ends, and leaves no files."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from planproof.terraform.archive_provider import serve

COOKIE, VALUE = serve.MAGIC_COOKIE


class Watch:
    """Detects when all processes that inherited `pass_fds` have exited, including grandchildren."""

    def __init__(self) -> None:
        self.end, self.inherited = os.pipe()

    def all_gone(self, seconds: float) -> bool:
        """Whether all exit within that time: then the pipe has no writer left."""
        readable, _, _ = select.select([self.end], [], [], seconds)
        return bool(readable)


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    os.close(watch.end)


def launcher(mirror: Path) -> Path:
    [path] = mirror.rglob("terraform-provider-archive_v*")
    return path


@contextmanager
def provider(mirror: Path, temporary: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Start the provider as Terraform does; yields the process and the fields of its handshake."""
    environment = {**os.environ, COOKIE: VALUE, "TMPDIR": str(temporary)}
    with subprocess.Popen(
        [launcher(mirror)], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip().split("|")
        finally:
            process.kill()


def test_handshake(mirror: Path, temporary: Path) -> None:
    with provider(mirror, temporary) as (_, handshake):
        core, protocol, network, address, kind, certificate = handshake
        assert (core, protocol, network, kind) == ("1", "6", "unix", "grpc")
        assert Path(address).is_socket()
        assert temporary in Path(address).parents
        assert Path(address).parent.stat().st_mode & 0o777 == 0o700
        assert len(certificate) > 100


def test_a_deep_temporary_folder(mirror: Path, temporary: Path) -> None:
    deep = temporary / ("x" * 100)
    deep.mkdir()
    with provider(mirror, deep) as (process, handshake):
        address = Path(handshake[3])
        assert address.is_socket()
        assert deep not in address.parents
        process.terminate()
        process.wait(5)


def test_provider_ignores_sigint_and_exits_on_sigterm(mirror: Path, temporary: Path) -> None:
    with provider(mirror, temporary) as (process, _):
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        assert list(temporary.iterdir()) == []


PARENT = """
import subprocess, sys, time
command, inherited = sys.argv[1], int(sys.argv[2])
process = subprocess.Popen([command], stdout=subprocess.PIPE, pass_fds=[inherited])
process.stdout.readline()
print("ready", flush=True)
time.sleep(60)
"""


def test_provider_exits_when_its_parent_is_killed(
    mirror: Path, temporary: Path, watch: Watch
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, launcher(mirror), str(watch.inherited)],
        env={**os.environ, COOKIE: VALUE, "TMPDIR": str(temporary)},
        pass_fds=[watch.inherited],
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        os.close(watch.inherited)
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        assert not watch.all_gone(1)
        parent.kill()
    assert watch.all_gone(10)
    assert list(temporary.iterdir()) == []


STACK = """
data "archive_file" "it" {
  type                    = "zip"
  source_content_filename = "a"
  output_path             = "OUTPUT"
}
"""


def plan(workdir, watch: Watch) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [workdir.binary, "plan", "-input=false"],
        cwd=workdir.folder,
        env=workdir.environment,
        pass_fds=[watch.inherited],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.close(watch.inherited)
    return process


@pytest.mark.terraform
def test_provider_exits_when_terraform_is_killed_during_a_call(
    workdir, temporary: Path, watch: Watch
) -> None:
    """The archive is written to a pipe without a reader, so Terraform waits for the provider."""
    os.mkfifo(workdir.folder / "pipe")
    workdir.write(STACK.replace("OUTPUT", "pipe"))
    with plan(workdir, watch) as terraform:
        assert terraform.stdout is not None
        assert any("Reading..." in line for line in terraform.stdout)
        assert not watch.all_gone(1)
        terraform.kill()
    assert watch.all_gone(10)
    assert list(temporary.iterdir()) == []


@pytest.mark.terraform
def test_provider_exits_with_a_plan(workdir, temporary: Path, watch: Watch) -> None:
    workdir.write(STACK.replace("OUTPUT", "out.zip"))
    workdir.environment["TF_LOG"] = "debug"
    with plan(workdir, watch) as terraform:
        output, _ = terraform.communicate(timeout=60)
    assert terraform.returncode == 0
    assert watch.all_gone(0)
    assert "plugin process exited" in output
    assert "plugin failed to exit gracefully" not in output
    assert list(temporary.iterdir()) == []
