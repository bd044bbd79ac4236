"""Puts several stacks into one, each as a module, so that Terraform resolves them in one run.

The start of a provider takes most of the time of a run, and each provider configuration starts one.
So all modules of a batch use the configurations of the first stack: the copies of the others lose
their own, and move to its regions, in their sources and in what is expected of them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from planproof.terraform.stack import Stack

_PROVIDER = re.compile(r'^provider "aws" \{\n.*?^\}\n', re.MULTILINE | re.DOTALL)
_ALIAS = re.compile(r'^ *alias *= *"(\w+)"', re.MULTILINE)
_REGION = re.compile(r'^ *region *= *"([a-z0-9-]+)"', re.MULTILINE)


def written_batch(folders: Sequence[Path], root: Path) -> Path:
    """Write a root module that calls a copy of each stack; returns its folder.

    Raises:
        ValueError: a stack has not as many provider configurations as the first.
    """
    first = _providers(folders[0])
    texts = [match[0] for match in _PROVIDER.finditer(_text(folders[0]))]
    for folder in folders:
        own = _providers(folder)
        if len(own) != len(first):
            raise ValueError(f"{folder.name} needs other providers than {folders[0].name}")
        copy = root / folder.name
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.zip"))
        _move(copy, dict(zip(own.values(), first.values(), strict=True)))
        passed = dict(zip(own, first, strict=True))
        aliases = ", ".join(alias for alias in own if alias != "aws")
        if aliases:
            (copy / "aliases.tf").write_text(
                "terraform {\n  required_providers {\n"
                f'    aws = {{ source = "hashicorp/aws", configuration_aliases = [{aliases}] }}\n'
                "  }\n}\n",
                "utf-8",
            )
        lines = [f'module "{folder.name}" {{', f'  source = "./{folder.name}"', "  providers = {"]
        lines += [f"    {inside} = {outside}" for inside, outside in passed.items()]
        texts.append("\n".join([*lines, "  }", "}", ""]))
    (root / "main.tf").write_text("\n".join(texts), "utf-8")
    return root


def _text(folder: Path) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(folder.glob("*.tf")))


def _providers(folder: Path) -> Mapping[str, str]:
    """The provider configurations of a stack, the default one first, each with its region."""
    found = {}
    for match in _PROVIDER.finditer(_text(folder)):
        alias, region = _ALIAS.search(match[0]), _REGION.search(match[0])
        if region is None:
            raise ValueError(f"{folder.name} has a provider without a literal region")
        found["aws" if alias is None else f"aws.{alias[1]}"] = region[1]
    return found


def _move(copy: Path, regions: Mapping[str, str]) -> None:
    """Take the provider configurations out of a copy, and replace its regions everywhere."""
    names = re.compile("|".join(map(re.escape, regions)))
    for path in copy.rglob("*"):
        if path.is_file():
            text = _PROVIDER.sub("", path.read_text("utf-8"))
            path.write_text(names.sub(lambda match: regions[match[0]], text), "utf-8")


def part_of(batch: Stack, prefix: str) -> Stack:
    """The resources whose addresses have a prefix, without it."""
    own = [resource for resource in batch if resource.address.startswith(prefix)]
    renamed = [replace(one, address=one.address.removeprefix(prefix)) for one in own]
    return replace(batch, resources={one.address: one for one in renamed})
