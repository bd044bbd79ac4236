"""Parts of an account that are quick to make and easy to look through."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from planproof.emulation.account.model import Account, AwsError, Call, Denial
from planproof.emulation.account.parts import Parts

EVENT = {
    "source": "aws.mediaconvert",
    "detail-type": "MediaConvert Job State Change",
    "resources": ["arn:aws:mediaconvert:us-east-1:123456789012:jobs/1"],
}


class Allowing:
    """Remembers every call of a role, and refuses what it was told to refuse."""

    def __init__(self, account: Account) -> None:
        self.calls: list[Call] = []
        self.denials: dict[str, Denial] = {}

    def check_call(self, call: Call) -> Denial | None:
        self.calls.append(call)
        return self.denials.get(str(call))

    def check_delivery(self, service: str, action: str, source: str, target: str) -> Denial | None:
        return None

    def check_assume(self, service: str, role: str, source: str) -> Denial | None:
        return None

    def check_pass(self, caller: Any, role: str, service: str) -> Denial | None:
        return None


class Idle:
    """Functions that never run; queues whose messages are as the test says."""

    def __init__(self, account: Account) -> None:
        self.killed: list[str] = []
        self.held: list[float] = []
        self.paused = False
        self.started = self.stopped = False

    def start(self) -> None:
        self.started = True

    def stop(self) -> None:
        self.stopped = True

    def kill(self, instance: str) -> None:
        self.killed.append(instance)

    def waiting(self) -> list[float]:
        return self.held

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False


class Jobs:
    """A MediaConvert that keeps what it is asked, answers little, and reports a wished status."""

    name = "mediaconvert"

    def __init__(self, account: Account) -> None:
        self.account = account
        self.calls: list[Call] = []
        self.left = 0

    def answer(self, call: Call) -> Mapping[str, Any]:
        self.calls.append(call)
        if call.operation == "GetJob":
            raise AwsError("NotFoundException", f"There is no job {call.parameters['Id']}.", 404)
        if call.operation == "CancelJob":
            raise LookupError("a defect")
        status = call.parameters.get("UserMetadata", {}).get("status")
        if status:
            self.account.emit(EVENT | {"detail": {"status": status}}, call.region)
        return {"Job": {"Id": "1", "Role": call.parameters["Role"], "Settings": {}}}

    def pending(self) -> int:
        return self.left


class WithChildren(Idle):
    """Starts two processes, one of which leaves the group of the account's processes."""

    def start(self) -> None:
        import subprocess

        for own in (False, True):
            child = subprocess.Popen(
                [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=own
            )
            print(f"child {child.pid}", file=sys.stderr, flush=True)


def idle_parts() -> Parts:
    return Parts(lambda account: None, Idle, Allowing)


def mended_parts() -> Parts:
    from planproof.emulation.account import moto_patches

    return Parts(moto_patches.apply, Idle, Allowing)


def parts_with_children() -> Parts:
    return Parts(lambda account: None, WithChildren, Allowing)


def parts_that_fail() -> Parts:
    def mend(account: Account) -> None:
        raise RuntimeError("moto is not what it was")

    return Parts(mend, Idle, Allowing)


def parts_that_hang() -> Parts:
    class Hanging(Idle):
        def stop(self) -> None:
            import time

            time.sleep(600)

    return Parts(lambda account: None, Hanging, Allowing)
