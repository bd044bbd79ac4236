"""The result of mutation testing as a JSON document that can be read again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from planproof.errors import PlanproofError
from planproof.mutation_results import Kill, MutantStatus, MutationResult, Trial
from planproof.verdicts import Verdict

_T = TypeVar("_T")


def document(mutation: MutationResult) -> dict[str, Any]:
    """The whole result; see ``mutation`` in docs/compliance.schema.json.

    ``counts`` and ``rate`` follow from the trials; they are for tools that do not compute them.
    Durations are in seconds.
    """
    return {
        "counts": {status.value: count for status, count in mutation.counts.items()},
        "rate": mutation.rate,
        "made": mutation.made,
        "seed": mutation.seed,
        "seconds": mutation.seconds,
        "workers": mutation.workers,
        "arguments": list(mutation.arguments),
        "requirements": list(mutation.requirements),
        "untested": list(mutation.untested),
        "trials": [_trial(trial) for trial in mutation.trials],
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "id": trial.id,
        "operator": trial.operator,
        "address": trial.address,
        "path": trial.path,
        "before": trial.before,
        "after": trial.after,
        "fate": trial.status.value,
        "kills": [
            {
                "requirement": kill.requirement,
                "verdict": kill.verdict.value,
                "scenario": kill.scenario,
                "reason": kill.reason,
                "near": kill.near,
            }
            for kill in trial.kills
        ],
        "seen": list(trial.seen),
        "reason": trial.reason,
        "seconds": trial.seconds,
    }


def read(content: object) -> MutationResult:
    """The result that a document holds; ``read(document(mutation)) == mutation``.

    Args:
        content: a document that :func:`document` made, decoded from JSON.

    Raises:
        PlanproofError: the content is not such a document, or contradicts itself.
    """
    top = _JsonObject(content, "")
    mutation = MutationResult(
        trials=tuple(_read_trial(part) for part in top.parts("trials")),
        requirements=top.texts("requirements"),
        untested=top.texts("untested"),
        made=top.count("made"),
        seed=top.whole("seed"),
        seconds=top.seconds("seconds"),
        workers=top.count("workers"),
        arguments=top.texts("arguments"),
    )
    _check(top, mutation)
    return mutation


def _read_trial(part: _JsonObject) -> Trial:
    return Trial(
        id=part.text("id"),
        operator=part.text("operator"),
        address=part.text("address"),
        path=part.text("path"),
        before=part.text("before"),
        after=part.text("after"),
        status=part.one_of("fate", MutantStatus),
        kills=tuple(
            Kill(
                requirement=kill.text("requirement"),
                verdict=kill.one_of("verdict", Verdict),
                scenario=kill.text("scenario"),
                reason=kill.text("reason"),
                near=kill.flag("near"),
            )
            for kill in part.parts("kills")
        ),
        seen=part.texts("seen"),
        reason=part.text("reason"),
        seconds=part.seconds("seconds"),
    )


def _check(top: _JsonObject, mutation: MutationResult) -> None:
    """Reject documents that contradict themselves; the reports rely on their consistency."""
    known = set(mutation.requirements)
    for number, trial in enumerate(mutation.trials):
        place = f"trials.{number}"
        if (
            bool(trial.kills) is not (trial.status is MutantStatus.KILLED)
            and trial.status is not MutantStatus.UNDECIDED
        ):
            raise _damaged(f"{place} is {trial.status} with {len(trial.kills)} kills")
        for kill in trial.kills:
            if kill.requirement not in known:
                raise _damaged(f"{place} was killed by {kill.requirement!r}, which was not tested")
            if kill.verdict is Verdict.PASSED:
                raise _damaged(f"{place} was killed by {kill.requirement!r}, which passed")
    if len({trial.id for trial in mutation.trials}) < len(mutation.trials):
        raise _damaged("two trials have the same id")
    if mutation.made < len(mutation.trials):
        raise _damaged(f"made is {mutation.made}, and there are {len(mutation.trials)} trials")
    counts = top.part("counts")
    for status, count in mutation.counts.items():
        if counts.count(status.value) != count:
            raise _damaged(f"counts.{status} is not the number of such trials, {count}")
    if not math.isclose(top.number("rate"), mutation.rate, abs_tol=1e-6):
        raise _damaged(f"rate is not that of the trials, {mutation.rate:.6f}")


class _JsonObject:
    """An object of the document, with its position for error messages."""

    def __init__(self, found: object, place: str) -> None:
        self._place = place
        if not isinstance(found, Mapping):
            raise _damaged(f"{place or 'the whole'} is not an object")
        self._found = found

    def _get(self, name: str, what: str, fits: Callable[[Any], bool]) -> Any:
        place = f"{self._place}.{name}" if self._place else name
        if name not in self._found:
            raise _damaged(f"{place} is missing")
        if not fits(self._found[name]):
            raise _damaged(f"{place} is {what}")
        return self._found[name]

    def text(self, name: str) -> str:
        return str(self._get(name, "not a string", lambda v: isinstance(v, str)))

    def flag(self, name: str) -> bool:
        return bool(self._get(name, "not a boolean", lambda v: isinstance(v, bool)))

    def whole(self, name: str) -> int:
        return int(self._get(name, "not an integer", _is_whole))

    def count(self, name: str) -> int:
        return int(self._get(name, "not a count", lambda v: _is_whole(v) and v >= 0))

    def number(self, name: str) -> float:
        return float(self._get(name, "not a number", _is_number))

    def seconds(self, name: str) -> float:
        return float(self._get(name, "not a duration", lambda v: _is_number(v) and v >= 0))

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(
            self._get(
                name,
                "not a list of strings",
                lambda v: isinstance(v, list) and all(isinstance(text, str) for text in v),
            )
        )

    def one_of(self, name: str, kinds: Callable[[str], _T]) -> _T:
        text = self.text(name)
        try:
            return kinds(text)
        except ValueError:
            raise _damaged(
                f"{self._place}.{name} is {text!r}, which is not a valid value"
            ) from None

    def part(self, name: str) -> _JsonObject:
        return _JsonObject(self._get(name, "not an object", lambda v: isinstance(v, Mapping)), name)

    def parts(self, name: str) -> list[_JsonObject]:
        place = f"{self._place}.{name}" if self._place else name
        found = self._get(name, "not a list", lambda v: isinstance(v, list))
        return [_JsonObject(item, f"{place}.{number}") for number, item in enumerate(found)]


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _damaged(what: str) -> PlanproofError:
    return PlanproofError(
        f"the saved result of the mutants is damaged ({what})", "run again with --mutants"
    )
