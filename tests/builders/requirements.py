"""The requirements, by their pages."""

from __future__ import annotations

from tests.builders.repository import ROOT

ALL = sorted(path.stem for path in (ROOT / "docs" / "requirements").glob("REQ-*.md"))
