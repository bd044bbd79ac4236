"""What can go wrong with one message, sorted by what has to happen next."""

from __future__ import annotations


class MessageError(Exception):
    """The message can never be understood or must not be acted on.

    It is reported as failed, so that SQS carries it to the dead-letter queue, where the alarm
    rings and an operator reads the reason in the log. Dropping it would hide a misconfiguration.
    """


class TransientError(Exception):
    """Nothing is wrong with the message: the same delivery may succeed later."""


class UploadError(Exception):
    """This upload will never become a video. The reason belongs on the asset, not in a queue.

    Args:
        code: a short name for the reason, in the words of AWS where AWS gave it.
        message: one sentence for whoever made the upload.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class JobNotConfirmedError(TransientError):
    """CreateJob gave no job id.

    Args:
        message: what happened, the last attempt's error included.
        may_exist: True if an attempt may have reached MediaConvert all the same (no answer, or
            an error of the service itself), False if no job can have come of it.
    """

    def __init__(self, message: str, *, may_exist: bool) -> None:
        super().__init__(message)
        self.may_exist = may_exist
