"""What is wrong with a feature file: one sentence with its line, and the text there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gherkin.dialect import Dialect
from pytest_bdd.exceptions import GherkinParseError
from pytest_bdd.parser import Feature, ScenarioTemplate

from planproof.errors import PlanproofError
from planproof.terraform.workspace import shown_path

ENCODING = "utf-8-sig"
"""UTF-8, with or without a byte order mark."""
_NEAR = 0.6  # of difflib; a line that is an error already
_NEARER = 0.8  # a line that may be prose
_POSITION = re.compile(r"\(\d+:\d+\):")
_HEADER = re.compile(r"([^\W\d_][\w ]*):(?:\s|$)")
_MISPLACED = {
    "feature": "a file has one feature only",
    "background": "a background is the first part of its feature or rule, and the only one",
    "rule": "a rule is a part of a feature",
    "scenario": "a scenario is a part of a feature",
    "examples": "examples belong to a Scenario Outline, below its steps",
    "step": "a step is a part of a scenario or a background",
}


class _Keywords:
    """The keywords of a language of Gherkin, by what they mean."""

    def __init__(self, language: str) -> None:
        dialect: Any = Dialect.for_name(language) or Dialect.for_name("en")
        found = {
            "feature": dialect.feature_keywords,
            "background": dialect.background_keywords,
            "rule": dialect.rule_keywords,
            "scenario": [*dialect.scenario_keywords, *dialect.scenario_outline_keywords],
            "examples": dialect.examples_keywords,
        }
        self.headers = {word: meaning for meaning, words in found.items() for word in words}
        steps = (
            *dialect.given_keywords,
            *dialect.when_keywords,
            *dialect.then_keywords,
            *dialect.and_keywords,
            *dialect.but_keywords,
        )
        self.steps = tuple(dict.fromkeys(word.strip() for word in steps if word.strip() != "*"))

    def meaning(self, line: str) -> str:
        """What the keyword at the start of a line means; "" without one."""
        header = _HEADER.match(line)
        if header and header[1] in self.headers:
            return self.headers[header[1]]
        return "step" if line.startswith((*(f"{word} " for word in self.steps), "* ")) else ""

    def instead(self, line: str, cutoff: float = _NEAR) -> tuple[str, str]:
        """A word of a line that looks like a misspelt keyword, and that keyword; or "" and ""."""
        if header := _HEADER.match(line):
            near = _nearest(header[1], self.headers, cutoff)
            return (f"{header[1]}:", f"{near}:") if near else ("", "")
        word = line.split(maxsplit=1)[0].rstrip(":,") if line.strip() else ""
        near = _nearest(word, self.steps, cutoff)
        return (word, near) if near else ("", "")


def _nearest(word: str, among: Sequence[str] | dict[str, str], cutoff: float) -> str:
    lowered = {known.lower(): known for known in among}
    near = difflib.get_close_matches(word.lower(), lowered, 1, cutoff)
    return lowered[near[0]] if near else ""


def gherkin_error(problem: GherkinParseError, path: Path) -> PlanproofError:
    """An error of pytest-bdd's parser in one sentence, with file, line and the text there."""
    lines = lines_of(path)
    errors = getattr(problem.__cause__, "errors", None)
    raw = str(errors[0]) if errors else problem.message
    raw = " ".join(_POSITION.sub("", raw).split()).rstrip(".")
    number = min(max(problem.line, 1), len(lines))
    if "unexpected end of file" in raw:
        return _unexpected_end(raw, lines, path)
    text = lines[number - 1].strip()
    reason, todo = _reason(raw, text, _Keywords(_language(lines)))
    place = f"{shown_path(path)}:{number}" + (f" ({text})" if text else "")
    return PlanproofError(f"{place} is not valid Gherkin, {reason}", todo)


def _reason(raw: str, text: str, keywords: _Keywords) -> tuple[str, str]:
    """Why a line is an error, and what to do about it."""
    if ", got '" not in raw:
        return raw[:1].lower() + raw[1:], "fix that line"
    if meaning := keywords.meaning(text):
        return _MISPLACED[meaning], "move or remove that line"
    word, keyword = keywords.instead(text)
    if word:
        return f"{word} is no keyword", f"write {keyword} instead of {word}"
    steps = ", ".join(keywords.steps[:3])
    return "no keyword starts that line", f"start a step with a keyword such as {steps}"


def _unexpected_end(raw: str, lines: Sequence[str], path: Path) -> PlanproofError:
    """The error of a file that ends within a text or behind tags."""
    with_text = [n for n, line in enumerate(lines, 1) if line.strip()]
    number = with_text[-1] if with_text else 1
    reason, todo = "the file ends too early", "complete it"
    if "#DocStringSeparator" in raw:
        marks = [n for n in with_text if lines[n - 1].strip().startswith(('"""', "```"))]
        number = marks[-1] if marks else number
        reason, todo = "the text that it opens has no end", "close it with the same marks"
    elif "#TagLine" in raw:
        reason, todo = "no scenario follows these tags", "write one or remove them"
    text = lines[number - 1].strip() if with_text else ""
    place = f"{shown_path(path)}:{number}" + (f" ({text})" if text else "")
    return PlanproofError(f"{place} is not valid Gherkin, {reason}", todo)


def check_descriptions(feature: Feature) -> None:
    """Refuse a misspelt header that Gherkin takes for a description, with what is below it.

    Raises:
        PlanproofError: names the line and the keyword that is meant.
    """
    path = Path(feature.filename)
    lines = lines_of(path)
    keywords = _Keywords(feature.language)
    rules = {id(t.rule): t.rule for t in feature.scenarios.values() if t.rule is not None}
    owners: list[Any] = [feature, *rules.values()]
    for owner in owners:
        described = _described(owner.description or "", line_of(owner, lines), lines)
        for at, (number, text) in enumerate(described):
            word, keyword = keywords.instead(text, _NEARER)
            swallowed = any(keywords.meaning(line) == "step" for _, line in described[at + 1 :])
            if keyword.endswith(":") and word != keyword and swallowed:
                raise _no_keyword(path, number, text, word, keyword)


def misspelt_step(
    template: ScenarioTemplate, is_step: Callable[[str], bool] | None = None
) -> tuple[str, str]:
    """A line in a scenario's description that is meant as a step, and what to do; or "" and "".

    Args:
        is_step: called with what follows the first word: whether it is the text of a step. Without
            it, a first word that is close to a keyword is enough.
    """
    path = Path(template.feature.filename)
    keywords = _Keywords(template.feature.language)
    lines = lines_of(path)
    for number, text in _described(template.description or "", template.line_number, lines):
        first, _, rest = text.partition(" ")
        word, keyword = keywords.instead(text)
        if is_step(rest.strip()) if is_step else word:
            known = ", ".join(keywords.steps[:3])
            return (
                f"{shown_path(path)}:{number} ({text}) is read as a description, since {first} is "
                "no keyword of Gherkin",
                f"write {keyword} instead of {first}" if word else f"start it with one of {known}",
            )
    return "", ""


def line_of(owner: Any, lines: Sequence[str]) -> int:
    """The line of a feature or a rule; of a rule, pytest-bdd keeps only the name."""
    number = getattr(owner, "line_number", None)
    if number is None:
        same = re.compile(rf"\s*[^:#@]+:\s*{re.escape(owner.name)}\s*")
        number = next((n for n, line in enumerate(lines, 1) if same.fullmatch(line)), 0)
    return int(number)


def _no_keyword(path: Path, number: int, text: str, word: str, keyword: str) -> PlanproofError:
    return PlanproofError(
        f"{shown_path(path)}:{number} ({text}) is read as a description, since {word} is no "
        "keyword of Gherkin",
        f"write {keyword} instead of {word}",
    )


def _described(description: str, after: int, lines: Sequence[str]) -> list[tuple[int, str]]:
    """The lines of a description that is below line ``after``: their numbers and texts."""
    texts = [text.strip() for text in description.splitlines() if text.strip()]
    return list(_found(texts, after, lines))


def _found(texts: Sequence[str], after: int, lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    number = after
    for text in texts:
        for at in range(number, len(lines)):
            if lines[at].strip() == text:
                number = at + 1
                yield number, text
                break


def _language(lines: Sequence[str]) -> str:
    match = re.match(r"\s*#\s*language\s*:\s*([\w-]+)", lines[0])
    return match[1] if match else "en"


def lines_of(path: Path) -> list[str]:
    """The lines of a file, without their ends; at least one."""
    return path.read_text(ENCODING).split("\n")
