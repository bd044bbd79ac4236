"""Files added to the modules of a working copy: a local backend, overrides that send the AWS
providers to the emulated account, and data sources that report each provider's location.

Source: https://developer.hashicorp.com/terraform/language/files/override
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from planproof.terraform.aws_endpoint import ACCOUNT
from planproof.terraform.source_index import SourceBlock, SourceIndex
from planproof.terraform.working_copy import OVERRIDE_FILE, PROBE_FILE

# `resource "aws_x"`, `provider "aws"`; labels may be written without quotation marks.
_AWS = re.compile(r"\baws(?:_\w+)?\b")
# Provider arguments that would replace the credentials or the endpoint of the environment.
_REPLACED = (
    *("profile", "shared_config_files", "shared_credentials_files", "forbidden_account_ids"),
    *("http_proxy", "https_proxy", "custom_ca_bundle", "use_fips_endpoint"),
    "use_dualstack_endpoint",
)
_RETRIES = 2
"""The provider's default is 25, which takes minutes; the emulated account needs none."""


def write_overlay(
    root: Path,
    tree: Path,
    sources: SourceIndex,
    *,
    emulated: bool,
    modules: Mapping[str, Path] = MappingProxyType({}),
) -> None:
    """Write the added files.

    Args:
        root: the copy of the root module.
        tree: the whole copy.
        emulated: whether the providers use an emulated account instead of the real cloud.
        modules: path of each child module that is part of the copy → its folder.
    """
    aliases = _aws_providers(sources, "")
    lines = ["terraform {", '  backend "local" {}', "}"]
    for name, blocks in aliases.items() if emulated else ():
        lines += _provider_override(name, blocks)
    (root / OVERRIDE_FILE).write_text("\n".join([*lines, ""]), "utf-8")
    if _may_use_aws(tree, sources):
        # The default provider configuration exists even without a block.
        text = _probes(sorted({"", *aliases}))
        if emulated and "" not in aliases:
            text += "\n".join([*_provider_override("", ()), ""])
        (root / PROBE_FILE).write_text(text, "utf-8")
    for module, folder in modules.items():
        # A block without arguments only names a configuration that the caller passes.
        aliases = {
            name: blocks
            for name, blocks in _aws_providers(sources, module).items()
            if any(block.blocks or block.attributes.keys() - {"alias"} for block in blocks)
        }
        if not aliases:
            continue
        if emulated:
            texts = [line for name in aliases for line in _provider_override(name, aliases[name])]
            (folder / OVERRIDE_FILE).write_text("\n".join([*texts, ""]), "utf-8")
        (folder / PROBE_FILE).write_text(_probes(sorted(aliases)), "utf-8")


def _aws_providers(sources: SourceIndex, module: str) -> dict[str, list[SourceBlock]]:
    """Alias ("" for the default) → blocks of the AWS provider configurations of a module."""
    aliases: dict[str, list[SourceBlock]] = {}
    for block in sources.blocks(module, "provider"):
        if block.labels[:1] == ("aws",):
            alias = block.attributes.get("alias")
            aliases.setdefault(alias.text.strip('"') if alias else "", []).append(block)
    return aliases


def _provider_override(alias: str, blocks: Iterable[SourceBlock]) -> list[str]:
    attributes = {name for block in blocks for name in block.attributes}
    lines = ['provider "aws" {']
    if alias:
        lines.append(f'  alias = "{alias}"')
    lines += ["  s3_use_path_style = true", f"  max_retries = {_RETRIES}"]
    if "allowed_account_ids" in attributes:
        lines.append(f'  allowed_account_ids = ["{ACCOUNT}"]')
    lines += [f"  {name} = null" for name in _REPLACED if name in attributes]
    if any(nested.kind == "endpoints" for block in blocks for nested in block.blocks):
        lines.append("  endpoints {}")
    return [*lines, "}"]


def _may_use_aws(tree: Path, sources: SourceIndex) -> bool:
    """Whether the stack may use the AWS provider; remote modules, absent before ``init``, may."""
    for block in sources.blocks("", "module"):
        source = block.attributes.get("source")
        if source is None or not source.text.startswith(('"./', '"../')):
            return True
    paths = [*tree.rglob("*.tf"), *tree.rglob("*.tf.json")]
    return any(_AWS.search(path.read_text("utf-8", "replace")) for path in paths)


def _probes(aliases: Iterable[str]) -> str:
    """Data sources for the region, account and partition of each provider configuration."""
    lines: list[str] = []
    for alias in aliases:
        suffix = f"_{alias}" if alias else ""
        for kind in ("region", "caller_identity", "partition"):
            lines.append(f'data "aws_{kind}" "planproof{suffix}" {{')
            if alias:
                lines.append(f"  provider = aws.{alias}")
            lines.append("}")
        lines.append(f'data "aws_default_tags" "planproof{suffix}" {{')
        lines += [f"  provider = aws.{alias}"] if alias else []
        lines.append("}")
        # A plan has the values of a managed resource, and not those of a data source.
        lines += [
            f'resource "terraform_data" "planproof{suffix}" {{',
            "  input = {",
            f"    partition = data.aws_partition.planproof{suffix}.partition",
            f"    region    = data.aws_region.planproof{suffix}.id",
            f"    account   = data.aws_caller_identity.planproof{suffix}.account_id",
            f"    tags      = data.aws_default_tags.planproof{suffix}.tags",
            "  }",
            "}",
        ]
    return "\n".join([*lines, ""])
