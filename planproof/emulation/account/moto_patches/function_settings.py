"""Returns every setting of a function as it was set.

moto keeps only some settings of CreateFunction, and fewer of UpdateFunctionConfiguration. It takes
a reserved concurrency of 0, which stops a function, for none.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from moto.awslambda.models import LambdaFunction

from planproof.emulation.account.moto_patches.patches import replace

_RETURNED = ("DeadLetterConfig", "FileSystemConfigs", "LoggingConfig")
_STORED = {
    "Architectures": "architectures",
    "KMSKeyArn": "kms_key_arn",
    "TracingConfig": "tracing_config",
}
_LEVEL = "INFO"  # default log level of JSON logs


def patch() -> None:
    """Store and return every setting."""
    replace(LambdaFunction, "planproof_settings", lambda _: None)
    replace(LambdaFunction, "__init__", _init)
    replace(LambdaFunction, "get_configuration", _get_configuration)
    replace(LambdaFunction, "update_configuration", _update_configuration)
    replace(LambdaFunction, "get_code", _with_concurrency)


def _init(original: Any) -> Any:
    @functools.wraps(original)
    def initialise(
        function: LambdaFunction, account_id: str, spec: dict[str, Any], *args: Any, **kwargs: Any
    ) -> None:
        _store(function, spec)
        original(function, account_id, spec, *args, **kwargs)

    return initialise


def _store(function: LambdaFunction, spec: Mapping[str, Any]) -> None:
    settings = dict(getattr(function, "planproof_settings", None) or {})
    settings.update((name, spec[name]) for name in (*_RETURNED, "SnapStart") if name in spec)
    function.planproof_settings = settings  # type: ignore[attr-defined]


def _get_configuration(original: Any) -> Any:
    @functools.wraps(original)
    def get_configuration(function: LambdaFunction, *args: Any, **kwargs: Any) -> dict[str, Any]:
        result: dict[str, Any] = original(function, *args, **kwargs)
        settings: Mapping[str, Any] = function.planproof_settings or {}  # type: ignore[attr-defined]
        result.update((name, settings[name]) for name in _RETURNED if settings.get(name))
        result["LoggingConfig"] = _logging(function.function_name, settings.get("LoggingConfig"))
        if applied := (settings.get("SnapStart") or {}).get("ApplyOn"):
            result["SnapStart"] = {"ApplyOn": applied, "OptimizationStatus": "Off"}
        if not (result.get("DeadLetterConfig") or {}).get("TargetArn"):
            result.pop("DeadLetterConfig", None)
        return result

    return get_configuration


def _logging(name: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """The logging configuration, with Lambda's defaults.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html
    """
    config = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}", **(given or {})}
    if config["LogFormat"] == "JSON":
        config.setdefault("ApplicationLogLevel", _LEVEL)
        config.setdefault("SystemLogLevel", _LEVEL)
    return config


def _update_configuration(original: Any) -> Any:
    @functools.wraps(original)
    def update_configuration(function: LambdaFunction, updates: dict[str, Any]) -> dict[str, Any]:
        given = dict(updates)
        if "Environment" in given:
            given["Environment"] = {"Variables": {}, **(given["Environment"] or {})}
        original(function, given)
        _store(function, given)
        for name, attribute in _STORED.items():
            if name in given:
                setattr(function, attribute, given[name])
        if size := (given.get("EphemeralStorage") or {}).get("Size"):
            function.ephemeral_storage = size
        return function.get_configuration()

    return update_configuration


def _with_concurrency(original: Any) -> Any:
    @functools.wraps(original)
    def get_code(function: LambdaFunction) -> dict[str, Any]:
        result: dict[str, Any] = original(function)
        if (reserved := function.reserved_concurrency) is not None:
            result["Concurrency"] = {"ReservedConcurrentExecutions": reserved}
        return result

    return get_code
