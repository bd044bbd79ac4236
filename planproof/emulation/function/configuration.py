"""Reads a function's configuration from the stack: package, handler, environment, limits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from planproof.errors import UndeterminedError
from planproof.processes import NO_CREDENTIALS
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, contains_unknown, is_unknown


class Code(Protocol):
    """The code of a function, such as a :class:`planproof.aws.lambda_package.Package`."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the package in lower-case hex."""

    def unpack(self, folder: Path) -> None:
        """Extract its files into a new ``folder``.

        Raises:
            PackageError: it is not a valid zip archive.
        """


@dataclass(frozen=True, slots=True)
class FunctionConfiguration:
    """A function as it would be, or is, deployed to Lambda.

    Attributes:
        environment: its own variables, without those that Lambda adds.
        timeout: seconds.
        memory: megabytes.
        log_group: "" for Lambda's default.
        log_format: "Text" or "JSON"; "" to leave Python's logging as it is, without a time in
            each line.
    """

    package: Code
    handler: str
    environment: Mapping[str, str] = field(default_factory=dict)
    region: str = "us-east-1"
    name: str = "function"
    arn: str = ""
    runtime: str = "python3.11"
    timeout: int = 3
    memory: int = 128
    log_group: str = ""
    log_format: str = ""

    def at(self, root: Path, log_stream: str, environment: Mapping[str, str]) -> dict[str, Any]:
        """The function as its process needs it (see worker.py).

        Args:
            root: folder of its unpacked package.
            environment: variables that add to or override those that Lambda sets.
        """
        log_group = self.log_group or f"/aws/lambda/{self.name}"
        # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
        variables = {
            **self.environment,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.runtime}",
            "LAMBDA_TASK_ROOT": str(root),
            "_HANDLER": self.handler,
            "TZ": ":UTC",
            "LANG": "en_US.UTF-8",
            "PATH": os.defpath,
            **NO_CREDENTIALS,
            **environment,
        }
        return {
            "root": str(root),
            "handler": self.handler,
            "environment": variables,
            "log_format": self.log_format,
            # https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
            "context": {
                "function_name": self.name,
                "function_version": "$LATEST",
                "invoked_function_arn": self.arn,
                "memory_limit_in_mb": self.memory,
                "log_group_name": log_group,
                "log_stream_name": log_stream,
                "identity": None,
                "client_context": None,
            },
        }


def function_configuration(
    stack: Stack, function: Resource, package: Code, environment: Mapping[str, str] | None = None
) -> FunctionConfiguration:
    """The configuration of a function in the stack.

    Args:
        environment: variables that add to or override those of the stack.

    Raises:
        UndeterminedError: an attribute is unknown, or the runtime is not Python.
    """
    runtime = str(known(function, "runtime"))
    if not runtime.startswith("python"):
        raise UndeterminedError(
            f"the runtime of {function} is {runtime}, and only Python can run here"
        )
    given = function.get("environment.variables")
    variables = {**(given if isinstance(given, Mapping) else {}), **(environment or {})}
    if is_unknown(given) or contains_unknown(variables):
        raise UndeterminedError(f"{function}.environment.variables contains unknown values")
    place = stack.provider_location(function)
    if place is None:
        raise UndeterminedError(f"the region of {function} is unknown")
    return FunctionConfiguration(
        package,
        str(known(function, "handler")),
        {str(k): str(v) for k, v in variables.items()},
        place.region,
        str(known(function, "function_name")),
        str(function.get("arn")),
        runtime,
        int(known(function, "timeout") or 3),
        int(known(function, "memory_size") or 128),
    )


def known(resource: Resource, path: str) -> Value:
    """An attribute without unknown values.

    Raises:
        UndeterminedError: it is unknown, or contains unknown values.
    """
    value = resource.get(path)
    if contains_unknown(value):
        raise UndeterminedError(f"{resource}.{path} is unknown before it is built")
    return value
