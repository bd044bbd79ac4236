"""The main function of the account's process."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
from collections.abc import Sequence

from planproof.emulation.account.application import Application
from planproof.emulation.account.components import Components, import_object
from planproof.processes import Channel

_GRACE = 3.0
_USAGE = """\
The emulated AWS account listens at {0} until interrupted (Ctrl-C).
To use it with the AWS CLI, an SDK or Terraform's AWS provider:
  export AWS_ENDPOINT_URL={0} AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing"""


def run(
    port: int,
    services: Sequence[str],
    components: str = "",
    folder: str = "",
    channel: int | None = None,
) -> None:
    """Run an account until it is interrupted or, with a channel, until that is closed.

    Args:
        port: 0 for a free one.
        services: ``module:Class`` of each.
        components: ``module:function`` that returns components, or "" for the default.
        folder: created by the parent process; removed at the end.
        channel: file descriptor of the socket of the parent process, which is sent the endpoint.

    Raises:
        PlanproofError: the port is in use, or a service does not exist.
    """
    chosen: Components | None = import_object(components)() if components else None
    account = Application([import_object(service) for service in services], chosen, port)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    account.start()
    if channel is None:
        print(_USAGE.format(account.endpoint), flush=True)
    else:
        parent = Channel(socket.socket(fileno=channel))
        parent.send({"endpoint": account.endpoint})
        threading.Thread(target=_stop_with_parent, args=(parent, stopping), daemon=True).start()
    stopping.wait()
    ending = threading.Thread(target=account.stop, daemon=True)
    ending.start()
    ending.join(_GRACE)
    if channel is not None:
        shutil.rmtree(folder, ignore_errors=True)
        # A hanging request or function must not keep the process alive.
        os._exit(0)


def _stop_with_parent(parent: Channel, stopping: threading.Event) -> None:
    """Stop when the channel closes, which it does when the parent process ends."""
    parent.receive()
    stopping.set()
