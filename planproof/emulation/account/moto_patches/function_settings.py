"""The settings of a function, given back as they were given.

moto keeps some of what CreateFunction takes, and changes fewer with UpdateFunctionConfiguration;
a reserved concurrency of 0, which stops a function, it takes for none.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from moto.awslambda.models import LambdaFunction

from planproof.emulation.account.moto_patches.patches import replace

_PASSED_ON = ("DeadLetterConfig", "FileSystemConfigs", "LoggingConfig")
_KEPT = {
    "Architectures": "architectures",
    "KMSKeyArn": "kms_key_arn",
    "TracingConfig": "tracing_config",
}
_LEVEL = "INFO"  # what JSON logs are filtered by unless something else is said


def patch() -> None:
    """Keep every setting, and answer with all of them."""
    replace(LambdaFunction, "planproof_settings", lambda _: None)
    replace(LambdaFunction, "__init__", _making)
    replace(LambdaFunction, "get_configuration", _answering)
    replace(LambdaFunction, "update_configuration", _updating)
    replace(LambdaFunction, "get_code", _with_concurrency)


def _making(own: Any) -> Any:
    @functools.wraps(own)
    def initialise(
        function: LambdaFunction, account_id: str, spec: dict[str, Any], *args: Any, **named: Any
    ) -> None:
        _keep(function, spec)
        own(function, account_id, spec, *args, **named)

    return initialise


def _keep(function: LambdaFunction, spec: Mapping[str, Any]) -> None:
    settings = dict(getattr(function, "planproof_settings", None) or {})
    settings.update((name, spec[name]) for name in (*_PASSED_ON, "SnapStart") if name in spec)
    function.planproof_settings = settings  # type: ignore[attr-defined]


def _answering(own: Any) -> Any:
    @functools.wraps(own)
    def get_configuration(function: LambdaFunction, *args: Any, **named: Any) -> dict[str, Any]:
        found: dict[str, Any] = own(function, *args, **named)
        settings: Mapping[str, Any] = function.planproof_settings or {}  # type: ignore[attr-defined]
        found.update((name, settings[name]) for name in _PASSED_ON if settings.get(name))
        found["LoggingConfig"] = _logging(function.function_name, settings.get("LoggingConfig"))
        if applied := (settings.get("SnapStart") or {}).get("ApplyOn"):
            found["SnapStart"] = {"ApplyOn": applied, "OptimizationStatus": "Off"}
        if not (found.get("DeadLetterConfig") or {}).get("TargetArn"):
            found.pop("DeadLetterConfig", None)
        return found

    return get_configuration


def _logging(name: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """What Lambda logs, and where to; it fills in what it is not told.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html
    """
    config = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}", **(given or {})}
    if config["LogFormat"] == "JSON":
        config.setdefault("ApplicationLogLevel", _LEVEL)
        config.setdefault("SystemLogLevel", _LEVEL)
    return config


def _updating(own: Any) -> Any:
    @functools.wraps(own)
    def update_configuration(function: LambdaFunction, updates: dict[str, Any]) -> dict[str, Any]:
        given = dict(updates)
        if "Environment" in given:
            given["Environment"] = {"Variables": {}, **(given["Environment"] or {})}
        own(function, given)
        _keep(function, given)
        for name, attribute in _KEPT.items():
            if name in given:
                setattr(function, attribute, given[name])
        if size := (given.get("EphemeralStorage") or {}).get("Size"):
            function.ephemeral_storage = size
        return function.get_configuration()

    return update_configuration


def _with_concurrency(own: Any) -> Any:
    @functools.wraps(own)
    def get_code(function: LambdaFunction) -> dict[str, Any]:
        found: dict[str, Any] = own(function)
        if (reserved := function.reserved_concurrency) is not None:
            found["Concurrency"] = {"ReservedConcurrentExecutions": reserved}
        return found

    return get_code
