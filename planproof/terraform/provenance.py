"""Where does a value come from? References followed to the attributes that nobody configures.

What an expression says through locals, variables, outputs, modules and other resources' arguments
is followed to its end: the computed attributes of resources, whose values only the provider
knows. A value that comes from one of those is no better known than it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from planproof.terraform.references import (
    Configuration,
    module_of,
    prefix_of,
    reference_parts,
    references_in,
    references_of,
)
from planproof.terraform.source_index import SourceBlock

Leaf = tuple[str, str]
"""Configuration address, and the dotted path below it; "" is the resource as a whole."""

# Functions and operators after which nobody can see any more what went in.
_CHANGING = re.compile(
    r"\b(?:sha\w+|md5|bcrypt|uuidv5|base64\w*|file\w*|textencode\w*|urlencode|upper|lower|title"
    r"|substr|strrev|trim\w*|replace|regex\w*|split|length|can|strcontains|startswith|endswith"
    r"|contains|index|indent|parseint|cidr\w*|rsadecrypt|yaml\w*|csvdecode|jsondecode"
    r"|templatefile|templatestring|sort|sum|min|max|abs|ceil|floor|provider::\w+::\w+)\s*\("
    r"|[=!]=|&&|\|\||(?<!<)<(?!<)|(?<!=)>|\?|%\{"
)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a value was made of.

    Attributes:
        leaves: attributes that no configuration gives.
        variables: variables of the root module.
        changed: whether something on the way may have hidden what went in (a hash, a condition).
        complete: whether every reference could be followed.
    """

    leaves: frozenset[Leaf] = frozenset()
    variables: frozenset[str] = frozenset()
    changed: bool = False
    complete: bool = True

    def __or__(self, other: Origin) -> Origin:
        return Origin(
            self.leaves | other.leaves,
            self.variables | other.variables,
            self.changed or other.changed,
            self.complete and other.complete,
        )


DOCUMENTS = ("json", "minified_json", "rendered")
"""What data sources call a document that they put together from their arguments."""

NOWHERE = Origin()
"""The origin of what is written down as it is."""

_LOST = Origin(changed=True, complete=False)


@dataclass(frozen=True, slots=True)
class _Step:
    """A reference, where it stands, and whose ``each`` it would mean."""

    module: str
    reference: str
    carrier: str  # a resource's configuration address, or "module.<path>" for a call


@dataclass(slots=True)
class Tracer:
    """Follows references through one configuration; remembers what it found."""

    configuration: Configuration
    _known: dict[tuple[str, str, tuple[str, ...]], Origin] = field(default_factory=dict)

    def expression(self, address: str, expression: Any) -> Origin:
        """Where the value of an expression of a resource comes from.

        Args:
            expression: as a plan's ``configuration`` has it.
        """
        heads = tuple(dict.fromkeys(references_of(expression)))
        return self._trace(module_of(address), address, heads)

    def text(self, address: str, text: str) -> Origin:
        """The same for a piece of a resource's source."""
        found = self._trace(module_of(address), address, tuple(references_in(text)))
        return found | Origin(changed=changes(text))

    def attribute(self, address: str, key: str) -> Origin:
        """Where the value of a top-level argument of a resource comes from."""
        found = self.expression(address, self.configuration.expression(address, key))
        return found | Origin(changed=self._changes(address, key)) | self.dynamic(address, key)

    def dynamic(self, address: str, key: str) -> Origin:
        """What the ``dynamic`` blocks of a kind are made of: a plan does not say."""
        origin = NOWHERE
        for block in self.dynamic_blocks(address, key):
            origin |= self.text(address, block.source[block.start : block.end])
        return origin

    def inputs(self, address: str) -> Origin:
        """What all arguments of a data source are made of, and so what it answers."""
        origin = Origin(changed=self._input_changes(address))
        for key in self.configuration.resources.get(address, {}).get("expressions") or ():
            origin |= self.attribute(address, key)
        for block in self._definitions(address):
            for nested in block.blocks:
                if nested.kind == "dynamic":
                    origin |= self.text(address, nested.source[nested.start : nested.end])
        return origin

    def changed(self, address: str, path: str, text: str) -> Origin:
        """Whether an argument hides what goes into it, from its text or else its whole block's."""
        found = changes(text) if text else self._changes(address, path.split(".")[0])
        return Origin(changed=found)

    def instances(self, call: str) -> Origin:
        """What decides how many instances of a module there are; of its parents too."""
        origin, path = NOWHERE, call
        while path:
            entry = self.configuration.modules.get(path, {})
            parent = path.rpartition(".")[0]
            for key in ("count_expression", "for_each_expression"):
                heads = tuple(references_of(entry.get(key)))
                origin |= self._trace(parent, f"module.{path}", heads)
            path = parent
        return origin

    def copies(self, address: str) -> Origin:
        """What decides how many instances of a resource there are."""
        entry = self.configuration.resources.get(address, {})
        counted = [entry.get("count_expression"), entry.get("for_each_expression")]
        return self.expression(address, counted)

    def dynamic_blocks(self, address: str, key: str) -> list[SourceBlock]:
        """The ``dynamic`` blocks of a kind that a resource's source has."""
        return [
            nested
            for block in self._definitions(address)
            for nested in block.blocks
            if nested.kind == "dynamic" and nested.labels == (key,)
        ]

    def written_blocks(self, address: str, key: str) -> list[SourceBlock]:
        """The nested blocks of a kind that a resource's source writes out."""
        definitions = self._definitions(address)
        return [b for block in definitions for b in block.blocks if b.kind == key]

    # Following -------------------------------------------------------------------------------

    def _trace(self, module: str, carrier: str, heads: tuple[str, ...]) -> Origin:
        if not heads:
            return NOWHERE
        asked = (module, carrier, heads)
        if asked not in self._known:
            self._known[asked] = self._walk([_Step(module, head, carrier) for head in heads])
        return self._known[asked]

    def _walk(self, todo: list[_Step]) -> Origin:
        seen: set[_Step] = set()
        origin = NOWHERE
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
        head = parts[0]
        if head in ("path", "terraform", "count", "self"):
            return NOWHERE, []
        if len(parts) < 2:
            return _LOST, []
        if head == "each":
            return self._follow_each(step.carrier) if parts[1] == "value" else (NOWHERE, [])
        if head == "var":
            return self._follow_variable(step.module, parts[1])
        if head == "local":
            return self._follow_local(step.module, parts[1])
        if head == "module":
            return self._follow_module(step.module, parts[1:])
        if head == "ephemeral":
            return _LOST, []
        return self._follow_resource(step.module, parts)

    def _follow_each(self, carrier: str) -> tuple[Origin, list[_Step]]:
        if carrier.startswith("module.") and carrier not in self.configuration.resources:
            path = carrier.removeprefix("module.")
            entry, module = self.configuration.modules.get(path, {}), path.rpartition(".")[0]
        else:
            entry, module = self.configuration.resources.get(carrier, {}), module_of(carrier)
        heads = references_of(entry.get("for_each_expression"))
        return NOWHERE, [_Step(module, head, "") for head in heads]

    def _follow_variable(self, module: str, name: str) -> tuple[Origin, list[_Step]]:
        if not module:
            return Origin(variables=frozenset({name})), []
        call = self.configuration.modules.get(module, {})
        value = (call.get("expressions") or {}).get(name)
        parent, _, last = module.rpartition(".")
        written = [
            block.attributes[name].text
            for block in self._blocks(parent, "module")
            if block.labels == (last,) and name in block.attributes
        ]
        changed = value is not None and (not written or changes(written[-1]))
        steps = [_Step(parent, head, f"module.{module}") for head in references_of(value)]
        return Origin(changed=changed), steps

    def _follow_local(self, module: str, name: str) -> tuple[Origin, list[_Step]]:
        for block in self._blocks(module, "locals"):
            if attribute := block.attributes.get(name):
                steps = [_Step(module, head, "") for head in references_in(attribute.text)]
                return Origin(changed=changes(attribute.text)), steps
        return _LOST, []

    def _follow_module(self, module: str, parts: list[str]) -> tuple[Origin, list[_Step]]:
        path = f"{module}.{parts[0]}" if module else parts[0]
        inner = self.configuration.modules.get(path, {}).get("module") or {}
        outputs = inner.get("outputs") or {}
        origin, steps = NOWHERE, []
        for name in [parts[1]] if len(parts) > 1 else list(outputs):
            written = [b for b in self._blocks(path, "output") if b.labels == (name,)]
            text = written[-1].attributes.get("value") if written else None
            origin |= Origin(changed=text is None or changes(text.text))
            expression = (outputs.get(name) or {}).get("expression")
            steps += [_Step(path, head, "") for head in references_of(expression)]
        return origin, steps

    def _follow_resource(self, module: str, parts: list[str]) -> tuple[Origin, list[_Step]]:
        length = 3 if parts[0] == "data" else 2
        address = prefix_of(module) + ".".join(parts[:length])
        entry = self.configuration.resources.get(address)
        if len(parts) < length or entry is None:
            return NOWHERE, []  # the iterator of a dynamic block may look like a resource
        path = parts[length:]
        whole = frozenset({(address, ".".join(path))})
        expressions = entry.get("expressions") or {}
        if parts[0] == "data" and not (path and path[0] in expressions):
            # What a provider makes of its input may be anything; a document still shows it.
            plain = bool(path) and path[0] in DOCUMENTS and not self._input_changes(address)
            return Origin(whole, changed=not plain), self._steps_of_data(address)
        if not path:
            return Origin(whole), []
        dynamic = self.dynamic_blocks(address, path[0])
        if path[0] not in expressions and not dynamic:
            return Origin(whole), []
        origin = Origin(changed=self._changes(address, path[0]))
        found = _at(expressions.get(path[0]), path[1:])
        steps = [_Step(module, head, address) for head in references_of(found)]
        for block in dynamic:
            text = block.source[block.start : block.end]
            steps += [_Step(module, head, address) for head in references_in(text)]
        if found is None or (dynamic and len(path) > 1):
            return origin | Origin(whole), steps
        return origin, steps

    def _input_changes(self, address: str) -> bool:
        definitions = self._definitions(address)
        text = "".join(block.source[block.start : block.end] for block in definitions)
        return not definitions or changes(text)

    def _steps_of_data(self, address: str) -> list[_Step]:
        module = module_of(address)
        entry = self.configuration.resources.get(address, {})
        heads = list(references_of(entry.get("expressions")))
        for block in self._definitions(address):
            for nested in block.blocks:
                if nested.kind == "dynamic":
                    heads += references_in(nested.source[nested.start : nested.end])
        return [_Step(module, head, address) for head in heads]

    def unlisted(self) -> Iterator[str]:
        """All source that may refer to something without a plan listing it."""
        for module in ("", *self.configuration.modules):
            for block in self._blocks(module, "locals"):
                yield from (attribute.text for attribute in block.attributes.values())
        for address in self.configuration.resources:
            for block in self._definitions(address):
                for nested in block.blocks:
                    if nested.kind == "dynamic":
                        yield nested.source[nested.start : nested.end]

    # Sources ---------------------------------------------------------------------------------

    def _blocks(self, module: str, kind: str) -> tuple[SourceBlock, ...]:
        sources = self.configuration.sources
        return tuple(reversed(sources.blocks(module, kind))) if sources is not None else ()

    def _definitions(self, address: str) -> tuple[SourceBlock, ...]:
        sources = self.configuration.sources
        if sources is None:
            return ()
        module = module_of(address)
        local = address.removeprefix(prefix_of(module)).split(".")
        mode = "data" if local[0] == "data" else "managed"
        return sources.definitions(module, mode, local[-2], local[-1])

    def written(self, address: str, path: str) -> str:
        """The text of an argument as the sources have it; "" where it is not to be found."""
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

    def _changes(self, address: str, key: str) -> bool:
        found = False
        for definition in self._definitions(address):
            if key in definition.attributes:
                return changes(definition.attributes[key].text)
            for block in definition.blocks:
                if block.kind == key or block.labels == (key,):
                    found = True
                    if changes(block.source[block.start : block.end]):
                        return True
        return not found


def changes(text: str) -> bool:
    """Whether an expression may turn what goes into it into something that shows no trace of it."""
    return _CHANGING.search(text) is not None


def _at(expression: Any, path: Iterable[str]) -> Any:
    """The part of an expression that gives a path below it; None where nothing gives it."""
    for step in path:
        if isinstance(expression, list) and len(expression) == 1:
            expression = expression[0]
        if not isinstance(expression, Mapping) or is_expression(expression):
            return expression
        expression = expression.get(step)
    return expression


def is_expression(item: Mapping[str, Any]) -> bool:
    """Whether an entry of a plan's configuration is an expression and no nested block."""
    return set(item) <= {"references", "constant_value"}
