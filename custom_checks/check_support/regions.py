"""AWS region codes in text.

Regions keep being added, so the pattern of their codes is kept here and not their list.
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
    """The region codes in the texts, in order, each once. An availability zone counts for its
    region.
    """
    return list(dict.fromkeys(code for text in texts for code in _REGION.findall(text)))
