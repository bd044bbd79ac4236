from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from textwrap import dedent
from typing import Any

import boto3
import pytest
import time_machine
from moto.backends import get_backend
from moto.server import ThreadedMotoServer

from planproof.emulation.account import moto_patches
from planproof.emulation.account.lambdas import Lambdas
from planproof.emulation.account.model import Denial, Entry, Fault

REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/worker"


class FakeClock:
    def __init__(self) -> None:
        self.ahead = 0.0
        self.tasks: list[tuple[float, Callable[[], None]]] = []
        self._travel = time_machine.travel(time.time(), tick=True)
        self._traveller = self._travel.start()

    def now(self) -> float:
        return time.time()

    def advance(self, seconds: float) -> None:
        self.ahead += seconds
        self._traveller.shift(seconds)

    def later(self, seconds: float, task: Callable[[], None]) -> None:
        self.tasks.append((self.now() + seconds, task))

    def run_due_tasks(self) -> None:
        due = [task for at, task in self.tasks if at <= self.now()]
        self.tasks = [(at, task) for at, task in self.tasks if at > self.now()]
        for task in due:
            task()

    def stop(self) -> None:
        self._travel.stop()


class FakeTrail:
    def __init__(self, clock: FakeClock) -> None:
        self.entries: list[Entry] = []
        self._clock = clock

    def record(
        self,
        kind: str,
        who: str,
        what: str,
        about: str = "",
        outcome: str = "ok",
        **detail: Any,
    ) -> None:
        self.entries.append(
            Entry(
                self._clock.now(), kind, who, what, about, outcome, json.loads(json.dumps(detail))
            )
        )


class FakeDecisions:
    """Denies every sts:AssumeRole while ``not_assumable`` is set."""

    def __init__(self) -> None:
        self.not_assumable = False
        self.assumed = 0

    def check_assume(self, service: str, role: str, source: str) -> Denial | None:
        self.assumed += 1
        if not self.not_assumable:
            return None
        return Denial("sts:AssumeRole", role, service, "no", because="nothing allows it")


class FakeFaults:
    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def due(self, kind: str, service: str, operation: str, content: Any) -> Fault | None:
        for fault in self.faults:
            if fault.kind == kind and fault.containing in json.dumps(content):
                self.faults.remove(fault)
                return fault
        return None


class FakeAccount:
    """An account with moto's own server, which denies the operations in ``denied``."""

    account_id = "123456789012"

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.clock = FakeClock()
        self._lock = threading.Lock()
        self._busy = 0
        self._session = boto3.session.Session()
        self._clients: dict[tuple[str, str, bool], Any] = {}
        self.reset()

    def reset(self) -> None:
        """Reset everything but the clock."""
        self.trail = FakeTrail(self.clock)
        self.decisions = FakeDecisions()
        self.faults = FakeFaults()
        self.denied: dict[str, str] = {}
        self.calls: list[str] = []
        self.sessions: list[tuple[str, str, str]] = []

    @contextmanager
    def busy(self) -> Iterator[None]:
        with self._lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1

    @property
    def is_busy(self) -> bool:
        return self._busy > 0

    def credentials(self, role: str, session: str, instance: str = "") -> Mapping[str, str]:
        self.sessions.append((role, session, instance))
        return {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_SESSION_TOKEN": "testing",
        }

    def client(self, service: str, region: str, caller: Mapping[str, str] | None = None) -> Any:
        key = service, region, caller is not None
        with self._lock:
            if key not in self._clients:
                client = self._clients[key] = self._session.client(
                    service,
                    region_name=region,
                    endpoint_url=self.endpoint,
                    aws_access_key_id="testing",
                    aws_secret_access_key="testing",
                )
                if caller is not None:
                    client.meta.events.register("before-call", self._before_call)
            return self._clients[key]

    def _before_call(self, model: Any, **_: Any) -> Any:
        self.calls.append(model.name)
        code = self.denied.get(model.name)
        if code is None:
            return None

        class DeniedResponse:
            status_code = 403 if "AccessDenied" in code else 400

        return DeniedResponse(), {
            "Error": {"Code": code, "Message": "denied"},
            "ResponseMetadata": {"HTTPStatusCode": DeniedResponse.status_code},
        }


class LambdaTestbed:
    """A fake account with its Lambda service, and helpers of tests."""

    def __init__(self, account: FakeAccount, lambdas: Lambdas) -> None:
        self.account = account
        self.lambdas = lambdas
        self.sqs = account.client("sqs", REGION)
        self.aws = account.client("lambda", REGION)

    def queue(self, name: str = "work", **attributes: str) -> str:
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def arn(self, url: str) -> str:
        return f"arn:aws:sqs:{REGION}:123456789012:{url.rpartition('/')[2]}"

    def function(
        self, code: str, name: str = "worker", handler: str = "main.handler", **more: Any
    ) -> str:
        return self.aws.create_function(
            FunctionName=name,
            Role=ROLE,
            Runtime=more.pop("Runtime", "python3.11"),
            Handler=handler,
            Code={"ZipFile": zipped(code)},
            **more,
        )["FunctionArn"]

    def mapping(self, queue: str, function: str, **more: Any) -> str:
        return self.aws.create_event_source_mapping(
            EventSourceArn=self.arn(queue), FunctionName=function, **more
        )["UUID"]

    def send(self, queue: str, *bodies: str) -> list[str]:
        return [self.sqs.send_message(QueueUrl=queue, MessageBody=b)["MessageId"] for b in bodies]

    def settle(self, seconds: float = 30.0) -> None:
        """Wait until no work is ongoing and no message is visible."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            idle = not self.account.is_busy and not any(w <= 0 for w in self.lambdas.waiting())
            if idle and not self.account.is_busy:
                return
            time.sleep(0.01)
        raise AssertionError(f"not settled after {seconds} s")

    @property
    def invocations(self) -> list[Entry]:
        return [e for e in self.account.trail.entries if e.kind == "invocation"]

    def message_count(self, queue: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)
        return sum(int(count) for count in answer["Attributes"].values())


def zipped(code: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("main.py", dedent(code))
    return data.getvalue()


@pytest.fixture(scope="module")
def started() -> Iterator[tuple[FakeAccount, Lambdas]]:
    """An account shared by the tests of a module, because its start is slow; reset for each."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    account = FakeAccount(f"http://{host}:{port}")
    moto_patches.apply(account)
    lambdas = Lambdas(account)
    lambdas.start()
    try:
        yield account, lambdas
    finally:
        lambdas.stop()
        moto_patches.unpatch()
        account.clock.stop()
        server.stop()


@pytest.fixture
def testbed(started: tuple[FakeAccount, Lambdas]) -> Iterator[LambdaTestbed]:
    account, lambdas = started
    for service in ("sqs", "lambda", "kms", "logs"):
        for backend in list(get_backend(service)[account.account_id].values()):
            backend.reset()
    # AWS managed policies stay, because moto loads them slowly.
    get_backend("iam")[account.account_id]["aws"].roles.clear()
    account.reset()
    iam = account.client("iam", REGION)
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument="{}")
    yield LambdaTestbed(account, lambdas)
    lambdas.pause()
    for _, _, instance in account.sessions:
        lambdas.kill(instance)
    deadline = time.monotonic() + 30
    while account.is_busy and time.monotonic() < deadline:
        time.sleep(0.01)
    lambdas.resume()
