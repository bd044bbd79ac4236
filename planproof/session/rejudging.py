"""Judges the scenarios of a run on other stacks than its own, in a fork of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.runner import runtestprotocol

from planproof.mutation.stack.tracing import Reads, traced
from planproof.results import ScenarioResult
from planproof.session.scenarios import requirements_served
from planproof.terraform.stack import Stack

if TYPE_CHECKING:
    from planproof.session.run import Run


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one scenario on a mutant.

    Attributes:
        requirements: those that it serves.
        crash: the traceback of a step that crashed, or "".
    """

    scenario: ScenarioResult
    requirements: tuple[str, ...]
    crash: str = ""


class Judge:
    """Runs scenarios again, each with everything that follows from the stack made anew.

    To be used in a fork: the run is not what it was before.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._inquiry = run.resolved_stacks
        self._secrets = run.resolved_stacks.secrets()
        self._outcomes: dict[str, Outcome] = {}
        run.keep = self._keep  # type: ignore[method-assign]
        # Nobody reads the log of a scenario here, and keeping it takes a tenth of the time.
        plugins = run.config.pluginmanager
        if plugins.has_plugin("logging-plugin"):
            plugins.unregister(name="logging-plugin")

    def _keep(self, item: pytest.Item, scenario: ScenarioResult, crash: str) -> None:
        self._outcomes[item.nodeid] = Outcome(scenario, requirements_served(item), crash)

    def look(self, item: pytest.Item, stacks: Mapping[str, Stack]) -> Reads:
        """What a scenario looks at.

        Raises:
            LookupError: it passed, and does not while it is watched; who knows what it looks at?
        """
        reads = Reads()
        watched = {name: traced(stack, reads) for name, stack in stacks.items()}
        outcome = self.judge([item], watched).get(item.nodeid)
        if outcome is None or outcome.crash or not outcome.scenario.verdict.acceptable:
            raise LookupError(f"{item.name} does not pass while it is watched")
        return reads

    def judge(
        self,
        items: Iterable[pytest.Item],
        stacks: Mapping[str, Stack],
        enough: Callable[[pytest.Item, Mapping[str, Outcome]], bool] = lambda _item, _found: False,
    ) -> dict[str, Outcome]:
        """Judge scenarios on these stacks.

        Args:
            stacks: by the name of their variables; those that the run could not resolve stay so.
            enough: whether a scenario need not be judged any more, given what is known.

        Returns:
            Node id → outcome, in the order in which they were judged.
        """
        self._outcomes = {}
        known = {**self._inquiry._stacks, **stacks}
        self._run.resolved_stacks = replace(
            self._inquiry, _stacks=known, _secrets=self._secrets, _open=ExitStack()
        )
        session: Any = None
        for item in items:
            if not enough(item, self._outcomes):
                # Another item would have to be the next one for sure; the session always is.
                session = item.session
                runtestprotocol(item, log=False, nextitem=session)
        if session is not None:
            session._setupstate.teardown_exact(None)  # and with it all that was made of the stacks
        return self._outcomes
