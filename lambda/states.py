"""What MediaConvert says has become of a job.

Events come at least once, in any order, and from every job in the account and region.
https://docs.aws.amazon.com/mediaconvert/latest/ug/mediaconvert_event_list.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from errors import MessageError

RECEIVED = "RECEIVED"
SUBMITTED = "SUBMITTED"
PROGRESSING = "PROGRESSING"
COMPLETE = "COMPLETE"
ERROR = "ERROR"
CANCELED = "CANCELED"


# Which statuses an asset may leave for the status that an event brings, so that it only ever moves
# forward. Events with any other status (warnings, details of progress) change no asset.
LEAVES = {
    PROGRESSING: (RECEIVED, SUBMITTED),
    COMPLETE: (RECEIVED, SUBMITTED, PROGRESSING),
    ERROR: (RECEIVED, SUBMITTED, PROGRESSING),
    CANCELED: (RECEIVED, SUBMITTED, PROGRESSING),
}


@dataclass(frozen=True)
class StateChange:
    """One job's new state. `at` is the event's time in milliseconds since 1970."""

    asset_id: str
    job_id: str
    status: str
    at: int
    details: dict[str, Any] = field(default_factory=dict)


def is_state_change(message: dict[str, Any]) -> bool:
    """Whether EventBridge sent the message for a MediaConvert job."""
    return (
        message.get("source") == "aws.mediaconvert"
        and message.get("detail-type") == "MediaConvert Job State Change"
    )


def from_event(message: dict[str, Any], assets_table: str) -> StateChange | None:
    """The state change that an event tells of; None if it is about nothing kept in that table.

    Raises:
        MessageError: a field is missing or of the wrong kind.
    """
    try:
        detail = message["detail"]
        metadata = detail.get("userMetadata") or {}
        if "AssetId" not in metadata or metadata.get("AssetsTable", assets_table) != assets_table:
            return None
        if detail["status"] not in LEAVES:
            return None
        return StateChange(
            asset_id=str(metadata["AssetId"]),
            job_id=str(detail["jobId"]),
            status=detail["status"],
            at=int(detail["timestamp"]),
            details=_details(detail),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise MessageError(f"the MediaConvert event is malformed: {problem!r}") from problem


def _details(detail: dict[str, Any]) -> dict[str, Any]:
    """Attributes of the asset that come with this status."""
    match detail["status"]:
        case "COMPLETE":
            return {"Outputs": _output_paths(detail)}
        case "ERROR":
            return {
                "ErrorCode": str(detail.get("errorCode", "Unknown")),
                "ErrorMessage": str(detail.get("errorMessage", "MediaConvert gave no reason.")),
            }
        case _:
            return {}


def _output_paths(detail: dict[str, Any]) -> list[str]:
    return [
        path
        for group in detail.get("outputGroupDetails", [])
        for output in group.get("outputDetails", [])
        for path in output.get("outputFilePaths", [])
    ]
