"""The video pipeline's function: the story of one upload.

An upload to the input bucket arrives as an S3 event in a message of the processing queue and
becomes one MediaConvert job; the job's state changes arrive as EventBridge events in messages of
the status queue and are recorded on the asset. Both queues deliver at least once and in any order.

- It was delivered before: the record in DynamoDB says what was done already (assets.py).
- It was cut off between CreateJob and the record: the job is found again, by its
  ClientRequestToken within a minute, by a look at MediaConvert's list of jobs later, or by the
  job's own events (jobs.py).
- Its error is permanent: the asset says so, and the message is done.
- Its error is transient, or lies in the deployment: the message alone fails and comes again.
- It makes no sense: the message alone fails until SQS moves it to the dead-letter queue.

Only the standard library and the runtime's own boto3 are used. Powertools for AWS Lambda would
have to be vendored or bound as a layer of one region and version, for what batch.py and logs.py
do in 150 lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import batch
import clients
import logs
import states
import uploads
from assets import Asset, Assets
from environment import Environment
from errors import JobNotConfirmedError, MessageError, UploadError
from jobs import TOKEN_LASTS, Jobs
from uploads import Upload


@dataclass(frozen=True)
class Pipeline:
    """What the function works with."""

    environment: Environment
    assets: Assets
    jobs: Jobs


def handler(event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Entry point: a batch of SQS messages in, a partial batch response out."""
    environment = Environment.read()
    logs.configure(environment.log_level)
    pipeline = Pipeline(
        environment=environment,
        assets=Assets(clients.assets_table(environment.assets_table)),
        jobs=Jobs(clients.mediaconvert(), environment),
    )
    with logs.context(request_id=context.aws_request_id):
        return batch.process(
            event["Records"],
            lambda message: receive(message, pipeline),
            context.get_remaining_time_in_millis,
        )


def receive(message: dict[str, Any], pipeline: Pipeline) -> None:
    """One message, of either queue.

    Raises:
        MessageError: it is neither an S3 event nor a MediaConvert state change.
    """
    if states.is_state_change(message):
        follow_job(message, pipeline)
    elif uploads.is_test_event(message):
        logs.info("test event of S3 received", bucket=message.get("Bucket"))
    elif isinstance(message.get("Records"), list):
        take_uploads(message["Records"], pipeline)
    else:
        raise MessageError("the message is neither an S3 event nor a MediaConvert state change")


def take_uploads(records: list[dict[str, Any]], pipeline: Pipeline) -> None:
    """Every upload of one S3 event: each gets its turn, and the message fails if any did.

    The next delivery finds those that succeeded settled, and repeats only the others.
    """
    problems = []
    for record in records:
        ids: dict[str, str] = {}
        try:
            upload = uploads.from_record(record, pipeline.environment.input_bucket)
            if upload is None or upload.is_folder_marker:
                logs.info("not an upload", event_name=record["eventName"])
                continue
            ids = {"asset_id": upload.asset_id, "key": upload.key}
            with logs.context(**ids):
                submit(upload, pipeline)
        except Exception as problem:
            logs.warning("upload failed", **ids, reason=repr(problem))
            problems.append(problem)
    if problems:
        raise problems[0]


def submit(upload: Upload, pipeline: Pipeline) -> None:
    """One upload becomes one asset with one job, however often it is delivered."""
    asset = pipeline.assets.receive(upload)
    if asset.is_settled:
        logs.info("upload was settled before", status=asset.status, job_id=asset.job_id)
        return
    try:
        job_id = job_for(upload, asset, pipeline)
    except UploadError as reason:
        pipeline.assets.reject(asset.asset_id, reason)
    else:
        pipeline.assets.submitted(asset.asset_id, job_id)


def job_for(upload: Upload, asset: Asset, pipeline: Pipeline) -> str:
    """The id of the upload's job, which may have been made by a delivery that was cut off."""
    if upload.size == 0:
        raise UploadError("EmptyFile", "The file has 0 bytes; upload it again with its content.")

    doubt = pipeline.assets.claim_age(asset)
    if doubt is not None and doubt < TOKEN_LASTS:
        # A job made then is what the token returns. The claim stays: its age counts from there.
        return pipeline.jobs.create(upload)
    if asset.claimed_at is not None:
        found = pipeline.jobs.find(upload, since=asset.claimed_at)
        if found:
            logs.warning("job of an earlier delivery found", job_id=found)
            return found

    claimed_at = pipeline.assets.claim(asset)
    try:
        return pipeline.jobs.create(upload)
    except JobNotConfirmedError as problem:
        if not problem.may_exist:
            pipeline.assets.release(asset.asset_id, claimed_at)
        raise


def follow_job(message: dict[str, Any], pipeline: Pipeline) -> None:
    """One state change of a job, recorded on its asset."""
    change = states.from_event(message, pipeline.environment.assets_table)
    if change is None:
        logs.info("state change concerns no asset here", event_id=message.get("id"))
        return
    with logs.context(asset_id=change.asset_id, job_id=change.job_id):
        pipeline.assets.follow(change)
