"""Reads a function's configuration from the stack: package, handler, environment, limits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from planproof.aws.lambda_package import Package
from planproof.emulation.function.process import NO_CREDENTIALS
from planproof.errors import UndeterminedError
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, contains_unknown, is_unknown


@dataclass(frozen=True, slots=True)
class FunctionConfiguration:
    """A function as it would be deployed to Lambda.

    Attributes:
        environment: its own variables, without those that Lambda adds.
        timeout: seconds.
        memory: megabytes.
    """

    package: Package
    handler: str
    environment: Mapping[str, str] = field(default_factory=dict)
    region: str = "us-east-1"
    name: str = "function"
    arn: str = ""
    runtime: str = "python3.11"
    timeout: int = 3
    memory: int = 128


def function_configuration(
    stack: Stack, function: Resource, package: Package, environment: Mapping[str, str] | None = None
) -> FunctionConfiguration:
    """The configuration of a function in the stack.

    Args:
        environment: variables that add to or override those of the stack.

    Raises:
        UndeterminedError: an attribute is unknown, or the runtime is not Python.
    """
    runtime = str(_known(function, "runtime"))
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
        str(_known(function, "handler")),
        {str(k): str(v) for k, v in variables.items()},
        place.region,
        str(_known(function, "function_name")),
        str(function.get("arn")),
        runtime,
        int(_known(function, "timeout") or 3),
        int(_known(function, "memory_size") or 128),
    )


def _known(function: Resource, path: str) -> Value:
    value = function.get(path)
    if contains_unknown(value):
        raise UndeterminedError(f"{function}.{path} is unknown before it is built")
    return value


def lambda_environment(configuration: FunctionConfiguration, root: Path) -> dict[str, str]:
    """The environment that Lambda gives a function.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime"""
    return {
        **configuration.environment,
        "AWS_REGION": configuration.region,
        "AWS_DEFAULT_REGION": configuration.region,
        "AWS_LAMBDA_FUNCTION_NAME": configuration.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.memory),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{configuration.name}",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{configuration.runtime}",
        "LAMBDA_TASK_ROOT": str(root),
        "_HANDLER": configuration.handler,
        "TZ": ":UTC",
        "LANG": "en_US.UTF-8",
        "PATH": os.defpath,
        **NO_CREDENTIALS,
    }
