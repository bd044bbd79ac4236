"""The AWS endpoint answers on loopback until it is stopped."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request

import boto3
import pytest

from planproof.terraform import aws_endpoint
from planproof.terraform.aws_endpoint import ACCOUNT, BackgroundEndpoint, endpoint_environment


def test_endpoint_answers_until_it_is_stopped(capfd: pytest.CaptureFixture[str]) -> None:
    before = set(threading.enumerate())
    endpoint = BackgroundEndpoint()
    url = endpoint.url
    assert url.startswith("http://127.0.0.1:")
    keys = endpoint_environment(url)
    client = boto3.client(
        "sts",
        endpoint_url=keys["AWS_ENDPOINT_URL"],
        region_name=keys["AWS_REGION"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )
    assert client.get_caller_identity()["Account"] == ACCOUNT
    endpoint.stop()
    endpoint.stop()  # a second call has no effect
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=5)
    left = {t for t in set(threading.enumerate()) - before if t.is_alive() and not t.daemon}
    assert not left
    assert "POST" not in "".join(capfd.readouterr())  # no line per request


def test_failure_to_start_is_raised_to_the_caller_that_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> None:
        raise OSError("no port is free")

    monkeypatch.setattr(aws_endpoint, "aws_endpoint", refuse)
    endpoint = BackgroundEndpoint()
    with pytest.raises(OSError, match="no port is free"):
        _ = endpoint.url
    endpoint.stop()
