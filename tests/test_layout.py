"""What test modules share is in helper modules."""

from __future__ import annotations

import ast

from tests.builders.repository import ROOT


def test_no_test_module_is_imported_by_another() -> None:
    imported = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module or ''}.{alias.name}" for alias in node.names]
            else:
                continue
            imported += [
                f"{path.relative_to(ROOT)}:{node.lineno}: {name}"
                for name in names
                if any(part.startswith("test_") for part in name.split("."))
            ]
    assert imported == []
