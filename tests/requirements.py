"""The requirements there are: each has its page."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
ALL = sorted(path.stem for path in (ROOT / "docs" / "requirements").glob("REQ-*.md"))
