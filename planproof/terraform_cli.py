"""Finds the Terraform (or OpenTofu) binary and runs it; its own messages become ours."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planproof.errors import PlanproofError

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
        raise TerraformNotFoundError(
            f"no {name} binary was found on PATH",
            "install Terraform 1.11 or newer, or name another binary with --terraform-binary",
        )
    answer = subprocess.run(
        [found, "version", "-json"], capture_output=True, text=True, check=False
    )
    try:
        version = str(json.loads(answer.stdout)["terraform_version"])
    except (ValueError, KeyError, TypeError):
        raise PlanproofError(
            f"{found} does not answer to 'version -json' as Terraform does",
            "name a Terraform or OpenTofu binary with --terraform-binary",
            detail=answer.stderr,
        ) from None
    product = "OpenTofu" if "tofu" in Path(found).name else "Terraform"
    least = MINIMUM["tofu" if product == "OpenTofu" else "terraform"]
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < least:
        wanted = ".".join(map(str, least))
        raise PlanproofError(
            f"{product} {version} at {found} is too old",
            f"install {product} {wanted} or newer, or name one with --terraform-binary",
        )
    return Binary(Path(found), product, version)


def format_diagnostic(diagnostic: Mapping[str, Any]) -> str:
    """One diagnostic of Terraform's JSON output as Terraform prints it, with file and line."""
    place = diagnostic.get("range") or {}
    where = f"{place['filename']}:{place['start']['line']}: " if place.get("filename") else ""
    lines = [f"{where}{diagnostic.get('summary', '').strip()}"]
    if detail := str(diagnostic.get("detail", "")).strip():
        lines.append(detail)
    if code := ((diagnostic.get("snippet") or {}).get("code") or "").strip():
        lines.append(f"  {place.get('start', {}).get('line', '')}: {code}".rstrip())
    return "\n".join(lines)


def run(
    binary: Binary, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run to the end and capture everything; the caller judges the exit code."""
    return subprocess.run(
        [str(binary.path), *arguments],
        cwd=cwd,
        env=dict(env),
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        check=False,
    )


class Stream:
    """A Terraform command that reports as it goes, one JSON message a line.

    Iterating yields the lines, undecoded, since some are 14 MB of which little is needed.
    Leaving the ``with`` block ends the command and its providers at once: whoever has what they
    came for need not wait for Terraform to tidy up after itself.
    """

    def __init__(
        self, binary: Binary, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str]
    ) -> None:
        self._process = subprocess.Popen(
            [str(binary.path), *arguments],
            cwd=cwd,
            env=dict(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self) -> Stream:
        return self

    def __iter__(self) -> Iterator[bytes]:
        assert self._process.stdout is not None
        return iter(self._process.stdout)

    def finish(self) -> tuple[int, str]:
        """Wait for the end: exit code and what was written to standard error."""
        assert self._process.stderr is not None
        errors = self._process.stderr.read().decode("utf-8", "replace")
        return self._process.wait(), errors

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process.poll() is None:
            # The providers are in the same process group and would outlive a plain kill.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


Progress = Callable[[str], None]
"""Takes one short line about what is being done now."""


def no_progress(_: str) -> None:
    """For callers who want silence."""
