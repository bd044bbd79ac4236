"""What came of the mutants, as a document that can be kept and read again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from planproof.errors import PlanproofError
from planproof.mutation_results import Fate, Kill, Mutation, Trial
from planproof.verdicts import Verdict

_T = TypeVar("_T")


def document(mutation: Mutation) -> dict[str, Any]:
    """The whole result in what JSON knows; see ``mutation`` in docs/compliance.schema.json.

    ``counts`` and ``rate`` follow from the trials and are there for tools that count nothing.
    Durations are in seconds.
    """
    return {
        "counts": {fate.value: count for fate, count in mutation.counts.items()},
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
        "fate": trial.fate.value,
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


def read(kept: object) -> Mutation:
    """The result that a document holds; ``read(document(mutation)) == mutation``.

    Args:
        kept: what :func:`document` made, after any number of ways through JSON.

    Raises:
        PlanproofError: it is none, or it contradicts itself: something is missing, is of another
            kind, or counts what is not there.
    """
    top = _Part(kept, "")
    mutation = Mutation(
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


def _read_trial(part: _Part) -> Trial:
    return Trial(
        id=part.text("id"),
        operator=part.text("operator"),
        address=part.text("address"),
        path=part.text("path"),
        before=part.text("before"),
        after=part.text("after"),
        fate=part.one_of("fate", Fate),
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


def _check(top: _Part, mutation: Mutation) -> None:
    """Refuse what no run can have found: each report counts on its contrary."""
    known = set(mutation.requirements)
    for number, trial in enumerate(mutation.trials):
        place = f"trials.{number}"
        if (
            bool(trial.kills) is not (trial.fate is Fate.KILLED)
            and trial.fate is not Fate.UNDECIDED
        ):
            raise _damaged(f"{place} is {trial.fate} with {len(trial.kills)} kills")
        for kill in trial.kills:
            if kill.requirement not in known:
                raise _damaged(f"{place} was killed by {kill.requirement!r}, which was not tested")
            if kill.verdict is Verdict.PASSED:
                raise _damaged(f"{place} was killed by {kill.requirement!r}, which passed")
    if len({trial.id for trial in mutation.trials}) < len(mutation.trials):
        raise _damaged("two trials have one id")
    if mutation.made < len(mutation.trials):
        raise _damaged(f"made is {mutation.made}, and there are {len(mutation.trials)} trials")
    counts = top.part("counts")
    for fate, count in mutation.counts.items():
        if counts.count(fate.value) != count:
            raise _damaged(f"counts.{fate} is not the number of such trials, {count}")
    if not math.isclose(top.number("rate"), mutation.rate, abs_tol=1e-6):
        raise _damaged(f"rate is not that of the trials, {mutation.rate:.6f}")


class _Part:
    """An object of the document, and where it stands, for the sentence that says what is wrong."""

    def __init__(self, found: object, place: str) -> None:
        self._place = place
        if not isinstance(found, Mapping):
            raise _damaged(f"{place or 'the whole'} is no object")
        self._found = found

    def _get(self, name: str, what: str, fits: Callable[[Any], bool]) -> Any:
        place = f"{self._place}.{name}" if self._place else name
        if name not in self._found:
            raise _damaged(f"{place} is missing")
        if not fits(self._found[name]):
            raise _damaged(f"{place} is {what}")
        return self._found[name]

    def text(self, name: str) -> str:
        return str(self._get(name, "no text", lambda v: isinstance(v, str)))

    def flag(self, name: str) -> bool:
        return bool(self._get(name, "neither true nor false", lambda v: isinstance(v, bool)))

    def whole(self, name: str) -> int:
        return int(self._get(name, "no whole number", _is_whole))

    def count(self, name: str) -> int:
        return int(self._get(name, "no count", lambda v: _is_whole(v) and v >= 0))

    def number(self, name: str) -> float:
        return float(self._get(name, "no number", _is_number))

    def seconds(self, name: str) -> float:
        return float(self._get(name, "no duration", lambda v: _is_number(v) and v >= 0))

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(
            self._get(
                name,
                "no list of texts",
                lambda v: isinstance(v, list) and all(isinstance(text, str) for text in v),
            )
        )

    def one_of(self, name: str, kinds: Callable[[str], _T]) -> _T:
        text = self.text(name)
        try:
            return kinds(text)
        except ValueError:
            raise _damaged(f"{self._place}.{name} is {text!r}, which means nothing") from None

    def part(self, name: str) -> _Part:
        return _Part(self._get(name, "no object", lambda v: isinstance(v, Mapping)), name)

    def parts(self, name: str) -> list[_Part]:
        place = f"{self._place}.{name}" if self._place else name
        found = self._get(name, "no list", lambda v: isinstance(v, list))
        return [_Part(item, f"{place}.{number}") for number, item in enumerate(found)]


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _damaged(what: str) -> PlanproofError:
    return PlanproofError(
        f"the kept result of the mutants cannot be read ({what})", "try the mutants again"
    )
