"""How long does AWS support a Lambda runtime?

The dates are AWS's, as cfn-lint keeps them: ``{runtime: {"deprecated": "YYYY-MM-DD", …}}``. From
the day of deprecation on a runtime gets no security updates and no technical support.
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

NOTICE: Final = dt.timedelta(days=180)
"""How long before its end a runtime is warned of."""


@dataclass(frozen=True, slots=True)
class RuntimeSupport:
    """What is known of a runtime on one day.

    Attributes:
        runtime: its identifier, such as ``python3.11``.
        known: whether the kept data has the runtime at all.
        deprecated: the first day without support; None where AWS has set none.
        successor: the newest runtime of its family, or "".
        today: the day that is meant.
    """

    runtime: str
    known: bool
    deprecated: dt.date | None
    successor: str
    today: dt.date

    @property
    def supported(self) -> bool | None:
        """Whether AWS supports it on that day; None for a runtime that the data does not have."""
        if not self.known:
            return None
        return self.deprecated is None or self.today < self.deprecated

    @property
    def ends_soon(self) -> bool:
        """Whether support ends within :data:`NOTICE`."""
        if not self.supported or self.deprecated is None:
            return False
        return self.deprecated - self.today <= NOTICE

    def __str__(self) -> str:
        if not self.known:
            return f"{self.runtime}, which the dates kept by cfn-lint do not have"
        if self.deprecated is None:
            return f"{self.runtime}, for which AWS has set no end of support"
        verb = "supported until" if self.supported else "unsupported since"
        return f"{self.runtime}, {verb} {self.deprecated.isoformat()}"


def runtime_support(runtime: str, today: dt.date | None = None) -> RuntimeSupport:
    """What is known of a runtime.

    Args:
        runtime: an identifier as AWS spells it, in any case.
        today: the day that is meant; by default the present one, in UTC.
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
