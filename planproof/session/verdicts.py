"""Derives the verdict on a scenario from its evidence and the exception that ended it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from planproof.errors import PlanproofError, UndeterminedError
from planproof.evidence import NotDeployedError, Recorder, StepFailedError
from planproof.session.scenarios import traceback_from_step
from planproof.values import Verdict

_LONGEST = 600  # characters of another program's output in a reason


@dataclass(frozen=True, slots=True)
class ScenarioVerdict:
    """A scenario's verdict.

    Attributes:
        reason: one sentence where the scenario did not pass.
        crash: the traceback of a step that crashed, for its author, or "".
    """

    verdict: Verdict
    reason: str = ""
    crash: str = ""


def verdict_on(
    problem: BaseException | None,
    recorder: Recorder,
    stack_problem: Callable[[], PlanproofError | None],
) -> ScenarioVerdict:
    """The verdict on a scenario that has ended.

    Args:
        problem: the exception that ended it, or None.
        stack_problem: returns why the stack cannot be judged, or None; called on an exception.
    """
    if problem is None:
        if any(item.holds is not True for item in recorder.evidence):
            return _undetermined("a step recorded evidence that was never settled")
        if not recorder.evidence:
            return _undetermined("no step recorded evidence, so nothing is proven")
        return ScenarioVerdict(Verdict.PASSED)
    if (broken := stack_problem()) is not None:
        return _undetermined(recorder.mask(broken.sentence))  # its evidence is not reliable
    if isinstance(problem, StepFailedError):
        return ScenarioVerdict(Verdict.FAILED, recorder.mask(str(problem)))
    if isinstance(problem, (UndeterminedError, NotDeployedError)):
        return _undetermined(recorder.mask(str(problem)))
    if isinstance(problem, pytest.skip.Exception):
        return _undetermined(f"it was skipped ({problem}), so nothing is proven")
    if isinstance(problem, PlanproofError):
        # The sentence may refer to another program's output below it.
        detail = " ".join(problem.detail.split())
        return _undetermined(recorder.mask(f"{problem.sentence} {detail[:_LONGEST]}".strip()))
    # A step that crashed proves nothing.
    trace = problem.with_traceback(traceback_from_step(problem))
    text = recorder.mask("".join(traceback.format_exception(trace)))
    kind, message = type(problem).__name__, recorder.mask(str(problem))[:300]
    return _undetermined(f"a step crashed with {kind}: {message}", text)


def _undetermined(reason: str, crash: str = "") -> ScenarioVerdict:
    return ScenarioVerdict(Verdict.UNDETERMINED, reason, crash)
