"""Runs jobs: SUBMITTED, PROGRESSING, then COMPLETE or ERROR; CANCELED at any time before.

https://docs.aws.amazon.com/mediaconvert/latest/ug/how-mediaconvert-jobs-progress.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from planproof.emulation.account.model import Account, Denial
from steps.mediaconvert import events
from steps.mediaconvert.failures import (
    NO_ROLE,
    NO_VIDEO,
    NOT_TRUSTED,
    READ,
    UNKNOWN,
    JobFailedError,
    open_error,
)
from steps.mediaconvert.jobs import CANCELED, COMPLETE, ERROR, FINAL, PROGRESSING, Job, Jobs
from steps.mediaconvert.media import Content, Rendition, UnreadableError
from steps.mediaconvert.rendition_cache import RenditionCache
from steps.mediaconvert.rendition_settings import Output, output_groups
from steps.mediaconvert.storage import Storage, output_paths

PRINCIPAL: Final = "mediaconvert.amazonaws.com"

Renditions = list[list[tuple[Output, Rendition]]]
"""The renditions of each output group."""


class JobRunner:
    """Runs jobs on the account's clock.

    Args:
        queue_seconds: time that a job is SUBMITTED.
        processing_seconds: time that it is PROGRESSING.
    """

    def __init__(
        self,
        account: Account,
        cache: RenditionCache,
        queue_seconds: float,
        processing_seconds: float,
    ) -> None:
        self._account = account
        self._cache = cache
        self._storage = Storage(account)
        self._queue_seconds = queue_seconds
        self._processing_seconds = processing_seconds

    def schedule(self, jobs: Jobs, job: Job, is_paused: Callable[[], bool]) -> None:
        """Start a submitted job later, unless its queue is paused then."""

        def start() -> None:
            if not is_paused():
                self._guarded(jobs, job, self._start)

        self._account.clock.later(self._queue_seconds, start)

    def cancel(self, jobs: Jobs, job: Job) -> bool:
        """Cancel a job; False if it is final already."""
        if not jobs.transition(job, CANCELED, self._account.clock.now()):
            return False
        self._emit(job, CANCELED, {})
        return True

    def record(self, job: Job, what: str, outcome: str = "ok", **detail: Any) -> None:
        """Record an event of a job in the account's trail."""
        detail = {"jobId": job.id, "userMetadata": job.metadata, **detail}
        self._account.trail.record("job", PRINCIPAL, what, job.arn, outcome, **detail)

    def record_denial(self, who: str, denial: Denial) -> None:
        """Record a denied request in the account's trail."""
        self._account.trail.record(
            "job", who, denial.action, denial.resource, "denied", **denial.detail
        )

    def _guarded(self, jobs: Jobs, job: Job, work: Callable[[Jobs, Job], None]) -> None:
        with self._account.busy():
            try:
                work(jobs, job)
            except JobFailedError as failure:
                self._fail(jobs, job, failure)
            except Exception as problem:
                # A bug in the emulation must not leave the job unfinished.
                self._fail(jobs, job, JobFailedError(UNKNOWN, f"Unknown error: {problem!r}"))

    def _fail(self, jobs: Jobs, job: Job, failure: JobFailedError) -> None:
        now = self._account.clock.now()
        if not jobs.transition(job, ERROR, now, failure.code, failure.message):
            return
        detail = {"errorCode": failure.code, "errorMessage": failure.message}
        self._emit(job, ERROR, detail, "denied" if failure.denied else "failed", **detail)

    def _start(self, jobs: Jobs, job: Job) -> None:
        if not jobs.transition(job, PROGRESSING, self._account.clock.now()):
            return
        self._emit(job, PROGRESSING, {})
        settings = job.settings
        uri = str(settings["Inputs"][0]["FileInput"])
        self._assume(job, uri)
        data = self._storage.read(uri, job.role, job.region)
        groups = output_groups(settings)
        content = self._content(uri, data, groups)
        job.phase = "TRANSCODING"
        if content:
            self._emit(job, "INPUT_INFORMATION", events.input_information(uri, content))
        renditions = [[(output, self._make(data, output)) for output in g] for g in groups]
        if job.status in FINAL:
            return
        job.pending_outputs = renditions
        self._account.clock.later(
            self._processing_seconds, lambda: self._guarded(jobs, job, self._finish)
        )
        self._schedule_updates(job, _frame_count(content))

    def _assume(self, job: Job, uri: str) -> None:
        denial = self._account.decisions.check_assume(PRINCIPAL, job.role, job.queue)
        if denial is None:
            return
        self.record_denial(PRINCIPAL, denial)
        if self._role_exists(job.role, job.region):
            raise open_error(uri, "Failed to read data: AssumeRole failed", NOT_TRUSTED)
        raise open_error(uri, "Failed to read data: Role does not exist", NO_ROLE)

    def _role_exists(self, role: str, region: str) -> bool:
        try:
            self._account.client("iam", region).get_role(RoleName=role.rpartition("/")[2])
        except ClientError as problem:
            return bool(problem.response.get("Error", {}).get("Code") != "NoSuchEntity")
        except BotoCoreError:
            return True
        return True

    def _content(self, uri: str, data: bytes, groups: list[tuple[Output, ...]]) -> Content | None:
        try:
            content = self._cache.content(data)
        except UnreadableError as problem:
            if problem.opened:
                raise JobFailedError(READ, f"Demuxer: [{problem.reason}]") from problem
            raise open_error(uri, problem.reason) from problem
        wants_video = any(output.settings.codec for group in groups for output in group)
        if content and wants_video and not content.video:
            message = f"Unable to find video in input file [{uri}]"
            raise JobFailedError(NO_VIDEO, message)
        return content

    def _make(self, data: bytes, output: Output) -> Rendition:
        try:
            return self._cache.make(data, output.settings)
        except UnreadableError as problem:
            raise JobFailedError(READ, f"Demuxer: [{problem.reason}]") from problem

    def _finish(self, jobs: Jobs, job: Job) -> None:
        renditions: Renditions | None = job.pending_outputs
        if job.status in FINAL or renditions is None:
            return
        job.phase = "UPLOADING"
        groups: list[list[events.WrittenOutput]] = []
        for group in renditions:
            groups.append([])
            for output, rendition in group:
                uris = output_paths(output, len(rendition.files))
                for uri, file in zip(uris, rendition.files, strict=True):
                    self._storage.write(output, file, uri, job.role, job.region)
                groups[-1].append(events.WrittenOutput(output, rendition, uris))
        job.output_group_details = events.output_group_details(groups)
        if not jobs.transition(job, COMPLETE, self._account.clock.now()):
            return
        written = [w for group in groups for w in group]
        self._emit(
            job,
            COMPLETE,
            events.completed(groups),
            outputs=[path for w in written for path in w.paths],
            transcoded=all(w.rendition.transcoded for w in written),
        )

    def _schedule_updates(self, job: Job, frames: int) -> None:
        setting = job.parameters.get("StatusUpdateInterval", "SECONDS_60")
        interval = float(str(setting).removeprefix("SECONDS_"))
        started = self._account.clock.now()

        def update() -> None:
            if job.status in FINAL:
                return
            with self._account.busy():
                done = min((self._account.clock.now() - started) / self._processing_seconds, 0.99)
                progress = events.progress(round(frames * done), round(100 * done))
                self._emit(job, "STATUS_UPDATE", progress)
                self._account.clock.later(interval, update)

        # A job that ends before its first update is due has none.
        if interval < self._processing_seconds:
            self._account.clock.later(interval, update)

    def _emit(
        self, job: Job, status: str, fields: Mapping[str, Any], outcome: str = "ok", **detail: Any
    ) -> None:
        self.record(job, status, outcome, **detail)
        at = self._account.clock.now()
        event = events.state_change(job, self._account.account_id, status, at, fields)
        self._account.emit(event, job.region)


def _frame_count(content: Content | None) -> int:
    if not (content and content.video):
        return 0
    return round(content.video[0].rate * content.duration / 1000)
