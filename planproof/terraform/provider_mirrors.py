"""Configures where Terraform installs providers from: local mirrors first, then the registry.

Source: https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ADD_ON_FOLDERS = Path("/opt")  # where the Filesystem Hierarchy Standard puts add-on software


def default_mirrors() -> tuple[Path, ...]:
    """The folders that Terraform searches by default, and add-on folders; any of them may be
    missing."""
    home = Path.home()
    data_home = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    data_dirs = (os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    folders = [home / ".terraform.d" / "plugins", data_home / "terraform" / "plugins"]
    folders += [Path(folder) / "terraform" / "plugins" for folder in data_dirs if folder]
    if sys.platform == "darwin":
        folders.append(home / "Library" / "Application Support" / "io.terraform" / "plugins")
        folders.append(Path("/Library/Application Support/io.terraform/plugins"))
    if ADD_ON_FOLDERS.is_dir():
        folders += sorted(ADD_ON_FOLDERS.iterdir())
        folders += sorted(ADD_ON_FOLDERS.glob("*/plugins"))
    return tuple(folders)


def find_mirrors(folders: Iterable[Path], registry: str) -> dict[Path, tuple[str, ...]]:
    """The filesystem mirrors among ``folders``, each with the provider addresses that it has.

    A mirror is a folder with ``<registry host>/<namespace>/<type>/`` below it.
    """
    found: dict[Path, tuple[str, ...]] = {}
    for folder in folders:
        try:
            types = sorted(path for path in (folder / registry).glob("*/*") if path.is_dir())
        except OSError:  # a folder without read permission
            continue
        if types:
            found[folder] = tuple(f"{registry}/{path.parent.name}/{path.name}" for path in types)
    return found


def cli_configuration(
    mirrors: dict[Path, tuple[str, ...]], *, plugin_cache: Path | None = None
) -> str:
    """A Terraform CLI configuration: providers of a mirror come from it, the others from the
    registry."""
    lines: list[str] = []
    if plugin_cache is not None:
        lines.append(f"plugin_cache_dir = {_hcl(str(plugin_cache))}")
    lines.append("provider_installation {")
    for folder, addresses in mirrors.items():
        lines += [
            "  filesystem_mirror {",
            f"    path    = {_hcl(str(folder))}",
            f"    include = {_hcl(addresses)}",
            "  }",
        ]
    mirrored = sorted({address for addresses in mirrors.values() for address in addresses})
    lines += ["  direct {", f"    exclude = {_hcl(mirrored)}", "  }", "}", ""]
    return "\n".join(lines)


def _hcl(value: str | Sequence[str]) -> str:
    return json.dumps(value, ensure_ascii=False)
