"""Which AWS APIs does a Lambda function's package call?

Its Python sources are read, never run.
https://docs.aws.amazon.com/boto3/latest/guide/clients.html
"""

from __future__ import annotations

import ast
import io
import zipfile
from dataclasses import dataclass
from functools import lru_cache

import botocore.session
from botocore import xform_name

from planproof.api_actions import actions_of
from planproof.packages import Package


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """One operation at one place.

    Attributes:
        service: botocore's name of the service: ``dynamodb``.
        operation: as AWS spells it: ``UpdateItem``.
        file: path in the package.
        line: from 1.
    """

    service: str
    operation: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Calls:
    """What a package calls.

    Attributes:
        made: in order, each operation once a place.
        unread: a sentence for each reason why ``made`` may be incomplete; empty if it is complete.
    """

    made: tuple[Call, ...]
    unread: tuple[str, ...]

    def operations(self, service: str) -> frozenset[str]:
        """The operations of one service, by botocore's name of it."""
        return frozenset(call.operation for call in self.made if call.service == service)

    def actions(self, service: str) -> frozenset[str]:
        """The IAM actions that the operations of one service need."""
        return frozenset[str]().union(
            *(actions_of(service, operation) for operation in self.operations(service))
        )


def calls_of(package: Package) -> Calls:
    """What the Python sources of a package call; the same package is read once."""
    known = _READ.get(package.sha256)
    if known is None:
        known = _READ[package.sha256] = _read(package)
    return known


_READ: dict[str, Calls] = {}


def _read(package: Package) -> Calls:
    unread = []
    trees = {}
    with zipfile.ZipFile(io.BytesIO(package.data)) as opened:
        for file in package.files:
            if file.endswith(".py"):
                try:
                    trees[file] = ast.parse(opened.read(file))
                except (SyntaxError, ValueError) as problem:
                    unread.append(f"{file} is no Python that can be read ({problem}).")
    nodes = [(file, node) for file, tree in trees.items() for node in ast.walk(tree)]
    services = set()
    for file, node in nodes:
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("client", "resource")
            and node.args
        ):
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                services.add(name.value)
            else:
                unread.append(f"{file}:{node.lineno} names its service by no constant.")
    made = {
        Call(service, operation, file, node.lineno)
        for file, node in nodes
        if isinstance(node, ast.Attribute)
        for service in services
        if (operation := _operations(service).get(node.attr))
    }
    return Calls(tuple(sorted(made)), tuple(sorted(unread)))


@lru_cache(maxsize=64)
def _operations(service: str) -> dict[str, str]:
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(operation): operation for operation in model.operation_names}
