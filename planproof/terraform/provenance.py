"""Traces the origin of values: follows references to attributes that are not configured.

References are followed through locals, variables, outputs, modules and arguments of other resources
to computed attributes, whose values only the provider knows. A value that derives from an unknown
attribute is unknown too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

from planproof.terraform.expressions import Slot, Term
from planproof.terraform.references import (
    REPETITION,
    Configuration,
    enclosing,
    module_of,
    prefix_of,
    reference_parts,
    references_in,
    references_of,
)
from planproof.terraform.source_index import SourceBlock


class Change(IntEnum):
    """What the functions and operators between an attribute and a value may do to it."""

    NONE = 0  # it is in the value as it is
    CHOSEN = 1  # it is in the value as it is, or decides which other values are
    ALTERED = 2  # anything


# Functions whose result has each text of their arguments in it, as it is.
# fmt: off
_TRANSPARENT = frozenset({
    "abspath", "chunklist", "concat", "convert", "defaults", "ephemeralasnull", "flatten",
    "format", "formatlist", "issensitive", "join", "jsonencode", "list", "map", "merge",
    "nonsensitive", "pathexpand", "range", "reverse", "sensitive", "setproduct", "slice",
    "tobool", "tolist", "tomap", "tonumber", "tostring", "values", "yamlencode", "zipmap",
})
# fmt: on
# Functions that choose among their arguments by whether they are equal, empty or null. Those that
# make sets are not among them: the order of a set depends on its texts.
# fmt: off
_CHOOSING = frozenset({
    "alltrue", "anytrue", "can", "coalesce", "coalescelist", "compact", "contains", "distinct",
    "element", "index", "keys", "length", "lookup", "matchkeys", "one",
    "transpose", "try",
})
# fmt: on
# Functions that take a text apart at characters that no assigned part has.
_APART = frozenset({"basename", "dirname", "jsondecode", "trimspace", "urlencode"})
# Those that do so only with such characters in the text that they look for, and without a letter
# or two beside them that an assigned part may begin or end with.
_SEPARATING = {"split": 0, "trimprefix": 1, "trimsuffix": 1, "replace": 1}
_SEPARATOR = re.compile(
    r'"(?![A-Za-z0-9-]{1,2}[^A-Za-z0-9-])[^"$%\\]*[^"$%\\A-Za-z0-9-]'
    r'(?:[A-Za-z0-9-]{3}[A-Za-z0-9-]*)?"'
)
_OPERATOR = re.compile(r"[=!]=|&&|\|\||<|>|\?|%\{|!|\bif\b")
_PRECISION = re.compile(r"%-?\d*\.\d")


Leaf = tuple[str, str, Change]
"""Configuration address, attribute path ("" for the whole resource), and what happened to it."""


class Place(NamedTuple):
    """Where an expression is written.

    Attributes:
        module: its module path, "" for the root module.
        owner: "local", "output", "var" for an argument of the call of this module, or a resource's
            address inside its module ("aws_sqs_queue.q", "data.aws_ami.a").
        name: of the local, the output, or the top-level argument or block.
    """

    module: str
    owner: str
    name: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What a value derives from.

    Attributes:
        leaves: attributes that are not configured.
        variables: variables of the root module.
        complete: whether every reference could be followed.
    """

    leaves: frozenset[Leaf] = frozenset()
    variables: frozenset[str] = frozenset()
    complete: bool = True

    def __or__(self, other: Origin) -> Origin:
        return Origin(
            self.leaves | other.leaves,
            self.variables | other.variables,
            self.complete and other.complete,
        )


DOCUMENTS = ("json", "minified_json", "rendered")
"""Attributes of data sources with a document built from the arguments."""

CONSTANT = Origin()
"""The origin of a constant."""

_UNTRACEABLE = Origin(complete=False)


@dataclass(frozen=True, slots=True)
class _Step:
    """A reference to follow, with the module and the block that it is written in.

    ``each`` refers to the ``for_each`` of the carrier: a resource's configuration address,
    "module.<path>" for a module call, or "".
    """

    module: str
    reference: str
    carrier: str
    change: Change


@dataclass(slots=True)
class Tracer:
    """Traces references through one configuration; caches the origins.

    Attributes:
        replaced: expressions that were not evaluated as they are written: what derives from them
            cannot be followed.
    """

    configuration: Configuration
    replaced: frozenset[Place] = frozenset()
    _templates: frozenset[str] = field(init=False)
    _cache: dict[tuple[_Step, ...], Origin] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sources = self.configuration.sources
        self._templates = plain_templates(sources.templates) if sources else frozenset()

    def expression(self, address: str, expression: Any, text: str | None) -> Origin:
        """The origin of an expression of a resource.

        Args:
            expression: an entry of the plan's ``configuration``.
            text: the expression in the sources, or a text that contains it; None where it is not
                known.
        """
        references = dict.fromkeys(references_of(expression))
        return self._trace(self._steps(module_of(address), references, text, address))

    def text(self, address: str, text: str) -> Origin:
        """The origin of a piece of a resource's source."""
        return self._trace(self._steps(module_of(address), references_in(text), text, address))

    def is_replaced(self, address: str, key: str = "") -> bool:
        """Whether an argument of a resource, or any of them, was not evaluated as it is written."""
        module = module_of(address)
        local = address.removeprefix(prefix_of(module))
        return any(
            place.module == module and place.owner == local and key in ("", place.name)
            for place in self.replaced
        )

    def attribute(self, address: str, key: str) -> Origin:
        """The origin of a top-level argument of a resource."""
        if self.is_replaced(address, key):
            return _UNTRACEABLE
        expression = self.configuration.expression(address, key)
        found = self.expression(address, expression, self.text_of(address, key))
        return found | self.dynamic(address, key)

    def dynamic(self, address: str, key: str | None = None) -> Origin:
        """The origin of the ``dynamic`` blocks of a type, or of all, from the sources: a plan has
        none."""
        origin = CONSTANT
        for block in self.dynamic_blocks(address, key):
            origin |= self._trace(self._steps_of_dynamic(address, block, Change.NONE))
        return origin

    def inputs(self, address: str, change: Change = Change.NONE) -> Origin:
        """The origin of all arguments of a data source, and so of its result."""
        if self.is_replaced(address):
            return _UNTRACEABLE
        return self._trace(self._steps_of_data(address, change))

    def module_instances(self, call: str) -> Origin:
        """The origin of the ``count`` or ``for_each`` of a module, and of its parents."""
        origin = CONSTANT
        for path, parent in enclosing(call):
            entry = self.configuration.modules.get(path, {})
            references = references_of([entry.get(key) for key in REPETITION])
            origin |= self._trace(self._steps(parent, references, None, f"module.{path}"))
        return origin

    def resource_instances(self, address: str) -> Origin:
        """The origin of the ``count`` or ``for_each`` of a resource."""
        entry = self.configuration.resources.get(address, {})
        return self.expression(address, [entry.get(key) for key in REPETITION], None)

    def dynamic_blocks(self, address: str, key: str | None = None) -> list[SourceBlock]:
        """The ``dynamic`` blocks in the source of a resource, of one type or of all."""
        return [
            nested
            for block in self._definitions(address)
            for nested in block.blocks
            if nested.kind == "dynamic" and key in (None, *nested.labels)
        ]

    def written_blocks(self, address: str, key: str) -> list[SourceBlock]:
        """The static nested blocks of a type in the source of a resource."""
        return [b for block in self._definitions(address) for b in block.blocks if b.kind == key]

    # Following -------------------------------------------------------------------------------

    def _steps(
        self,
        module: str,
        references: Iterable[str],
        text: str | None,
        carrier: str = "",
        change: Change = Change.NONE,
    ) -> list[_Step]:
        """The references of an expression.

        Args:
            text: of the expression, None where it is not known.
            change: what happens to its value.
        """
        return [
            _Step(module, one, carrier, max(change, change_of(text, one, self._templates)))
            for reference in references
            for one in _as_written(text, reference)
        ]

    def _trace(self, steps: list[_Step]) -> Origin:
        if not steps:
            return CONSTANT
        key = tuple(steps)
        if key not in self._cache:
            self._cache[key] = self._walk(steps)
        return self._cache[key]

    def _walk(self, steps: list[_Step]) -> Origin:
        todo = list(steps)
        seen: set[_Step] = set()
        leaves: set[Leaf] = set()
        variables: set[str] = set()
        complete = True
        while todo:
            step = todo.pop()
            if step not in seen:
                seen.add(step)
                found, more = self._follow(step)
                leaves |= found.leaves
                variables |= found.variables
                complete = complete and found.complete
                todo.extend(more)
        return Origin(frozenset(leaves), frozenset(variables), complete)

    def _follow(self, step: _Step) -> tuple[Origin, list[_Step]]:
        parts = reference_parts(step.reference)
        kind = parts[0]
        if kind in ("path", "terraform", "count", "self"):
            return CONSTANT, []
        if len(parts) < 2 or kind == "ephemeral":
            return _UNTRACEABLE, []
        if kind == "each":
            return self._follow_each(step, parts) if parts[1] == "value" else (CONSTANT, [])
        if kind == "var":
            return self._follow_variable(step, parts[1])
        if kind == "local":
            if Place(step.module, kind, parts[1]) in self.replaced:
                return _UNTRACEABLE, []
            text = self.configuration.local(step.module, parts[1])
            if text is None:
                return _UNTRACEABLE, []
            return CONSTANT, self._steps(step.module, references_in(text), text, "", step.change)
        if kind == "module":
            return self._follow_module(step, parts[1:])
        return self._follow_resource(step, parts)

    def _follow_each(self, step: _Step, parts: list[str]) -> tuple[Origin, list[_Step]]:
        carrier = step.carrier
        if carrier.startswith("module.") and carrier not in self.configuration.resources:
            path = carrier.removeprefix("module.")
            module, _, name = path.rpartition(".")
            entry = self.configuration.modules.get(path, {})
            blocks = [b for b in self.configuration.blocks(module, "module") if b.labels == (name,)]
        else:
            entry, module = self.configuration.resources.get(carrier, {}), module_of(carrier)
            blocks = list(self._definitions(carrier))
        written = [b.attributes["for_each"].text for b in blocks if "for_each" in b.attributes]
        text = written[-1] if written else None
        references = list(references_of(entry.get("for_each_expression")))
        if len(references) == 1 and text == references[0]:
            # A map of instances: each value is one of them.
            references = [".".join([references[0], *parts[2:]])]
            text = references[0]
        return CONSTANT, self._steps(module, references, text, "", step.change)

    def _follow_variable(self, step: _Step, name: str) -> tuple[Origin, list[_Step]]:
        module = step.module
        if not module:
            return Origin(variables=frozenset({name})), []
        if Place(module, "var", name) in self.replaced:
            return _UNTRACEABLE, []
        value = self.configuration.module_argument(module, name)
        parent, _, last = module.rpartition(".")
        written = [
            block.attributes[name].text
            for block in self.configuration.blocks(parent, "module")
            if block.labels == (last,) and name in block.attributes
        ]
        text = written[-1] if written else None
        steps = self._steps(parent, references_of(value), text, f"module.{module}", step.change)
        return CONSTANT, steps

    def _follow_module(self, step: _Step, parts: list[str]) -> tuple[Origin, list[_Step]]:
        path, outputs = self.configuration.outputs(step.module, parts[0])
        steps = []
        names = parts[1:2] or outputs
        if any(Place(path, "output", name) in self.replaced for name in names):
            return _UNTRACEABLE, []
        for name in names:
            written = [b for b in self.configuration.blocks(path, "output") if b.labels == (name,)]
            value = written[-1].attributes.get("value") if written else None
            expression = (outputs.get(name) or {}).get("expression")
            text = value.text if value else None
            steps += self._steps(path, references_of(expression), text, "", step.change)
        return CONSTANT, steps

    def _follow_resource(self, step: _Step, parts: list[str]) -> tuple[Origin, list[_Step]]:
        module = step.module
        length = 3 if parts[0] == "data" else 2
        address = prefix_of(module) + ".".join(parts[:length])
        if len(parts) < length or address not in self.configuration.resources:
            return CONSTANT, []  # the iterator of a dynamic block may look like a resource
        path = parts[length:]
        if self.is_replaced(address, path[0] if path and parts[0] != "data" else ""):
            return _UNTRACEABLE, []
        whole = Origin(frozenset({(address, ".".join(path), step.change)}))
        expressions = self.configuration.expressions(address)
        if parts[0] == "data" and not (path and path[0] in expressions):
            # The result of a data source does not show its input, unless it is a document.
            shows = bool(path) and path[0] in DOCUMENTS
            return whole, self._steps_of_data(address, step.change if shows else Change.ALTERED)
        if not path:
            return whole, []
        if parts[0] == "terraform_data" and path[0] == "output":
            # Its output is its input, which a plan never knows.
            inputs = _expression_at(expressions.get("input"), path[1:])
            text = self.text_of(address, "input")
            return whole, self._steps(module, references_of(inputs), text, address, step.change)
        dynamic = self.dynamic_blocks(address, path[0])
        if path[0] not in expressions and not dynamic:
            return whole, []
        found = _expression_at(expressions.get(path[0]), path[1:])
        text = self.text_of(address, path[0])
        steps = self._steps(module, references_of(found), text, address, step.change)
        for block in dynamic:
            steps += self._steps_of_dynamic(address, block, step.change)
        return whole if found is None or (dynamic and len(path) > 1) else CONSTANT, steps

    def _steps_of_data(self, address: str, change: Change) -> list[_Step]:
        module = module_of(address)
        steps = []
        for key, expression in self.configuration.expressions(address).items():
            text = self.text_of(address, key)
            steps += self._steps(module, references_of(expression), text, address, change)
        for block in self.dynamic_blocks(address):
            steps += self._steps_of_dynamic(address, block, change)
        return steps

    def _steps_of_dynamic(self, address: str, block: SourceBlock, change: Change) -> list[_Step]:
        # What happens to the iterator happens to what it runs over.
        iterator = block.attributes.get("iterator")
        name = iterator.text if iterator else block.labels[0] if block.labels else ""
        found = [c for parts, c in _changes_in(block.text, self._templates) if parts[:1] == (name,)]
        worst = max([change, *found])
        references = references_in(block.text)
        return self._steps(module_of(address), references, block.text, address, worst)

    def unlisted_expressions(self) -> Iterator[str]:
        """The source of all expressions whose references a plan does not list."""
        for module in ("", *self.configuration.modules):
            for block in self.configuration.blocks(module, "locals"):
                yield from (attribute.text for attribute in block.attributes.values())
        for address in self.configuration.resources:
            yield from (block.text for block in self.dynamic_blocks(address))

    # Sources ---------------------------------------------------------------------------------

    def _definitions(self, address: str) -> tuple[SourceBlock, ...]:
        sources = self.configuration.sources
        if sources is None:
            return ()
        module = module_of(address)
        local = address.removeprefix(prefix_of(module)).split(".")
        mode = "data" if local[0] == "data" else "managed"
        return sources.definitions(module, mode, local[-2], local[-1])

    def written(self, address: str, path: str) -> str:
        """The text of an argument in the sources; "" where it is not found."""
        steps = path.split(".")
        for definition in reversed(self._definitions(address)):
            block = definition
            for number, step in enumerate(steps):
                if number == len(steps) - 1 and step in block.attributes:
                    return block.attributes[step].text
                nested = [b for b in block.blocks if b.kind == step]
                if len(nested) != 1:
                    break
                block = nested[0]
        return ""

    def text_of(self, address: str, key: str) -> str | None:
        """The text of an argument, or of all nested blocks of a type; None where it is not
        found."""
        found: list[str] = []
        for definition in self._definitions(address):
            if key in definition.attributes:
                return definition.attributes[key].text
            found += [b.text for b in definition.blocks if b.kind == key or b.labels == (key,)]
        return "\n".join(found) if found else None


def _as_written(text: str | None, reference: str) -> tuple[str, ...]:
    """The references in a text that a plan lists as a whole resource: it leaves out what follows an
    index, as in ``aws_sqs_queue.q[each.key].arn``."""
    parts = tuple(reference_parts(reference))
    if text is None or len(parts) != (3 if parts[0] == "data" else 2):
        return (reference,)
    if parts[0] in ("var", "local", "module", "each", "path", "terraform", "count", "self"):
        return (reference,)
    found = [one for one, _ in _changes_in(text) if one[: len(parts)] == parts]
    if not found or any(len(one) == len(parts) for one in found):
        return (reference,)
    return tuple(dict.fromkeys(".".join(one) for one in found))


def plain_templates(templates: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The files that ``templatefile`` only puts values into, by the argument that names them.

    Args:
        templates: see :attr:`~planproof.terraform.source_index.SourceIndex.templates`.
    """
    return frozenset(name for name, texts in templates.items() if all(map(_is_plain, texts)))


def _is_plain(template: str) -> bool:
    rest = _INTERPOLATION.sub("", template)
    return not _INTERPOLATION_START.search(rest) and all(
        change is Change.NONE
        for inner in _INTERPOLATION.findall(template)
        for _, change in _changes_in(inner)
    )


_INTERPOLATION = re.compile(r"(?<!\$)\$\{~?((?:[^{}]|\{[^{}]*\})*?)~?\}")
_INTERPOLATION_START = re.compile(r"(?<!\$)\$\{|(?<!%)%\{")


def change_of(text: str | None, reference: str, templates: frozenset[str] = frozenset()) -> Change:
    """What an expression may do to the value of a reference in it.

    Args:
        text: the expression, or a text that contains it; None where it is not known.
        templates: see :func:`plain_templates`.
    """
    if text is None:
        return Change.ALTERED
    wanted = reference_parts(reference)
    changes = _changes_in(text, templates)
    found = [
        change
        for parts, change in changes
        if all(one == other for one, other in zip(parts, wanted, strict=False))
    ]
    if found or not changes:
        return max(found, default=Change.ALTERED)
    # A reference that is not found is hidden in an index, which chooses, or in a template.
    return max(Change.CHOSEN, *(change for _, change in changes))


_Changes = tuple[tuple[tuple[str, ...], Change], ...]
_LOOP = re.compile(r"[\[{(\s]*for\s+([\w-]+)(?:\s*,\s*([\w-]+))?\s+in\b")
_NAME_BEFORE = re.compile(r"(?<![\w.:-])(?!(?:in|if)\s)[A-Za-z][\w:-]*\s+\Z")
_DEEPEST = 60
"""Deeper expressions are not looked into."""


@lru_cache(maxsize=4096)
def _changes_in(text: str, templates: frozenset[str] = frozenset()) -> _Changes:
    """The references in an expression, each with what the functions and operators around it do."""
    return tuple(_changes(Slot.of(text), Change.NONE, templates, 0))


def _changes(
    slot: Slot, change: Change, templates: frozenset[str], depth: int
) -> list[tuple[tuple[str, ...], Change]]:
    if depth > _DEEPEST:
        return [(tuple(reference_parts(r)), Change.ALTERED) for r in references_in(slot.text)]
    found: list[tuple[tuple[str, ...], Change]] = []
    if _OPERATOR.search(_between(slot)):
        change = max(change, Change.CHOSEN)
    for term in slot.terms:
        if term.kind in ("reference", "word"):
            found.append((tuple(reference_parts(term.text)), change))
            continue
        inside = max(change, _change_by(term, templates))
        if term.kind == "group" and _NAME_BEFORE.search(slot.source, slot.value, term.start):
            inside = Change.ALTERED  # a call with space before its arguments
        if term.kind == "heredoc" and not term.slots:
            found += [(tuple(reference_parts(r)), inside) for r in references_in(term.text)]
        here = [
            one for inner in term.slots for one in _changes(inner, inside, templates, depth + 1)
        ]
        if term.kind == "for" and (loop := _LOOP.match(term.text)):
            # What happens to the variables of the loop happens to what it runs over.
            worst = max((c for parts, c in here if parts[0] in loop.groups()), default=inside)
            here = [(parts, max(c, worst)) for parts, c in here]
        found += here
    return found


def _between(slot: Slot) -> str:
    """The text of an expression between its terms: the operators."""
    parts, at = [], slot.value
    for term in slot.terms:
        parts.append(slot.source[at : term.start])
        at = term.end
        if term.kind == "word" and term.text == "if":
            parts.append(" if ")
    return "".join([*parts, slot.source[at : slot.end_of_value]]).replace("=>", "")


def _change_by(call: Term, templates: frozenset[str]) -> Change:
    """What a function, or a template with directives, does to what is in it."""
    if call.kind in ("string", "heredoc"):
        hides = "%{" in call.text or (call.kind == "heredoc" and not call.slots)
        return Change.ALTERED if hides else Change.NONE
    if call.kind != "call":
        return Change.NONE
    name = call.text.partition("(")[0].rstrip()
    arguments = [slot.text for slot in call.slots]
    if name == "format" and (not arguments or _PRECISION.search(arguments[0])):
        return Change.ALTERED
    if name == "templatefile" and arguments and arguments[0].strip() in templates:
        return Change.NONE
    if name in _TRANSPARENT or name in _APART:
        return Change.NONE
    if name in _SEPARATING:
        at = _SEPARATING[name]
        wanted = arguments[at] if len(arguments) > at else ""
        is_pattern = name == "replace" and wanted[:2] == '"/' and wanted[-2:] == '/"'
        apart = _SEPARATOR.fullmatch(wanted) is not None and not is_pattern
        return Change.NONE if apart else Change.ALTERED
    return Change.CHOSEN if name in _CHOOSING else Change.ALTERED


def _expression_at(expression: Any, path: Iterable[str]) -> Any:
    """The part of an expression for a path below it; None where there is none."""
    for step in path:
        if isinstance(expression, list) and len(expression) == 1:
            expression = expression[0]
        if not isinstance(expression, Mapping) or is_expression(expression):
            return expression
        expression = expression.get(step)
    return expression


def is_expression(item: Mapping[str, Any]) -> bool:
    """Whether an entry of a plan's configuration is an expression, not a nested block."""
    return set(item) <= {"references", "constant_value"}
