"""Traces the origin of values: follows references to attributes that are not configured.

References are followed through locals, variables, outputs, modules and arguments of other resources
to computed attributes, whose values only the provider knows. A value that derives from an unknown
attribute is unknown too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

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

Leaf = tuple[str, str]
"""Configuration address and attribute path; the path is "" for the whole resource."""

# Functions and operators whose result does not show their input.
_OBSCURING = re.compile(
    r"\b(?:sha\w+|md5|bcrypt|uuidv5|base64\w*|file\w*|textencode\w*|urlencode|upper|lower|title"
    r"|substr|strrev|trim\w*|replace|regex\w*|split|length|can|strcontains|startswith|endswith"
    r"|contains|index|indent|parseint|cidr\w*|rsadecrypt|yaml\w*|csvdecode|jsondecode"
    r"|templatefile|templatestring|sort|sum|min|max|abs|ceil|floor|provider::\w+::\w+)\s*\("
    r"|[=!]=|&&|\|\||(?<!<)<(?!<)|(?<!=)>|\?|%\{"
)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a value derives from.

    Attributes:
        leaves: attributes that are not configured.
        variables: variables of the root module.
        obscured: whether a function or operator may hide the input (a hash, a condition).
        complete: whether every reference could be followed.
    """

    leaves: frozenset[Leaf] = frozenset()
    variables: frozenset[str] = frozenset()
    obscured: bool = False
    complete: bool = True

    def __or__(self, other: Origin) -> Origin:
        return Origin(
            self.leaves | other.leaves,
            self.variables | other.variables,
            self.obscured or other.obscured,
            self.complete and other.complete,
        )


DOCUMENTS = ("json", "minified_json", "rendered")
"""Attributes of data sources with a document built from the arguments."""

CONSTANT = Origin()
"""The origin of a constant."""

_UNTRACEABLE = Origin(obscured=True, complete=False)


@dataclass(frozen=True, slots=True)
class _Step:
    """A reference to follow, with the module and the block that it is written in.

    ``each`` refers to the ``for_each`` of the carrier: a resource's configuration address,
    "module.<path>" for a module call, or "".
    """

    module: str
    reference: str
    carrier: str


def _steps(module: str, references: Iterable[str], carrier: str = "") -> list[_Step]:
    return [_Step(module, reference, carrier) for reference in references]


@dataclass(slots=True)
class Tracer:
    """Traces references through one configuration; caches the origins."""

    configuration: Configuration
    _cache: dict[tuple[str, str, tuple[str, ...]], Origin] = field(default_factory=dict)

    def expression(self, address: str, expression: Any) -> Origin:
        """The origin of an expression of a resource.

        Args:
            expression: an entry of the plan's ``configuration``.
        """
        references = tuple(dict.fromkeys(references_of(expression)))
        return self._trace(module_of(address), address, references)

    def text(self, address: str, text: str) -> Origin:
        """The origin of a piece of a resource's source."""
        found = self._trace(module_of(address), address, tuple(references_in(text)))
        return found | Origin(obscured=obscures(text))

    def attribute(self, address: str, key: str) -> Origin:
        """The origin of a top-level argument of a resource."""
        found = self.expression(address, self.configuration.expression(address, key))
        return found | Origin(obscured=self._obscures(address, key)) | self.dynamic(address, key)

    def dynamic(self, address: str, key: str | None = None) -> Origin:
        """The origin of the ``dynamic`` blocks of a type, or of all, from the sources: a plan has
        none."""
        origin = CONSTANT
        for block in self.dynamic_blocks(address, key):
            origin |= self.text(address, block.text)
        return origin

    def inputs(self, address: str) -> Origin:
        """The origin of all arguments of a data source, and so of its result."""
        origin = Origin(obscured=self._inputs_obscured(address))
        for key in self.configuration.expressions(address):
            origin |= self.attribute(address, key)
        return origin | self.dynamic(address)

    def obscured(self, address: str, path: str, text: str) -> Origin:
        """Whether an argument obscures its input, by its text, or without one by its block."""
        found = obscures(text) if text else self._obscures(address, path.split(".")[0])
        return Origin(obscured=found)

    def module_instances(self, call: str) -> Origin:
        """The origin of the ``count`` or ``for_each`` of a module, and of its parents."""
        origin = CONSTANT
        for path, parent in enclosing(call):
            entry = self.configuration.modules.get(path, {})
            references = tuple(references_of([entry.get(key) for key in REPETITION]))
            origin |= self._trace(parent, f"module.{path}", references)
        return origin

    def resource_instances(self, address: str) -> Origin:
        """The origin of the ``count`` or ``for_each`` of a resource."""
        entry = self.configuration.resources.get(address, {})
        return self.expression(address, [entry.get(key) for key in REPETITION])

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

    def _trace(self, module: str, carrier: str, references: tuple[str, ...]) -> Origin:
        if not references:
            return CONSTANT
        key = (module, carrier, references)
        if key not in self._cache:
            self._cache[key] = self._walk(_steps(module, references, carrier))
        return self._cache[key]

    def _walk(self, todo: list[_Step]) -> Origin:
        seen: set[_Step] = set()
        origin = CONSTANT
        while todo:
            step = todo.pop()
            if step not in seen:
                seen.add(step)
                found, more = self._follow(step)
                origin |= found
                todo.extend(more)
        return origin

    def _follow(self, step: _Step) -> tuple[Origin, list[_Step]]:
        parts = reference_parts(step.reference)
        kind = parts[0]
        if kind in ("path", "terraform", "count", "self"):
            return CONSTANT, []
        if len(parts) < 2 or kind == "ephemeral":
            return _UNTRACEABLE, []
        if kind == "each":
            return self._follow_each(step.carrier) if parts[1] == "value" else (CONSTANT, [])
        if kind == "var":
            return self._follow_variable(step.module, parts[1])
        if kind == "local":
            return self._follow_local(step.module, parts[1])
        if kind == "module":
            return self._follow_module(step.module, parts[1:])
        return self._follow_resource(step.module, parts)

    def _follow_each(self, carrier: str) -> tuple[Origin, list[_Step]]:
        if carrier.startswith("module.") and carrier not in self.configuration.resources:
            path = carrier.removeprefix("module.")
            entry, module = self.configuration.modules.get(path, {}), path.rpartition(".")[0]
        else:
            entry, module = self.configuration.resources.get(carrier, {}), module_of(carrier)
        references = references_of(entry.get("for_each_expression"))
        return CONSTANT, _steps(module, references)

    def _follow_variable(self, module: str, name: str) -> tuple[Origin, list[_Step]]:
        if not module:
            return Origin(variables=frozenset({name})), []
        value = self.configuration.module_argument(module, name)
        parent, _, last = module.rpartition(".")
        written = [
            block.attributes[name].text
            for block in self.configuration.blocks(parent, "module")
            if block.labels == (last,) and name in block.attributes
        ]
        obscured = value is not None and (not written or obscures(written[-1]))
        steps = _steps(parent, references_of(value), f"module.{module}")
        return Origin(obscured=obscured), steps

    def _follow_local(self, module: str, name: str) -> tuple[Origin, list[_Step]]:
        text = self.configuration.local(module, name)
        if text is None:
            return _UNTRACEABLE, []
        return Origin(obscured=obscures(text)), _steps(module, references_in(text))

    def _follow_module(self, module: str, parts: list[str]) -> tuple[Origin, list[_Step]]:
        path, outputs = self.configuration.outputs(module, parts[0])
        origin, steps = CONSTANT, []
        for name in parts[1:2] or outputs:
            written = [b for b in self.configuration.blocks(path, "output") if b.labels == (name,)]
            text = written[-1].attributes.get("value") if written else None
            origin |= Origin(obscured=text is None or obscures(text.text))
            expression = (outputs.get(name) or {}).get("expression")
            steps += _steps(path, references_of(expression))
        return origin, steps

    def _follow_resource(self, module: str, parts: list[str]) -> tuple[Origin, list[_Step]]:
        length = 3 if parts[0] == "data" else 2
        address = prefix_of(module) + ".".join(parts[:length])
        if len(parts) < length or address not in self.configuration.resources:
            return CONSTANT, []  # the iterator of a dynamic block may look like a resource
        path = parts[length:]
        whole = frozenset({(address, ".".join(path))})
        expressions = self.configuration.expressions(address)
        if parts[0] == "data" and not (path and path[0] in expressions):
            # The result of a data source does not show its input, unless it is a document.
            plain = bool(path) and path[0] in DOCUMENTS and not self._inputs_obscured(address)
            return Origin(whole, obscured=not plain), self._steps_of_data(address)
        if not path:
            return Origin(whole), []
        dynamic = self.dynamic_blocks(address, path[0])
        if path[0] not in expressions and not dynamic:
            return Origin(whole), []
        origin = Origin(obscured=self._obscures(address, path[0]))
        found = _expression_at(expressions.get(path[0]), path[1:])
        steps = _steps(module, references_of(found), address)
        for block in dynamic:
            steps += _steps(module, references_in(block.text), address)
        if found is None or (dynamic and len(path) > 1):
            return origin | Origin(whole), steps
        return origin, steps

    def _inputs_obscured(self, address: str) -> bool:
        definitions = self._definitions(address)
        text = "".join(block.text for block in definitions)
        return not definitions or obscures(text)

    def _steps_of_data(self, address: str) -> list[_Step]:
        module = module_of(address)
        references = list(references_of(self.configuration.expressions(address)))
        for block in self.dynamic_blocks(address):
            references += references_in(block.text)
        return _steps(module, references, address)

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

    def _obscures(self, address: str, key: str) -> bool:
        found = False
        for definition in self._definitions(address):
            if key in definition.attributes:
                return obscures(definition.attributes[key].text)
            for block in definition.blocks:
                if block.kind == key or block.labels == (key,):
                    found = True
                    if obscures(block.text):
                        return True
        return not found


def obscures(text: str) -> bool:
    """Whether the result of an expression may not show its input."""
    return _OBSCURING.search(text) is not None


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
