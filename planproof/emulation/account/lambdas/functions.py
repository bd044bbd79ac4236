"""The functions that are deployed in the account."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.backends import get_backend

from planproof.aws.lambda_package import Package
from planproof.emulation.account.model import ACCOUNT_ID
from planproof.emulation.function.configuration import FunctionConfiguration

RoleClient = Callable[[str, str, "DeployedFunction"], Any]
"""Returns the AWS client of a service in a region, with the credentials of a function's role."""
_ARN = re.compile(r"arn:[^:]+:lambda:(?P<region>[^:]+):\d+:function:(?P<name>[^:]+)")


@dataclass(frozen=True, slots=True)
class _StoredCode:
    """The code of a deployed function, which may not be a valid package.

    Attributes:
        digest: moto's, which changes with the code.
    """

    name: str
    digest: str
    data: bytes = field(repr=False, compare=False)

    @property
    def sha256(self) -> str:
        """SHA-256 of the package in lower-case hex."""
        return hashlib.sha256(self.data).hexdigest()

    def unpack(self, folder: Path) -> None:
        """Extract its files into a new ``folder``.

        Raises:
            PackageError: it is not a valid zip archive.
        """
        Package(f"of {self.name}", self.data).unpack(folder)


@dataclass(frozen=True, slots=True)
class DeployedFunction(FunctionConfiguration):
    """A function, as it is deployed; equal until its code or configuration changes.

    Attributes:
        role: ARN.
        reserved: its reserved concurrency; None without one.
        modified: when its code or configuration was last changed.
        unsupported: why it cannot run here, or "".
    """

    role: str = ""
    reserved: int | None = field(default=None, compare=False)
    modified: str = ""
    unsupported: str = ""


def deployed_function(arn: str) -> DeployedFunction | None:
    """The function by its ARN, with or without a qualifier; None if it does not exist."""
    parts = _ARN.match(arn)
    if parts is None:
        return None
    backend = get_backend("lambda")[ACCOUNT_ID][parts["region"]]
    try:
        function: Any = backend.get_function(arn)
    except Exception:  # of moto, if the function does not exist
        return None
    name = function.function_name
    logging: Mapping[str, Any] = function.get_configuration().get("LoggingConfig") or {}
    reserved = function.reserved_concurrency
    return DeployedFunction(
        package=_StoredCode(
            name, function.code_sha_256, getattr(function, "code_bytes", b"") or b""
        ),
        handler=str(function.handler),
        environment={str(k): str(v) for k, v in (function.environment_vars or {}).items()},
        region=parts["region"],
        name=name,
        arn=function.function_arn,
        runtime=str(function.run_time),
        timeout=int(function.timeout or 3),
        memory=int(function.memory_size or 128),
        log_group=str(logging.get("LogGroup") or f"/aws/lambda/{name}"),
        log_format=str(logging.get("LogFormat") or "Text"),
        role=function.role,
        reserved=None if reserved is None or int(reserved) < 0 else int(reserved),
        modified=str(function.last_modified),
        unsupported=_unsupported(function),
    )


def _unsupported(function: Any) -> str:
    if function.package_type != "Zip":
        return "it is a container image, and only zip packages can run here"
    if not str(function.run_time).startswith("python"):
        return f"its runtime is {function.run_time}, and only Python can run here"
    if function.layers:
        return "it has layers, and only its own package can run here"
    return ""
