"""Does a step have below it what it takes: a table, a text, or nothing?

pytest-bdd drops a table that a step does not ask for, and the scenario would be judged without it;
and it looks for a fixture of that name where a step asks for a table that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import Parameter, signature
from typing import Any, Final

from pytest_bdd.steps import step_function_context_registry

from planproof.errors import UndeterminedError
from planproof.session.step_suggestions import forms_of

_TABLE: Final = "datatable"
_SAID: Final = {_TABLE: "table", "docstring": "text in triple quotes"}
"""pytest-bdd's name of an argument, of the step and of its function alike, and a reader's."""


def named(step: Any, problem: str) -> str:
    """A problem with a step, and behind it which: ``… (line 7, Then there is a queue)``.

    Behind it, since a terminal cuts what is long, and what to do counts for more.
    """
    return f"{problem} (line {step.line_number}, {step.keyword.strip()} {step.name})"


def check_arguments(step: Any, function: Callable[..., Any]) -> None:
    """Refuse a table, or a text, that a step does not take, and a step that lacks the one it needs.

    Args:
        step: pytest-bdd's, of a scenario.
        function: the one that it was found to mean.

    Raises:
        UndeterminedError: it has what it does not take, or lacks what it takes.
    """
    parameters = signature(function).parameters
    for argument, said in _SAID.items():
        given = getattr(step, argument) is not None
        parameter = parameters.get(argument)
        if given and parameter is None:
            ending = next(_endings(step, argument), "")
            todo = f'end it with "{ending}", or take the {said} away' if ending else "take it away"
            problem = f"the step takes no {said}, so the one below it would be ignored: {todo}"
            raise UndeterminedError(named(step, problem))
        if not given and parameter is not None and parameter.default is Parameter.empty:
            problem = f"the step needs a {said}, and there is none below it: write one"
            problem += ", its heading first" if argument == _TABLE else ""
            raise UndeterminedError(named(step, problem))


def _endings(step: Any, argument: str) -> Iterator[str]:
    """What could stand behind a step to make it one that takes a table: ``when:``."""
    taking = [
        d
        for d in step_function_context_registry.values()
        if d.type in (None, step.type) and argument in signature(d.step_func).parameters
    ]
    last = [form.split()[-1] for d in taking for form in forms_of(d.parser) if form.split()]
    for ending in dict.fromkeys((":", *(word for word in last if word.endswith(":")))):
        name = f"{step.name}{'' if ending == ':' else ' '}{ending}"
        if any(d.parser.is_matching(name) for d in taking):
            yield ending
