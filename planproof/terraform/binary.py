"""Finds the Terraform or OpenTofu binary, runs it, and formats its error_diagnostics."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planproof.errors import PlanproofError
from planproof.terraform.addresses import module_address
from planproof.terraform.aws_answers import made_up
from planproof.terraform.aws_endpoint import request_log

_VERSION_TIMEOUT = 30  # seconds

ADDED_FILES = "planproof_", "planproof."
"""Prefixes of the names of the files that planproof adds to a working copy."""

MINIMUM = {"terraform": (1, 11), "tofu": (1, 8)}
"""Oldest usable minor versions: ``state_key`` in test runs came with Terraform 1.11."""


class BinaryNotFoundError(PlanproofError):
    """No Terraform binary was found; a recorded resolution can be used instead."""


@dataclass(frozen=True, slots=True)
class Binary:
    """A binary that can be run.

    Attributes:
        product: "Terraform" or "OpenTofu".
        version: as the binary reports it, "1.11.4".
    """

    path: Path
    product: str
    version: str

    @property
    def registry(self) -> str:
        """Default registry host in the provider addresses of this product."""
        return "registry.opentofu.org" if self.product == "OpenTofu" else "registry.terraform.io"

    def __str__(self) -> str:
        return f"{self.product} {self.version}"


def find_binary(name: str = "terraform") -> Binary:
    """Find a binary by its name on PATH, or by its path.

    Raises:
        BinaryNotFoundError: no such binary.
        PlanproofError: the binary reports no version, or one that is too old.
    """
    found = shutil.which(name)
    if found is None:
        where = (
            f"{name} is not an executable file"
            if os.sep in name
            else f"no {name} binary is on PATH"
        )
        raise BinaryNotFoundError(
            where, "install Terraform 1.11 or newer, or name another binary with --terraform-binary"
        )
    # Terraform runs in the working copy, where a relative path would not resolve. A symbolic link
    # is not resolved: version managers select the tool by the name of the link.
    path = Path(found).absolute()
    output, errors = _version_of(path)
    try:
        version = str(json.loads(output)["terraform_version"])
    except (ValueError, KeyError, TypeError):
        raise PlanproofError(
            f"{path} did not report a version for 'version -json', as Terraform does",
            "name a Terraform or OpenTofu binary with --terraform-binary",
            detail=errors,
        ) from None
    product = "OpenTofu" if "tofu" in path.name else "Terraform"
    minimum = MINIMUM["tofu" if product == "OpenTofu" else "terraform"]
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < minimum:
        required = ".".join(map(str, minimum))
        raise PlanproofError(
            f"{product} {version} at {path} is too old",
            f"install {product} {required} or newer, or name one with --terraform-binary",
        )
    return Binary(path, product, version)


def _version_of(path: Path) -> tuple[str, str]:
    """Standard output and standard error of ``version -json``."""
    try:
        done = subprocess.run(
            [path, "version", "-json"],
            env={**os.environ, "CHECKPOINT_DISABLE": "1"},  # no update check over the network
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_VERSION_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer within {_VERSION_TIMEOUT} seconds"
    except OSError as problem:
        return "", problem.strerror or str(problem)
    return done.stdout, done.stderr


def format_diagnostic(diagnostic: Mapping[str, Any]) -> str:
    """A diagnostic of Terraform's JSON output, as Terraform prints it, with file and line."""
    file, line = position_of(diagnostic)
    summary = str(diagnostic.get("summary", "")).strip()
    lines = [f"{file}:{line}: {summary}" if file else summary]
    if detail := str(diagnostic.get("detail", "")).strip():
        lines.append(detail)
    if code := ((diagnostic.get("snippet") or {}).get("code") or "").strip():
        lines.append(f"  {line}: {code}" if file else f"  {code}")
    return "\n".join(lines)


def position_of(diagnostic: Mapping[str, Any]) -> tuple[str, int]:
    """File and line of a diagnostic; ("", 0) without any, or in a file that planproof added."""
    position = diagnostic.get("range") or {}
    file = str(position.get("filename") or "")
    if not file or file.rpartition("/")[2].startswith(ADDED_FILES):
        return "", 0
    return file, int(position["start"]["line"])


def error_diagnostics(output: str) -> list[str]:
    """The formatted errors among Terraform's JSON messages; empty where the output is not JSON."""
    return [format_diagnostic(d) for d in _diagnostics(output) if d.get("severity") == "error"]


def unread_data(output: str) -> list[tuple[str, str]]:
    """Address and position ("main.tf:3") of the data sources that an error is about: those that
    could not be read, or whose values an expression could not use."""
    found: dict[str, str] = {}
    for diagnostic in _diagnostics(output):
        if diagnostic.get("severity") != "error":
            continue
        address = str(diagnostic.get("address") or "")
        file, line = position_of(diagnostic)
        position = f"{file}:{line}" if file else ""
        if _DATA.match(address):
            if not _INVALID.search(str(diagnostic.get("summary"))):
                found.setdefault(address, position)
            continue
        module = module_address(address)
        for value in (diagnostic.get("snippet") or {}).get("values") or ():
            used = _USED.match(str(value.get("traversal")))
            if used and made_up(used[1]):
                found.setdefault(f"{module}.{used[0]}" if module else used[0], position)
    return list(found.items())


_DATA = re.compile(r"(?:module\.[^.]+\.)*data\.")
_USED = re.compile(r"data\.([\w-]+)\.[\w-]+")
_INVALID = re.compile(
    r"^(?:Missing|Unsupported|Invalid|Incorrect|Conflicting|Reference to|Duplicate|Insufficient)"
)


def first_position(output: str) -> str:
    """Position of the first diagnostic that has one, as " at file:line"; "" where none has."""
    for diagnostic in _diagnostics(output):
        file, line = position_of(diagnostic)
        if file:
            return f" at {file}:{line}"
    return ""


def _diagnostics(output: str) -> Iterator[Mapping[str, Any]]:
    for line in output.splitlines():
        if line.startswith("{") and '"diagnostic"' in line:
            try:
                yield json.loads(line).get("diagnostic") or {}
            except ValueError:
                continue


def run(
    binary: Binary, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and capture its output; the exit code is not checked."""
    with TerraformProcess(binary, arguments, cwd=cwd, env=env) as process:
        output = b"".join(process).decode("utf-8", "replace")
        code, errors = process.finish()
    return subprocess.CompletedProcess([str(binary.path), *arguments], code, output, errors)


_running: set[TerraformProcess] = set()


def kill_running() -> None:
    """Kill the commands that run in any thread, with their providers."""
    for process in list(_running):
        process.kill()


class TerraformProcess:
    """A running Terraform command that writes one JSON message per line.

    Iterating yields the lines undecoded: some have 14 MB, of which little is needed. Leaving the
    ``with`` block kills the command and its providers, also after an interrupt: the caller does not
    wait for Terraform's cleanup.
    """

    def __init__(
        self, binary: Binary, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str]
    ) -> None:
        with ExitStack() as resources:
            # A file, not a pipe: a provider's crash report can exceed the buffer of an unread pipe.
            self._errors = resources.enter_context(tempfile.TemporaryFile())
            # Killed providers leave their sockets behind: in this folder, which is removed.
            scratch = resources.enter_context(
                tempfile.TemporaryDirectory(prefix="planproof-", ignore_cleanup_errors=True)
            )
            self._process = subprocess.Popen(
                [str(binary.path), *arguments],
                cwd=cwd,
                env={**env, "TMPDIR": scratch},
                stdout=subprocess.PIPE,
                stderr=self._errors,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
            self._resources = resources.pop_all()
        _running.add(self)
        self._watch = _Watch.of(binary, arguments, env, self.kill)

    def __enter__(self) -> TerraformProcess:
        return self

    def __iter__(self) -> Iterator[bytes]:
        for line in self._process.stdout or ():
            self._watch.saw(line)
            yield line

    def finish(self) -> tuple[int, str]:
        """Wait for the end; returns the exit code and the standard error.

        Raises:
            PlanproofError: the command was killed, since it waited for an answer too long.
        """
        code = self._process.wait()
        self._watch.stop()
        self._errors.seek(0)
        return code, self._errors.read().decode("utf-8", "replace")

    def kill(self) -> None:
        """Kill the command and its providers; the iteration over its lines ends."""
        if self._process.poll() is None:
            # The providers are in the same process group; killing Terraform alone would leave them.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def __exit__(self, *_: object) -> None:
        _running.discard(self)
        process = self._process
        self._watch.cancel()
        self.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        self._resources.close()


class _Watch:
    """Kills a command that waits for an answer for too long.

    A line of output is progress, and so is an answer of the AWS endpoint of this process; a line
    that only says that something still waits is not.
    """

    _WAITING = re.compile(rb'"type":"(?:apply|refresh|ephemeral_op)_progress"|"type":"test_status"')
    _STARTED = re.compile(rb'"type":"(?:apply|refresh|ephemeral_op)_start"')
    _ENDED = re.compile(rb'"type":"(?:apply|refresh|ephemeral_op)_(?:complete|errored)"')

    def __init__(
        self, command: str, limit: float, url: str, kill: Callable[[], None], *, total: float
    ) -> None:
        self._command, self._limit, self._url, self._kill = command, limit, url, kill
        self._started = self._progress = time.monotonic()
        self._total = total
        self._reading: dict[str, None] = {}
        self._done = threading.Event()
        self.problem: PlanproofError | None = None
        if limit:
            threading.Thread(target=self._run, daemon=True).start()

    @classmethod
    def of(
        cls,
        binary: Binary,
        arguments: Sequence[str],
        env: Mapping[str, str],
        kill: Callable[[], None],
    ) -> _Watch:
        """The watch of a command; commands other than plan and test are not watched."""
        command = next(iter(arguments), "")
        watched = command in ("plan", "test")
        limit = float(env.get(TIMEOUT) or DEFAULT_TIMEOUT) if watched else 0
        total = limit * _TOTAL
        url = env.get("AWS_ENDPOINT_URL", "")
        return cls(f"{binary.product} {command}", limit, url, kill, total=total)

    def saw(self, line: bytes) -> None:
        """Note a line of output."""
        if not self._limit or self._WAITING.search(line[:4096]):
            return
        self._progress = time.monotonic()
        if self._STARTED.search(line) or self._ENDED.search(line):
            with suppress(ValueError, KeyError, TypeError):
                address = str(json.loads(line)["hook"]["resource"]["addr"])
                if self._STARTED.search(line):
                    self._reading[address] = None
                else:
                    self._reading.pop(address, None)

    def _run(self) -> None:
        while not self._done.wait(min(1.0, self._limit / 4)):
            log = request_log(self._url)
            progress = max(self._progress, log.last_answered if log else 0)
            now = time.monotonic()
            if now - progress < self._limit and now - self._started < self._total:
                continue
            call = log.unanswered() or log.last if log else ""
            reading = ", ".join(list(self._reading)[:3])
            waits = f"while it read {reading}" if reading else ""
            waits += f"{', ' if waits else ''}with the request {call}" if call else ""
            seconds = self._limit if now - progress >= self._limit else self._total
            self.problem = PlanproofError(
                f"{self._command} was stopped after {seconds:g} seconds without an answer"
                + (f", {waits}" if waits else ""),
                WAYS_ON.format(reading.partition(",")[0] or "ADDRESS")
                + ", or allow more time with --terraform-timeout",
            )
            self._kill()
            return

    def stop(self) -> None:
        """End the watch; raises its error where it has killed the command."""
        self.cancel()
        if self.problem is not None:
            raise self.problem

    def cancel(self) -> None:
        """End the watch."""
        self._done.set()


TIMEOUT = "PLANPROOF_TERRAFORM_TIMEOUT"
"""Environment variable of Terraform with the seconds that it may wait for an answer."""
DEFAULT_TIMEOUT = 120
_TOTAL = 15
"""A command may take this many times as long in all: some calls are answered, and asked again."""
WAYS_ON = "give the value with --data '{}={{…}}' or --data-file, or use --real-credentials"
"""What to do where the emulated account does not have what a data source asks for."""

Progress = Callable[[str], None]
"""Receives short lines about the work in progress."""


def no_progress(_: str) -> None:
    """Discards the line."""
