"""The end of support of each Lambda runtime.

The dates are AWS's, as bundled with cfn-lint: ``{runtime: {"deprecated": "YYYY-MM-DD", …}}``.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from check_support.truth import Truth

_DATA = Path("data", "AdditionalSpecs", "LmbdRuntimeLifecycle.json")


@cache
def ends_of_support() -> dict[str, date]:
    """The deprecation date by runtime; empty if cfn-lint is not installed.

    The file is read without importing cfn-lint, which would take longer than all the checks
    together.
    """
    package = find_spec("cfnlint")
    for folder in (package.submodule_search_locations or ()) if package else ():
        file = Path(folder) / _DATA
        if file.is_file():
            runtimes = json.loads(file.read_text(encoding="utf-8"))
            return {
                name: date.fromisoformat(dates["deprecated"])
                for name, dates in runtimes.items()
                if dates.get("deprecated")
            }
    return {}


def is_supported(runtime: str, today: date) -> Truth:
    """Whether AWS supports the runtime on that day; ``None`` if the data lacks the runtime."""
    end = ends_of_support().get(runtime)
    return None if end is None else today < end
