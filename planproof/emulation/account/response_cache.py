"""Caches responses, so that a request that an SDK retries is performed once.

An SDK retries a request whose response it could not read, with the same amz-sdk-invocation-id. A
create operation that is carried out twice may fail with "already exists", which Terraform reports
as a conflict; the retry gets the first response instead.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from planproof.emulation.account.wire import HttpResponse

_MAX_RESPONSES = 2_000
_MAX_BYTES = 1 << 20  # of a cached response; no response to a change is that long
_MUTATING = frozenset(("DELETE", "PATCH", "POST", "PUT"))


class ResponseCache:
    """The latest successful responses to mutating requests, by SDK invocation id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._responses: OrderedDict[str, HttpResponse] = OrderedDict()

    def respond_once(
        self, environ: Mapping[str, Any], handle: Callable[[], HttpResponse]
    ) -> HttpResponse:
        """The response to a request; for a retry, that to the first attempt."""
        invocation = str(environ.get("HTTP_AMZ_SDK_INVOCATION_ID", ""))
        if not invocation or environ["REQUEST_METHOD"] not in _MUTATING:
            return handle()
        with self._lock:
            cached = self._responses.get(invocation)
        if cached is not None:
            return cached
        response = handle()
        if response.status < 400 and len(response.body) <= _MAX_BYTES:
            with self._lock:
                self._responses[invocation] = response
                while len(self._responses) > _MAX_RESPONSES:
                    self._responses.popitem(last=False)
        return response
