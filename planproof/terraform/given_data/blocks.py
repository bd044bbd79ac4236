"""Reads ``--data`` and replaces the blocks of the data sources in a working copy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from planproof.errors import PlanproofError
from planproof.terraform.addresses import configuration_address, module_path
from planproof.terraform.expressions import hcl
from planproof.terraform.source_index import SourceBlock, scan_text
from planproof.values import Value

DATA_FILE = "planproof_data.tf"
PROVIDER = "planproof"
REQUIREMENT = f'provider "{PROVIDER}" {{}}\n'
"""Content of the file in the root module: it makes ``init`` install the provider."""
_ADDRESS = re.compile(
    r"(?P<module>(?:module\.[\w-]+(?:\[[^\]]+\])?\.)*)data\.(?P<type>[\w-]+)\.(?P<name>[\w-]+)"
    r"(?:\[(?P<key>\"(?:[^\"\\]|\\.)*\"|\d+)\])?"
)
_FORM = 'write it as --data \'data.aws_vpc.main={"id": "vpc-0123456789abcdef0"}\''

GivenData = Mapping[str, Mapping[str, Value]]
"""Address of a data source, or of one of its instances → its attributes."""


def read_given_data(texts: Iterable[str], files: Iterable[Path]) -> dict[str, dict[str, Value]]:
    """The values of ``--data ADDRESS=JSON`` and of files with a JSON object of them.

    Raises:
        PlanproofError: names what is malformed.
    """
    found: dict[str, dict[str, Value]] = {}
    for file in files:
        try:
            document = json.loads(file.read_text("utf-8"))
        except OSError as problem:
            raise PlanproofError(
                f"--data-file {file} cannot be read ({problem.strerror})", "name a JSON file"
            ) from None
        except ValueError as problem:
            raise PlanproofError(
                f"--data-file {file} is not JSON ({problem})",
                "write an object: the address of each data source, and its attributes",
            ) from None
        if not isinstance(document, dict):
            raise PlanproofError(
                f"--data-file {file} has no JSON object",
                "write an object: the address of each data source, and its attributes",
            )
        for address, attributes in document.items():
            found[_checked(address, attributes, f"--data-file {file}")] = attributes
    for text in texts:
        address, equals, written = _parted(text)
        if not equals:
            raise PlanproofError(f"--data {text!r} has no value", _FORM)
        try:
            attributes = json.loads(written)
        except ValueError as problem:
            raise PlanproofError(
                f"the value of --data {address} is not JSON ({problem})", _FORM
            ) from None
        found[_checked(address, attributes, "--data")] = attributes
    return found


def _parted(text: str) -> tuple[str, str, str]:
    """Address, equals sign and value: a key in the address may have an equals sign in it."""
    match = _ADDRESS.match(text)
    at = text.find("=", match.end() if match else 0)
    return (text, "", "") if at < 0 else (text[:at].strip(), "=", text[at + 1 :])


def _checked(address: str, attributes: Any, where: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise PlanproofError(f"{where} names {address!r}, which is no data source", _FORM)
    if not isinstance(attributes, dict) or not attributes:
        raise PlanproofError(
            f"{where} gives {address} no attributes: its value is no JSON object", _FORM
        )
    if wrong := [name for name in attributes if not re.fullmatch(r"[a-z_][a-z0-9_]*", name)]:
        raise PlanproofError(f"{where} gives {address} an attribute {wrong[0]!r}", _FORM)
    return address


def attributes_of(data: GivenData) -> dict[str, list[str]]:
    """Type → names of its attributes, the same for all data sources of a type.

    Raises:
        PlanproofError: two of them have other attributes: the missing ones would be null.
    """
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for address, attributes in data.items():
        match = _ADDRESS.fullmatch(address)
        names = frozenset(attributes)
        other, had = found.setdefault(match["type"] if match else "", (address, names))
        if difference := sorted(had ^ names):
            lacking = other if difference[0] in names else address
            raise PlanproofError(
                f"--data gives {lacking} no {difference[0]!r}, which another "
                f"{match['type'] if match else ''} has",
                "give all data sources of a type the same attributes",
            )
    return {type_: sorted(names) for type_, (_, names) in found.items()}


def modules_of(data: GivenData) -> frozenset[str]:
    """The paths of the modules with the data sources."""
    matches = map(_ADDRESS.fullmatch, data)
    return frozenset(module_path(m["module"].rstrip(".")) for m in matches if m)


def replace_blocks(data: GivenData, folders: Mapping[str, Path]) -> None:
    """Replace the blocks of the data sources in the copy.

    Args:
        folders: module path → its folder, of modules that are part of the copy.

    Raises:
        PlanproofError: the stack has no such data source, or modules share a folder and only some
            of them are given values.
    """
    wanted: dict[Path, dict[tuple[str, str], dict[str, dict[str, Mapping[str, Value]]]]] = {}
    for address, attributes in data.items():
        match = _ADDRESS.fullmatch(address)
        if match is None:
            continue
        module = module_path(match["module"].rstrip("."))
        folder = folders.get(module)
        if folder is None:
            raise PlanproofError(
                f"--data names {address}, and the stack has no module {module!r} in its copy",
                "name a data source as terraform plan does",
            )
        key = match["key"] or ""
        by_module = wanted.setdefault(folder.resolve(), {}).setdefault(
            (match["type"], match["name"]), {}
        )
        values = by_module.setdefault(module, {})
        if values.setdefault(key, attributes) != attributes:
            raise PlanproofError(
                f"--data gives {configuration_address(address)} two values in instances of one "
                "module",
                "give the same value for all instances of the module",
            )
    for folder, blocks in wanted.items():
        sharing = sorted(m for m, path in folders.items() if path.resolve() == folder)
        texts = []
        for (type_, name), by_module in blocks.items():
            given = list(by_module.values())
            if sorted(by_module) != sharing or any(values != given[0] for values in given):
                raise PlanproofError(
                    f"--data gives data.{type_}.{name} a value in some of the modules that share "
                    f"one folder ({', '.join(sharing)})",
                    "give each of them the same value",
                )
            texts.append(_replacement(folder, type_, name, given[0]))
        if "" in sharing:
            texts.append(REQUIREMENT)
        (folder / DATA_FILE).write_text("\n".join(texts), "utf-8")


def _replacement(
    folder: Path, type_: str, name: str, values: Mapping[str, Mapping[str, Value]]
) -> str:
    """Remove a block from its file; returns the block that replaces it."""
    for path in sorted([*folder.glob("*.tf"), *folder.glob("*.tf.json")]):
        text = path.read_text("utf-8", "replace")
        if type_ not in text:
            continue
        for block in scan_text(text, path.name):
            nested = [block, *block.blocks] if block.kind == "check" else [block]
            for found in nested:
                if found.kind == "data" and found.labels == (type_, name):
                    _remove(path, text, found)
                    return _block(found, values)
    raise PlanproofError(
        f"--data names data.{type_}.{name}, which the stack does not declare",
        "name a data source as terraform plan does",
    )


def _remove(path: Path, text: str, block: SourceBlock) -> None:
    if path.name.endswith(".json"):
        document = json.loads(text)
        type_, name = block.labels
        entries = document["data"] if isinstance(document["data"], list) else [document["data"]]
        for entry in entries:
            (entry.get(type_) or {}).pop(name, None)
        path.write_text(json.dumps(document, indent=2), "utf-8")
    else:
        lines = "\n" * block.text.count("\n")
        path.write_text(text[: block.start] + lines + text[block.end :], "utf-8")


def _block(block: SourceBlock, values: Mapping[str, Mapping[str, Value]]) -> str:
    type_, name = block.labels
    lines = [f'data "{type_}" "{name}" {{', f"  provider = {PROVIDER}"]
    key = ""
    for meta, index in (("count", "count.index"), ("for_each", "each.key")):
        if attribute := block.attributes.get(meta):
            expression = attribute.text
            if block.file.endswith(".json"):  # a string with a template, or a value
                expression = _hcl_of_json(expression)
            lines.append(f"  {meta} = {expression}")
            key = index
    names = sorted({name for attributes in values.values() for name in attributes})
    for attribute_name in names:
        if "" in values:
            expression = hcl(values[""][attribute_name])
        else:
            entries = ", ".join(
                f"{instance if instance.startswith(chr(34)) else json.dumps(instance)} = "
                f"{hcl(attributes[attribute_name])}"
                for instance, attributes in values.items()
            )
            expression = f"{{ {entries} }}[tostring({key or 0})]"
        lines.append(f"  {attribute_name} = {expression}")
    return "\n".join([*lines, "}", ""])


def _hcl_of_json(text: str) -> str:
    """An expression of Terraform's JSON syntax in HCL: a string is a template."""
    only = re.fullmatch(r'"\$\{(.*)\}"', text.strip(), re.DOTALL)
    return json.loads(f'"{only[1]}"') if only else text
