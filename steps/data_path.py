"""Whether AWS allows every edge of the data path."""

from __future__ import annotations

import difflib
from typing import Final

import pytest
from pytest_bdd import then

from planproof.aws.datapath import (
    Authority,
    DataPath,
    End,
    JudgedEdge,
    Need,
    draw,
    unmodelled_resources,
    with_disabled_facts,
)
from planproof.aws.datapath.functions import X_RAY
from planproof.aws.sdk_calls import SdkCalls, calls_of
from planproof.errors import PlanproofError, UndeterminedError
from planproof.evidence import Recorder
from planproof.results import EdgeState
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Resource, Stack
from steps.support.jobs import MEDIA_CONVERT, SERVICE, job_edges
from steps.support.package import package_at
from steps.support.pipeline import PARTS, MissingPartError, Pipeline
from steps.support.policy_evidence import PolicyEvidence
from steps.support.tables import table_of

EXTERNAL_SERVICES: Final = (MEDIA_CONVERT, X_RAY)
"""Ends of edges outside the stack."""


@pytest.fixture(scope="session")
def pipeline(stack: Stack) -> Pipeline:
    """The parts of the pipeline in the stack under test."""
    return Pipeline(stack)


@pytest.fixture(scope="session")
def authority(pipeline: Pipeline) -> Authority:
    """The decisions of AWS on the policies of the stack."""
    return pipeline.authority


@pytest.fixture(scope="session")
def data_path(pipeline: Pipeline, stacks: ResolvedStacks) -> DataPath:
    """Every edge of the stack, including those through MediaConvert."""

    def read(function: Resource) -> SdkCalls:
        try:
            return calls_of(package_at(stacks, pipeline.stack, function))
        except (PlanproofError, UndeterminedError) as problem:
            return SdkCalls((), (str(problem),))

    drawn = draw(pipeline.stack, read, handled=frozenset({SERVICE}))
    try:
        calls = read(pipeline.function)
    except UndeterminedError as problem:
        every = [read(function) for function in pipeline.functions]
        made = tuple(call for one in every for call in one.calls)
        calls = SdkCalls(made, (str(problem),))
    return drawn.with_edges(with_disabled_facts(job_edges(pipeline, calls)))


@pytest.fixture
def policy_evidence(
    authority: Authority, stacks: ResolvedStacks, evidence: Recorder
) -> PolicyEvidence:
    """The policies of the stack, and the recorder of the evidence on them."""
    return PolicyEvidence(authority, stacks, evidence)


@then("these edges of the data path are proven:")
def edges_are_proven(
    pipeline: Pipeline,
    data_path: DataPath,
    policy_evidence: PolicyEvidence,
    datatable: list[list[str]],
) -> None:
    """Each row names the two ends of an edge; the edge must exist and have all its permissions."""
    evidence = policy_evidence.evidence
    for source, target in table_of(datatable, "from", "to"):
        expected = f"an edge from {source} to {target}"
        try:
            ends = _end(pipeline, source), _end(pipeline, target)
        except MissingPartError as problem:
            evidence.check(False, source, expected=expected, found=str(problem))
            continue
        edges = data_path.between(*ends)
        if not edges:
            doubt = _undecided_fact(data_path, *ends)
            holds, found = (None, f"undecided: {doubt}") if doubt else (False, "none")
            evidence.check(holds, str(ends[0]), expected=expected, found=found)
        for edge in edges:
            record_edge(policy_evidence.authority.judge(edge), policy_evidence)


def _undecided_fact(data_path: DataPath, source: End, target: End) -> str:
    """Why there may be an edge after all: one of the ends has an edge with an undecided fact, such
    as the SDK calls of code that cannot be read."""
    for edge in data_path:
        near = str(edge.source) == str(source) or str(edge.target) == str(target)
        doubts = [fact for fact in edge.facts if fact.holds is None]
        if near and doubts and not edge.needs:
            return f"{doubts[0].expected}, found {doubts[0].found}"
    return ""


@then("every edge of the data path is proven")
def every_edge_is_proven(data_path: DataPath, policy_evidence: PolicyEvidence) -> None:
    """Every edge has all its permissions.

    An edge that only depends on policies outside the stack is a warning.
    """
    evidence = policy_evidence.evidence
    for part in unmodelled_resources(policy_evidence.stack):
        evidence.warn(f"{part} is not modelled: its edges and permissions were not checked")
    for edge in data_path:
        judged = policy_evidence.authority.judge(edge)
        if edge.outside and judged.state is EdgeState.UNDETERMINED:
            evidence.draw(judged)
            evidence.warn(
                f"{edge}: {edge.target} is outside this stack, and the policies of its owner are "
                "not known"
            )
            continue
        record_edge(judged, policy_evidence)


def record_edge(judged: JudgedEdge, policy_evidence: PolicyEvidence) -> None:
    """Record each permission of an edge, and each fact that the edge depends on."""
    evidence = policy_evidence.evidence
    evidence.draw(judged)
    for decided in judged.decided_needs:
        need = decided.need
        evidence.check(
            decided.allowed,
            need.principal if isinstance(need.principal, Resource) else need.on or need.subject,
            expected=_expected(need),
            found=str(decided.decision),
            at=policy_evidence.decision_location(decided),
        )
    for fact in judged.edge.facts:
        evidence.check(
            fact.holds, fact.subject, fact.attribute, expected=fact.expected, found=fact.found
        )


def _expected(need: Need) -> str:
    about = "" if need.resource == "*" else f" on {need.subject}"
    why = f" {need.why}" if need.why else ""
    return f"{need.group or need.action} allowed{about} for {need.principal}{why}"


def _end(pipeline: Pipeline, name: str) -> End:
    """The end of an edge: a part of the pipeline, a resource address, or an external service.

    Raises:
        UndeterminedError: no such end is known.
    """
    if name in EXTERNAL_SERVICES:
        return name
    if name in PARTS:
        return PARTS[name](pipeline)
    found = pipeline.stack.get(name)
    if found is not None:
        return found
    known = [*PARTS, *EXTERNAL_SERVICES, *(r.address for r in pipeline.stack.managed())]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; the nearest is {near[0]}" if near else ""
    raise UndeterminedError(
        f"the data path has no part called {name!r}{hint}: write a Terraform address, or one of "
        f"{', '.join((*PARTS, *EXTERNAL_SERVICES))}"
    )
