"""Why a job ends in ERROR: MediaConvert's codes, and its wording of them.

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
    """A job cannot be done.

    Args:
        code: MediaConvert's errorCode.
        message: its errorMessage.
        denied: whether it is because AWS refused something.
    """

    def __init__(self, code: int, message: str, denied: bool = False) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.denied = denied


def not_opened(uri: str, reason: str, code: int = CANNOT_OPEN) -> JobFailedError:
    """The input could not be read; `reason` is what stood in the way."""
    denied = code in (DENIED, NOT_TRUSTED)
    message = f"Unable to open input file [{uri}]: [Failed probe/open: [{reason}]]"
    return JobFailedError(code, message, denied)


def not_read(uri: str, problem: ClientError | BotoCoreError) -> JobFailedError:
    """S3 did not hand out the input."""
    code, reason = _code_and_reason(problem)
    return not_opened(uri, f"Failed to read data: {reason}", code)


def not_written(uri: str, problem: ClientError | BotoCoreError) -> JobFailedError:
    """S3 did not take an output."""
    code, reason = _code_and_reason(problem)
    message = f"Unable to write to output file [{uri}]: [Failed to write data: {reason}]"
    return JobFailedError(code, message, code == DENIED)


def _code_and_reason(problem: ClientError | BotoCoreError) -> tuple[int, str]:
    if not isinstance(problem, ClientError):
        return FILE_OPEN, str(problem)
    error = problem.response.get("Error", {})
    name, said = str(error.get("Code", "")), str(error.get("Message", ""))
    status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    # KMS refuses under a name of its own, that S3 passes on with status 400 or 403.
    if name in _DENIALS or status == 403:
        return DENIED, said or name
    if name in _MISSING or status == 404:
        return NOT_FOUND, said or name
    return FILE_OPEN, f"{name}: {said}" if said else name
