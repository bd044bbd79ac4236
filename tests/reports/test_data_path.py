"""Many scenarios judge the same edges; a run has each of them once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planproof.results import DrawnEdge, EdgeState, RunResult, ScenarioResult
from planproof.values import Verdict
from tests.reports.conftest import requirement, run

EDGE = DrawnEdge("a", "b", "notifies", EdgeState.PROVEN, needs=("n1",))
OPEN = replace(EDGE, state=EdgeState.UNDETERMINED, needs=("n2", "n1"), undecided=("n2",))
BROKEN = replace(EDGE, state=EdgeState.BROKEN, missing=("n1",), outside=True)
OTHER = replace(EDGE, kind="is read by")


def run_with(*scenarios: tuple[DrawnEdge, ...]) -> RunResult:
    made = tuple(
        ScenarioResult("s", "f.feature", 1, Verdict.PASSED, edges=edges) for edges in scenarios
    )
    return run((replace(requirement(1), scenarios=made), requirement(2)))


def test_a_run_without_edges_has_no_data_path() -> None:
    assert run_with((), ()).data_path == ()


def test_each_edge_occurs_once_in_the_order_of_the_run() -> None:
    assert run_with((EDGE,), (OTHER, EDGE), (EDGE,)).data_path == (EDGE, OTHER)


@pytest.mark.parametrize("edges", [(EDGE, OPEN, BROKEN), (OPEN, BROKEN, EDGE), (BROKEN, OPEN)])
def test_merging_keeps_the_worst_state_and_everything_missing(edges: tuple[DrawnEdge, ...]) -> None:
    more = replace(BROKEN, missing=("n3",))
    (edge,) = run_with(edges[:1], edges[1:], (more,)).data_path
    assert (edge.state, edge.missing, edge.undecided) == ("broken", ("n1", "n3"), ("n2",))
    assert (set(edge.needs), edge.outside) == ({"n1", "n2"}, True)


def test_undetermined_is_worse_than_proven() -> None:
    (edge,) = run_with((EDGE, OPEN, EDGE)).data_path
    assert (edge.state, edge.proven) == ("undetermined", False)
