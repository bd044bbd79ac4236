"""Whose keys a request is signed with."""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Mapping

from planproof.emulation.account.model import ACCOUNT_ID, PARTITION, Caller

_ALPHABET = string.ascii_uppercase + "234567"


class Sessions:
    """The sessions of roles that were begun, by their access keys."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callers: dict[str, Caller] = {}

    def begin(self, role: str, session: str, instance: str = "") -> Mapping[str, str]:
        """New temporary keys, as the environment of an SDK.

        Args:
            role: ARN of the role.
            session: name of the session, the last part of the caller's ARN.
            instance: of a function, if it is one's.
        """
        name = role.rsplit("/", 1)[-1]
        arn = f"arn:{PARTITION}:sts::{ACCOUNT_ID}:assumed-role/{name}/{session}"
        # AWS begins temporary keys so:
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
        """Who signs with an access key; None for the owner of the account."""
        known = self._callers.get(key)
        if known is None and key.startswith("ASIA"):
            known = _assumed(key)
        return known


def _assumed(key: str) -> Caller | None:
    """The session that sts:AssumeRole began: what a role got so does not make it the owner."""
    from moto.backends import get_backend

    for backend in list(get_backend("sts")[ACCOUNT_ID].values()):
        role = backend.get_assumed_role_from_access_key(key)
        if role is not None:
            return Caller(role.arn, role.role_arn)
    return None
