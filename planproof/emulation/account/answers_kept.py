"""The answers that an SDK may ask for again, when one was lost on its way.

An SDK repeats a request whose answer it could not read, under the same amz-sdk-invocation-id.
What was done once must not be done twice then: AWS's own creating operations take a token for
that, or fail with "already exists", which Terraform takes for somebody else's doing. Between
processes of one machine nothing is lost by the network, so the first answer is given again.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from planproof.emulation.account.wire import Answer

_MOST = 2_000
_LARGEST = 1 << 20  # bytes of an answer that is kept: none that changes something is that long
_CHANGING = frozenset(("DELETE", "PATCH", "POST", "PUT"))


class AnswersKept:
    """The latest good answers to requests that may have changed something, by their invocation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Answer] = OrderedDict()

    def given_again(self, environ: Mapping[str, Any], answer: Callable[[], Answer]) -> Answer:
        """The answer to a request: the one it had already, if it is asked once more."""
        invocation = str(environ.get("HTTP_AMZ_SDK_INVOCATION_ID", ""))
        if not invocation or environ["REQUEST_METHOD"] not in _CHANGING:
            return answer()
        with self._lock:
            kept = self._kept.get(invocation)
        if kept is not None:
            return kept
        given = answer()
        if given.status < 400 and len(given.body) <= _LARGEST:
            with self._lock:
                self._kept[invocation] = given
                while len(self._kept) > _MOST:
                    self._kept.popitem(last=False)
        return given
