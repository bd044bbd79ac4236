"""What became of a scenario, from the way that pytest's call of it ended."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from planproof.errors import PlanproofError, UndeterminedError
from planproof.evidence import NotDeployedError, Recorder, StepFailedError
from planproof.session.scenarios import steps_part
from planproof.verdicts import Verdict

_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Judged:
    """A scenario's verdict.

    Attributes:
        reason: one sentence where it did not pass.
        crash: the traceback of a step that crashed, for whoever mends it, or "".
    """

    verdict: Verdict
    reason: str = ""
    crash: str = ""


def judge(
    call: pytest.CallInfo[None],
    recorder: Recorder,
    trouble: Callable[[], PlanproofError | None],
) -> Judged:
    """The verdict on a scenario that has ended.

    Args:
        trouble: asked where it did not end well: what is wrong with what it was judged on.
    """
    if call.excinfo is None:
        if any(item.holds is not True for item in recorder.evidence):
            return _open("a step recorded evidence that was never settled")
        if not recorder.evidence:
            return _open("no step looked at anything, so nothing is proven")
        return Judged(Verdict.PASSED)
    if (why := trouble()) is not None:
        return _open(recorder.mask(why.sentence))  # what steps saw of it is no evidence
    problem = call.excinfo.value
    if isinstance(problem, StepFailedError):
        return Judged(Verdict.FAILED, recorder.mask(str(problem)))
    if isinstance(problem, (UndeterminedError, NotDeployedError)):
        return _open(recorder.mask(str(problem)))
    if isinstance(problem, PlanproofError):
        # The sentence may point at what another program says below: then that has to be there.
        said = " ".join(problem.detail.split())
        return _open(recorder.mask(f"{problem.sentence} {said[:_LONGEST]}".strip()))
    # A step that crashed has decided nothing.
    text = "".join(traceback.format_exception(problem.with_traceback(steps_part(problem))))
    kind, said = type(problem).__name__, recorder.mask(str(problem))[:300]
    return Judged(Verdict.UNDETERMINED, f"a step crashed with {kind}: {said}", recorder.mask(text))


def _open(reason: str) -> Judged:
    return Judged(Verdict.UNDETERMINED, reason)
