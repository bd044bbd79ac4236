"""The errors of a job: MediaConvert's error codes and messages.

https://docs.aws.amazon.com/mediaconvert/latest/ug/mediaconvert_error_codes.html
"""

from __future__ import annotations

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

CANNOT_OPEN: Final = 1010
NO_VIDEO: Final = 1020
FILE_OPEN: Final = 1056
READ: Final = 1076
DENIED: Final = 1401
NOT_FOUND: Final = 1404
NO_ROLE: Final = 1433
NOT_TRUSTED: Final = 1434
UNKNOWN: Final = 1999
HTTP_CONNECTION: Final = 3451

_DENIALS: Final = frozenset(("AccessDenied", "AccessDeniedException", "403", "AllAccessDisabled"))
_MISSING: Final = frozenset(("NoSuchKey", "NoSuchBucket", "404", "NoSuchVersion"))


class JobFailedError(Exception):
    """A job ends in ERROR.

    Args:
        code: MediaConvert's errorCode.
        message: its errorMessage.
        denied: whether AWS denied access.
    """

    def __init__(self, code: int, message: str, denied: bool = False) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.denied = denied


def open_error(uri: str, reason: str, code: int = CANNOT_OPEN) -> JobFailedError:
    """The error of an input that could not be opened."""
    denied = code in (DENIED, NOT_TRUSTED)
    message = f"Unable to open input file [{uri}]: [Failed probe/open: [{reason}]]"
    return JobFailedError(code, message, denied)


def read_error(uri: str, problem: ClientError | BotoCoreError) -> JobFailedError:
    """The error of an input that S3 did not return."""
    code, reason = _code_and_reason(problem)
    return open_error(uri, f"Failed to read data: {reason}", code)


def write_error(uri: str, problem: ClientError | BotoCoreError) -> JobFailedError:
    """The error of an output that S3 did not accept."""
    code, reason = _code_and_reason(problem)
    message = f"Unable to write to output file [{uri}]: [Failed to write data: {reason}]"
    return JobFailedError(code, message, code == DENIED)


def _code_and_reason(problem: ClientError | BotoCoreError) -> tuple[int, str]:
    if not isinstance(problem, ClientError):
        return FILE_OPEN, str(problem)
    error = problem.response.get("Error", {})
    name, text = str(error.get("Code", "")), str(error.get("Message", ""))
    status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    # S3 passes on the error codes of KMS, with status 400 or 403.
    if name in _DENIALS or status == 403:
        return DENIED, text or name
    if name in _MISSING or status == 404:
        return NOT_FOUND, text or name
    return FILE_OPEN, f"{name}: {text}" if text else name
