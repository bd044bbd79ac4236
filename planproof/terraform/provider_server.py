"""Keeps one AWS provider process running for several Terraform commands.

Starting the provider (600 MB) takes most of the time of a plan of a small stack, and ``terraform
test`` starts it three times. A provider in debug mode serves any number of Terraform commands.

Source: https://developer.hashicorp.com/terraform/plugin/debugging
"""

from __future__ import annotations

import os
import re
import select
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

REATTACH = "TF_REATTACH_PROVIDERS"
_ANNOUNCED = re.compile(rf"{REATTACH}='(.*)'")
_START_TIMEOUT = 15  # seconds

# This shell kills the provider when the pipe to it closes, which happens however planproof ends.
# It closes its own output, so that reading ends as soon as a provider exits.
_SUPERVISOR = '"$0" -debug & child=$!; exec >/dev/null; cat; kill -9 "$child"'


@contextmanager
def provider_server(executable: Path, env: Mapping[str, str]) -> Iterator[str]:
    """Run a provider in debug mode.

    Args:
        executable: the provider's binary.
        env: environment with its credentials and endpoints.

    Yields:
        The value for ``TF_REATTACH_PROVIDERS``, or "" where the provider has no such mode.
    """
    # A killed provider leaves its socket behind.
    with tempfile.TemporaryDirectory(prefix="planproof-", ignore_cleanup_errors=True) as scratch:
        supervisor = subprocess.Popen(
            ["/bin/sh", "-c", _SUPERVISOR, str(executable)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**env, "TMPDIR": scratch},
        )
        try:
            yield _reattach_value(supervisor)
        finally:
            for pipe in (supervisor.stdin, supervisor.stdout):
                if pipe is not None:
                    pipe.close()
            supervisor.wait()


def _reattach_value(supervisor: subprocess.Popen[bytes]) -> str:
    """The value that the provider prints; "" if it exits, or prints none in time."""
    if supervisor.stdout is None:
        return ""
    output = b""
    deadline = time.monotonic() + _START_TIMEOUT
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([supervisor.stdout], [], [], left)
        chunk = os.read(supervisor.stdout.fileno(), 65_536) if ready else b""
        if not chunk:
            break
        output += chunk
        if found := _ANNOUNCED.search(output.decode("utf-8", "replace")):
            return found[1]
    return ""
