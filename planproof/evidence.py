"""What a step saw, written down while it looks; and the verdict that follows from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from planproof.errors import UndeterminedError
from planproof.results import DrawnEdge, Evidence, verdict_of
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Value, contains_unknown, dig, is_unknown, leaves
from planproof.verdicts import Verdict

if TYPE_CHECKING:
    from planproof.aws.datapath.model import JudgedEdge

_LONGEST = 1_500
SENSITIVE = "(sensitive)"


class StepFailedError(AssertionError):
    """The evidence of a step contradicts its requirement."""


class NotDeployedError(Exception):
    """A step asks for a set of variables that the run did not deploy; says which.

    A scenario that is judged on the plan as well is left to that; no other one is decided.

    Attributes:
        variant: the name of the set.
    """

    def __init__(self, variant: str) -> None:
        super().__init__(f"the stack was not deployed with {variant}")
        self.variant = variant


def render(value: Value) -> str:
    """A value for a reader: unknown is said in words, long text is cut."""
    if value is UNKNOWN:
        return "unknown before it is built"
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = value if value else '""'
    else:
        text = json.dumps(_plain(value), ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def _plain(value: Value) -> Any:
    if value is UNKNOWN:
        return "(unknown)"
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def sensitive_texts(stacks: Iterable[Stack]) -> frozenset[str]:
    """Every string of four characters or more that a stack marks as sensitive, also as it stands
    inside a JSON document."""
    found: set[str] = set()
    for stack in stacks:
        for name in stack.sensitive_variables:
            found.update(_marked(stack.variables.get(name), True))
        for resource in stack:
            if resource.sensitive:
                found.update(_marked(resource.values, resource.sensitive))
    return frozenset(found | {json.dumps(text)[1:-1] for text in found})


def _marked(value: Value, mark: Any) -> Iterable[str]:
    if mark is True:
        return [leaf for _, leaf in leaves(value) if isinstance(leaf, str) and len(leaf) >= 4]
    if isinstance(mark, Mapping) and isinstance(value, Mapping):
        return [text for key in mark for text in _marked(value.get(key), mark[key])]
    if isinstance(mark, list) and isinstance(value, list):
        pairs = zip(value, mark, strict=False)
        return [text for item, inner in pairs for text in _marked(item, inner)]
    return []


class Recorder:
    """Collects the evidence of one scenario.

    Steps call :meth:`check`, :meth:`equal`, :meth:`draw` and :meth:`warn`; the plugin calls the
    rest.

    Args:
        locate: gives (file, line) for a resource and an attribute.
        secrets: texts that must not appear in anything recorded.
    """

    def __init__(
        self,
        locate: Callable[[Resource, str], tuple[str, int]] = lambda _r, _p: ("", 0),
        secrets: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self._locate = locate
        self._secrets = secrets
        self.evidence: list[Evidence] = []
        self.warnings: list[str] = []
        self.edges: list[DrawnEdge] = []
        self._step = ""
        self._from = 0

    # For steps -------------------------------------------------------------------------------

    def check(
        self,
        holds: bool | None,
        subject: Resource | str,
        attribute: str = "",
        *,
        expected: str,
        found: Value = None,
        at: tuple[str, int] | None = None,
    ) -> bool | None:
        """Write down one thing that was looked at.

        Args:
            holds: whether it is as expected; None where that cannot be told.
            subject: the resource looked at, or a name for whatever else it was.
            attribute: dotted path below it; its value is what was ``found`` where none is given.
            at: file and line where the resource's own are not the right ones.

        Returns:
            ``holds``, for further use.
        """
        if holds is not None:  # a step may well hand on a value: unknown proves nothing
            holds = None if is_unknown(holds) else bool(holds)
        if isinstance(subject, Resource):
            if found is None and attribute:
                found = subject.get(attribute)
            if attribute and subject.is_sensitive(attribute):
                found = SENSITIVE
            at = at or self._locate(subject, attribute)
        file, line = at or ("", 0)
        self.evidence.append(
            Evidence(
                holds=holds,
                address=str(subject),
                attribute=attribute,
                expected=self.mask(expected),
                found=self.mask(render(self._masked(found))),
                file=file,
                line=line,
                step=self._step,
            )
        )
        return holds

    def equal(
        self, resource: Resource, attribute: str, value: Value, *, expected: str = ""
    ) -> bool | None:
        """Write down whether an attribute equals a value; unknown equals nothing."""
        found = dig(resource.values, attribute)
        holds = None if contains_unknown(found) or contains_unknown(value) else found == value
        return self.check(
            holds, resource, attribute, expected=expected or render(value), found=found
        )

    def none_found(self, subject: str, *, expected: str) -> None:
        """Write down that there is nothing of a kind, where that is what is required."""
        self.check(True, subject, expected=expected, found="none")

    def warn(self, text: str) -> None:
        """Say something that does not change today's verdict."""
        self.warnings.append(self.mask(text))

    def draw(self, judged: JudgedEdge) -> None:
        """Put an edge into the picture of the data path. It is no evidence: check it, too."""
        edge = judged.edge
        undecided = [str(decided.need) for decided in judged.decided_needs if decided.allowed is None]
        undecided += [fact.expected for fact in edge.facts if fact.holds is None]
        needs = dict.fromkeys(str(decided.need) for decided in judged.decided_needs)
        self.edges.append(
            DrawnEdge(
                source=self.mask(str(edge.source)),
                target=self.mask(str(edge.target)),
                kind=self.mask(edge.kind),
                state=judged.state,
                missing=tuple(self.mask(text) for text in judged.missing),
                needs=tuple(self.mask(need) for need in needs),
                outside=edge.outside,
                undecided=tuple(self.mask(text) for text in undecided),
            )
        )

    # For the plugin --------------------------------------------------------------------------

    def begin(self, step: str) -> None:
        """A step starts; what follows is its evidence."""
        self._step, self._from = step, len(self.evidence)

    def settle(self, *, must_prove: bool) -> None:
        """A step has ended: raise if its evidence fails, or does not decide.

        Args:
            must_prove: a step that asserts and has looked at nothing has proven nothing.
        """
        mine = self.evidence[self._from :]
        if not mine and not must_prove:
            return
        if not mine:
            raise StepFailedError(
                f"nothing was found to look at, so nothing is proven: {self._step}"
            )
        verdict = verdict_of(mine)
        if verdict is Verdict.FAILED:
            raise StepFailedError(_sentence([e for e in mine if e.holds is False]))
        if verdict is Verdict.UNDETERMINED:
            raise UndeterminedError(_sentence([e for e in mine if e.holds is None]))

    def mask(self, text: str) -> str:
        """``text`` without anything sensitive."""
        # The longest first: one secret may begin with another, and its rest would stay.
        for secret in sorted(self._secrets(), key=len, reverse=True):
            text = text.replace(secret, SENSITIVE)
        return text

    def _masked(self, value: Value) -> Value:
        """A value with its texts masked, before they are quoted or cut and no longer themselves."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, Mapping):
            return {self.mask(str(k)): self._masked(v) for k, v in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._masked(item) for item in value]
        return value


def _sentence(items: list[Evidence]) -> str:
    first = items[0]
    name = f"{first.address}.{first.attribute}" if first.attribute else first.address
    where = f" ({first.where})" if first.where else ""
    more = f", and {len(items) - 1} more" if len(items) > 1 else ""
    return f"{name}{where}: expected {first.expected}, found {first.found}{more}"
