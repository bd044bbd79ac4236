"""What an attribute path speaks of: the elements of a resource that it leads to.

A path is a name and steps: ``.name``, ``["any text"]``, ``[0]`` and ``[*]``.

- A name step into a list or a repeated block speaks of every item; ``[*]`` does so at the end, too.
  As in Terraform's splat, what is not a list counts as a list of one.
- A key of a map may have dots: ``tags.k8s.io/role``; in quotes it is meant literally.
- A step into a text leads into the JSON object or array that the text holds.

Every item is an element of its own. Where nothing is there, one element says so: its value is None.
What the sources leave unset has AWS's documented default, also inside a block that they leave out.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from planproof.service_facts import NO_DEFAULT, NoDefault, default, documented_defaults
from planproof.stand_ins import without_unknown
from planproof.terraform.links import configured, links
from planproof.terraform.source_index import SourceBlock
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Truth, Value, all_of, contains_unknown, is_unknown

_KEY: Final = r'\["(?:[^"\\]|\\.)*"\]'
_TAIL: Final = r" (?:set to|of at (?:least|most)|matching) "
PATH: Final = rf'[a-z][a-z0-9_]*(?:\.(?:(?!{_TAIL})[^.\[\]"])+|{_KEY}|\[(?:\d+|\*)\])*'
"""The pattern of a path in a step."""
_STEP: Final = re.compile(rf'(?P<key>{_KEY})|\[(?P<index>\d+|\*)\]|\.?(?P<name>[^.\[\]"]+)')
_PLAIN: Final = re.compile(r"[A-Za-z_][\w-]*")
_EMPTY: Final[tuple[Value, ...]] = (None, "", [], {}, ())
_COMPUTED_ONLY: Final = ("arn", "id", "unique_id", "owner_id", "url")
_WRITE_ONLY: Final = "_wo"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: a name, a literal key, or an index; -1 is every item."""

    name: str = ""
    index: int | None = None
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Element:
    """One thing that a path speaks of.

    Attributes:
        path: its own path: ``ingress[1].cidr_blocks``.
        source: the path of the same in the sources, where blocks may have another order.
        value: None where nothing is there.
        present: whether it is set and not empty; None where that is not known.
        sensitive: whether the value is, contains, or is part of a secret.
        problem: why the path cannot lead there, such as a name that the block does not have.
        unset: whether the value is unknown since the sources leave it to the provider.
        write_only: whether the configuration sets it, and no plan has its value.
        default: whether the value is AWS's default, and the sources do not set it.
    """

    path: str
    source: str
    value: Value
    present: Truth
    sensitive: bool = False
    problem: str = ""
    unset: bool = False
    write_only: bool = False
    default: bool = False


def parsed(text: str) -> tuple[Step, ...]:
    """The steps of a path."""
    steps = []
    for match in _STEP.finditer(text):
        if match["key"]:
            key = match["key"][2:-2]
            steps.append(Step(re.sub(r"\\(.)", r"\1", key), literal=True))
        elif match["index"]:
            steps.append(Step(index=-1 if match["index"] == "*" else int(match["index"])))
        else:
            steps.append(Step(match["name"]))
    return tuple(steps)


def elements_at(stack: Stack, resource: Resource, path: str) -> tuple[Element, ...]:
    """What a path speaks of in a resource; at least one element."""
    steps = parsed(path)
    orders: _Orders = {}
    return tuple(
        _element(stack, resource, place, orders)
        for found in _walk(resource.values, steps, _Place((), is_block=True))
        for place in _by_default(stack, resource, found, steps[-1])
    )


# The walk ------------------------------------------------------------------------------------

_Steps = tuple[str | int, ...]
_Orders = dict[int, Sequence[int]]  # id of a list of blocks → the numbers of its blocks


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk is: concrete steps, and what is there.

    Attributes:
        outer: how many of the steps lead to the JSON text in which this is; None outside of one.
        is_block: whether the names of the mapping here are fixed by the resource's type.
        default: see :class:`Element`.
    """

    steps: _Steps
    value: Value = None
    outer: int | None = None
    is_block: bool = False
    problem: str = ""
    default: bool = False

    def at(self, step: str | int, *, is_block: bool = False) -> _Place:
        return _Place((*self.steps, step), outer=self.outer, is_block=is_block)

    def ends(self, value: Value, rest: Sequence[Step] = (), problem: str = "") -> _Place:
        """The end of the walk here; the steps that are left belong to the path all the same."""
        more = [s.name if s.index is None else s.index for s in rest if s.index != -1]
        return _Place((*self.steps, *more), value, self.outer, problem=problem)


def _walk(value: Value, rest: tuple[Step, ...], here: _Place) -> Iterator[_Place]:
    if not rest:
        yield here.ends(value)
    elif value is None or is_unknown(value):
        yield here.ends(value, rest)
    elif isinstance(value, Mapping):
        yield from _into_mapping(value, rest, here)
    elif isinstance(value, str):
        yield from _into_text(value, rest, here)
    elif isinstance(value, Sequence):
        yield from _into_list(value, rest, here)
    elif rest[0].index in (0, -1):
        yield from _walk(value, rest[1:], here)
    else:
        yield _nothing_inside(value, rest, here)


def _into_list(value: Sequence[Value], rest: tuple[Step, ...], here: _Place) -> Iterator[_Place]:
    step = rest[0]
    index = int(step.name) if step.name.isdecimal() and not step.literal else step.index
    after = rest if index is None else rest[1:]
    numbers: Sequence[int] = range(len(value))
    if index is not None and index >= 0:
        numbers = [index] if index < len(value) else []
    if not numbers:
        yield here.ends(None, rest)
    for number in numbers:
        item = value[number]
        # The names of a block are fixed; those of an object in a JSON text are not.
        at = here.at(number, is_block=here.outer is None)
        if index is None and len(value) == 1:
            at = _Place(here.steps, outer=here.outer, is_block=at.is_block)
        yield from _walk(item, after, at)


def _into_mapping(
    value: Mapping[str, Value], rest: tuple[Step, ...], here: _Place
) -> Iterator[_Place]:
    step = rest[0]
    if step.index is not None:
        # As in Terraform's splat, what is not a list counts as a list of one.
        if step.index > 0:
            yield here.ends(None, rest)
        else:
            yield from _walk(value, rest[1:], here)
        return
    keys = _keys(value, rest)
    if len(keys) > 1:
        names = " and ".join(json.dumps(key, ensure_ascii=False) for key, _ in keys)
        yield here.ends(UNKNOWN, rest, f'both {names}: write the key that is meant as ["KEY"]')
    elif keys:
        key, used = keys[0]
        yield from _walk(value[key], rest[used:], here.at(key))
    elif here.is_block or _has_fixed_names(value, here):
        near = difflib.get_close_matches(step.name, value, n=1)
        hint = f"; the nearest is {near[0]}" if near else ""
        yield here.ends(UNKNOWN, rest, f"no attribute called {step.name}{hint}")
    else:
        yield here.ends(None, _joined(rest) if here.outer is None else rest)


def _keys(value: Mapping[str, Value], rest: tuple[Step, ...]) -> list[tuple[str, int]]:
    """The keys that the next steps can mean, each with the number of steps that it takes."""
    if rest[0].literal:
        return [(rest[0].name, 1)] if rest[0].name in value else []
    names: list[str] = []
    for step in rest:
        if step.literal or step.index is not None:
            break
        names.append(step.name)
    tries = [(".".join(names[:used]), used) for used in range(1, len(names) + 1)]
    found = [(key, used) for key, used in tries if key in value]
    open_ = [(key, used) for key, used in found if used == len(rest) or _has_parts(value[key])]
    return open_ or found[-1:]


def _joined(rest: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps with a key that is not there in one: nothing tells where it ends."""
    if any(step.literal or step.index is not None for step in rest):
        return rest
    return (Step(".".join(step.name for step in rest), literal=True),)


def _has_parts(value: Value) -> bool:
    return isinstance(value, (Mapping, list, tuple)) or is_unknown(value) or _document(value) != ()


def _has_fixed_names(value: Mapping[str, Value], here: _Place) -> bool:
    """Whether a mapping is an object of the type, not a map: the values of a map are alike."""
    return here.outer is None and any(
        isinstance(item, (Mapping, list, tuple, bool)) for item in value.values()
    )


def _into_text(value: str, rest: tuple[Step, ...], here: _Place) -> Iterator[_Place]:
    document = _document(value)
    if document != ():
        outer = len(here.steps) if here.outer is None else here.outer
        yield from _walk(document, rest, _Place(here.steps, outer=outer))
    elif rest[0].index in (0, -1):
        yield from _walk(value, rest[1:], here)
    else:
        yield _nothing_inside(value, rest, here)


def _nothing_inside(value: Value, rest: tuple[Step, ...], here: _Place) -> _Place:
    if value == "" or here.outer is not None or rest[0].index is not None:
        return here.ends(None, rest)
    what = "a text that is not JSON" if isinstance(value, str) else "a number or a truth value"
    return here.ends(UNKNOWN, rest, f"{what}, which has no parts")


def _document(value: Value) -> Any:
    """The JSON object or array in a text, with UNKNOWN for what is not known; () where there is
    none."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return ()
    try:
        document = without_unknown(json.loads(value))
    except (ValueError, RecursionError):
        return ()
    return document if isinstance(document, (dict, list)) or is_unknown(document) else ()


# The default ----------------------------------------------------------------------------------


def _by_default(stack: Stack, resource: Resource, place: _Place, last: Step) -> Iterator[_Place]:
    """The place, with AWS's documented default where the sources leave unset what is there."""
    found = NO_DEFAULT if place.problem else _default_of(stack, resource, place)
    if isinstance(found, NoDefault):
        yield place
    elif isinstance(found, list) and last.index == -1:
        for number, item in enumerate(found):
            yield _Place((*place.steps, number), item, default=True)
    else:
        yield _Place(place.steps, found, default=True)


def _default_of(stack: Stack, resource: Resource, place: _Place) -> Value | NoDefault:
    steps = place.steps
    path = ".".join(step for step in steps if isinstance(step, str))
    if (resource.type, path) not in documented_defaults():
        return NO_DEFAULT
    if resource.mode != "managed" or place.outer is not None:
        return NO_DEFAULT
    nothing = len(steps) > 1 and resource.values.get(str(steps[0])) == []
    if not nothing and _is_configured(stack, resource, steps) is not False:
        return NO_DEFAULT

    def may_be_set_by(type_: str, attribute: str) -> bool:
        others = stack.resources.of_type("managed", type_)
        return any(links(stack, other, attribute, resource) is not False for other in others)

    found = default(resource.type, path, _arguments(stack, resource), may_be_set_by)
    if isinstance(steps[-1], int):
        items = found if isinstance(found, list) else []
        found = items[steps[-1]] if steps[-1] < len(items) else NO_DEFAULT
    left = is_unknown(place.value) or (place.value is None and len(steps) > 1)
    return found if left or place.value == found else NO_DEFAULT


def _arguments(stack: Stack, resource: Resource) -> Mapping[str, Value]:
    """The values of a resource without those that AWS or the provider chooses."""
    return {
        name: value
        for name, value in resource.values.items()
        if not is_unknown(value) or stack.sources is None or configured(stack, resource, name)
    }


# The element -----------------------------------------------------------------------------------


def _element(stack: Stack, resource: Resource, place: _Place, orders: _Orders) -> Element:
    steps = place.steps
    own = steps if place.outer is None else steps[: place.outer]
    source = written(_in_source_order(stack.block(resource), resource.values, steps, orders))
    sensitive = _is_sensitive(resource.sensitive, own)
    name = str(steps[0])
    path = written(steps)
    if name.endswith(_WRITE_ONLY) and place.value is None and len(steps) == 1:
        present = _is_written(stack, resource, name)
        if present is not False:
            return Element(path, source, UNKNOWN, present, True, write_only=True)
    if place.problem:
        return Element(path, source, UNKNOWN, None, sensitive, place.problem)
    if place.default:
        return Element(path, source, place.value, False, default=True)
    if not is_unknown(place.value):
        present = place.value not in _EMPTY
        if contains_unknown(place.value):
            present = True  # a block or collection that is only partly unknown
        return Element(path, source, place.value, present, sensitive)
    left = _is_configured(stack, resource, own) is False
    word = left and not (len(steps) == 1 and name in _COMPUTED_ONLY)
    return Element(
        path,
        source,
        UNKNOWN,
        False if left else None,
        sensitive and not left,
        unset=word,
    )


def written(steps: Sequence[str | int]) -> str:
    """The path of concrete steps."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
    return text


def _is_sensitive(mark: Any, steps: Sequence[str | int]) -> bool:
    """Whether the mark of a resource covers what is at the steps, or a part of it."""
    pending = [(mark, tuple(steps))]
    while pending:
        here, rest = pending.pop()
        if here is True:
            return True
        if isinstance(here, list):
            index = rest[0] if rest and isinstance(rest[0], int) else None
            exact = [here[index]] if index is not None and index < len(here) else here
            after = rest if index is None else rest[1:]
            pending += [(item, after) for item in exact]
        elif isinstance(here, Mapping):
            chosen = [here.get(str(rest[0]))] if rest else list(here.values())
            pending += [(item, rest[1:]) for item in chosen]
    return False


# The configuration -----------------------------------------------------------------------------


def _is_configured(stack: Stack, resource: Resource, steps: _Steps) -> Truth:
    """Whether the sources set what is unknown; None where the configuration does not say."""
    name = str(steps[0])
    if name == "tags_all":
        # The provider merges it from the tags and its default tags.
        provider = stack.configuration.providers.get(
            stack.configuration.provider_of(resource.declared), {}
        )
        merged = "default_tags" in (provider.get("expressions") or {})
        return merged or configured(stack, resource, "tags") or configured(stack, resource, name)
    if not configured(stack, resource, name):
        # A plan's configuration does not show dynamic blocks.
        return None if stack.sources is None and len(steps) > 1 else False
    names = [step for step in steps[1:] if isinstance(step, str)]
    entry = stack.configuration.expression(resource.declared, name)
    block = stack.block(resource)
    dynamic = block is not None and "dynamic" in {b.kind for b in _nested(block)}
    if not names or dynamic or not isinstance(entry, list):
        return True
    entries = entry
    for step in names:
        found = [one[step] for one in entries if isinstance(one, Mapping) and step in one]
        if not found:
            return False if stack.sources is not None else None
        if not all(isinstance(one, list) for one in found):
            return True
        entries = [one for items in found for one in items]
    return True


def _nested(block: SourceBlock) -> Iterator[SourceBlock]:
    for inner in block.blocks:
        yield inner
        yield from _nested(inner)


def _is_written(stack: Stack, resource: Resource, name: str) -> Truth:
    """Whether the configuration sets a write-only attribute, whose value no plan has."""
    entry = stack.configuration.expression(resource.declared, name)
    block = stack.block(resource)
    attribute = block.attributes.get(name) if block is not None else None
    if attribute is None and entry is None:
        return False
    constant = entry.get("constant_value", UNKNOWN) if isinstance(entry, Mapping) else UNKNOWN
    if not is_unknown(constant):
        return constant not in _EMPTY
    if attribute is None:
        # An expression that a plan names by its references only may be null.
        return None if isinstance(entry, Mapping) and entry.get("references") else False
    text = attribute.code.strip()
    if text in ("null", '""'):
        return False
    if re.search(r"\bnull\b|\?|\b(?:try|one|lookup|coalesce)\(", text):
        return None
    variable = re.fullmatch(r"var\.([\w-]+)", text)
    return not (variable and not resource.module and _is_null(stack, variable[1]))


def _is_null(stack: Stack, variable: str) -> bool:
    """Whether a variable of the root module is null; the value of an ephemeral one is in no
    plan, but its default may say so."""
    declared = stack.sources.blocks("", "variable") if stack.sources is not None else ()
    block = next((b for b in declared if b.labels == (variable,)), None)
    if block is None:
        return False
    if "ephemeral" in block.attributes:
        default = block.attributes.get("default")
        return default is not None and default.code.strip() == "null"
    return variable in stack.variables and stack.variables[variable] is None


# The place in the sources ----------------------------------------------------------------------


def _in_source_order(
    block: SourceBlock | None, value: Value, steps: _Steps, orders: _Orders
) -> _Steps:
    """The steps with the indexes of the blocks as the sources have them.

    The items of a set have an order of their own, so a block is found by what it sets.
    """
    if block is None or not steps or not isinstance(value, Mapping):
        return steps
    name, *more = steps
    items = value.get(str(name))
    blocks = [inner for inner in block.blocks if inner.kind == name]
    is_dynamic = any(inner.labels == (name,) for inner in block.blocks)
    if is_dynamic or not isinstance(items, (list, tuple)) or len(items) != len(blocks):
        return steps
    if more and isinstance(more[0], int):
        index = more[0]
        if index >= len(items):
            return steps
        if id(items) not in orders:
            orders[id(items)] = _matched(items, blocks)
        number = orders[id(items)][index]
        inner = _in_source_order(blocks[number], items[index], tuple(more[1:]), orders)
        return (name, number, *inner)
    if len(items) == 1:
        return (name, *_in_source_order(blocks[0], items[0], tuple(more), orders))
    return steps


def _matched(items: Sequence[Value], blocks: Sequence[SourceBlock]) -> Sequence[int]:
    """For each item the number of its block: that of the same number where all of them agree."""
    literals = [_literals(block) for block in blocks]
    if all(_agreement(*pair) >= 0 for pair in zip(items, literals, strict=True)):
        return range(len(items))
    free = set(range(len(blocks)))
    found: list[int] = []
    for number, item in enumerate(items):
        scores = {n: _agreement(item, literals[n]) for n in sorted(free)}
        best = max(scores, key=lambda n: (scores[n], n == number, -n))
        free.discard(best)
        found.append(best)
    return found


def _literals(block: SourceBlock) -> dict[str, Any]:
    """What a block sets without an expression, comparable."""
    found = {}
    for name, attribute in block.attributes.items():
        try:
            found[name] = _comparable(json.loads(attribute.code))
        except ValueError:
            continue
    return found


def _agreement(item: Value, literals: Mapping[str, Any]) -> int:
    """How many literals of a block are in an item; -1 where one is not."""
    count = 0
    for name, literal in literals.items():
        value = item.get(name) if isinstance(item, Mapping) else None
        if contains_unknown(value):
            continue
        if _comparable(value) != literal:
            return -1
        count += 1
    return count


def _comparable(value: Value) -> Any:
    """A value without its type and, in a list, without the order."""
    if isinstance(value, (list, tuple)):
        return sorted(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


# Typed comparison ------------------------------------------------------------------------------


class _Number(float):
    """A number in a feature, with its text."""

    text: str

    def __new__(cls, text: str) -> _Number:
        number = super().__new__(cls, text)
        number.text = text
        return number


def _no_number(text: str) -> Value:
    raise ValueError(text)


def equals(found: Value, text: str) -> Truth:
    """Whether a value is what a feature says: JSON such as true, 7, "text" or ["a"], else text.

    The type of the value decides: 7 is text where the value is text. None where it is unknown.
    """
    try:
        wanted = json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_no_number)
    except (ValueError, RecursionError):
        wanted = text
    if isinstance(found, str) and found == text:
        return True
    return _same(found, wanted)


def _same(found: Value, wanted: Value) -> Truth:
    if is_unknown(found):
        return None
    if isinstance(found, str):
        document = _document(found) if isinstance(wanted, (dict, list)) else ()
        return found == _text(wanted) if document == () else _same(document, wanted)
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, (int, float)):
        return isinstance(wanted, _Number) and _number(found) == _number(wanted.text)
    if isinstance(found, Mapping):
        if not isinstance(wanted, dict) or found.keys() != wanted.keys():
            return False
        return all_of([_same(found[key], wanted[key]) for key in found])
    if isinstance(found, (list, tuple)):
        if not isinstance(wanted, list):
            return False
        if len(found) != len(wanted):
            return None if contains_unknown(found) else False
        return all_of([_same(*pair) for pair in zip(found, wanted, strict=True)])
    return found is wanted


def _number(value: int | float | str) -> Decimal:
    return Decimal(str(value))


def _text(wanted: Value) -> Value:
    if isinstance(wanted, _Number):
        return wanted.text
    if wanted is None:
        return "null"
    return str(wanted).lower() if isinstance(wanted, bool) else wanted
