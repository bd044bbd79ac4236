"""Codes of AWS regions in strings and in expressions.

Matched by pattern, since AWS keeps adding regions.
https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from planproof.terraform.source_index import SourceAttribute

_REGION: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:us-gov|us-iso[a-z]?|eu-iso[a-z]|eusc-[a-z]{2}|[a-z]{2})"
    r"-(?:central|north|south|east|west|(?:north|south)(?:east|west))-\d+(?!\d)"
)


def regions_in(text: str) -> list[str]:
    """The region codes in a string; an availability zone counts as its region."""
    return _REGION.findall(text)


def regions_written(attribute: SourceAttribute) -> Iterator[tuple[int, str]]:
    """The region codes in an expression with their lines, comments excluded."""
    code = attribute.code
    for match in _REGION.finditer(code):
        yield attribute.line + code.count("\n", 0, match.start()), match[0]
