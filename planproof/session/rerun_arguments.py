"""The arguments of a command line that select the stack and the scenarios."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_FLAGS = frozenset({"--compliance", "--mutants"})
_WITH_VALUE = frozenset(
    {"--mutant", "--mutants-limit", "--mutants-seed", "--report-dir", "-c", "-p", "-n"}
)


def rerun_arguments(given: Iterable[str]) -> tuple[str, ...]:
    """The arguments of pytest without those on the mode, the reports and the choice of mutants.

    The value of a variable may be secret, so it is replaced by "…".
    """
    return tuple(_selecting(iter(given)))


def _selecting(arguments: Iterator[str]) -> Iterator[str]:
    for text in arguments:
        name, equals, value = text.partition("=")
        if text in _FLAGS or (text[:2] in ("-c", "-p", "-n") and len(text) > 2 and text[1] != "-"):
            continue
        if name in _WITH_VALUE:
            if not equals:
                next(arguments, None)
        elif name == "--var":
            variable = (value if equals else next(arguments, "")).partition("=")[0]
            yield from ("--var", f"{variable}=…")
        else:
            yield text
