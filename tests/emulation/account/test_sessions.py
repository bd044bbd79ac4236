"""Access keys identify the caller."""

from __future__ import annotations

import re

from planproof.emulation.account.model import Caller
from planproof.emulation.account.sessions import Sessions


def test_session_of_a_role() -> None:
    sessions = Sessions()
    role = "arn:aws:iam::123456789012:role/some/path/worker"
    keys = sessions.begin(role, "uploads", "i-7")
    assert re.fullmatch("ASIA[A-Z2-7]{16}", keys["AWS_ACCESS_KEY_ID"])
    assert sessions.caller(keys["AWS_ACCESS_KEY_ID"]) == Caller(
        "arn:aws:sts::123456789012:assumed-role/worker/uploads", role, "i-7"
    )


def test_sessions_have_different_keys() -> None:
    sessions = Sessions()
    first, second = (sessions.begin("arn:aws:iam::1:role/r", "s", i) for i in ("a", "b"))
    assert not set(first.values()) & set(second.values())
    found = [sessions.caller(keys["AWS_ACCESS_KEY_ID"]) for keys in (first, second)]
    assert [caller and caller.instance for caller in found] == ["a", "b"]


def test_other_keys_belong_to_the_owner() -> None:
    assert Sessions().caller("testing") is None
    assert Sessions().caller("ASIAAAAAAAAAAAAAAAAA") is None
