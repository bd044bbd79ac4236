"""After how many days does a lifecycle configuration let something of every object go?

A rule counts that is enabled, whatever an object is called, holds or is tagged with. Of several
S3 applies the one that ends first.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from planproof.evidence import Recorder
from planproof.terraform.stack import Resource
from planproof.values import Value, is_unknown, leaves

_BLANK: tuple[Value, ...] = (None, "", 0, [], (), {})

_EMPTY_FILTER = (0, "prefix")
"""Where a reader looks for what an empty filter says."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that a rule may let go.

    Attributes:
        what: for a reader.
        days: where the rule says after how many days, as a path below it.
        unset: paths below it that would spare some, so that nothing may be there.
    """

    what: str
    days: str
    unset: tuple[str, ...]


OLD_VERSIONS = Ending(
    "old versions",
    "noncurrent_version_expiration.0.noncurrent_days",
    ("filter", "prefix", "noncurrent_version_expiration.0.newer_noncurrent_versions"),
)
UNFINISHED_UPLOADS = Ending(
    "unfinished uploads",
    "abort_incomplete_multipart_upload.0.days_after_initiation",
    ("filter", "prefix"),
)


def record_ending(
    configuration: Resource, ending: Ending, least: int, most: int, evidence: Recorder
) -> None:
    """Write down whether a lifecycle configuration lets something go in time."""
    rules = configuration.get("rule")
    count = 0 if is_unknown(rules) else len(rules or ())
    found = [f"rule.{i}" for i in range(count)]
    found = [rule for rule in found if configuration.get(f"{rule}.{ending.days}") is not None]
    if not found:
        expected = f"a rule that lets {ending.what} of every object go"
        evidence.check(
            None if is_unknown(rules) else False, configuration, "rule", expected=expected
        )
    for rule in _that_count(configuration, found, ending):
        for path, holds, expected in _on_all(configuration, rule, ending):
            evidence.check(holds, configuration, path, expected=expected)
        days = _days(configuration, rule, ending)
        holds = None if days is None else least <= days <= most
        path, expected = f"{rule}.{ending.days}", f"{least} to {most} days"
        evidence.check(holds, configuration, path, expected=expected)


def _that_count(configuration: Resource, rules: list[str], ending: Ending) -> list[str]:
    """Of the rules that are for every object the one that ends first; else those that may be for
    every object; else all, to show what is wrong with them."""
    seen = {rule: {holds for _, holds, _ in _on_all(configuration, rule, ending)} for rule in rules}
    sure = [rule for rule, verdicts in seen.items() if verdicts == {True}]
    if sure:
        return [min(sure, key=lambda rule: _days(configuration, rule, ending) or 0)]
    return [rule for rule, verdicts in seen.items() if False not in verdicts] or rules


def _on_all(
    configuration: Resource, rule: str, ending: Ending
) -> Iterator[tuple[str, bool | None, str]]:
    """Whether a rule is enabled and for every object: path, verdict, and what should be there."""
    status = configuration.get(f"{rule}.status")
    yield f"{rule}.status", None if is_unknown(status) else status == "Enabled", "Enabled"
    for name in ending.unset:
        value = configuration.get(f"{rule}.{name}")
        found = list(leaves(value))
        unknown = [path for path, leaf in found if is_unknown(leaf)]
        filled = [path for path, leaf in found if path not in unknown and leaf not in _BLANK]
        empty = _EMPTY_FILTER if isinstance(value, (list, tuple)) and value else ()
        first = (filled or unknown or [empty])[0]
        path = ".".join((rule, name, *map(str, first)))
        holds = False if filled else None if unknown else True
        yield path, holds, "nothing, so that it is for every object"


def _days(configuration: Resource, rule: str, ending: Ending) -> int | float | None:
    """After how many days; None where that is not known, and 0 where it is no number."""
    days = configuration.get(f"{rule}.{ending.days}")
    if is_unknown(days):
        return None
    return days if isinstance(days, (int, float)) and not isinstance(days, bool) else 0
