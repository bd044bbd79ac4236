"""Jobs and queues as MediaConvert's API returns them, with the names of the service model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from steps.mediaconvert.jobs import COMPLETE, ERROR, PROGRESSING, Job
from steps.mediaconvert.queues import Queue


def timestamp(at: float) -> datetime:
    """A time of the API, in whole seconds."""
    return datetime.fromtimestamp(int(at), UTC)


def job_shape(job: Job) -> dict[str, Any]:
    """https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs-id.html."""
    parameters = job.parameters
    shape: dict[str, Any] = {
        "Arn": job.arn,
        "Id": job.id,
        "Queue": job.queue,
        "Role": job.role,
        "Settings": job.settings,
        "Status": job.status,
        "CreatedAt": timestamp(job.created),
        "AccelerationSettings": parameters.get("AccelerationSettings") or {"Mode": "DISABLED"},
        "AccelerationStatus": "NOT_APPLICABLE",
        "BillingTagsSource": parameters.get("BillingTagsSource", "JOB"),
        "HopDestinations": list(parameters.get("HopDestinations") or ()),
        "Messages": {"Info": [], "Warning": []},
        "Priority": parameters.get("Priority", 0),
        "StatusUpdateInterval": parameters.get("StatusUpdateInterval", "SECONDS_60"),
        "Timing": _timing(job),
        "UserMetadata": job.metadata,
    }
    if token := parameters.get("ClientRequestToken"):
        shape["ClientRequestToken"] = token
    if job.status == PROGRESSING:
        shape |= {"CurrentPhase": job.phase, "RetryCount": 0}
    if job.status == ERROR:
        shape |= {"ErrorCode": job.code, "ErrorMessage": job.message}
    if job.status == COMPLETE:
        shape |= {"OutputGroupDetails": job.output_group_details, "JobPercentComplete": 100}
    return shape


def _timing(job: Job) -> dict[str, datetime]:
    times = {"SubmitTime": job.created, "StartTime": job.started, "FinishTime": job.finished}
    return {name: timestamp(at) for name, at in times.items() if at}


def queue_shape(queue: Queue, submitted: int, progressing: int) -> dict[str, Any]:
    """https://docs.aws.amazon.com/mediaconvert/latest/apireference/queues-name.html."""
    shape: dict[str, Any] = {
        "Arn": queue.arn,
        "CreatedAt": timestamp(queue.created),
        "LastUpdated": timestamp(queue.updated),
        "Name": queue.name,
        "PricingPlan": "ON_DEMAND",
        "ProgressingJobsCount": progressing,
        "Status": queue.status,
        "SubmittedJobsCount": submitted,
        "Type": queue.kind,
    }
    if queue.description:
        shape["Description"] = queue.description
    return shape
