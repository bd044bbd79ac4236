"""Expressions that Terraform cannot evaluate with the given values, and what stands in their place.

A stand-in may have another shape than the text that AWS assigns: an expression that takes it apart
then fails, though it would not at AWS. Its result is not known. For the time of the evaluation the
expression is replaced in the working copy, and whatever derives from it is UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planproof.terraform.binary import position_of
from planproof.terraform.expressions import hcl
from planproof.terraform.identities import guessed_value
from planproof.terraform.provenance import Place
from planproof.terraform.references import prefix_of
from planproof.terraform.source_index import SourceAttribute, SourceBlock, scan_text
from planproof.terraform.workspace import Workspace

# A condition that fails says something about the stack, or about the variables that it was given.
_CONDITIONS = ("Invalid value for variable", "Resource precondition", "Resource postcondition")
# Arguments that decide which blocks there are, and blocks that Terraform itself reads.
_KEPT = frozenset(
    {"count", "for_each", "source", "version", "providers", "provider", "depends_on", "lifecycle"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """An expression in a file.

    Attributes:
        block: the top-level block, and ``path`` the names of nested blocks and the argument.
    """

    block: SourceBlock
    path: tuple[str, ...]
    attribute: SourceAttribute


@dataclass(slots=True)
class Replacements:
    """The expressions that are replaced while Terraform evaluates.

    Attributes:
        schemas: mode and type → block of the schema.
        is_exact: whether all values are exact that an expression refers to, from a resource's
            address and the text: then it fails at AWS too.
        places: the arguments, locals and outputs whose expressions are replaced.
        notices: a sentence for each of them.
    """

    workspace: Workspace
    schemas: Mapping[str, Any]
    is_exact: Callable[[str, str], bool]
    places: set[Place] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)
    # File → offset of an expression → its end, and what it is replaced by.
    _texts: dict[Path, dict[int, tuple[int, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Leave out the outputs of the root module, which no resource depends on."""
        for path in sorted(self.workspace.root.glob("*.tf")):
            for block in scan_text(path.read_text("utf-8", "replace"), path.name):
                value = block.attributes.get("value")
                if block.kind == "output" and value is not None:
                    self._texts.setdefault(path, {})[value.value] = (value.end_of_value, "null")

    def add(self, diagnostics: Iterable[Mapping[str, Any]]) -> bool:
        """Replace the expressions that errors are about.

        Returns:
            Whether any was not yet replaced; otherwise it is no use to evaluate again.
        """
        errors = [one for one in diagnostics if one.get("severity") == "error"]
        return any(list(map(self._add, errors)))

    @contextmanager
    def written(self) -> Iterator[None]:
        """Replace the expressions in the working copy for the time of the ``with`` block."""
        before = {path: path.read_bytes() for path in self._texts}
        try:
            for path in before:
                path.write_text(self._replaced(path), "utf-8")
            yield
        finally:
            for path, content in before.items():
                path.write_bytes(content)

    def _add(self, diagnostic: Mapping[str, Any]) -> bool:
        name, line = position_of(diagnostic)
        path = self.workspace.root / name
        if not name or str(diagnostic.get("summary")).startswith(_CONDITIONS):
            return False
        if not path.is_file() or not self.workspace.owns(path):
            return False
        text = self._replaced(path)
        before = text.encode()[: int(diagnostic["range"]["start"]["byte"])]
        found = expression_at(text, path.name, len(before.decode("utf-8", "replace")))
        modules = self._modules_of(path.parent)
        if found is None or not modules:
            return False
        attribute = found.attribute
        known = self._texts.setdefault(path, {})
        start = self._original(path, attribute.value)
        if start in known:
            return False
        places = {_place(module, found) for module in modules}
        owner = ".".join(found.block.labels) if len(found.block.labels) == 2 else "local.any"
        mode = "data." if found.block.kind == "data" else ""
        if any(self.is_exact(f"{prefix_of(m)}{mode}{owner}", attribute.text) for m in modules):
            return False
        known[start] = (self._original(path, attribute.end_of_value), self._value_for(found))
        self.places |= places
        notice = (
            f"{name}:{line}: the expression cannot be evaluated before the stack is built, so its "
            "value is unknown, and so is what derives from it."
        )
        if notice not in self.notices:
            self.notices.append(notice)
        return True

    def _replaced(self, path: Path) -> str:
        """The text of a file with the replacements; it has as many lines."""
        text = path.read_bytes().decode("utf-8", "replace")
        for start, (end, value) in sorted(self._texts.get(path, {}).items(), reverse=True):
            lines = "\n" * text.count("\n", start, end)
            text = text[:start] + value + lines + text[end:]
        return text

    def _original(self, path: Path, offset: int) -> int:
        """The offset in a file for one in its text with the replacements."""
        text = path.read_bytes().decode("utf-8", "replace")
        for start, (end, value) in sorted(self._texts.get(path, {}).items()):
            if start >= offset:
                break
            offset += end - start - len(value) - text.count("\n", start, end)
        return offset

    def _modules_of(self, folder: Path) -> list[str]:
        folders = {"": self.workspace.root, **self.workspace.module_folders()}
        return [module for module, one in folders.items() if one.resolve() == folder.resolve()]

    def _value_for(self, found: Found) -> str:
        """Null, or a value of the right type for an argument that must be set."""
        if found.path[-1] == "for_each":
            return "[]"
        if found.block.kind not in ("resource", "data"):
            return "null"
        mode = "managed" if found.block.kind == "resource" else "data"
        schema = self.schemas.get(f"{mode}.{found.block.labels[0]}") or {}
        for step in found.path[:-1]:
            schema = ((schema.get("block_types") or {}).get(step) or {}).get("block") or {}
        spec = (schema.get("attributes") or {}).get(found.path[-1]) or {}
        if not spec.get("required"):
            return "null"
        owner = ".".join(found.block.labels)
        return hcl(guessed_value(owner, found.block.labels[0], found.path[-1], spec))


def expression_at(text: str, file: str, offset: int) -> Found | None:
    """The argument, local or output at an offset of a file that can be replaced."""
    for block in scan_text(text, file):
        if block.kind not in ("resource", "data", "module", "locals", "output"):
            continue
        path: list[str] = []
        here = block
        while here.start <= offset <= here.end:
            for name, attribute in here.attributes.items():
                if attribute.value <= offset <= attribute.end_of_value:
                    in_dynamic = here.kind == "dynamic" and name == "for_each"
                    kept = name in _KEPT and not in_dynamic
                    return None if kept else Found(block, (*path, name), attribute)
            inner = next((b for b in here.blocks if b.start <= offset <= b.end), None)
            if inner is None or inner.kind in _KEPT:
                break
            if inner.kind != "content":
                path.append(inner.labels[0] if inner.kind == "dynamic" else inner.kind)
            here = inner
    return None


def _place(module: str, found: Found) -> Place:
    labels = found.block.labels
    if found.block.kind == "module":
        return Place(f"{module}.{labels[0]}" if module else labels[0], "var", found.path[0])
    if found.block.kind == "locals":
        return Place(module, "local", found.path[0])
    if found.block.kind == "output":
        return Place(module, "output", labels[0])
    mode = "data." if found.block.kind == "data" else ""
    return Place(module, f"{mode}{'.'.join(labels)}", found.path[0])
