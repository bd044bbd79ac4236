"""The account's process, from its first line to its last."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Sequence

from planproof.emulation.account.application import Application
from planproof.emulation.account.parts import Parts, named

_GRACE = 3.0


def run(port: int, services: Sequence[str], parts: str = "", folder: str = "") -> None:
    """Run an account until it is interrupted or, with a folder, until standard input ends.

    Args:
        port: 0 for a free one.
        services: each ``module:Class``.
        parts: ``module:function`` that makes the parts, or "" for the usual ones.
        folder: of whoever started the process; removed at the end.

    Raises:
        PlanproofError: the port is taken, or there is no such service.
    """
    made_of: Parts | None = named(parts)() if parts else None
    account = Application([named(service) for service in services], made_of, port)
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    account.start()
    if folder:
        _say_ready(account.endpoint)
        threading.Thread(target=_watch, args=(over,), daemon=True).start()
    else:
        _say_how(account.endpoint)
    over.wait()
    ending = threading.Thread(target=account.stop, daemon=True)
    ending.start()
    ending.join(_GRACE)
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
        # Threads that hang in a request or a function must not keep the process.
        os._exit(0)


def _say_ready(endpoint: str) -> None:
    """One line on standard output; what is printed from now on goes where errors go."""
    print(json.dumps({"endpoint": endpoint}), flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def _say_how(endpoint: str) -> None:
    lines = (
        f"An emulated AWS account answers at {endpoint} until it is interrupted (Ctrl-C).",
        "To use it, with the AWS CLI, an SDK or Terraform's provider:",
        f"  export AWS_ENDPOINT_URL={endpoint} AWS_REGION=us-east-1",
        "  export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing",
    )
    print("\n".join(lines), flush=True)


def _watch(over: threading.Event) -> None:
    """Standard input ends with whoever started the process, however that one ended."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    over.set()
