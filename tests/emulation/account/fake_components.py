"""Fake components of an account."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from planproof.emulation.account.components import Components
from planproof.emulation.account.model import Account, ApiCall, AwsError, Denial

EVENT = {
    "source": "aws.mediaconvert",
    "detail-type": "MediaConvert Job State Change",
    "resources": ["arn:aws:mediaconvert:us-east-1:123456789012:jobs/1"],
}


class AllowingDecisions:
    """Records every call of a role, and denies those in ``denials``."""

    def __init__(self, account: Account) -> None:
        self.calls: list[ApiCall] = []
        self.denials: dict[str, Denial] = {}

    def check_call(self, call: ApiCall) -> Denial | None:
        self.calls.append(call)
        return self.denials.get(str(call))

    def check_delivery(self, service: str, action: str, source: str, target: str) -> Denial | None:
        return None

    def check_assume(self, service: str, role: str, source: str) -> Denial | None:
        return None

    def check_pass(self, caller: Any, role: str, service: str) -> Denial | None:
        return None


class IdleFunctions:
    """Functions that never run; ``waits`` are those of messages in queues."""

    def __init__(self, account: Account) -> None:
        self.killed: list[str] = []
        self.waits: list[float] = []
        self.paused = False
        self.started = self.stopped = False

    def start(self) -> None:
        self.started = True

    def stop(self) -> None:
        self.stopped = True

    def kill(self, instance: str) -> None:
        self.killed.append(instance)

    def waiting(self) -> list[float]:
        return self.waits

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False


class FakeMediaConvert:
    """A MediaConvert that records calls and reports the status in a job's user metadata."""

    name = "mediaconvert"

    def __init__(self, account: Account) -> None:
        self.application = account
        self.calls: list[ApiCall] = []
        self.unfinished = 0

    def answer(self, call: ApiCall) -> Mapping[str, Any]:
        self.calls.append(call)
        if call.operation == "GetJob":
            raise AwsError("NotFoundException", f"There is no job {call.parameters['Id']}.", 404)
        if call.operation == "CancelJob":
            raise LookupError("a defect")
        status = call.parameters.get("UserMetadata", {}).get("status")
        if status:
            self.application.emit(EVENT | {"detail": {"status": status}}, call.region)
        return {"Job": {"Id": "1", "Role": call.parameters["Role"], "Settings": {}}}

    def pending(self) -> int:
        return self.unfinished


class WithChildren(IdleFunctions):
    """Starts two processes, one of which leaves the account's process group."""

    def start(self) -> None:
        import subprocess

        for own_group in (False, True):
            child = subprocess.Popen(
                [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=own_group
            )
            print(f"child {child.pid}", file=sys.stderr, flush=True)


def idle_components() -> Components:
    return Components(lambda account: None, IdleFunctions, AllowingDecisions)


def patched_components() -> Components:
    from planproof.emulation.account import moto_patches

    return Components(moto_patches.apply, IdleFunctions, AllowingDecisions)


def components_with_children() -> Components:
    return Components(lambda account: None, WithChildren, AllowingDecisions)


def components_that_fail() -> Components:
    def patch_moto(account: Account) -> None:
        raise RuntimeError("moto has changed")

    return Components(patch_moto, IdleFunctions, AllowingDecisions)


def components_that_hang() -> Components:
    class Hanging(IdleFunctions):
        def stop(self) -> None:
            import time

            time.sleep(600)

    return Components(lambda account: None, Hanging, AllowingDecisions)
