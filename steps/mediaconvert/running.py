"""What becomes of a job after it was made: it starts, does its work, and ends.

SUBMITTED, PROGRESSING, then COMPLETE or ERROR; CANCELED at any time before.
https://docs.aws.amazon.com/mediaconvert/latest/ug/how-mediaconvert-jobs-progress.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from planproof.emulation.account.model import Account, Denial
from steps.mediaconvert import events
from steps.mediaconvert.failures import (
    CANNOT_OPEN,
    NO_ROLE,
    NO_VIDEO,
    NOT_TRUSTED,
    READ,
    UNKNOWN,
    JobFailedError,
    not_opened,
)
from steps.mediaconvert.jobs import CANCELED, COMPLETE, ERROR, FINAL, PROGRESSING, Job, Jobs
from steps.mediaconvert.media import Content, Made, UnreadableError
from steps.mediaconvert.recipes import Output, output_groups
from steps.mediaconvert.storage import Storage, paths
from steps.mediaconvert.transcodes import Transcodes

PRINCIPAL: Final = "mediaconvert.amazonaws.com"

Making = list[list[tuple[Output, Made]]]


class Running:
    """Carries jobs out, in times of the account's clock.

    Args:
        starts_after: seconds that a job waits in its queue.
        works_for: seconds that it is PROGRESSING.
    """

    def __init__(
        self, account: Account, transcodes: Transcodes, starts_after: float, works_for: float
    ) -> None:
        self._account = account
        self._transcodes = transcodes
        self._storage = Storage(account)
        self._starts_after = starts_after
        self._works_for = works_for

    def submitted(self, jobs: Jobs, job: Job, waits: Callable[[], bool]) -> None:
        """A job is new, or its queue is active again; `waits` says whether it is not."""

        def begin() -> None:
            if not waits():
                self._guarded(jobs, job, self._start)

        self._account.clock.later(self._starts_after, begin)

    def cancel(self, jobs: Jobs, job: Job) -> bool:
        """End a job at once. False if it is final already."""
        if not jobs.move(job, CANCELED, self._account.clock.now()):
            return False
        self._tell(job, CANCELED, {})
        return True

    def note(self, job: Job, what: str, outcome: str = "ok", **detail: Any) -> None:
        """Write down what happened to a job."""
        detail = {"jobId": job.id, "userMetadata": job.metadata, **detail}
        self._account.trail.note("job", PRINCIPAL, what, job.arn, outcome, **detail)

    def denied(self, who: str, denial: Denial) -> None:
        """Write down that AWS refused something, and why."""
        self._account.trail.note(
            "job", who, denial.action, denial.resource, "denied", **denial.told
        )

    def _guarded(self, jobs: Jobs, job: Job, work: Callable[[Jobs, Job], None]) -> None:
        with self._account.busy():
            try:
                work(jobs, job)
            except JobFailedError as failure:
                self._failed(jobs, job, failure)
            except Exception as problem:
                # Whatever it is, nobody waits for a job for ever.
                self._failed(jobs, job, JobFailedError(UNKNOWN, f"Unknown error: {problem!r}"))

    def _failed(self, jobs: Jobs, job: Job, failure: JobFailedError) -> None:
        now = self._account.clock.now()
        if not jobs.move(job, ERROR, now, failure.code, failure.message):
            return
        detail = {"errorCode": failure.code, "errorMessage": failure.message}
        self._tell(job, ERROR, detail, "denied" if failure.denied else "failed", **detail)

    def _start(self, jobs: Jobs, job: Job) -> None:
        if not jobs.move(job, PROGRESSING, self._account.clock.now()):
            return
        self._tell(job, PROGRESSING, {})
        settings = job.settings
        uri = str(settings["Inputs"][0]["FileInput"])
        self._assume(job, uri)
        data = self._storage.read(uri, job.role, job.region)
        groups = output_groups(settings)
        content = self._content(uri, data, groups)
        job.phase = "TRANSCODING"
        if content:
            self._tell(job, "INPUT_INFORMATION", events.input_information(uri, content))
        made: Making = [[(output, self._make(data, output)) for output in g] for g in groups]
        if job.status in FINAL:
            return
        job.made = made
        self._account.clock.later(self._works_for, lambda: self._guarded(jobs, job, self._finish))
        self._update_later(jobs, job, _frames(content))

    def _assume(self, job: Job, uri: str) -> None:
        denial = self._account.decisions.check_assume(PRINCIPAL, job.role, job.queue)
        if denial is None:
            return
        self.denied(PRINCIPAL, denial)
        if self._role_exists(job.role, job.region):
            raise not_opened(uri, "Failed to read data: AssumeRole failed", NOT_TRUSTED)
        raise not_opened(uri, "Failed to read data: Role does not exist", NO_ROLE)

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
            content = self._transcodes.content(data)
        except UnreadableError as problem:
            raise _unreadable(uri, problem) from problem
        wants_video = any(output.recipe.codec for group in groups for output in group)
        if content and wants_video and not content.video:
            message = f"Unable to find video in input file [{uri}]"
            raise JobFailedError(NO_VIDEO, message)
        return content

    def _make(self, data: bytes, output: Output) -> Made:
        try:
            return self._transcodes.make(data, output.recipe)
        except UnreadableError as problem:
            raise JobFailedError(READ, f"Demuxer: [{problem.reason}]") from problem

    def _finish(self, jobs: Jobs, job: Job) -> None:
        making: Making | None = job.made
        if job.status in FINAL or making is None:
            return
        job.phase = "UPLOADING"
        groups: list[list[events.Written]] = []
        for group in making:
            groups.append([])
            for output, made in group:
                places = paths(output, len(made.files))
                for place, file in zip(places, made.files, strict=True):
                    self._storage.write(output, file, place, job.role, job.region)
                groups[-1].append(events.Written(output, made, places))
        job.details = events.details_of_job(groups)
        if not jobs.move(job, COMPLETE, self._account.clock.now()):
            return
        written = [w for group in groups for w in group]
        self._tell(
            job,
            COMPLETE,
            events.completed(groups),
            outputs=[path for w in written for path in w.paths],
            transcoded=all(w.made.transcoded for w in written),
        )

    def _update_later(self, jobs: Jobs, job: Job, frames: int) -> None:
        asked = job.asked.get("StatusUpdateInterval", "SECONDS_60")
        interval = float(str(asked).removeprefix("SECONDS_"))
        begun = self._account.clock.now()

        def update() -> None:
            if job.status in FINAL:
                return
            with self._account.busy():
                done = min((self._account.clock.now() - begun) / self._works_for, 0.99)
                more = events.progress(round(frames * done), round(100 * done))
                self._tell(job, "STATUS_UPDATE", more)
                self._account.clock.later(interval, update)

        # No update of a job that is done before the first one is due.
        if interval < self._works_for:
            self._account.clock.later(interval, update)

    def _tell(
        self, job: Job, status: str, more: Mapping[str, Any], outcome: str = "ok", **detail: Any
    ) -> None:
        self.note(job, status, outcome, **detail)
        at = self._account.clock.now()
        told = events.event(job, self._account.account_id, status, at, more)
        self._account.emit(told, job.region)


def _unreadable(uri: str, problem: UnreadableError) -> JobFailedError:
    if problem.opened:
        return JobFailedError(READ, f"Demuxer: [{problem.reason}]")
    return not_opened(uri, problem.reason, CANNOT_OPEN)


def _frames(content: Content | None) -> int:
    if not (content and content.video):
        return 0
    return round(content.video[0].rate * content.duration / 1000)
