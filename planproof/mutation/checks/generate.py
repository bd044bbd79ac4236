"""All mutants of an example."""

from __future__ import annotations

from collections.abc import Iterator

from planproof.mutation.checks.drops import drop_block_edits, drop_edits
from planproof.mutation.checks.edits import Edit, SourceMutant, changed_lines
from planproof.mutation.checks.examples import Example, Key, Node
from planproof.mutation.checks.grafts import graft_edits, type_edits
from planproof.mutation.checks.locations import nested_blocks, source_locations
from planproof.mutation.checks.policy import policy_block_edits, policy_edits
from planproof.mutation.checks.references import reference_edits
from planproof.mutation.checks.values import value_edits

SIDES = ("pass", "fail")


def mutants(example: Example) -> list[SourceMutant]:
    """Every mutant of an example, in the order of its blocks.

    Those of the pass side change a `pass…` block or a block that supports it, such as its policy.
    Those of the fail side change a `fail…` block itself. Of edits with the same result only the
    first counts.
    """
    return [mutant for side in SIDES for mutant in _of_side(example, side)]


def unchanged(example: Example) -> list[SourceMutant]:
    """A mutant without a change for each `pass…` and `fail…` block."""
    return [
        SourceMutant(
            id=f"{example.name}/{side}/{subject.address}/unchanged/",
            check=example.name,
            side=side,
            operator="unchanged",
            block=subject.address,
            path="",
            file=subject.block.file,
            line=subject.block.line,
            subjects=(subject.address,),
            before="",
            after="",
            text=example.files[subject.block.file],
        )
        for side in SIDES
        for subject in example.subjects(side)
    ]


def sources(example: Example, mutant: SourceMutant) -> dict[str, str]:
    """The sources of a mutant for Checkov, by file: the example without blocks that only other
    subjects need."""
    mutated = example.changed(mutant.file, mutant.text)
    roots = [("", address) for address in mutant.subjects]
    keys = mutated.around(roots)
    keys |= mutated.around({key for key in example.around(roots) if key in mutated.nodes})
    return mutated.written(keys)


def _of_side(example: Example, side: str) -> Iterator[SourceMutant]:
    concerned: dict[Key, list[Node]] = {}
    for subject in example.subjects(side):
        for key in example.concerning(subject):
            concerned.setdefault(key, []).append(subject)
    texts: set[tuple[str, str]] = set()
    ids: dict[str, int] = {}
    for key, subjects in sorted(concerned.items()):
        node = example.nodes[key]
        if node.kind != side and not (side == "pass" and node.kind is None):
            continue
        source = example.files[node.block.file]
        for edit in _edits(example, node, side):
            changed = edit.applied(source)
            if changed == source or (node.block.file, changed) in texts:
                continue
            texts.add((node.block.file, changed))
            yield _mutant(example, node, side, subjects, edit, changed, ids)


def _mutant(
    example: Example,
    node: Node,
    side: str,
    subjects: list[Node],
    edit: Edit,
    changed: str,
    ids: dict[str, int],
) -> SourceMutant:
    file = node.block.file
    addresses = tuple(subject.address for subject in subjects)
    if edit.operator == "swap-type":
        addresses = (f"{edit.text}.{node.address.split('.', 1)[1]}",)
    block = f"{node.folder}:{node.address}" if node.folder else node.address
    variant = f"={edit.variant}" if edit.variant else ""
    name = f"{example.name}/{side}/{block}/{edit.operator}/{edit.path}{variant}"
    ids[name] = ids.get(name, 0) + 1
    if ids[name] > 1:
        name = f"{name}#{ids[name]}"
    line, before, after = changed_lines(example.files[file], edit)
    return SourceMutant(
        id=name,
        check=example.name,
        side=side,
        operator=edit.operator,
        block=block,
        path=edit.path,
        file=file,
        line=line,
        subjects=addresses,
        before=before,
        after=after,
        text=changed,
    )


def _edits(example: Example, node: Node, side: str) -> Iterator[Edit]:
    block = node.block

    def another(type_: str, name: str) -> str | None:
        found = (key[1].rpartition(".") for key in example.nodes if key[0] == node.folder)
        return next((n for t, _, n in found if t == type_ and n != name), None)

    entry = node.address.removeprefix("local.") if block.kind == "locals" else None
    for location in source_locations(block):
        if entry is not None and location.path.split(".", 1)[0] != entry:
            continue
        yield from drop_edits(location)
        yield from policy_edits(location)
        yield from value_edits(location)
        yield from reference_edits(location, another)
    for nested in nested_blocks(block):
        yield from drop_block_edits(nested)
        yield from policy_block_edits(nested)
    if side == "pass" and node.kind == "pass":
        failing = example.subjects("fail")
        yield from graft_edits(block, (n.block for n in failing))
        if block.kind == "resource":
            own = {n.block.labels[0] for n in example.subjects("pass") if n.block.labels}
            types = [n.block.labels[0] for n in failing if n.block.kind == "resource"]
            yield from type_edits(block, dict.fromkeys(t for t in types if t not in own))
