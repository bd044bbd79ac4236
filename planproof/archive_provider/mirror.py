"""Where does Terraform find the stand-in? In a filesystem mirror that is laid here.

Layout (https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror):
`<host>/hashicorp/archive/<version>/<os_arch>/terraform-provider-archive_v<version>`.
"""

from __future__ import annotations

import os
import platform
import shlex
import site
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from planproof.archive_provider.serve import PARENT

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_NEEDED = ("planproof", "tf", "grpc", "google.protobuf", "msgpack", "cryptography")


def os_arch() -> str:
    """Return this platform in Terraform's words: `linux_amd64`, `darwin_arm64` and so on."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{_ARCHITECTURES.get(machine, machine)}"


def lay_mirror(
    folder: Path,
    *,
    versions: Sequence[str] = ("2.7.1",),
    host: str = "registry.terraform.io",
    python: str = sys.executable,
) -> Path:
    """Make `folder` a mirror that offers hashicorp/archive as `versions`; return `folder`.

    The provider runs under the interpreter `python`, with the packages that this process sees.
    Laying it again changes nothing, and two processes may lay it at once. Raises OSError.
    """
    launcher = _launcher(python).encode()
    for version in versions:
        place = folder / host / "hashicorp" / "archive" / version / os_arch()
        _put(place / f"terraform-provider-archive_v{version}", launcher)
    return folder


def _launcher(python: str) -> str:
    # `-P` keeps the current folder, the user's Terraform sources, out of the import path.
    command = f"{shlex.quote(python)} -P -m planproof.archive_provider"
    path = os.pathsep.join(_import_path(python))
    return f"#!/bin/sh\nPYTHONPATH={shlex.quote(path)} {PARENT}=$PPID exec {command}\n"


def _import_path(python: str) -> list[str]:
    """Return the folders, besides those `python` looks into anyway, that hold what is needed."""
    own = [*site.getsitepackages(), site.getusersitepackages()] if python == sys.executable else []
    folders = []
    for module in _NEEDED:
        found = find_spec(module)
        if found is None or not found.submodule_search_locations:
            raise ModuleNotFoundError(f"The stand-in provider needs the package {module}.")
        for location in found.submodule_search_locations:
            folder = str(Path(location).resolve().parents[module.count(".")])
            if folder not in [*folders, *own]:
                folders.append(folder)
    return folders


def _put(path: Path, content: bytes) -> None:
    """Write an executable file so that it is never seen half written, nor busy when run."""
    if path.is_file() and path.read_bytes() == content and os.access(path, os.X_OK):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".", dir=path.parent.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o755)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
