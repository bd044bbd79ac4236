"""The map of the code: every place that it names exists, and no folder or module is left out."""

from __future__ import annotations

import re
from pathlib import Path

from tests.builders.repository import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
NAMED = {name for name in re.findall(r"`([\w./]+)`", PAGE) if "/" in name or name.endswith(".py")}
CODE = [ROOT / name for name in ("planproof", "steps", "custom_checks", "tests")]


def exists(name: str) -> bool:
    """Whether the project has a file or folder of this path, or a path that ends so."""
    return (ROOT / name).exists() or any(
        next(folder.rglob(name.strip("/")), None) is not None for folder in CODE
    )


def test_every_place_on_the_map_exists() -> None:
    assert len(NAMED) > 50
    assert [name for name in sorted(NAMED) if not exists(name)] == []
    assert not exists("planproof/nowhere.py")


def test_every_folder_and_module_of_the_engine_is_on_the_map() -> None:
    entries = {
        path.name
        for path in (ROOT / "planproof").iterdir()
        if (path.is_dir() or path.suffix == ".py") and not path.name.startswith("_")
    }
    named = {part for name in re.findall(r"[\w./]+", PAGE) for part in Path(name).parts}
    assert entries - named == set()
