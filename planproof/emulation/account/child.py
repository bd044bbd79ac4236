"""The main function of the account's process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Sequence

from planproof.emulation.account.application import Application
from planproof.emulation.account.components import Components, import_object

_GRACE = 3.0


def run(port: int, services: Sequence[str], components: str = "", folder: str = "") -> None:
    """Run an account until it is interrupted or, with a folder, until standard input ends.

    Args:
        port: 0 for a free one.
        services: ``module:Class`` of each.
        components: ``module:function`` that returns components, or "" for the default.
        folder: created by the parent process; removed at the end.

    Raises:
        PlanproofError: the port is in use, or a service does not exist.
    """
    chosen: Components | None = import_object(components)() if components else None
    account = Application([import_object(service) for service in services], chosen, port)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    account.start()
    if folder:
        _announce(account.endpoint)
        threading.Thread(target=_stop_at_end_of_input, args=(stopping,), daemon=True).start()
    else:
        _print_usage(account.endpoint)
    stopping.wait()
    ending = threading.Thread(target=account.stop, daemon=True)
    ending.start()
    ending.join(_GRACE)
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
        # A hanging request or function must not keep the process alive.
        os._exit(0)


def _announce(endpoint: str) -> None:
    """Print the endpoint as JSON; all later output goes to standard error."""
    print(json.dumps({"endpoint": endpoint}), flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def _print_usage(endpoint: str) -> None:
    lines = (
        f"The emulated AWS account listens at {endpoint} until interrupted (Ctrl-C).",
        "To use it with the AWS CLI, an SDK or Terraform's AWS provider:",
        f"  export AWS_ENDPOINT_URL={endpoint} AWS_REGION=us-east-1",
        "  export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing",
    )
    print("\n".join(lines), flush=True)


def _stop_at_end_of_input(stopping: threading.Event) -> None:
    """Stop when standard input closes, which it does when the parent process ends."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stopping.set()
