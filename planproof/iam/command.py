"""Would AWS allow the request in this file? The command ``planproof iam --request FILE.json``.

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

ALLOWED: Final = 0
DENIED: Final = 1
UNDETERMINED: Final = 2
UNUSABLE: Final = 3
"""Exit code for a file or an option that cannot be used."""

_EXITS: Final[Mapping[bool | None, int]] = {True: ALLOWED, False: DENIED, None: UNDETERMINED}
_LEVELS: Final = ("service_control", "resource_control")


class _Parser(argparse.ArgumentParser):
    """A parser whose own errors do not look like an undetermined decision."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(UNUSABLE, f"{self.prog}: error: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if the request is allowed, 1 if it is denied, 2 if that is undetermined, 3 if the file
        cannot be used.
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
    return _EXITS[decision.allowed]


def decide(given: Mapping[str, Any]) -> Decision:
    """Decide what a request file asks.

    Raises:
        RequestError: the file has other parts than those it should have, or none.
        PolicyError: a policy in it is not valid.
    """
    _only(given, ("request", "policies"), "the request file")
    asked = _object(given, "request")
    policies = _object(given, "policies")
    _only(asked, [one.name for one in fields(Request) if one.init], '"request"')
    _only(policies, [one.name for one in fields(Policies) if one.init], '"policies"')
    if not isinstance(asked.get("action"), str):
        raise RequestError('"request" names no action', 'add "action": "service:Action"')
    for name in ("resource", "principal", "resource_account", "canonical_user"):
        if not isinstance(asked.get(name, ""), str | None):
            raise RequestError(f'"{name}" of "request" is no string', "write a string")
    for name in ("context", "principal_tags", "resource_tags", "request_tags"):
        if not isinstance(asked.get(name, {}), Mapping | None):
            raise RequestError(f'"{name}" of "request" is no object', "write an object")
    if not isinstance(asked.get("complete", False), bool):
        raise RequestError('"complete" of "request" is no boolean', "write true or false")
    for key, value in (asked.get("context") or {}).items():
        if not _is_context_value(value):
            raise RequestError(
                f"the context key {key!r} has a value that no request brings",
                "write a string, a number, a boolean, a list of these, or null for an absent key",
            )
    layers = {name: _layer(name, value) for name, value in policies.items()}
    return evaluate(Request(**{**asked, "context": asked.get("context") or {}}), Policies(**layers))


def _is_context_value(value: object) -> bool:
    plain = (str, int, float, bool)
    if isinstance(value, list):
        return all(isinstance(one, plain) for one in value)
    return value is None or isinstance(value, plain)


def as_json(decision: Decision) -> dict[str, Any]:
    """A decision as JSON: its effect, and each reason with policy, index, Sid and words."""
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
            f"the request file {name} is JSON of no use", "write an object with request, policies"
        ) from None
    if not isinstance(given, Mapping):
        raise RequestError(
            f"the request file {name} holds no object", "write an object with request and policies"
        )
    return given


def _object(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = given.get(name)
    if not isinstance(value, Mapping):
        raise RequestError(f'the request file has no object "{name}"', "add it")
    return value


def _only(given: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    for name in given:
        if name not in names:
            raise RequestError(f'{where} has a part "{name}"', f"use {', '.join(names)}")


def _layer(name: str, given: Any) -> Any:
    if name in _LEVELS:
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
        raise RequestError(f'"{name}" of "policies" is no list', "write a list of policies")
    return given


def _document(given: Any, name: str) -> PolicyDocument:
    if isinstance(given, Mapping) and "document" in given:
        own = given.get("name", name)
        return PolicyDocument.parse(given["document"], own if isinstance(own, str) else name)
    return PolicyDocument.parse(given, name)
