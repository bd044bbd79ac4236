"""The support dates of Lambda runtimes.

The dates are AWS's, as cfn-lint ships them: ``{runtime: {"deprecated": "YYYY-MM-DD", …}}``. From
the day of its deprecation, a runtime gets no security updates and no technical support.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html#runtime-support-policy
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from planproof.values import Truth

WARNING_PERIOD: Final = dt.timedelta(days=180)
"""How long before the end of support a runtime is reported."""


@dataclass(frozen=True, slots=True)
class RuntimeSupport:
    """The support of a runtime on one day.

    Attributes:
        runtime: its identifier, such as ``python3.11``.
        known: whether cfn-lint's data contains the runtime.
        deprecated: the first day without support; None if AWS has set none.
        successor: the newest runtime of its family, or "".
        today: the day.
    """

    runtime: str
    known: bool
    deprecated: dt.date | None
    successor: str
    today: dt.date

    @property
    def supported(self) -> Truth:
        """Whether AWS supports it on that day."""
        if not self.known:
            return None
        return self.deprecated is None or self.today < self.deprecated

    @property
    def ends_soon(self) -> bool:
        """Whether support ends within :data:`WARNING_PERIOD`."""
        if not self.supported or self.deprecated is None:
            return False
        return self.deprecated - self.today <= WARNING_PERIOD

    def __str__(self) -> str:
        if not self.known:
            return f"{self.runtime}, which is missing from cfn-lint's support dates"
        if self.deprecated is None:
            return f"{self.runtime}, for which AWS has set no end of support"
        verb = "supported until" if self.supported else "unsupported since"
        return f"{self.runtime}, {verb} {self.deprecated.isoformat()}"


def runtime_support(runtime: str, today: dt.date | None = None) -> RuntimeSupport:
    """The support of a runtime.

    Args:
        runtime: an identifier as AWS spells it, in any case.
        today: the day; by default the current one, in UTC.
    """
    entry = _lifecycle().get(runtime.lower())
    day = (entry or {}).get("deprecated")
    return RuntimeSupport(
        runtime=runtime,
        known=entry is not None,
        deprecated=dt.date.fromisoformat(day) if day else None,
        successor=(entry or {}).get("successor") or "",
        today=today or dt.datetime.now(dt.UTC).date(),
    )


@cache
def _lifecycle() -> Mapping[str, Mapping[str, str | None]]:
    file = files("cfnlint.data.AdditionalSpecs") / "LmbdRuntimeLifecycle.json"
    found: Mapping[str, Mapping[str, str | None]] = json.loads(file.read_text("utf-8"))
    return found
