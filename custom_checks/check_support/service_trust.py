"""Which AWS service a statement lets in."""

from __future__ import annotations

from check_support.policy import Statement
from check_support.values import Template, Value


def is_service(principal: Value, service: str) -> bool | None:
    """Whether a service principal is that of ``service``, the word before the dot; ``None`` if that
    is not decided.

    The DNS suffix may come from the partition, as in
    ``mediaconvert.${data.aws_partition.current.dns_suffix}``.
    """
    word = f"{service}."
    if isinstance(principal, str):
        return principal.startswith(word)
    if isinstance(principal, Template) and principal.beginning:
        beginning = principal.beginning
        return (
            True if beginning.startswith(word) else (None if word.startswith(beginning) else False)
        )
    return None


def trusts(statement: Statement, service: str) -> bool | None:
    """Whether the statement lets the service in, by name or with everybody else; ``None`` if that
    is not decided.
    """
    assumes = statement.covers("sts:AssumeRole")
    if not statement.allows or assumes is False:
        return False
    if any(who == "*" for _, who in statement.principals):
        return assumes
    principals = [(kind, who) for kind, who in statement.principals if kind in ("Service", "?")]
    answers = [is_service(who, service) if kind == "Service" else None for kind, who in principals]
    if True in answers:
        return assumes
    return None if None in answers else False
