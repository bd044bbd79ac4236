"""AWS region codes in text.

AWS keeps adding regions, so this matches the pattern of their codes and not a list.
https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_REGION = re.compile(
    r"(?<![A-Za-z0-9])"
    r"(?:us-gov|us-iso[a-z]?|eu-isoe|eusc-[a-z]{2}|af|ap|ca|cn|eu|il|me|mx|sa|us)"
    r"-(?:north|south|east|west|central|(?:north|south)(?:east|west))-\d+"
    r"(?![0-9])"
)


def regions_in(texts: Iterable[str]) -> list[str]:
    """The distinct region codes in the texts, in order, those in availability zones included."""
    return list(dict.fromkeys(code for text in texts for code in _REGION.findall(text)))
