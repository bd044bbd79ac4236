"""Records the evidence of steps, and decides at the end of each step whether it holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from planproof.errors import UndeterminedError
from planproof.results import DrawnEdge, Evidence, verdict_of
from planproof.stand_ins import known_parts
from planproof.stand_ins import shown as without_stand_ins
from planproof.terraform.attribute_paths import Element
from planproof.terraform.plan_gaps import Gaps, shown
from planproof.terraform.stack import Resource, Stack
from planproof.values import (
    UNKNOWN,
    Truth,
    Value,
    Verdict,
    contains_unknown,
    dig,
    is_unknown,
    leaves,
)

if TYPE_CHECKING:
    from planproof.aws.datapath.model import JudgedEdge

_MAX_LENGTH = 1_500  # characters of a rendered value
SENSITIVE = "(sensitive)"


class StepFailedError(AssertionError):
    """The evidence of a step contradicts its requirement."""


class NotDeployedError(Exception):
    """A step needs a variant of the stack that the run did not deploy.

    The scenario is then judged on the plan only, or undetermined if its tags exclude the plan.

    Attributes:
        variant: its name.
    """

    def __init__(self, variant: str) -> None:
        super().__init__(f"the stack was not deployed with {variant}")
        self.variant = variant


def render(value: Value) -> str:
    """A value as text for a reader; a long text is cut."""
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
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}… ({len(text)} characters)"


def _plain(value: Value) -> Any:
    if value is UNKNOWN:
        return "(unknown)"
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def shown_element(element: Element) -> Value:
    """What an element of an attribute path is, for a reader; each word only where it is true."""
    if element.problem:
        return element.problem
    if element.write_only:
        sure = "set in the configuration" if element.present else "in the configuration, maybe null"
        return f"{sure}; it is write-only, so that no plan has its value"
    if element.unset:
        return "not set in the sources"
    if element.default:
        return f"{render(element.value)}, AWS's default: not set in the sources"
    if element.value is None:
        return render(None)  # a secret that is not there is none
    return SENSITIVE if element.sensitive else element.value


def sensitive_texts(stacks: Iterable[Stack]) -> frozenset[str]:
    """Every string of at least four characters that a stack marks as sensitive, and the same
    strings as escaped in JSON."""
    texts: set[str] = set()
    for stack in stacks:
        for name in stack.sensitive_variables:
            texts.update(_marked(stack.variables.get(name), True))
        for resource in stack:
            if resource.sensitive:
                texts.update(_marked(resource.values, resource.sensitive))
    return frozenset(texts | {json.dumps(text)[1:-1] for text in texts})


def _marked(value: Value, mark: Any) -> Iterable[str]:
    """The strings in a value that its mark, as in ``after_sensitive`` of a plan, covers."""
    if mark is True:
        return [leaf for _, leaf in leaves(value) if isinstance(leaf, str) and len(leaf) >= 4]
    if isinstance(mark, Mapping) and isinstance(value, Mapping):
        return [text for key in mark for text in _marked(value.get(key), mark[key])]
    if isinstance(mark, list) and isinstance(value, list):
        pairs = zip(value, mark, strict=False)
        return [text for item, inner in pairs for text in _marked(item, inner)]
    return []


class Recorder:
    """Records the evidence of one scenario.

    Steps call :meth:`check`, :meth:`equal`, :meth:`none_found`, :meth:`draw` and :meth:`warn`; the
    plugin calls the other methods.

    Args:
        locate: returns file and line of a resource and an attribute path.
        secrets: returns texts to mask in everything that is recorded.
        gaps: what the plan lacks, and what the scenario looked for of it.

    Attributes:
        settled: whether the last step has recorded all its evidence.
    """

    def __init__(
        self,
        locate: Callable[[Resource, str], tuple[str, int]] = lambda _r, _p: ("", 0),
        secrets: Callable[[], frozenset[str]] = frozenset,
        gaps: Gaps | None = None,
    ) -> None:
        self._locate = locate
        self._secrets = secrets
        self._gaps = gaps if gaps is not None else Gaps()
        self._gaps.forget()
        self.evidence: list[Evidence] = []
        self.warnings: list[str] = []
        self.edges: list[DrawnEdge] = []
        self.settled = False
        self._step = ""
        self._step_start = 0  # index of the first evidence of the step
        self._failing: set[tuple[str, str]] = set()  # mode and type of what fails in the step

    # For steps -------------------------------------------------------------------------------

    def check(
        self,
        holds: Truth,
        subject: Resource | str,
        attribute: str = "",
        *,
        expected: str,
        found: Value = None,
        at: tuple[str, int] | None = None,
    ) -> Truth:
        """Record a piece of evidence.

        Args:
            holds: whether the subject is as expected; None if that cannot be decided.
            subject: the resource, or the name of another subject.
            attribute: dotted path of the attribute.
            found: by default the value of the attribute.
            at: file and line, if not those of the resource.

        Returns:
            ``holds``.
        """
        if holds is not None:  # a step may pass a value of the stack, which may be UNKNOWN
            holds = None if is_unknown(holds) else bool(holds)
        if isinstance(subject, Resource):
            if holds is False:
                self._failing.add((subject.mode, subject.type))
            if found is None and attribute:
                found = subject.get(attribute)
            absent = found is None and bool(attribute)
            if attribute and not absent and subject.is_sensitive(attribute):
                found = SENSITIVE
            at = at or self._locate(subject, attribute)
        return self._add(holds, str(subject), attribute, expected, found, at or ("", 0))

    def element(
        self,
        holds: Truth,
        resource: Resource,
        element: Element,
        *,
        expected: str,
        found: Value = None,
    ) -> Truth:
        """Record an element of an attribute path, with its own line.

        Args:
            found: by default what the element is.
        """
        if holds is False:
            self._failing.add((resource.mode, resource.type))
        if found is None or element.sensitive:
            found = shown_element(element)
        at = self._locate(resource, element.source)
        return self._add(holds, str(resource), element.path, expected, found, at)

    def _add(
        self,
        holds: Truth,
        address: str,
        attribute: str,
        expected: str,
        found: Value,
        at: tuple[str, int],
    ) -> Truth:
        file, line = at
        self.evidence.append(
            Evidence(
                holds=holds,
                address=without_stand_ins(address),
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
    ) -> Truth:
        """Record whether an attribute equals a value; None if one of them is unknown."""
        found = dig(resource.values, attribute)
        holds = None if contains_unknown(found) or contains_unknown(value) else found == value
        return self.check(
            holds, resource, attribute, expected=expected or render(value), found=found
        )

    def none_found(self, subject: str, *, expected: str) -> None:
        """Record that a search found nothing, as required."""
        self.check(True, subject, expected=expected, found="none")

    def warn(self, text: str) -> None:
        """Add a warning, which does not change the verdict."""
        self.warnings.append(self.mask(text))

    def draw(self, judged: JudgedEdge) -> None:
        """Add an edge to the diagram of the data path. It is not evidence: check it, too."""
        edge = judged.edge
        undecided = [str(d.need) for d in judged.decided_needs if d.allowed is None]
        undecided += [fact.expected for fact in edge.facts if fact.holds is None]
        needs = dict.fromkeys(str(d.need) for d in judged.decided_needs)
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
        """Assign the evidence recorded from here on to a step."""
        self._step, self._step_start, self.settled = step, len(self.evidence), False
        self._failing.clear()

    def settle(self, *, must_prove: bool) -> None:
        """End a step.

        Args:
            must_prove: whether the step asserts, so that it fails without evidence.

        Raises:
            StepFailedError: evidence of the step does not hold, or there is none.
            UndeterminedError: the evidence does not decide.
        """
        self.settled = True
        if len(self.evidence) == self._step_start and not must_prove:
            return
        self._settle_gaps()
        evidence = self.evidence[self._step_start :]
        if not evidence:
            raise StepFailedError(f"no evidence was recorded, so nothing is proven: {self._step}")
        verdict = verdict_of(evidence)
        if verdict is Verdict.FAILED:
            raise StepFailedError(_sentence([e for e in evidence if e.holds is False]))
        if verdict is Verdict.UNDETERMINED:
            raise UndeterminedError(_sentence([e for e in evidence if e.holds is None]))

    def _settle_gaps(self) -> None:
        """A step that looked for resources which the plan lacks has proven nothing.

        A resource that breaks a requirement does so whatever else there is, if all that was looked
        for is of its own type.

        Raises:
            UndeterminedError: what the plan lacks decides.
        """
        looked_for = set(self._gaps.read)
        if not looked_for or (self._failing and looked_for <= self._failing):
            return
        missing = self._gaps.of(looked_for)
        found = f"{shown(missing)}: named in the configuration, not planned or only in part"
        self.check(None, "the plan", expected="every resource that the step looks at", found=found)
        raise UndeterminedError(_sentence(self.evidence[-1:]))

    def mask(self, text: str) -> str:
        """Replace sensitive texts, and what stands for a text that AWS assigns."""
        # Longest first: a secret may contain another one, and its rest would remain.
        for secret in sorted(self._secrets(), key=len, reverse=True):
            text = text.replace(secret, SENSITIVE)
        return without_stand_ins(text)

    def _masked(self, value: Value) -> Value:
        """Mask the texts in a value before rendering, which escapes and cuts them."""
        if isinstance(value, str):
            known = known_parts(value)
            return self.mask(known) if isinstance(known, str) else self._masked(known)
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
