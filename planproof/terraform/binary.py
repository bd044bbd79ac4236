"""Finds the Terraform (or OpenTofu) binary and runs it; its own messages become ours."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planproof.errors import PlanproofError

_PATIENCE = 30  # seconds for a binary to say its version

OWN_FILES = "planproof_", "planproof."
"""How the names of the files begin that are ours in a working copy."""

MINIMUM = {"terraform": (1, 11), "tofu": (1, 8)}
"""Oldest usable minor versions: ``state_key`` in test runs came with Terraform 1.11."""


class TerraformNotFoundError(PlanproofError):
    """There is no binary to run; a recorded resolution may still serve."""


@dataclass(frozen=True, slots=True)
class Binary:
    """A usable binary.

    Attributes:
        path: where it is.
        product: "Terraform" or "OpenTofu".
        version: as it says itself, "1.11.4".
    """

    path: Path
    product: str
    version: str

    @property
    def registry(self) -> str:
        """Host part of the provider addresses this product uses by default."""
        return "registry.opentofu.org" if self.product == "OpenTofu" else "registry.terraform.io"

    def __str__(self) -> str:
        return f"{self.product} {self.version}"


def find_binary(name: str = "terraform") -> Binary:
    """The binary called ``name``, looked up on PATH, or at a path.

    Raises:
        TerraformNotFoundError: there is none.
        PlanproofError: it does not answer, or is too old.
    """
    found = shutil.which(name)
    if found is None:
        where = (
            f"{name} is no executable file" if os.sep in name else f"no {name} binary is on PATH"
        )
        raise TerraformNotFoundError(
            where, "install Terraform 1.11 or newer, or name another binary with --terraform-binary"
        )
    # Terraform runs in the working copy, where a relative path would lead elsewhere. A link is
    # kept as it is: version managers go by the name they are called by.
    path = Path(found).absolute()
    answer, said = _version_of(path)
    try:
        version = str(json.loads(answer)["terraform_version"])
    except (ValueError, KeyError, TypeError):
        raise PlanproofError(
            f"{path} does not answer to 'version -json' as Terraform does",
            "name a Terraform or OpenTofu binary with --terraform-binary",
            detail=said,
        ) from None
    product = "OpenTofu" if "tofu" in path.name else "Terraform"
    least = MINIMUM["tofu" if product == "OpenTofu" else "terraform"]
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < least:
        wanted = ".".join(map(str, least))
        raise PlanproofError(
            f"{product} {version} at {path} is too old",
            f"install {product} {wanted} or newer, or name one with --terraform-binary",
        )
    return Binary(path, product, version)


def _version_of(path: Path) -> tuple[str, str]:
    """What a binary answers when asked for its version, and what it says besides."""
    try:
        answer = subprocess.run(
            [path, "version", "-json"],
            env={**os.environ, "CHECKPOINT_DISABLE": "1"},  # or it would ask the network for news
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer within {_PATIENCE} seconds"
    except OSError as problem:
        return "", problem.strerror or str(problem)
    return answer.stdout, answer.stderr


def format_diagnostic(diagnostic: Mapping[str, Any]) -> str:
    """One diagnostic of Terraform's JSON output as Terraform prints it, with file and line."""
    file, line = place_of(diagnostic)
    lines = [f"{file}:{line}: " if file else ""]
    lines[0] += str(diagnostic.get("summary", "")).strip()
    if detail := str(diagnostic.get("detail", "")).strip():
        lines.append(detail)
    if code := ((diagnostic.get("snippet") or {}).get("code") or "").strip():
        lines.append(f"  {line}: {code}" if file else f"  {code}")
    return "\n".join(lines)


def place_of(diagnostic: Mapping[str, Any]) -> tuple[str, int]:
    """File and line of a diagnostic; ("", 0) where it has none, or one in a file of ours."""
    place = diagnostic.get("range") or {}
    file = str(place.get("filename") or "")
    if not file or file.rpartition("/")[2].startswith(OWN_FILES):
        return "", 0
    return file, int(place["start"]["line"])


def diagnostics(output: str) -> list[str]:
    """Errors among Terraform's JSON messages, formatted; none where the output is not JSON."""
    said = []
    for message in _messages(output):
        diagnostic = message.get("diagnostic") or {}
        if diagnostic.get("severity") == "error":
            said.append(format_diagnostic(diagnostic))
    return said


def first_place(output: str) -> str:
    """Where the first diagnostic that has a place has it: " at file:line", or ""."""
    for message in _messages(output):
        file, line = place_of(message.get("diagnostic") or {})
        if file:
            return f" at {file}:{line}"
    return ""


def _messages(output: str) -> Iterator[Mapping[str, Any]]:
    for line in output.splitlines():
        if line.startswith("{") and '"diagnostic"' in line:
            try:
                yield json.loads(line)
            except ValueError:
                continue


def run(
    binary: Binary, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run to the end and capture everything; the caller judges the exit code."""
    with Stream(binary, arguments, cwd=cwd, env=env) as stream:
        output = b"".join(stream).decode("utf-8", "replace")
        code, errors = stream.finish()
    return subprocess.CompletedProcess([str(binary.path), *arguments], code, output, errors)


class Stream:
    """A Terraform command that reports as it goes, one JSON message a line.

    Iterating yields the lines, undecoded, since some are 14 MB of which little is needed.
    Leaving the ``with`` block ends the command and its providers at once, also when the user
    interrupts: whoever has what they came for need not wait for Terraform to tidy up after itself.
    """

    def __init__(
        self, binary: Binary, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str]
    ) -> None:
        with ExitStack() as held:
            # A file and no pipe: a provider's crash says more than an unread pipe can hold.
            self._errors = held.enter_context(tempfile.TemporaryFile())
            # Providers that are ended at once leave their sockets behind, here and not in /tmp.
            scratch = held.enter_context(
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
            self._held = held.pop_all()

    def __enter__(self) -> Stream:
        return self

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._process.stdout or ())

    def finish(self) -> tuple[int, str]:
        """Wait for the end: exit code and what was written to standard error."""
        code = self._process.wait()
        self._errors.seek(0)
        return code, self._errors.read().decode("utf-8", "replace")

    def kill(self) -> None:
        """End the command and its providers at once; whoever reads the lines reads no more."""
        if self._process.poll() is None:
            # The providers are in the same process group and would outlive a plain kill.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def __exit__(self, *_: object) -> None:
        process = self._process
        self.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        self._held.close()


Progress = Callable[[str], None]
"""Takes one short line about what is being done now."""


def no_progress(_: str) -> None:
    """For callers who want silence."""
