"""References between resources of a configuration, through variables, outputs and locals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from planproof.terraform.plan import Json, Plan
from planproof.terraform.source_index import SourceBlock, SourceIndex
from planproof.values import read_only

_IN_TEXT = re.compile(
    r"(?<![\w.])(?:each|var|local|module|data|[a-z][a-z0-9]*_[\w-]+)"
    r"(?:\.[A-Za-z_][\w-]*|\.\d+|\.\*|\[[^\[\]]*\])+"
)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The configuration of a plan, as a graph.

    Attributes:
        resources: configuration address → entry in the plan's configuration.
        modules: module path → ``module_calls`` entry.
        providers: provider configuration key → entry.
        sources: for ``locals``, which a plan does not have.
    """

    resources: Mapping[str, Json]
    modules: Mapping[str, Json]
    providers: Mapping[str, Json]
    sources: SourceIndex | None = None
    _reached: dict[str, tuple[frozenset[str], bool]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for name in ("resources", "modules", "providers"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @classmethod
    def of(cls, plan: Plan, sources: SourceIndex | None) -> Configuration:
        """The configuration of a plan."""
        return cls(plan.configuration, plan.modules, plan.providers, sources)

    @classmethod
    def of_sources(cls, sources: SourceIndex) -> Configuration:
        """The configuration before there is a plan, from the sources: without values, and without
        the blocks that ``dynamic`` blocks generate."""
        resources: dict[str, Json] = {}
        modules: dict[str, Json] = {}
        todo = [""]
        while todo:
            module = todo.pop()
            for kind, mode in (("resource", ""), ("data", "data.")):
                for block in sources.blocks(module, kind):
                    address = prefix_of(module) + mode + ".".join(block.labels)
                    resources[address] = _merged(resources.get(address), _entry(block))
            for block in sources.blocks(module, "module"):
                if not block.labels:
                    continue
                path = f"{module}.{block.labels[0]}" if module else block.labels[0]
                inner = {"module": {"outputs": _outputs(sources, path)}}
                modules[path] = _merged(modules.get(path), _entry(block) | inner)
                todo.append(path)
        return cls(resources, modules, {}, sources)

    def provider_of(self, address: str) -> str:
        """Key of the provider configuration of a resource: "aws", "aws.west"."""
        return str(self.resources.get(address, {}).get("provider_config_key", "aws"))

    def expression(self, address: str, attribute: str) -> Any:
        """The entry of a top-level attribute or block; None where it is not configured."""
        return self.expressions(address).get(attribute)

    def expressions(self, address: str) -> Json:
        """The entries of all configured attributes and blocks of a resource."""
        return self.resources.get(address, {}).get("expressions") or {}

    def module_argument(self, module: str, name: str) -> Any:
        """The entry of an argument of a module call; None where it is not set."""
        return (self.modules.get(module, {}).get("expressions") or {}).get(name)

    def blocks(self, module: str, kind: str) -> tuple[SourceBlock, ...]:
        """The source blocks of a kind, those of override files first; none for a plan file."""
        return self.sources.blocks(module, kind)[::-1] if self.sources is not None else ()

    def local(self, module: str, name: str) -> str | None:
        """The text of a local value; None where it is not found."""
        for block in self.blocks(module, "locals"):
            if attribute := block.attributes.get(name):
                return attribute.text
        return None

    def outputs(self, module: str, call: str) -> tuple[str, Json]:
        """The path of the module that is called in another, and the entries of its outputs."""
        path = f"{module}.{call}" if module else call
        return path, (self.modules.get(path, {}).get("module") or {}).get("outputs") or {}

    def references(self, address: str, attribute: str) -> frozenset[str]:
        """The references in the expression of an attribute, each with its full path."""
        return frozenset(references_of(self.expression(address, attribute)))

    def dependencies(self, address: str) -> tuple[frozenset[str], bool]:
        """The configuration addresses that a resource depends on, directly or indirectly.

        Returns:
            The addresses, and whether every reference could be followed.
        """
        if address not in self._reached:
            self._reached[address] = self._walk(address)
        return self._reached[address]

    def _walk(self, address: str) -> tuple[frozenset[str], bool]:
        reached: set[str] = set()
        complete = True
        seen: set[tuple[str, str]] = set()
        todo = list(self._of_resource(address))
        while todo:
            node = todo.pop()
            if node in seen:
                continue
            seen.add(node)
            found = self._follow(*node)
            if found is None:
                complete = False
                continue
            target, more = found
            if target and target not in reached:
                reached.add(target)
                todo.extend(self._of_resource(target))
            todo.extend(more)
        return frozenset(reached), complete

    def _of_resource(self, address: str) -> Iterator[tuple[str, str]]:
        entry = self.resources.get(address, {})
        module = module_of(address)
        for reference in _references_in_entry(entry, "expressions", *REPETITION):
            yield module, reference
        # All resources of a module depend on its depends_on, count and for_each.
        for path, parent in enclosing(module):
            for reference in _references_in_entry(self.modules.get(path, {}), *REPETITION):
                yield parent, reference

    def _follow(self, module: str, reference: str) -> tuple[str, list[tuple[str, str]]] | None:
        """Follow a reference: (configuration address or "", further references), None if lost."""
        parts = reference_parts(reference)
        head = parts[0]
        if head in ("path", "terraform", "each", "count", "self"):
            return "", []
        if head == "var":
            parent = module.rpartition(".")[0]
            found = references_of(self.module_argument(module, parts[1]))
            return "", [(parent, reference) for reference in found]
        if head == "local":
            return self._follow_local(module, parts[1])
        if head == "module":
            return self._follow_module(module, parts)
        length = 3 if head == "data" else 2
        if len(parts) < length:
            return "", []
        return prefix_of(module) + ".".join(parts[:length]), []

    def _follow_local(self, module: str, name: str) -> tuple[str, list[tuple[str, str]]] | None:
        text = self.local(module, name)
        return None if text is None else ("", [(module, found) for found in references_in(text)])

    def _follow_module(
        self, module: str, parts: list[str]
    ) -> tuple[str, list[tuple[str, str]]] | None:
        if len(parts) < 2:
            return "", []
        path, outputs = self.outputs(module, parts[1])
        more = []
        for name in parts[2:3] or outputs:
            found = _references_in_entry(outputs.get(name) or {}, "expression")
            more += [(path, reference) for reference in found]
        if len(parts) == 2:  # the whole module: all its resources
            prefix = prefix_of(path)
            more += [
                (path, address.removeprefix(prefix))
                for address in self.resources
                if address.startswith(prefix)
            ]
        return "", more


REPETITION = ("count_expression", "for_each_expression")
_META = ("count", "for_each", "depends_on", "provider")
_CALL_META = (*_META, "providers", "source", "version")


def _entry(block: SourceBlock) -> dict[str, Any]:
    """The entry that a plan's configuration would have for a resource or module call."""
    meta = _CALL_META if block.kind == "module" else _META
    expressions: dict[str, Any] = {
        name: {"references": references_in(attribute.text)}
        for name, attribute in block.attributes.items()
        if name not in meta
    }
    for nested in block.blocks:
        if nested.kind not in ("dynamic", "lifecycle", "provisioner", "connection"):
            expressions.setdefault(nested.kind, []).append(_entry(nested)["expressions"])
    entry: dict[str, Any] = {"expressions": expressions}
    for name in ("count", "for_each"):
        if attribute := block.attributes.get(name):
            entry[f"{name}_expression"] = {"references": references_in(attribute.text)}
    return entry


def _merged(earlier: Json | None, later: dict[str, Any]) -> Json:
    """Merge the block of an override file with the one that it overrides."""
    if earlier is None:
        return later
    expressions = {**earlier["expressions"], **later["expressions"]}
    return {**earlier, **later, "expressions": expressions}


def _outputs(sources: SourceIndex, module: str) -> dict[str, Json]:
    return {
        block.labels[0]: {
            "expression": {"references": references_in(block.attributes["value"].text)}
        }
        for block in sources.blocks(module, "output")
        if block.labels and "value" in block.attributes
    }


def module_of(address: str) -> str:
    """Module path of a configuration address: ``module.a.module.b.aws_x.y`` → ``a.b``."""
    parts = address.split(".")
    path = []
    while len(parts) > 2 and parts[0] == "module":
        path.append(parts[1])
        parts = parts[2:]
    return ".".join(path)


def enclosing(module: str) -> Iterator[tuple[str, str]]:
    """The path of a module and of each module around it, each with the path of its caller."""
    while module:
        parent = module.rpartition(".")[0]
        yield module, parent
        module = parent


def prefix_of(module: str) -> str:
    """The prefix of the addresses in a module: ``a.b`` → ``module.a.module.b.``."""
    return "".join(f"module.{part}." for part in module.split(".") if part)


def _references_in_entry(entry: Json, *keys: str) -> Iterator[str]:
    """The references in these expressions of an entry, and in its ``depends_on``."""
    yield from references_of([entry.get(key) for key in keys])
    yield from entry.get("depends_on") or ()


def references_of(expression: Any) -> Iterator[str]:
    """The references in an entry of a plan's configuration, each with its full path.

    Terraform lists ``aws_x.y.arn`` together with its prefix ``aws_x.y``. The prefix is left out: it
    would be a reference to the whole resource or module.
    """
    for listed in listed_references(expression):
        yield from _without_prefixes(listed)


def listed_references(expression: Any) -> Iterator[list[str]]:
    """The lists of references in an entry of a plan's configuration, as Terraform writes them."""
    todo = [expression]
    while todo:
        item = todo.pop()
        if isinstance(item, Mapping):
            listed = item.get("references")
            if isinstance(listed, list) and all(isinstance(entry, str) for entry in listed):
                yield listed
            elif "constant_value" not in item:
                todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)


def _without_prefixes(listed: list[str]) -> Iterator[str]:
    previous = ""
    for reference in listed:
        # A prefix follows its reference directly; elsewhere it is a reference of its own.
        if not (previous.startswith(reference) and previous[len(reference) :][:1] in (".", "[")):
            yield reference
        previous = reference


def reference_parts(reference: str) -> list[str]:
    """The names in a reference, without indexes: ``aws_x.y["a.b"][*].arn`` → three."""
    plain, depth = [], 0
    for letter in reference:
        depth += (letter == "[") - (letter == "]")
        if depth == 0 and letter != "]":
            plain.append(letter)
    return [
        part for part in "".join(plain).split(".") if part not in ("", "*") and not part.isdigit()
    ]


def references_in(text: str) -> list[str]:
    """The references in a piece of source, each once, including text that looks like a reference
    (in a comment)."""
    return list(dict.fromkeys(_IN_TEXT.findall(text)))
