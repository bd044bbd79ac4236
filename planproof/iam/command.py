"""Evaluate the request in a file: the command ``planproof iam --request FILE.json``.

The file holds an object with ``request`` (the arguments of :class:`planproof.iam.Request`) and
``policies`` (those of :class:`planproof.iam.Policies`). A policy is a document, JSON text of one,
or ``{"name": ..., "document": ...}`` to name it in the reasons.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, NoReturn

from planproof.errors import PlanproofError
from planproof.iam.decision import Decision
from planproof.iam.document import PolicyDocument
from planproof.iam.errors import RequestError
from planproof.iam.evaluation import evaluate
from planproof.iam.policies import Policies
from planproof.iam.request import Request
from planproof.values import Truth

ALLOWED: Final = 0
DENIED: Final = 1
UNDETERMINED: Final = 2
UNUSABLE: Final = 3
"""Exit code for an invalid file or option."""

_EXIT_CODES: Final[Mapping[Truth, int]] = {True: ALLOWED, False: DENIED, None: UNDETERMINED}
_ORGANIZATION_LAYERS: Final = ("service_control", "resource_control")


class _Parser(argparse.ArgumentParser):
    """A parser whose usage errors do not exit with the code of an undetermined decision."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(UNUSABLE, f"{self.prog}: error: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if the request is allowed, 1 if it is denied, 2 if that is undetermined, 3 if the file is
        invalid.
    """
    parser = _Parser(prog="planproof iam", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument(
        "--request",
        required=True,
        metavar="FILE",
        help="JSON with request and policies; - reads standard input",
    )
    parser.add_argument("--json", action="store_true", help="print the decision as JSON")
    options = parser.parse_args(arguments)
    try:
        decision = decide(_read(options.request))
    except PlanproofError as problem:
        print(f"ERROR: {problem}", file=sys.stderr)
        return UNUSABLE
    print(json.dumps(as_json(decision), indent=2) if options.json else _as_text(decision))
    return _EXIT_CODES[decision.allowed]


def decide(given: Mapping[str, Any]) -> Decision:
    """Decide the request of a request file.

    Raises:
        RequestError: the file has an unknown key, lacks a required one, or has an invalid value.
        PolicyError: a policy in it is not valid.
    """
    _refuse_unknown(given, ("request", "policies"), "the request file")
    request = _object(given, "request")
    policies = _object(given, "policies")
    _refuse_unknown(request, [field.name for field in fields(Request) if field.init], '"request"')
    _refuse_unknown(policies, [f.name for f in fields(Policies) if f.init], '"policies"')
    if not isinstance(request.get("action"), str):
        raise RequestError('"request" has no action', 'add "action": "service:Action"')
    for name in ("resource", "principal", "resource_account", "canonical_user"):
        if not isinstance(request.get(name, ""), str | None):
            raise RequestError(f'"{name}" of "request" is not a string', "write a string")
    for name in ("context", "principal_tags", "resource_tags", "request_tags"):
        if not isinstance(request.get(name, {}), Mapping | None):
            raise RequestError(f'"{name}" of "request" is not an object', "write an object")
    if not isinstance(request.get("complete", False), bool):
        raise RequestError('"complete" of "request" is not a boolean', "write true or false")
    for key, value in (request.get("context") or {}).items():
        if not _is_context_value(value):
            raise RequestError(
                f"the context key {key!r} has a value that no request can have",
                "write a string, number, boolean, a list of these, or null for an absent key",
            )
    layers = {name: _layer(name, value) for name, value in policies.items()}
    return evaluate(
        Request(**{**request, "context": request.get("context") or {}}), Policies(**layers)
    )


def _is_context_value(value: object) -> bool:
    plain = (str, int, float, bool)
    if isinstance(value, list):
        return all(isinstance(one, plain) for one in value)
    return value is None or isinstance(value, plain)


def as_json(decision: Decision) -> dict[str, Any]:
    """A decision as JSON: its effect, and each reason with policy, index, Sid and text."""
    return {
        "effect": decision.effect.value,
        "because": [
            {
                "layer": reason.layer.value if reason.layer is not None else None,
                "policy": reason.policy or None,
                "index": reason.index,
                "sid": reason.sid,
                "text": str(reason),
            }
            for reason in decision.because
        ],
    }


def _as_text(decision: Decision) -> str:
    return "\n".join([decision.effect.value, *(f"  {reason}" for reason in decision.because)])


def _read(name: str) -> Mapping[str, Any]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise RequestError(
            f"the request file {name} cannot be read ({error.strerror})", "name a readable file"
        ) from None
    except UnicodeDecodeError:
        raise RequestError(f"the request file {name} is not UTF-8", "save it as UTF-8") from None
    try:
        given = json.loads(text)
    except json.JSONDecodeError as error:
        raise RequestError(
            f"the request file {name} is not JSON (line {error.lineno}: {error.msg})",
            "write an object with request and policies",
        ) from None
    except (RecursionError, ValueError):
        raise RequestError(
            f"the request file {name} is nested too deeply or contains a number too long",
            "write an object with request and policies",
        ) from None
    if not isinstance(given, Mapping):
        raise RequestError(
            f"the request file {name} is not a JSON object",
            "write an object with request and policies",
        )
    return given


def _object(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = given.get(name)
    if not isinstance(value, Mapping):
        raise RequestError(f'the request file has no object "{name}"', "add it")
    return value


def _refuse_unknown(given: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    for name in given:
        if name not in names:
            raise RequestError(f'{where} has an unknown key "{name}"', f"use {', '.join(names)}")


def _layer(name: str, given: Any) -> Any:
    if name in _ORGANIZATION_LAYERS:
        levels = _list(given, name)
        return [
            [_document(one, f"{name}[{i}][{j}]") for j, one in enumerate(_list(level, name))]
            for i, level in enumerate(levels)
        ]
    if isinstance(given, list):
        return [_document(one, f"{name}[{i}]") for i, one in enumerate(given)]
    if given is None or name in ("resource", "session"):
        return None if given is None else _document(given, name)
    return _list(given, name)


def _list(given: Any, name: str) -> list[Any]:
    if not isinstance(given, list):
        raise RequestError(f'"{name}" of "policies" is not a list', "write a list of policies")
    return given


def _document(given: Any, name: str) -> PolicyDocument:
    if isinstance(given, Mapping) and "document" in given:
        own = given.get("name", name)
        return PolicyDocument.parse(given["document"], own if isinstance(own, str) else name)
    return PolicyDocument.parse(given, name)
