"""Keeps one AWS provider running, so that Terraform need not start it again for every step.

Starting the provider (600 MB) is most of what a plan of a small stack costs, and ``terraform test``
starts it three times a run. A provider in debug mode serves any number of Terraform commands.

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
_PATIENCE = 15  # seconds for the provider to say where it listens

# The provider must not outlive us however we end: when the pipe to its keeper closes, it is ended.
# The keeper lets go of the output, so that a provider that ends at once is not waited for.
_KEEPER = '"$0" -debug & child=$!; exec >/dev/null; cat; kill -9 "$child"'


@contextmanager
def provider_server(executable: Path, env: Mapping[str, str]) -> Iterator[str]:
    """Run a provider in debug mode.

    Args:
        executable: the provider's own binary.
        env: what it runs with; a provider reads credentials and endpoints from there.

    Yields:
        The value for ``TF_REATTACH_PROVIDERS``, or "" where the provider knows no such mode.
    """
    # A provider that is ended at once leaves its socket behind.
    with tempfile.TemporaryDirectory(prefix="planproof-", ignore_cleanup_errors=True) as scratch:
        keeper = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, str(executable)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**env, "TMPDIR": scratch},
        )
        try:
            yield _announcement(keeper)
        finally:
            for pipe in (keeper.stdin, keeper.stdout):
                if pipe is not None:
                    pipe.close()
            keeper.wait()


def _announcement(keeper: subprocess.Popen[bytes]) -> str:
    """What the provider prints for whoever wants to reach it."""
    if keeper.stdout is None:
        return ""
    said = b""
    deadline = time.monotonic() + _PATIENCE
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([keeper.stdout], [], [], left)
        chunk = os.read(keeper.stdout.fileno(), 65_536) if ready else b""
        if not chunk:
            break
        said += chunk
        if found := _ANNOUNCED.search(said.decode("utf-8", "replace")):
            return found[1]
    return ""
