"""The emulated account answers on loopback, and is gone when it is no longer needed."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request

import boto3
import pytest

from planproof.terraform import aws_endpoint
from planproof.terraform.aws_endpoint import ACCOUNT, LazyAccount, credentials


def test_an_account_answers_until_it_is_stopped(capfd: pytest.CaptureFixture[str]) -> None:
    before = set(threading.enumerate())
    account = LazyAccount()
    endpoint = account.endpoint
    assert endpoint.startswith("http://127.0.0.1:")
    keys = credentials(endpoint)
    client = boto3.client(
        "sts",
        endpoint_url=keys["AWS_ENDPOINT_URL"],
        region_name=keys["AWS_REGION"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )
    assert client.get_caller_identity()["Account"] == ACCOUNT
    account.stop()
    account.stop()  # twice does no harm
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(endpoint, timeout=5)
    left = {t for t in set(threading.enumerate()) - before if t.is_alive() and not t.daemon}
    assert not left
    assert "POST" not in "".join(capfd.readouterr())  # requests are nobody's business


def test_an_account_that_cannot_start_says_so_to_whoever_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> None:
        raise OSError("no port is free")

    monkeypatch.setattr(aws_endpoint, "emulated_account", refuse)
    account = LazyAccount()
    with pytest.raises(OSError, match="no port is free"):
        _ = account.endpoint
    account.stop()
