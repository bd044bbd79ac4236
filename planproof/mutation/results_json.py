"""The result of mutation testing as a JSON document that can be read again."""

from __future__ import annotations

import json
import math
from functools import cache
from typing import TYPE_CHECKING, Any

from planproof.errors import PlanproofError
from planproof.mutation_results import MutantStatus, MutationResult, SourceTrial
from planproof.values import Verdict

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@cache
def _adapter(form: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # takes a tenth of a second, and few runs have mutants

    return TypeAdapter(form)


def document(mutation: MutationResult) -> dict[str, Any]:
    """The whole result; see ``mutation`` in docs/compliance.schema.json. A :class:`SourceTrial` has
    further fields.

    ``counts`` and ``rate`` follow from the trials; they are for tools that do not compute them.
    Durations are in seconds.
    """
    counts = {status.value: count for status, count in mutation.counts.items()}
    fields = _adapter(MutationResult).dump_python(mutation, mode="json")
    if mutation.of_checks:
        form = tuple[SourceTrial, ...]
        fields["trials"] = _adapter(form).dump_python(mutation.trials, mode="json")
    for trial in fields["trials"]:
        trial["fate"] = trial.pop("status")
    return {"counts": counts, "rate": mutation.rate, **fields}


def read(content: object) -> MutationResult:
    """The result that a document holds; ``read(document(mutation)) == mutation``.

    Args:
        content: a document that :func:`document` made, decoded from JSON.

    Raises:
        PlanproofError: the content is not such a document, or contradicts itself.
    """
    try:
        fields = dict(content)  # type: ignore[call-overload]
        fields["trials"] = [{"status": t["fate"], **t} for t in fields["trials"]]
        mutation: MutationResult = _adapter(MutationResult).validate_python(fields)
    except (KeyError, TypeError, ValueError) as problem:
        raise _damaged(" ".join(str(problem).split())) from None
    _check_trials(mutation)
    # This also covers what follows from the trials, and texts that only look like numbers.
    if json.dumps(document(mutation), sort_keys=True) != json.dumps(content, sort_keys=True):
        raise _damaged("its parts contradict each other")
    return mutation


def _check_trials(mutation: MutationResult) -> None:
    """Reject trials that contradict each other; the reports rely on their consistency."""
    for number, trial in enumerate(mutation.trials):
        place = f"trials.{number}"
        killed = trial.status is MutantStatus.KILLED
        if bool(trial.kills) is not killed and trial.status is not MutantStatus.UNDECIDED:
            raise _damaged(f"{place} is {trial.status} with {len(trial.kills)} kills")
        for kill in trial.kills:
            if kill.requirement not in mutation.requirements:
                raise _damaged(f"{place} was killed by {kill.requirement!r}, which was not tested")
            if kill.verdict is Verdict.PASSED:
                raise _damaged(f"{place} was killed by {kill.requirement!r}, which passed")
    if len({trial.id for trial in mutation.trials}) < len(mutation.trials):
        raise _damaged("two trials have the same id")
    for seconds in (mutation.seconds, *(trial.seconds for trial in mutation.trials)):
        if not 0 <= seconds < math.inf:
            raise _damaged(f"{seconds} is not a duration")
    if mutation.made < len(mutation.trials):
        raise _damaged(f"made is {mutation.made}, and there are {len(mutation.trials)} trials")


def _damaged(what: str) -> PlanproofError:
    return PlanproofError(
        f"the saved result of the mutants is damaged ({what})", "run again with --mutants"
    )
