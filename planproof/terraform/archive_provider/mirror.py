"""Writes the filesystem mirror that Terraform installs the stand-in from.

Layout (https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror):
`<host>/hashicorp/archive/<version>/<os_arch>/terraform-provider-archive_v<version>`.

The checksum in `.terraform.lock.hcl` is that of the launcher: it differs from the real provider's,
and between interpreters.
"""

from __future__ import annotations

import os
import platform
import secrets
import shlex
import site
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from planproof.errors import PlanproofError
from planproof.terraform.archive_provider.serve import PARENT

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_REQUIRED = ("planproof", "tf", "grpc", "google.protobuf", "msgpack", "cryptography")


def os_arch() -> str:
    """Return this platform as Terraform names it: `linux_amd64`, `darwin_arm64`."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{_ARCHITECTURES.get(machine, machine)}"


def write_mirror(
    folder: Path,
    *,
    versions: Sequence[str] = ("2.7.1",),
    host: str = "registry.terraform.io",
    python: str = sys.executable,
    name: str = "archive",
    package: str = "planproof.terraform.archive_provider",
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """Make `folder` a mirror with hashicorp/archive in these versions; return `folder`.

    The provider runs with the interpreter `python` and the packages of this process. Writing the
    mirror again changes nothing; several processes may write it at once. Raises PlanproofError.

    Another provider has another `name`, `package`, and `environment` variables for its process.
    """
    launcher = _launcher(python, package, environment).encode()
    try:
        for version in versions:
            target = folder / host / "hashicorp" / name / version / os_arch()
            _write_executable(
                target / f"terraform-provider-{name}_v{version}", launcher, scratch=folder
            )
    except OSError as error:
        what = f"The provider mirror {folder} cannot be written ({error.strerror})"
        raise PlanproofError(what, "choose a folder that this user can write to") from None
    return folder


def _launcher(python: str, package: str, environment: Mapping[str, str]) -> str:
    # `-P`: the current folder, with the user's Terraform sources, is not in the import path.
    path = os.pathsep.join(_import_path(python))
    return (
        "#!/bin/sh\n"
        f"export {PARENT}=$PPID PYTHONPATH={shlex.quote(path)}\n"
        + "".join(f"export {key}={shlex.quote(value)}\n" for key, value in environment.items())
        + f"exec {shlex.quote(python)} -P -m {package}\n"
    )


def _import_path(python: str) -> list[str]:
    """Return the folders of the required packages, without those that `python` searches anyway.

    PYTHONPATH comes before the standard library, so those must not be in it.
    """
    own: list[str] = []
    if python == sys.executable:
        own = [os.path.realpath(path) for path in site.getsitepackages()]
        own += [os.path.realpath(site.getusersitepackages())] if site.ENABLE_USER_SITE else []
    folders: list[str] = []
    for module in _REQUIRED:
        found = find_spec(module)
        if found is None or not found.submodule_search_locations:
            what = f"The stand-in for the provider hashicorp/archive requires the package {module}"
            raise PlanproofError(what, "install planproof with its dependencies")
        for location in found.submodule_search_locations:
            parent = str(Path(location).absolute().parents[module.count(".")])
            if parent not in folders and os.path.realpath(parent) not in own:
                folders.append(parent)
    return folders


def _write_executable(path: Path, content: bytes, *, scratch: Path) -> None:
    """Write an executable file atomically.

    The temporary file is in `scratch`: Terraform computes a checksum of the folder of `path`.
    """
    if path.is_file() and path.read_bytes() == content and os.access(path, os.X_OK):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = scratch / f".mirror-{secrets.token_hex(8)}"
    try:
        temporary.write_bytes(content)
        temporary.chmod(0o755)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
