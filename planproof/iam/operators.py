"""The condition operators, and how each compares a request's value with a policy's.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import base64
import binascii
import calendar
import ipaddress
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Final

Comparison = Callable[[str], bool]
"""Whether a value of the request satisfies the comparison with one value of the policy."""


class Family(Enum):
    """The kind of value that an operator compares, as error messages name it."""

    STRING = "a string"
    ARN = "an ARN"
    NUMERIC = "a number"
    DATE = "a date (ISO 8601 or epoch seconds)"
    BOOL = "true or false"
    BINARY = "base64 text"
    IP = "an IP address or a CIDR range"
    NULL = "true or false, for a key's absence"


class Operator(Enum):
    """Every condition operator: its label, its family, and whether it is negated."""

    STRING_EQUALS = "StringEquals", Family.STRING, False
    STRING_NOT_EQUALS = "StringNotEquals", Family.STRING, True
    STRING_EQUALS_IGNORE_CASE = "StringEqualsIgnoreCase", Family.STRING, False
    STRING_NOT_EQUALS_IGNORE_CASE = "StringNotEqualsIgnoreCase", Family.STRING, True
    STRING_LIKE = "StringLike", Family.STRING, False
    STRING_NOT_LIKE = "StringNotLike", Family.STRING, True
    NUMERIC_EQUALS = "NumericEquals", Family.NUMERIC, False
    NUMERIC_NOT_EQUALS = "NumericNotEquals", Family.NUMERIC, True
    NUMERIC_LESS_THAN = "NumericLessThan", Family.NUMERIC, False
    NUMERIC_LESS_THAN_EQUALS = "NumericLessThanEquals", Family.NUMERIC, False
    NUMERIC_GREATER_THAN = "NumericGreaterThan", Family.NUMERIC, False
    NUMERIC_GREATER_THAN_EQUALS = "NumericGreaterThanEquals", Family.NUMERIC, False
    DATE_EQUALS = "DateEquals", Family.DATE, False
    DATE_NOT_EQUALS = "DateNotEquals", Family.DATE, True
    DATE_LESS_THAN = "DateLessThan", Family.DATE, False
    DATE_LESS_THAN_EQUALS = "DateLessThanEquals", Family.DATE, False
    DATE_GREATER_THAN = "DateGreaterThan", Family.DATE, False
    DATE_GREATER_THAN_EQUALS = "DateGreaterThanEquals", Family.DATE, False
    BOOL = "Bool", Family.BOOL, False
    BINARY_EQUALS = "BinaryEquals", Family.BINARY, False
    IP_ADDRESS = "IpAddress", Family.IP, False
    NOT_IP_ADDRESS = "NotIpAddress", Family.IP, True
    ARN_EQUALS = "ArnEquals", Family.ARN, False
    ARN_LIKE = "ArnLike", Family.ARN, False
    ARN_NOT_EQUALS = "ArnNotEquals", Family.ARN, True
    ARN_NOT_LIKE = "ArnNotLike", Family.ARN, True
    NULL = "Null", Family.NULL, False

    def __init__(self, label: str, family: Family, negated: bool) -> None:
        self.label = label
        self.family = family
        self.negated = negated


OPERATORS: Final = {operator.label.lower(): operator for operator in Operator}

_W3C_DATE: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?"
    r"(Z|[+-]\d\d:?\d\d)?)?)?)?\Z",
    re.ASCII | re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?\Z", re.ASCII)


def number(text: str) -> Decimal | None:
    """An integer or decimal number, or None."""
    if len(text) > 100 or not _NUMBER.match(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def moment(text: str) -> Decimal | None:
    """Seconds since 1970 of a W3C date, or of epoch seconds; None for anything else.

    Four digits alone are a year, since that is a W3C format.
    """
    found = _W3C_DATE.match(text)
    if found is None:
        return number(text)
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        instant = datetime(  # noqa: DTZ001, RUF100 - the zone is applied below
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0)
        )
    except ValueError:
        return None
    if second is not None and int(second) > 60:
        return None
    seconds = Decimal(calendar.timegm(instant.timetuple())) + int(second or 0)
    seconds += Decimal(f"0.{fraction[:20]}") if fraction else 0
    if zone and zone not in "Zz":
        digits = zone[1:].replace(":", "")
        offset = int(digits[:2]) * 3600 + int(digits[2:]) * 60
        seconds -= offset if zone[0] == "+" else -offset
    return seconds


def boolean(text: str) -> bool | None:
    """True or False for "true" or "false" in any case, else None."""
    return {"true": True, "false": False}.get(text.lower())


def octets(text: str) -> bytes | None:
    """The bytes of base64 text, or None."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A CIDR range, or the range of one for an address without a prefix, or None."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def comparison(operator: Operator, text: str) -> Comparison | None:
    """The comparison with one value of the policy; None if the value is not of the family.

    Only for the families without wildcards and variables: numbers, dates, binary and addresses.
    A negated operator compares like its positive counterpart; the caller negates.
    """
    if operator.family is Family.BINARY:
        expected_bytes = octets(text)
        return None if expected_bytes is None else lambda value: octets(value) == expected_bytes
    if operator.family is Family.IP:
        expected_range = network(text)
        return None if expected_range is None else lambda value: _inside(value, expected_range)
    read = number if operator.family is Family.NUMERIC else moment
    expected = read(text)
    if expected is None:
        return None
    return lambda value: _ordered(operator.label, read(value), expected)


def comparisons(values: Iterable[str], operator: Operator) -> list[Comparison]:
    """The comparisons with all values that :func:`comparison` accepts."""
    found = (comparison(operator, text) for text in values)
    return [compare for compare in found if compare is not None]


def _inside(value: str, expected: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(value) in expected
    except ValueError:
        return False


def _ordered(label: str, value: Decimal | None, expected: Decimal) -> bool:
    if value is None:
        return False
    if label.endswith("LessThanEquals"):
        return value <= expected
    if label.endswith("LessThan"):
        return value < expected
    if label.endswith("GreaterThanEquals"):
        return value >= expected
    if label.endswith("GreaterThan"):
        return value > expected
    return value == expected
