"""Truth tables of IAM, read from tests/iam/cases/*.yaml.

A file is a list of tables. A table has a ``source`` (the page at AWS and its section), a
``request``, the ``policies``, optionally a ``statement`` with the layer it goes ``into`` and others
``beside`` it, and its ``cases``. A case gives what differs: ``request`` and ``context`` are merged
into the table's, ``policies`` replace the table's layer by layer, ``with`` is merged into the
statement (null removes an element), ``if`` is its Condition. ``expect`` is the effect,
``because`` the Sids of the deciding statements.

A policy is a document, a statement, or a list of statements (then under version 2012-10-17).
``!unknown`` is UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from planproof.iam import Effect, Policies, Request
from planproof.values import UNKNOWN

FOLDER = Path(__file__).parent / "cases"


class _Loader(yaml.SafeLoader):
    """YAML with ``!unknown``, and with dates as strings."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, regexp) for tag, regexp in resolvers if "timestamp" not in tag]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_constructor("!unknown", lambda loader, node: UNKNOWN)


@dataclass(frozen=True)
class Case:
    name: str
    source: str
    request: Request
    policies: Policies
    expect: Effect
    because: tuple[str, ...] | None


def load(path: Path) -> Iterator[Case]:
    for table in yaml.load(path.read_text(), _Loader):
        for row in table["cases"]:
            yield _case(path.stem, table, row)


def files() -> list[Path]:
    return sorted(FOLDER.glob("*.yaml"))


def _case(theme: str, table: Mapping[str, Any], row: Mapping[str, Any]) -> Case:
    keys = {"name", "request", "context", "policies", "with", "if", "beside", "expect", "because"}
    unknown = set(row) - keys
    assert not unknown, f"{theme}: {row.get('name')}: unknown keys {unknown}"
    arguments = {**table.get("request", {}), **row.get("request", {})}
    context = {**arguments.pop("context", {}), **table.get("context", {}), **row.get("context", {})}
    layers = {**table.get("policies", {}), **row.get("policies", {})}
    if "statement" in table:
        merged = {**table["statement"], **row.get("with", {})}
        if "if" in row:
            merged["Condition"] = row["if"]
        statement = {name: value for name, value in merged.items() if value is not None}
        beside = [*table.get("beside", []), *row.get("beside", [])]
        version = table.get("version", "2012-10-17")
        document: Any = {"Version": version, "Statement": [statement, *beside]}
        into = table.get("into", "identity")
        layers[into] = document if into in ("resource", "session") else [document]
    because = row.get("because")
    return Case(
        name=f"{theme}: {row['name']}",
        source=table["source"],
        request=Request(context=context, **arguments),
        policies=Policies(**{layer: _layer(layer, given) for layer, given in layers.items()}),
        expect=Effect[row["expect"]],
        because=None if because is None else tuple(because),
    )


def _layer(layer: str, given: Any) -> Any:
    if layer in ("resource", "session"):
        return None if given is None else _document(given)
    if layer in ("service_control", "resource_control"):
        return [[_document(one) for one in level] for level in given]
    return [_document(one) for one in given]


def _document(given: Any) -> Any:
    if given is UNKNOWN or isinstance(given, str):
        return given
    if isinstance(given, Mapping) and "Statement" in given:
        return given
    statements = given if isinstance(given, list) else [given]
    return {"Version": "2012-10-17", "Statement": statements}


CASES = [case for path in files() for case in load(path)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that has a ``case`` argument once per row of the tables."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", CASES, ids=[case.name for case in CASES])


@pytest.fixture(scope="session")
def cases() -> list[Case]:
    return CASES
