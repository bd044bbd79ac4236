"""The record of every asset in DynamoDB, and the only ways it may change.

Each write carries the condition under which it is true, so that deliveries which repeat, overtake
one another or run at the same time cannot undo what is known already.

A record is RECEIVED, then SUBMITTED with a JobId, then PROGRESSING, then COMPLETE, ERROR or
CANCELED for good. ClaimedAt stands on it from before CreateJob is called until the outcome is
known: while it does, a job may exist that the record does not know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import logs
import renditions
from botocore.exceptions import ClientError
from errors import MessageError, TransientError, UploadError
from states import ERROR, LEAVES, RECEIVED, SUBMITTED, StateChange
from uploads import Upload

# Much less than DynamoDB's 400 KB for an item, much more than a reader wants.
LONGEST_MESSAGE = 2_000


@dataclass(frozen=True)
class Asset:
    """What is known of an asset when an upload is delivered."""

    asset_id: str
    status: str
    job_id: str | None
    claimed_at: datetime | None

    @property
    def is_settled(self) -> bool:
        """It has its job, or needs none any more."""
        return self.status != RECEIVED


def _now() -> datetime:
    return datetime.now(UTC)


class Assets:
    """The table of assets.

    Args:
        table: a DynamoDB table resource with the hash key AssetId.
        clock: gives the current time, in UTC.
    """

    def __init__(self, table: Any, clock: Callable[[], datetime] = _now) -> None:
        self._table = table
        self._clock = clock

    def receive(self, upload: Upload) -> Asset:
        """The record of an upload, made now if this is the first delivery."""
        now = _text(self._clock())
        item = {
            "AssetId": upload.asset_id,
            "Status": RECEIVED,
            "CreatedAt": now,
            "UpdatedAt": now,
            "InputBucket": upload.bucket,
            "InputKey": upload.key,
            "InputVersion": upload.version,
            "InputSize": upload.size,
            "InputETag": upload.etag,
            "OutputPrefix": renditions.output_prefix(upload),
        }
        try:
            self._table.put_item(Item=item, ConditionExpression="attribute_not_exists(AssetId)")
        except ClientError as problem:
            if not _is_condition(problem):
                raise
            item = self._get(upload.asset_id)
        return _asset(item)

    def claim_age(self, asset: Asset) -> timedelta | None:
        """How long the outcome of a call of CreateJob has been unknown; None if it is not."""
        return self._clock() - asset.claimed_at if asset.claimed_at else None

    def claim(self, asset: Asset) -> datetime:
        """Note that CreateJob is about to be called for this asset.

        Returns:
            The claim, which `release` takes back.

        Raises:
            TransientError: another delivery of the same upload got there first.
        """
        claimed_at = self._clock()
        values = {":now": _text(claimed_at), ":received": RECEIVED}
        unchanged = "attribute_not_exists(ClaimedAt)"
        if asset.claimed_at:
            unchanged = "ClaimedAt = :seen"
            values[":seen"] = _text(asset.claimed_at)
        if not self._update(
            asset.asset_id,
            "SET ClaimedAt = :now, UpdatedAt = :now",
            f"{unchanged} AND #Status = :received",
            values,
        ):
            raise TransientError("another delivery of the same upload is at work")
        return claimed_at

    def release(self, asset_id: str, claimed_at: datetime) -> None:
        """Note that the call of CreateJob made no job, for certain."""
        self._update(
            asset_id,
            "SET UpdatedAt = :now REMOVE ClaimedAt",
            "ClaimedAt = :claimed",
            {":claimed": _text(claimed_at), ":now": _text(self._clock())},
        )

    def submitted(self, asset_id: str, job_id: str) -> None:
        """Note the job. If the job's own events were faster, they have noted it already."""
        if self._update(
            asset_id,
            "SET #Status = :submitted, JobId = :job, UpdatedAt = :now REMOVE ClaimedAt",
            "#Status = :received",
            {
                ":submitted": SUBMITTED,
                ":received": RECEIVED,
                ":job": job_id,
                ":now": _text(self._clock()),
            },
        ):
            logs.info("asset submitted", job_id=job_id)
            return
        known = self._get(asset_id).get("JobId")
        if known == job_id:
            logs.info("asset had its job already", job_id=job_id)
        else:
            logs.error("asset has another job already", job_id=job_id, known_job_id=known)

    def reject(self, asset_id: str, reason: UploadError) -> None:
        """Note that this upload will never become a video."""
        self._update(
            asset_id,
            "SET #Status = :error, ErrorCode = :code, ErrorMessage = :message, UpdatedAt = :now"
            " REMOVE ClaimedAt",
            "#Status = :received",
            {
                ":error": ERROR,
                ":received": RECEIVED,
                ":code": reason.code,
                ":message": reason.message[:LONGEST_MESSAGE],
                ":now": _text(self._clock()),
            },
        )
        logs.error("asset rejected", error_code=reason.code, reason=reason.message)

    def follow(self, change: StateChange) -> None:
        """Let the record follow its job, forward only.

        An event that arrives before the job's id was noted brings it. A finished asset stays as
        it is, a repeated or late event changes nothing, and neither does another job's.

        Raises:
            MessageError: there is no such asset.
        """
        values = {
            ":status": change.status,
            ":job": change.job_id,
            ":at": change.at,
            ":now": _text(self._clock()),
            **{f":{status}": status for status in LEAVES[change.status]},
        }
        assignments = ["#Status = :status", "JobId = :job", "JobEventAt = :at", "UpdatedAt = :now"]
        for name, value in change.details.items():
            assignments.append(f"{name} = :{name}")
            values[f":{name}"] = value[:LONGEST_MESSAGE] if isinstance(value, str) else value
        leaves = f"#Status IN ({', '.join(f':{status}' for status in LEAVES[change.status])})"
        if self._update(
            change.asset_id,
            f"SET {', '.join(assignments)} REMOVE ClaimedAt",
            f"(attribute_not_exists(JobId) OR JobId = :job) AND {leaves}",
            values,
        ):
            logs.info("asset followed its job", status=change.status)
            return
        known = self._get(change.asset_id)
        logs.info(
            "event changes nothing",
            status=change.status,
            known_status=known["Status"],
            known_job_id=known.get("JobId"),
        )

    def _get(self, asset_id: str) -> dict[str, Any]:
        item = self._table.get_item(Key={"AssetId": asset_id}, ConsistentRead=True).get("Item")
        if item is None:
            raise MessageError(f"there is no asset {asset_id!r} in table {self._table.name!r}")
        return dict(item)

    def _update(self, asset_id: str, update: str, condition: str, values: dict[str, Any]) -> bool:
        """Change a record if the condition holds, and say whether it did.

        Every condition compares an attribute with a value, so that none holds for a record that
        does not exist.
        """
        names = {"#Status": "Status"} if "#Status" in update + condition else None
        try:
            self._table.update_item(
                Key={"AssetId": asset_id},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                **({"ExpressionAttributeNames": names} if names else {}),
            )
        except ClientError as problem:
            if not _is_condition(problem):
                raise
            return False
        return True


def _asset(item: dict[str, Any]) -> Asset:
    claimed_at = item.get("ClaimedAt")
    return Asset(
        asset_id=item["AssetId"],
        status=item["Status"],
        job_id=item.get("JobId"),
        claimed_at=datetime.fromisoformat(claimed_at) if claimed_at else None,
    )


def _is_condition(problem: ClientError) -> bool:
    return bool(problem.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException")


def _text(moment: datetime) -> str:
    """ISO 8601 in UTC, always the same length, so that the index by UpdatedAt sorts by time."""
    return moment.isoformat(timespec="milliseconds")
