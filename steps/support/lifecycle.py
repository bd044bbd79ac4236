"""After how many days a lifecycle configuration expires something of every object.

A rule counts if it is enabled and applies to every object, without a filter. Of several rules, S3
applies the one that expires first.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from planproof.evidence import Recorder
from planproof.terraform.stack import Resource
from planproof.values import Truth, Value, is_unknown, leaves

_BLANK: tuple[Value, ...] = (None, "", 0, [], (), {})

_EMPTY_FILTER = (0, "prefix")
"""The path shown in evidence for an empty filter."""


@dataclass(frozen=True, slots=True)
class Expiration:
    """Something that a lifecycle rule can expire.

    Attributes:
        what: its name in evidence.
        days: the path, within a rule, of the number of days.
        unset: paths within a rule that would exempt some objects or versions; they must be unset.
    """

    what: str
    days: str
    unset: tuple[str, ...]


OLD_VERSIONS = Expiration(
    "old versions",
    "noncurrent_version_expiration.0.noncurrent_days",
    ("filter", "prefix", "noncurrent_version_expiration.0.newer_noncurrent_versions"),
)
UNFINISHED_UPLOADS = Expiration(
    "unfinished uploads",
    "abort_incomplete_multipart_upload.0.days_after_initiation",
    ("filter", "prefix"),
)


def record_expiration(
    configuration: Resource, expiration: Expiration, least: int, most: int, evidence: Recorder
) -> None:
    """Record whether a lifecycle configuration expires something within a range of days."""
    rules = configuration.get("rule")
    count = 0 if is_unknown(rules) else len(rules or ())
    found = [f"rule.{i}" for i in range(count)]
    found = [rule for rule in found if configuration.get(f"{rule}.{expiration.days}") is not None]
    if not found:
        expected = f"a rule that expires {expiration.what} of every object"
        evidence.check(
            None if is_unknown(rules) else False, configuration, "rule", expected=expected
        )
    for rule in _relevant_rules(configuration, found, expiration):
        for path, holds, expected in _conditions(configuration, rule, expiration):
            evidence.check(holds, configuration, path, expected=expected)
        days = _days(configuration, rule, expiration)
        holds = None if days is None else least <= days <= most
        path, expected = f"{rule}.{expiration.days}", f"{least} to {most} days"
        evidence.check(holds, configuration, path, expected=expected)


def _relevant_rules(configuration: Resource, rules: list[str], expiration: Expiration) -> list[str]:
    """Of the rules for every object, the one that expires first; without any, those that may be
    for every object; else all rules, to show what is wrong with them."""
    results = {
        rule: {holds for _, holds, _ in _conditions(configuration, rule, expiration)}
        for rule in rules
    }
    sure = [rule for rule, verdicts in results.items() if verdicts == {True}]
    if sure:
        return [min(sure, key=lambda rule: _days(configuration, rule, expiration) or 0)]
    return [rule for rule, verdicts in results.items() if False not in verdicts] or rules


def _conditions(
    configuration: Resource, rule: str, expiration: Expiration
) -> Iterator[tuple[str, Truth, str]]:
    """Whether a rule is enabled and for every object: path, result and expected value of each."""
    status = configuration.get(f"{rule}.status")
    yield f"{rule}.status", None if is_unknown(status) else status == "Enabled", "Enabled"
    for name in expiration.unset:
        value = configuration.get(f"{rule}.{name}")
        found = list(leaves(value))
        unknown = [path for path, leaf in found if is_unknown(leaf)]
        filled = [path for path, leaf in found if path not in unknown and leaf not in _BLANK]
        empty = _EMPTY_FILTER if isinstance(value, (list, tuple)) and value else ()
        first = (filled or unknown or [empty])[0]
        path = ".".join((rule, name, *map(str, first)))
        holds = False if filled else None if unknown else True
        yield path, holds, "nothing, so that the rule applies to every object"


def _days(configuration: Resource, rule: str, expiration: Expiration) -> int | float | None:
    """The number of days; None where it is unknown, 0 where it is not a number."""
    days = configuration.get(f"{rule}.{expiration.days}")
    if is_unknown(days):
        return None
    return days if isinstance(days, (int, float)) and not isinstance(days, bool) else 0
