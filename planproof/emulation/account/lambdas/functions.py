"""The functions that are deployed in the account, and their unpacked packages."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.backends import get_backend

from planproof.aws.lambda_package import Package
from planproof.emulation.account.model import ACCOUNT_ID
from planproof.emulation.function.configuration import FunctionConfiguration, lambda_environment

_ARN = re.compile(r"arn:[^:]+:lambda:(?P<region>[^:]+):\d+:function:(?P<name>[^:]+)")


@dataclass(frozen=True, slots=True)
class DeployedFunction:
    """A function, as it is deployed.

    Attributes:
        environment: its own variables.
        timeout: seconds.
        memory: megabytes.
        reserved: its reserved concurrency; None without one.
        log_format: "Text" or "JSON".
        version: changes with every change of code or configuration.
        unsupported: why it cannot run here, or "".
    """

    arn: str
    name: str
    region: str
    role: str
    handler: str
    runtime: str
    code: bytes = field(repr=False)
    code_sha256: str
    environment: Mapping[str, str]
    timeout: int
    memory: int
    reserved: int | None
    log_group: str
    log_format: str
    version: tuple[Any, ...] = field(repr=False)
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
    environment = {str(k): str(v) for k, v in (function.environment_vars or {}).items()}
    logging: Mapping[str, Any] = function.get_configuration().get("LoggingConfig") or {}
    group = str(logging.get("LogGroup") or f"/aws/lambda/{function.function_name}")
    reserved = function.reserved_concurrency
    version = (
        function.function_arn,
        function.role,
        function.handler,
        function.run_time,
        function.code_sha_256,
        tuple(sorted(environment.items())),
        int(function.timeout or 3),
        int(function.memory_size or 128),
        group,
        str(logging.get("LogFormat") or "Text"),
        function.last_modified,
    )
    return DeployedFunction(
        arn=function.function_arn,
        name=function.function_name,
        region=parts["region"],
        role=function.role,
        handler=str(function.handler),
        runtime=str(function.run_time),
        code=getattr(function, "code_bytes", b"") or b"",
        code_sha256=function.code_sha_256,
        environment=environment,
        timeout=int(function.timeout or 3),
        memory=int(function.memory_size or 128),
        reserved=None if reserved is None or int(reserved) < 0 else int(reserved),
        log_group=group,
        log_format=str(logging.get("LogFormat") or "Text"),
        version=version,
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


class Packages:
    """Unpacks each package once, into a temporary folder."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.folder = Path(tempfile.mkdtemp(prefix="planproof-lambdas-")).resolve()
        self._packages: dict[str, tuple[Package, Path]] = {}

    def unpack(self, function: DeployedFunction) -> tuple[Package, Path]:
        """The package, and the folder that replaces /var/task.

        Raises:
            PackageError: the code is not a valid zip archive.
        """
        with self._lock:
            if function.code_sha256 not in self._packages:
                package = Package(f"of {function.name}", function.code)
                root = self.folder / package.sha256
                if not root.exists():
                    package.unpack(root)
                self._packages[function.code_sha256] = package, root
            return self._packages[function.code_sha256]

    def environment(self, function: DeployedFunction) -> tuple[Path, dict[str, str]]:
        """The folder, and the function's environment without credentials.

        Raises:
            PackageError: the code is not a valid zip archive.
        """
        package, root = self.unpack(function)
        configuration = FunctionConfiguration(
            package,
            function.handler,
            function.environment,
            function.region,
            function.name,
            function.arn,
            function.runtime,
            function.timeout,
            function.memory,
        )
        return root, {
            **lambda_environment(configuration, root),
            "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        }

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
