"""Does AWS allow every edge of the data path?"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Final

import pytest
from pytest_bdd import then

from planproof.aws.datapath import (
    Authority,
    DataPath,
    End,
    JudgedEdge,
    Ruling,
    State,
    draw,
    switched,
)
from planproof.aws.datapath.functions import X_RAY
from planproof.aws.datapath.unmodelled import undrawn
from planproof.aws.sdk_calls import Calls, calls_of
from planproof.errors import PlanproofError, UndeterminedError
from planproof.evidence import Recorder
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Resource, Stack
from steps.pipeline import MissingPartError, Pipeline
from steps.support.jobs import MEDIA_CONVERT, SERVICE, job_edges
from steps.support.package import package_at
from steps.support.places import place_of_ruling
from steps.vocabulary import table_of


@pytest.fixture(scope="session")
def authority(stack: Stack) -> Authority:
    """What AWS would decide, given the policies of the stack."""
    return Authority(stack)


@pytest.fixture(scope="session")
def data_path(pipeline: Pipeline, resolved_stacks: ResolvedStacks) -> DataPath:
    """Every edge of the stack, those through MediaConvert included."""

    def read(function: Resource) -> Calls:
        try:
            return calls_of(package_at(resolved_stacks, pipeline.stack, function))
        except (PlanproofError, UndeterminedError) as problem:
            return Calls((), (str(problem),))

    drawn = draw(pipeline.stack, read, handled=frozenset({SERVICE}))
    try:
        calls = read(pipeline.function)
    except UndeterminedError as problem:
        every = [read(function) for function in pipeline.functions]
        made = tuple(call for one in every for call in one.made)
        calls = Calls(made, (str(problem),))
    return drawn.with_edges(switched(job_edges(pipeline, calls)))


@then("these edges of the data path are proven:")
def edges_are_proven(
    pipeline: Pipeline,
    data_path: DataPath,
    authority: Authority,
    resolved_stacks: ResolvedStacks,
    evidence: Recorder,
    datatable: list[list[str]],
) -> None:
    """Each row names the two ends of an edge, which must exist and have all its permissions."""
    for source, target in table_of(datatable, "from", "to"):
        expected = f"an edge from {source} to {target}"
        try:
            ends = _end(pipeline, source), _end(pipeline, target)
        except MissingPartError as problem:
            evidence.check(False, source, expected=expected, found=str(problem))
            continue
        edges = data_path.between(*ends)
        if not edges:
            unseen = _may_be_unseen(data_path, *ends)
            holds, found = (None, f"none that can be seen: {unseen}") if unseen else (False, "none")
            evidence.check(holds, str(ends[0]), expected=expected, found=found)
        for edge in edges:
            record_edge(authority.judge(edge), authority, resolved_stacks, evidence)


def _may_be_unseen(data_path: DataPath, source: End, target: End) -> str:
    """Why there may be an edge after all: one of the two has an edge that leads nobody knows where,
    such as the calls of code that cannot be read."""
    for edge in data_path:
        near = str(edge.source) == str(source) or str(edge.target) == str(target)
        doubts = [fact for fact in edge.facts if fact.holds is None]
        if near and doubts and not edge.needs:
            return f"{doubts[0].expected}, found {doubts[0].found}"
    return ""


@then("every edge of the data path is proven")
def every_edge_is_proven(
    data_path: DataPath, authority: Authority, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """No edge lacks a permission, and none is left open.

    What an end outside the stack allows is for its owner to say: an edge that rests on nothing
    else is a warning.
    """
    for part in undrawn(authority.stack):
        evidence.warn(f"no edges of {part} are drawn, so what it needs was not looked at")
    for edge in data_path:
        judged = authority.judge(edge)
        if edge.outside and judged.state is State.UNDETERMINED:
            evidence.draw(judged)
            evidence.warn(
                f"{edge}: {edge.target} is no part of this stack, so whether its owner lets "
                "it in is not known here"
            )
            continue
        record_edge(judged, authority, resolved_stacks, evidence)


def record_edge(
    judged: JudgedEdge, authority: Authority, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """Write down each permission of an edge, and each fact it rests on."""
    evidence.draw(judged)
    for ruling in judged.rulings:
        record_ruling(ruling, authority, resolved_stacks, evidence, expected=_expected(ruling))
    for fact in judged.edge.facts:
        evidence.check(
            fact.holds, fact.subject, fact.attribute, expected=fact.expected, found=fact.found
        )


def record_ruling(
    ruling: Ruling,
    authority: Authority,
    resolved_stacks: ResolvedStacks,
    evidence: Recorder,
    *,
    expected: str,
) -> None:
    """Write down one decision, at the statement that decided if one did."""
    need = ruling.need
    evidence.check(
        ruling.allowed,
        need.principal if isinstance(need.principal, Resource) else need.on or need.subject,
        expected=expected,
        found=str(ruling.decision),
        at=place_of_ruling(authority, resolved_stacks, ruling),
    )


def _expected(ruling: Ruling) -> str:
    need = ruling.need
    about = "" if need.resource == "*" else f" on {need.subject}"
    why = f" {need.why}" if need.why else ""
    return f"{need.group or need.action} allowed{about} for {need.principal}{why}"


# The ends, as a reviewer calls them ----------------------------------------------------------


def _end(pipeline: Pipeline, name: str) -> End:
    """A part of the pipeline, a resource by its address, or what is outside the stack.

    Raises:
        UndeterminedError: nobody said what is meant.
    """
    if name in OUTSIDE:
        return name
    if name in PARTS:
        return PARTS[name](pipeline)
    found = pipeline.stack.get(name)
    if found is not None:
        return found
    known = [*PARTS, *OUTSIDE, *(r.address for r in pipeline.stack.managed())]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; the nearest is {near[0]}" if near else ""
    raise UndeterminedError(
        f"the data path has no end called {name!r}{hint}: write a Terraform address, or one of "
        f"{', '.join((*PARTS, *OUTSIDE))}"
    )


OUTSIDE: Final = (MEDIA_CONVERT, X_RAY)
PARTS: Final[Mapping[str, Callable[[Pipeline], Resource]]] = {
    "the input bucket": lambda p: p.input_bucket,
    "the processing queue": lambda p: p.processing_queue,
    "the function": lambda p: p.function,
    "the role of the function": lambda p: p.function_role,
    "the log group of the function": lambda p: p.log_group,
    "the role of MediaConvert": lambda p: p.mediaconvert_role,
    "the output bucket": lambda p: p.output_bucket,
    "the rule for job states": lambda p: p.status_rule,
    "the status queue": lambda p: p.status_queue,
    "the assets table": lambda p: p.assets_table,
    "the dead-letter queue of the processing queue": lambda p: p.dead_letters(p.processing_queue),
    "the dead-letter queue of the status queue": lambda p: p.dead_letters(p.status_queue),
}
