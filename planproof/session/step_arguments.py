"""Checks that a step has the table, or the text in triple quotes, that its definition takes.

pytest-bdd ignores a table that a step does not take, and would run the scenario without it. Where a
table is missing, pytest-bdd looks for a fixture of that name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import Parameter, signature
from typing import Any, Final

from planproof.errors import UndeterminedError
from planproof.session.bdd_registries import step_definitions
from planproof.session.step_suggestions import forms_of

_TABLE: Final = "datatable"
_ARGUMENTS: Final = {_TABLE: "table", "docstring": "text in triple quotes"}
"""Name of an argument, both of a pytest-bdd step and of a step function → the words for it."""


def with_step(problem: str, step: Any) -> str:
    """Append the line and the text of a step to a problem: ``… (line 7, Then there is a queue)``.

    They come last, since a terminal cuts long lines.
    """
    return f"{problem} (line {step.line_number}, {step.keyword.strip()} {step.name})"


def check_arguments(step: Any, function: Callable[..., Any]) -> None:
    """Refuse a table or a text that a step does not take, and a step that lacks the one it needs.

    Args:
        step: a step of a scenario, from pytest-bdd.
        function: its step function.

    Raises:
        UndeterminedError: an argument is there that the step does not take, or is missing.
    """
    parameters = signature(function).parameters
    for argument, words in _ARGUMENTS.items():
        given = getattr(step, argument) is not None
        parameter = parameters.get(argument)
        if given and parameter is None:
            ending = next(_endings(step, argument), "")
            todo = f'end it with "{ending}", or remove the {words}' if ending else "remove it"
            problem = f"the step takes no {words}, so the one below it would be ignored: {todo}"
            raise UndeterminedError(with_step(problem, step))
        if not given and parameter is not None and parameter.default is Parameter.empty:
            problem = f"the step needs a {words}, and there is none below it: add one"
            problem += ", with its heading first" if argument == _TABLE else ""
            raise UndeterminedError(with_step(problem, step))


def _endings(step: Any, argument: str) -> Iterator[str]:
    """Endings, such as ``when:``, with which the text of a step matches one that takes a table."""
    candidates = [
        definition
        for definition in step_definitions()
        if definition.type in (None, step.type)
        and argument in signature(definition.step_func).parameters
    ]
    last = [form.split()[-1] for d in candidates for form in forms_of(d.parser) if form.split()]
    for ending in dict.fromkeys((":", *(word for word in last if word.endswith(":")))):
        name = f"{step.name}{'' if ending == ':' else ' '}{ending}"
        if any(definition.parser.is_matching(name) for definition in candidates):
            yield ending
