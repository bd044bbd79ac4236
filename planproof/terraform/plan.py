"""Reads and indexes plans in the format of ``terraform show -json``.

Format: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from itertools import zip_longest
from pathlib import Path
from typing import Any

from planproof.errors import PlanproofError
from planproof.values import UNKNOWN, Value, read_only

Json = Mapping[str, Any]
_SECRET = re.compile(
    r"(?i)(?:^|_)(?:passwords?|passwd|passphrase|secrets?|secret_(?:string|binary|key|value)"
    r"|tokens?|private_key|pre_?shared_key|credentials?|api_?key|user_data(?:_base64)?)"
    r"(?:_(?:text|base64|pem))?$"
)
"""Names of attributes and map keys that hold a secret, where a plan does not say so."""


@dataclass(frozen=True, slots=True)
class ResourceInstance:
    """A resource instance or data source of a stack.

    Attributes:
        address: ``module.m["a"].aws_sqs_queue.q[0]``.
        mode: "managed" or "data".
        module: module address; "" for the root module.
    """

    address: str
    mode: str
    type: str
    name: str
    index: str | int | None
    module: str

    @property
    def place(self) -> dict[str, Any]:
        """These members alone, by name."""
        return {member.name: getattr(self, member.name) for member in fields(ResourceInstance)}


def place_of(entry: Json, module: str) -> dict[str, Any]:
    """The members of a :class:`ResourceInstance` in an entry of a plan or a state."""
    required = {name: entry[name] for name in ("address", "mode", "type", "name")}
    return {**required, "index": entry.get("index"), "module": module}


@dataclass(frozen=True, slots=True)
class PlannedResource(ResourceInstance):
    """A planned resource instance, or a data source.

    Attributes:
        known: ``after`` of the plan, with :data:`UNKNOWN` for each unknown value.
        unknown: ``after_unknown`` of the plan.
        sensitive: ``after_sensitive`` of the plan: True, or a structure with True at the leaves.
    """

    known: Mapping[str, Value]
    unknown: Mapping[str, Any]
    sensitive: Any


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan.

    Attributes:
        terraform_version: of the binary that created it.
        resources: every resource instance that will exist, and every data source, by address.
        configuration: configuration address (without instance keys) → its configuration.
        modules: module path (without instance keys) → the ``module_calls`` entry.
        variables: variables of the root module: name → value.
        sensitive_variables: those of them that are declared sensitive.
    """

    terraform_version: str
    resources: Mapping[str, PlannedResource]
    configuration: Mapping[str, Json]
    modules: Mapping[str, Json]
    providers: Mapping[str, Json]
    variables: Mapping[str, Value]
    sensitive_variables: frozenset[str]
    raw: Json = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> Plan:
        """Read a plan from a JSON file.

        Raises:
            PlanproofError: the file is unreadable, not JSON, truncated, or not a plan.
        """
        try:
            # Windows PowerShell writes redirected output as UTF-16.
            content = path.read_bytes()
            text = content.decode(json.detect_encoding(content))
        except OSError as problem:
            raise PlanproofError(
                f"the plan file {path} cannot be read ({problem.strerror})", _REMEDY
            ) from None
        except UnicodeDecodeError:
            raise PlanproofError(f"the plan file {path} is binary, not JSON", _REMEDY) from None
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, name: str = "the plan") -> Plan:
        """Parse a plan from text; ``name`` is its name in errors."""
        try:
            with _without_garbage_collection():
                raw = json.loads(text)
        except json.JSONDecodeError as problem:
            if problem.pos >= len(text.rstrip()) or "Unterminated" in problem.msg:
                what = f"the plan file {name} is truncated: its JSON ends at line {problem.lineno}"
            else:
                what = (
                    f"the plan file {name} is not JSON "
                    f"(line {problem.lineno}, column {problem.colno}: {problem.msg})"
                )
            raise PlanproofError(what, _REMEDY) from None
        except RecursionError:
            raise PlanproofError(f"the plan file {name} is nested too deeply", _REMEDY) from None
        return cls.of(raw, name)

    @classmethod
    def of(cls, raw: Any, name: str = "the plan") -> Plan:
        """Create a plan from decoded JSON."""
        _check_is_plan(raw, name)
        try:
            with _without_garbage_collection():
                return cls._index(raw)
        except (KeyError, TypeError, AttributeError, ValueError) as problem:
            raise PlanproofError(
                f"the plan file {name} is damaged: {type(problem).__name__} {problem}", _REMEDY
            ) from None

    @classmethod
    def of_changes(cls, changes: Iterable[Json]) -> Plan:
        """A plan of which only the changes are known: what ``terraform test`` prints."""
        return cls("", _planned(changes), {}, {}, {}, {}, frozenset(), {})

    @classmethod
    def _index(cls, raw: Json) -> Plan:
        resources = {item.address: item for item in _prior_data(raw.get("prior_state") or {})}
        resources |= _planned(raw.get("resource_changes") or ())
        config = read_only(raw["configuration"])
        configuration: dict[str, Json] = {}
        modules: dict[str, Json] = {}
        for path, module in _modules(config.get("root_module") or {}):
            prefix = "".join(f"module.{part}." for part in path)
            for resource in module.get("resources") or ():
                configuration[prefix + resource["address"]] = resource
            for call, entry in (module.get("module_calls") or {}).items():
                modules[".".join((*path, call))] = entry
        return cls(
            terraform_version=str(raw.get("terraform_version", "")),
            resources=resources,
            configuration=configuration,
            modules=modules,
            providers=config.get("provider_config") or {},
            variables={k: v.get("value") for k, v in (raw.get("variables") or {}).items()},
            sensitive_variables=_sensitive(config.get("root_module") or {}),
            raw=raw,
        )


def _planned(changes: Iterable[Json]) -> dict[str, PlannedResource]:
    """Address → resource, of all changes that leave a resource behind."""
    resources: dict[str, PlannedResource] = {}
    for change in changes:
        after = change["change"]
        if after["actions"] in (["delete"], ["forget"]):
            continue
        unknown = after.get("after_unknown")
        unknown = unknown if isinstance(unknown, dict) else {}
        resources[change["address"]] = PlannedResource(
            **place_of(change, change.get("module_address", "")),
            known=mark_unknown(after.get("after") or {}, unknown),
            unknown=unknown,
            sensitive=_marks(after, "after_sensitive", after.get("after")),
        )
    return resources


def _marks(entry: Json, key: str, values: Any) -> Any:
    """The marks of sensitive values, or those of what is named like a secret: a plan has marks only
    since Terraform 0.15."""
    return entry[key] if key in entry else _named_like_secrets(values)


def _named_like_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: marks
            for key, item in value.items()
            if (marks := _SECRET.search(str(key)) is not None or _named_like_secrets(item))
        }
    if isinstance(value, list):
        marks = [_named_like_secrets(item) for item in value]
        return marks if any(marks) else False
    return False


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Disable the garbage collector: it would traverse the growing plan repeatedly, which makes the
    time to load grow faster than the plan."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


_REMEDY = "create one with 'terraform show -json PLAN > FILE'"


def _check_is_plan(raw: Any, name: str) -> None:
    version = raw.get("format_version") if isinstance(raw, dict) else None
    if not isinstance(version, str):
        raise PlanproofError(f"{name} is JSON but not a plan: it has no format_version", _REMEDY)
    if version.split(".")[0] not in ("0", "1") or version.startswith("0.0"):
        raise PlanproofError(
            f"{name} has the unknown plan format version {version[:40]!r}",
            "create it with a Terraform version whose plan format is 1.x, or update planproof",
        )
    if raw.get("errored") is True:
        raise PlanproofError(
            f"{name} is of a plan that failed, so that parts of the stack are missing",
            "fix the errors that 'terraform plan' reports, then create the file again",
        )
    if "planned_values" not in raw or not isinstance(raw.get("configuration"), dict):
        kind = "a state" if "values" in raw else "not a plan"
        raise PlanproofError(
            f"{name} is {kind}: it has no planned_values and configuration", _REMEDY
        )


def _sensitive(root: Json) -> frozenset[str]:
    declared = root.get("variables") or {}
    return frozenset(name for name, entry in declared.items() if entry.get("sensitive") is True)


def mark_unknown(after: Any, unknown: Any) -> Any:
    """``after`` with :data:`UNKNOWN` for each true in ``after_unknown``; copies only changes."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, dict) and unknown:
        known = dict(after) if isinstance(after, dict) else {}
        for key, value in unknown.items():
            if value is not False and value != {} and value != []:
                known[key] = mark_unknown(known.get(key), value)
        return known
    if isinstance(unknown, list) and unknown:
        items = after if isinstance(after, list) else []
        return [mark_unknown(item, mark) for item, mark in zip_longest(items, unknown)]
    return after


def _modules(root: Json) -> Iterator[tuple[tuple[str, ...], Json]]:
    todo: list[tuple[tuple[str, ...], Json]] = [((), root)]
    while todo:
        path, module = todo.pop()
        yield path, module
        for name, call in (module.get("module_calls") or {}).items():
            todo.append(((*path, name), call.get("module") or {}))


def _prior_data(state: Json) -> Iterator[PlannedResource]:
    """Data sources that were read during the plan: only the prior state has their values."""
    for item in state_resources((state.get("values") or {}).get("root_module") or {}):
        if item["mode"] == "data":
            yield PlannedResource(
                **place_of(item, item["module"]),
                known=item.get("values") or {},
                unknown={},
                sensitive=_marks(item, "sensitive_values", item.get("values")),
            )


def state_resources(root: Json) -> Iterator[dict[str, Any]]:
    """The resources of a values or state representation, with their ``module`` address added."""
    todo = [root]
    while todo:
        module = todo.pop()
        for resource in module.get("resources") or ():
            yield {**resource, "module": module.get("address", "")}
        todo.extend(module.get("child_modules") or ())
