"""The shipped stack, deployed to an emulated account, for the load test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from planproof.emulation.account.model import Entry
from planproof.session.deployments import Deployments
from planproof.session.stacks import ResolvedStacks, RunRequest
from steps.support.forged_messages import forged_event, unknown_job
from steps.support.pipeline import Pipeline
from steps.support.traffic import Traffic

ROOT = Path(__file__).parents[1]
SERVICES = ("steps.mediaconvert:MediaConvert",)


class DeployedPipeline:
    """The pipeline and its account."""

    def __init__(self, run: Deployments) -> None:
        self._run = run
        self.control = run.control
        self._traffic = Traffic(run, Pipeline(run.stack()))
        self._s3 = self._traffic.client("s3")
        self._bucket = str(self._traffic.pipeline.input_bucket.get("bucket"))

    def reset(self) -> None:
        """Leave out existing jobs and records from now on."""
        self._traffic.reset_baseline()

    def upload(self, key: str, body: bytes) -> None:
        """Put a file into the input bucket."""
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)

    def send_unrelated(self, kind: str) -> None:
        """Send a message that belongs to no upload."""
        pipeline = self._traffic.pipeline
        if kind == "poison message":
            self._traffic.send(pipeline.processing_queue, "<makes>no sense</makes>")
        elif kind == "forged event":
            self._traffic.send(pipeline.processing_queue, forged_event(pipeline.location))
        else:
            traffic = self._traffic
            some = next(iter(traffic.jobs()), {})
            event = unknown_job(traffic.stack, pipeline.location, some)
            traffic.send(pipeline.status_queue, event)

    def jobs(self) -> list[Any]:
        """The jobs since the last reset."""
        return self._traffic.jobs()

    def records(self) -> list[Any]:
        """The records since the last reset."""
        return self._traffic.records()

    def dead_letters(self, since: int) -> list[tuple[str, str]]:
        """Body and reason of each message in the dead-letter queues."""
        pipeline = self._traffic.pipeline
        reasons = _reasons(self.control.trail(since))
        found = []
        for source in (pipeline.processing_queue, pipeline.status_queue):
            for identifier, body in self._traffic.take_messages(pipeline.dead_letters(source)):
                found.append((body, reasons.get(identifier, "")))
        return found

    def clear(self) -> None:
        """Remove all messages."""
        self._traffic.purge_queues()

    def last_entry(self) -> int:
        """The number of the last entry of the trail."""
        trail = self.control.trail()
        return trail[-1].number if trail else 0

    def invocations(self, since: int) -> int:
        """The number of invocations of the function."""
        return sum(1 for entry in self.control.trail(since) if entry.kind == "invocation")

    def peak_megabytes(self) -> int:
        """The sum of the peak memory of the account's processes."""
        total = 0
        for pid in _family(self._run.account.pid):
            total += _peak(pid)
        return total // 1024


def _reasons(trail: list[Entry]) -> dict[str, str]:
    """Message id → the end of the function's log for its failed invocation."""
    found: dict[str, str] = {}
    for entry in trail:
        if entry.kind == "invocation":
            for item in entry.detail.get("failed_items", ()):
                said = str(entry.detail.get("log") or entry.detail.get("error_message") or "")
                found[item] = said[-300:]
    return found


def _family(pid: int) -> Iterator[int]:
    """A process and its descendants, from /proc."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from _family(int(child))


def _peak(pid: int) -> int:
    """Peak memory of a process, in kilobytes."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(x.split()[1]) for x in status.splitlines() if x.startswith("VmHWM")), 0)


@contextmanager
def deployed_pipeline(cache: Path, say: Callable[[str], None]) -> Iterator[DeployedPipeline]:
    """Deploy the stack; stop the account at the end."""
    with closing(ResolvedStacks(RunRequest(ROOT / "terraform", cache), progress=say)) as stacks:
        stacks.prepare()
        if stacks.workspace is None or stacks.plan is None:
            raise SystemExit("the load test needs Terraform: install 1.11 or newer")
        with closing(Deployments(say)) as run:
            run.start(stacks.workspace, (), (), SERVICES, [str(ROOT)])
            run.wait(stacks.plan)
            yield DeployedPipeline(run)
