"""Waivers: accepted violations of requirements, until a date."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from planproof.errors import PlanproofError
from planproof.results import Evidence, Waiver

_KEYS = ("requirement", "reason", "until", "address")
_EXAMPLE = (
    'write [[waiver]] with requirement = "REQ-05", reason = "…", until = 2027-01-31 '
    "and, for one resource only, address"
)


def read_waivers(path: Path | None) -> tuple[Waiver, ...]:
    """The waivers in a TOML file; none without a file.

    Raises:
        PlanproofError: not TOML, or an entry without requirement, reason or end date.
    """
    if path is None:
        return ()
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise PlanproofError(
            f"the waivers file {path} cannot be read ({problem.strerror})",
            "name a readable file with --waivers",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise PlanproofError(f"the waivers file {path} is not TOML ({problem})", _EXAMPLE) from None
    if unknown := [key for key in content if key != "waiver"]:
        raise PlanproofError(
            f"the waivers file {path} has an unknown table {unknown[0]!r}", _EXAMPLE
        )
    entries = content.get("waiver", [])
    if not isinstance(entries, list):
        entries = [entries]
    return tuple(_waiver(entry, number, path) for number, entry in enumerate(entries, 1))


def _waiver(entry: Any, number: int, path: Path) -> Waiver:
    def invalid(problem: str) -> PlanproofError:
        return PlanproofError(f"waiver {number} in {path} {problem}", _EXAMPLE)

    if not isinstance(entry, Mapping):
        raise invalid("is not a table")
    for key, kind in (("requirement", str), ("reason", str), ("until", dt.date)):
        if not isinstance(entry.get(key), kind) or not str(entry[key]).strip():
            raise invalid(f"has no {key}")
    # With a misspelled "address", a waiver for one resource would cover all.
    if unknown := [key for key in entry if key not in _KEYS]:
        raise invalid(f"has an unknown key {unknown[0]!r}")
    if not isinstance(entry.get("address", ""), str):
        raise invalid("has an address that is not a string")
    until = entry["until"]
    return Waiver(
        entry["requirement"],
        entry["reason"],
        until.date() if isinstance(until, dt.datetime) else until,
        str(entry.get("address", "")),
    )


def waiver_for(
    waivers: Iterable[Waiver],
    requirement: str,
    evidence: Iterable[Evidence],
    today: dt.date,
) -> Waiver | None:
    """The waiver that covers all failed and undetermined evidence of a requirement, if any."""
    addresses = {item.address for item in evidence if item.holds is not True}
    for waiver in waivers:
        if waiver.requirement != requirement or today > waiver.until:
            continue
        if not waiver.address or addresses == {waiver.address}:
            return waiver
    return None
