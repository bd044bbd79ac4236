"""The role sessions of the account, by access key."""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Mapping

from planproof.emulation.account.model import ACCOUNT_ID, PARTITION, Caller

_ALPHABET = string.ascii_uppercase + "234567"


class Sessions:
    """Creates role sessions, and finds the caller of an access key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callers: dict[str, Caller] = {}

    def begin(self, role: str, session: str, instance: str = "") -> Mapping[str, str]:
        """Temporary credentials of a new session, as environment variables of an SDK.

        Args:
            role: ARN of the role.
            session: name of the session, the last part of the caller's ARN.
            instance: id of the function instance, if any.
        """
        name = role.rsplit("/", 1)[-1]
        arn = f"arn:{PARTITION}:sts::{ACCOUNT_ID}:assumed-role/{name}/{session}"
        # The prefix of temporary access keys:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
        key = "ASIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16))
        with self._lock:
            self._callers[key] = Caller(arn, role, instance)
        return {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe(30),
            "AWS_SESSION_TOKEN": secrets.token_urlsafe(60),
        }

    def caller(self, key: str) -> Caller | None:
        """The caller of an access key; None for the owner of the account."""
        known = self._callers.get(key)
        if known is None and key.startswith("ASIA"):
            known = _assumed(key)
        return known


def _assumed(key: str) -> Caller | None:
    """The session of an access key that sts:AssumeRole issued."""
    from moto.backends import get_backend

    for backend in list(get_backend("sts")[ACCOUNT_ID].values()):
        role = backend.get_assumed_role_from_access_key(key)
        if role is not None:
            return Caller(role.arn, role.role_arn)
    return None
