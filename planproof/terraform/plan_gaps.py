"""Finds what the configuration of a plan names and the plan does not have.

A plan leaves resources out where it was made with ``-target`` or ``-refresh-only``, where changes
were deferred, and where it destroys the stack. ``complete`` says so since Terraform 1.8 alone, so
the configuration decides: a plan has a change for every instance, "no-op" included.

Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from planproof.errors import PlanproofError
from planproof.terraform.addresses import configuration_address
from planproof.terraform.plan import Json, Plan, state_resources
from planproof.terraform.references import enclosing, module_of

Kind = tuple[str, str]
"""Mode and type of resources."""
_SHOWN = 5  # addresses in a sentence
_REMEDY = "create the plan again, without changing the file"


@dataclass(frozen=True, slots=True)
class Gaps:
    """What a plan leaves open.

    Attributes:
        missing: configuration address → mode and type, of all resources of which the plan lacks
            instances, or may lack some.
        notices: what every report must state first.
        read: the kinds with missing resources that were read since :meth:`forget`.
    """

    missing: Mapping[str, Kind] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    read: set[Kind] = field(default_factory=set, compare=False)

    @property
    def kinds(self) -> frozenset[Kind]:
        """The modes and types with missing resources."""
        return frozenset(self.missing.values())

    def of(self, kinds: set[Kind]) -> list[str]:
        """The missing configuration addresses of these kinds."""
        return sorted(address for address, kind in self.missing.items() if kind in kinds)

    def forget(self) -> None:
        """Begin anew to note what is read."""
        self.read.clear()


def gaps_of(plan: Plan, name: str = "the plan") -> Gaps:
    """What a plan leaves open.

    Raises:
        PlanproofError: the parts of the plan that say so are damaged.
    """
    try:
        return _Finder(plan).gaps()
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        raise PlanproofError(
            f"{name} is damaged: {type(problem).__name__} {problem}", _REMEDY
        ) from None


def shown(addresses: list[str]) -> str:
    """Addresses in a sentence, the first ones by name."""
    more = f" and {len(addresses) - _SHOWN} more" if len(addresses) > _SHOWN else ""
    return ", ".join(addresses[:_SHOWN]) + more


class _Finder:
    def __init__(self, plan: Plan) -> None:
        raw = plan.raw
        self._plan = plan
        self._complete = raw.get("complete")
        self._changes = [
            change
            for change in raw.get("resource_changes") or ()
            if change["mode"] == "managed" and "deposed" not in change
        ]
        self._deferred = {
            configuration_address(entry["resource_change"]["address"]): str(entry.get("reason"))
            for entry in raw.get("deferred_changes") or ()
        }
        # Terraform removes instances of these since nothing declares the instances.
        self._removed = {
            configuration_address(change["address"])
            for change in self._changes
            if str(change.get("action_reason", "")).startswith("delete_because")
        }
        self._planned = Counter(map(configuration_address, plan.resources))
        kinds = {address: _kind(address, entry) for address, entry in plan.configuration.items()}
        # An ephemeral resource is never part of a plan.
        self._declared = {a: kind for a, kind in kinds.items() if kind[0] in ("managed", "data")}

    def gaps(self) -> Gaps:
        destroyed, refreshed = self._destroys(), self._only_refreshes()
        missing = dict.fromkeys(
            a
            for a, kind in self._declared.items()
            if a in self._deferred or (destroyed and kind[0] == "managed") or self._lacks(a)
        )
        certain = bool(missing.keys() - self._deferred.keys()) or self._complete is False
        for address in self._declared:
            if address not in missing and self._may_lack(address, certain):
                missing[address] = None
        found = {address: self._declared[address] for address in missing}
        notices = tuple(self._notices(list(found), destroyed, refreshed))
        return Gaps(found, notices)

    # One resource ----------------------------------------------------------------------------

    def _lacks(self, address: str) -> bool:
        expected = self._expected(address)
        return expected is not None and self._planned[address] < expected

    def _may_lack(self, address: str, certain: bool) -> bool:
        """Whether the plan may lack instances of a resource whose number it does not show."""
        if self._expected(address) is not None:
            return False
        if certain:
            return True
        # Without "complete", a plan of a conditional resource that is left out and one that was
        # made without it look alike.
        return (
            self._complete is not True
            and not self._planned[address]
            and address not in self._removed
        )

    def _expected(self, address: str) -> int | None:
        """How many instances the configuration declares; None where it does not say."""
        entries = [self._plan.configuration[address]]
        entries += [self._plan.modules.get(path) or {} for path, _ in enclosing(module_of(address))]
        sizes = [_repetitions(entry) for entry in entries]
        if 0 in sizes:
            return 0
        number = 1
        for size in sizes:
            if size is None:
                return None
            number *= size
        return number

    # The whole plan --------------------------------------------------------------------------

    def _destroys(self) -> bool:
        """Whether it is a plan of ``terraform destroy``: it removes what the sources declare."""
        named = [c for c in self._changes if configuration_address(c["address"]) in self._declared]
        return bool(named) and all(
            c["change"]["actions"] == ["delete"] and not c.get("action_reason") for c in named
        )

    def _only_refreshes(self) -> bool:
        """Whether it changes nothing that exists: it was made with ``-refresh-only``."""
        state = (self._plan.raw.get("prior_state") or {}).get("values") or {}
        existing = state_resources(state.get("root_module") or {})
        return not self._changes and any(
            item["mode"] == "managed" and configuration_address(item["address"]) in self._declared
            for item in existing
        )

    def _notices(self, missing: list[str], destroyed: bool, refreshed: bool) -> Iterator[str]:
        end = "questions that depend on them are undetermined"
        managed = [a for a in missing if self._declared[a][0] == "managed"]
        unmarked = [c for c in self._changes if c["change"].get("after")]
        if unmarked and not any("after_sensitive" in c["change"] for c in unmarked):
            yield (
                "The plan does not say which values are sensitive (it was made before Terraform "
                "0.15): those that are named like a secret are hidden."
            )
        if destroyed:
            yield (
                f"The plan destroys the stack: nothing of {shown(managed)} would be left, so "
                f"{end}. Judge a plan that was made without -destroy."
            )
        elif refreshed:
            yield (
                f"The plan only refreshes the state (-refresh-only) and plans no resource, so {end}"
                f" ({shown(managed)}). Judge a plan that was made without this option."
            )
        if self._deferred:
            reasons = ", ".join(sorted(set(self._deferred.values()) - {"None"}))
            yield (
                f"The plan defers changes of {shown(sorted(self._deferred))}"
                + (f" ({reasons})" if reasons else "")
                + f": {end}."
            )
        if self._complete is False:
            yield (
                "The plan is not complete (complete: false), as with -target or deferred changes: "
                "what it leaves out is undetermined."
            )
        left_out = [a for a in missing if a not in self._deferred]
        if left_out and not destroyed and not refreshed:
            yield (
                f"The configuration names what the plan does not have, or may have only in part: "
                f"{shown(left_out)}; {end}. -target leaves resources out; so does a count or "
                f"for_each without instances, which this plan cannot tell apart."
            )


def _kind(address: str, entry: Json) -> Kind:
    *before, type_, _ = address.split(".")
    mode = before[-1] if before and before[-1] in ("data", "ephemeral") else "managed"
    return str(entry.get("mode") or mode), str(entry.get("type") or type_)


def _repetitions(entry: Json) -> int | None:
    """How many instances ``count`` or ``for_each`` makes; None where the plan does not show it."""
    if "count_expression" in entry:
        value = _constant(entry["count_expression"])
        text = str(value)
        return int(text) if not isinstance(value, bool) and text.isdigit() else None
    if "for_each_expression" in entry:
        value = _constant(entry["for_each_expression"])
        return len(value) if isinstance(value, (Mapping, list, tuple)) else None
    return 1


def _constant(expression: Any) -> Any:
    return expression.get("constant_value") if isinstance(expression, Mapping) else None
