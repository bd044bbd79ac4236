"""What of a command line has to be said again to judge the same stack by the same scenarios?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_FLAGS = frozenset({"--compliance", "--mutants"})
_WITH_VALUE = frozenset(
    {"--mutant", "--mutants-limit", "--mutants-seed", "--report-dir", "-c", "-p", "-n"}
)


def rerun_arguments(given: Iterable[str]) -> tuple[str, ...]:
    """The arguments of pytest but for those that say what to do, where to report and which mutants
    to try. The value of a variable may be nobody's business, so only its name is left."""
    return tuple(_again(list(given)))


def _again(given: list[str]) -> Iterator[str]:
    left = iter(given)
    for text in left:
        name, equals, value = text.partition("=")
        if text in _FLAGS or (text[:2] in ("-c", "-p", "-n") and len(text) > 2 and text[1] != "-"):
            continue
        if name in _WITH_VALUE:
            if not equals:
                next(left, None)
        elif name == "--var":
            variable = (value if equals else next(left, "")).partition("=")[0]
            yield from ("--var", f"{variable}=…")
        else:
            yield text
