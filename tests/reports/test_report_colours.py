"""Every text colour has a contrast of 4.5 to 1 on its backgrounds, as WCAG 2.2 requires."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import planproof.reports

CSS = (Path(planproof.reports.__file__).parent / "compliance.css").read_text("utf-8")
VERDICTS = ("passed", "failed", "undetermined", "waived")
GROUNDS = ("ground", "sheet", *(f"{verdict}-tint" for verdict in VERDICTS))
TEXTS = [
    *(("ink", ground) for ground in GROUNDS),
    *(("soft", ground) for ground in ("ground", "sheet")),
    *(("link", ground) for ground in ("ground", "sheet", "undetermined-tint", "waived-tint")),
    *((verdict, "sheet") for verdict in VERDICTS),
    *(("symbol", verdict) for verdict in VERDICTS),
    *((state, f"{state}-tint") for state in ("failed", "undetermined")),
    ("ink", "line"),
    *(("ink", f"share-{share}") for share in range(1, 5)),
]


def palettes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    light, dark, paper = (dict(re.findall(r"--([\w-]+): (#\w{6});", block)) for block in blocks)
    return {"light": light, "dark": dark, "print": paper}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_formula() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("palette", ["light", "dark", "print"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_has_enough_contrast(palette: str, text: str, ground: str) -> None:
    colours = palettes()[palette]

    assert contrast(colours[text], colours[ground]) >= 4.5


def test_each_palette_has_every_colour() -> None:
    light, dark, paper = palettes().values()

    assert set(light) == set(dark) == set(paper)
    assert set(re.findall(r"var\(--([\w-]+)\)", CSS)) - {"fill"} <= set(light)
