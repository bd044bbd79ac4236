"""The AWS services that a trust policy statement allows to assume the role."""

from __future__ import annotations

from check_support.policy import SourceStatement
from check_support.truth import Truth, any_of
from check_support.values import Template, Value


def is_service(principal: Value, service: str) -> Truth:
    """Whether a service principal is that of ``service``, the part before the first dot; ``None``
    if the source does not decide.

    The DNS suffix may come from the partition, as in
    ``mediaconvert.${data.aws_partition.current.dns_suffix}``.
    """
    prefix = f"{service}."
    if isinstance(principal, str):
        return principal.startswith(prefix)
    if not isinstance(principal, Template) or not principal.beginning:
        return None
    if principal.beginning.startswith(prefix):
        return True
    return None if prefix.startswith(principal.beginning) else False


def trusts(statement: SourceStatement, service: str) -> Truth:
    """Whether the statement allows the service to assume the role, by name or by a wildcard;
    ``None`` if the source does not decide.
    """
    assumes = statement.covers("sts:AssumeRole")
    if not statement.allows or assumes is False:
        return False
    if any(identifier == "*" for _, identifier in statement.principals):
        return assumes
    matches = any_of(
        is_service(identifier, service) if kind == "Service" else None
        for kind, identifier in statement.principals
        if kind in ("Service", "?")
    )
    return assumes if matches else matches
