"""The layout goes from left to right, and nothing overlaps."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planproof.reports.path_layout import Box, Layout, Link, lay_out
from planproof.reports.path_picture import Block, Picture, picture
from planproof.reports.path_ranks import rank
from planproof.reports.path_spacing import spaced
from planproof.results import DrawnEdge, EdgeState
from tests.builders.operations import calls_made_by
from tests.reports.conftest import hostile_path, pipeline

LABEL = (60.0, 30.0)


def laid_out(*pairs: tuple[int, int]) -> Layout:
    """Nodes of one size, as many as the pairs need."""
    count = max(max(pair) for pair in pairs) + 1
    return lay_out([(80.0, 50.0)] * count, [Link(*pair, LABEL) for pair in pairs])


def apart(one: Box, other: Box) -> bool:
    return (
        one.right <= other.left
        or other.right <= one.left
        or one.bottom <= other.top
        or other.bottom <= one.top
    )


def edges(*pairs: tuple[int, int], state: EdgeState = EdgeState.PROVEN) -> tuple[DrawnEdge, ...]:
    return tuple(
        DrawnEdge(f"aws_sqs_queue.q{a}", f"aws_sqs_queue.q{b}", "sends to", state) for a, b in pairs
    )


def clear(one: Block, other: Block) -> bool:
    return (
        one.x + one.width <= other.x + 0.1
        or other.x + other.width <= one.x + 0.1
        or one.y + one.height <= other.y + 0.1
        or other.y + other.height <= one.y + 0.1
    )


def within(drawn: Picture, block: Block) -> bool:
    left, top, width, height = (float(number) for number in drawn.view.split())
    return (
        left <= block.x
        and top <= block.y
        and block.x + block.width <= left + width
        and block.y + block.height <= top + height
    )


def test_a_chain_goes_from_left_to_right() -> None:
    boxes = laid_out((0, 1), (1, 2), (2, 3)).boxes

    assert boxes[0].right < boxes[1].left < boxes[2].left < boxes[3].left
    assert len({box.y for box in boxes.values()}) == 1


def test_a_node_is_placed_after_the_longest_path_to_it() -> None:
    layout = laid_out((0, 1), (1, 2), (0, 2))

    assert layout.boxes[0].x < layout.boxes[1].x < layout.boxes[2].x
    assert [len(layout.chains[at]) for at in range(3)] == [2, 2, 3]


def test_a_cycle_reverses_one_link() -> None:
    layout = laid_out((0, 1), (1, 2), (2, 3), (3, 1))

    assert layout.reversed_links == {3}
    assert layout.chains[3][0] == 1
    assert layout.chains[3][-1] == 3


def test_the_arrow_of_a_reversed_link_points_back() -> None:
    arcs = picture(edges((0, 1), (1, 2), (2, 0))).arcs
    points = [arc.arrow.split("L") for arc in arcs]
    offsets = [float(base.split()[0]) - float(tip[1:].split()[0]) for tip, base, _ in points]

    assert [offset > 0 for offset in offsets] == [False, False, True]


def test_a_node_without_other_links_hangs_below_its_source() -> None:
    layout = laid_out((0, 1), (1, 2), (1, 3), (2, 4))

    assert layout.hanging == {2}
    assert layout.boxes[3].x == layout.boxes[1].x
    assert layout.boxes[3].top > layout.boxes[1].bottom + LABEL[1]


def test_of_two_nodes_without_other_links_none_hangs() -> None:
    assert laid_out((0, 1), (0, 2)).hanging == set()
    assert laid_out((0, 1)).hanging == set()


def test_few_links_cross() -> None:
    ranks = rank([0, 1, 2, 3], [(0, 3), (1, 2)], 4)

    (top, _), after = ranks.columns
    assert after[0] == {0: 3, 1: 2}[top]


def test_groups_share_a_row_while_there_is_room() -> None:
    layout = laid_out(*((at, at + 1) for at in range(0, 40, 2)))
    rows = {box.y for box in layout.boxes.values()}

    assert 2 < len(rows) < 20
    assert layout.width <= 1_040


@pytest.mark.parametrize("pairs", [((0, 0),), ((0, 0), (0, 0)), ((0, 0), (0, 1)), ((1, 1), (0, 1))])
def test_self_loops_are_drawn(pairs: tuple[tuple[int, int], ...]) -> None:
    drawn = picture(edges(*pairs))

    assert len(drawn.nodes) == len({part for pair in pairs for part in pair})
    assert all(within(drawn, block) for block in [n.block for n in drawn.nodes])
    assert all(within(drawn, arc.label) for arc in drawn.arcs)


LOOPS = [(at, at) for at in range(10)]  # so that every node has a link
GRAPHS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=25)


@settings(max_examples=60)
@given(GRAPHS)
def test_nothing_overlaps(pairs: list[tuple[int, int]]) -> None:
    drawn = picture(edges(*dict.fromkeys(pairs)))
    nodes = [node.block for node in drawn.nodes]

    assert all(clear(one, other) for one, other in combinations(nodes, 2))
    assert all(within(drawn, block) for block in (*nodes, *(arc.label for arc in drawn.arcs)))


@settings(max_examples=60)
@given(GRAPHS)
def test_links_go_right_unless_they_are_reversed(pairs: list[tuple[int, int]]) -> None:
    layout = lay_out([(80.0, 50.0)] * 10, [Link(a, b, LABEL) for a, b in [*pairs, *LOOPS]])

    for at, (source, target) in enumerate(pairs):
        if source != target and at not in layout.hanging:
            right = layout.boxes[source].x < layout.boxes[target].x
            assert right is not (at in layout.reversed_links)


@given(st.lists(st.tuples(st.floats(-500, 500), st.floats(1, 60)), min_size=1, max_size=12))
def test_spacing_keeps_the_minimum_distance_and_the_mean(items: list[tuple[float, float]]) -> None:
    wanted = [want for want, _ in items]
    least = [distance for _, distance in items[1:]]

    found = spaced(wanted, least, [1.0] * len(items))

    assert all(b - a >= d - 1e-6 for a, b, d in zip(found, found[1:], least, strict=False))
    assert sum(found) == pytest.approx(sum(wanted), abs=1e-6)
    assert spaced(found, least, [1.0] * len(items)) == pytest.approx(found)


def test_labels_of_the_pipeline_overlap_no_label_and_no_node() -> None:
    drawn = picture(pipeline())
    blocks = [node.block for node in drawn.nodes] + [arc.label for arc in drawn.arcs]

    assert drawn.nodes
    assert drawn.arcs
    assert all(clear(one, other) for one, other in combinations(blocks, 2))
    assert not drawn.wide


def test_labels_of_many_links_between_two_columns_do_not_overlap() -> None:
    drawn = picture(
        edges(*((a, b) for a in range(6) for b in range(6, 12)), state=EdgeState.BROKEN)
    )

    labels = [arc.label for arc in drawn.arcs]
    assert len(labels) == 36
    assert all(clear(one, other) for one, other in combinations(labels, 2))


def test_text_stays_in_its_box() -> None:
    drawn = picture(hostile_path())

    assert max(node.block.width for node in drawn.nodes) < 160
    for block in [node.block for node in drawn.nodes] + [arc.label for arc in drawn.arcs]:
        assert block.lines
        for line in block.lines:
            assert block.y < line.y < block.y + block.height
            assert block.x < line.x < block.x + block.width


@pytest.mark.parametrize(
    "pairs",
    [
        [(at, at + 1) for at in range(200)],
        [(0, at + 1) for at in range(200)],
        [(at + 1, 0) for at in range(200)],
        [(2 * at, 2 * at + 1) for at in range(200)],
        [(a, b) for a in range(15) for b in range(15) if a != b][:200],
    ],
    ids=["chain", "star", "sink", "pairs", "everything"],
)
def test_two_hundred_edges_are_drawn(pairs: list[tuple[int, int]]) -> None:
    drawn = picture(edges(*pairs))

    assert len(drawn.arcs) == 200
    assert drawn.width * drawn.height < 40_000_000

    few, twice_as_many = (calls_made_by(lambda n=n: picture(edges(*pairs[:n]))) for n in (25, 50))
    assert twice_as_many < 4 * few  # less than quadratic work


def test_of_too_many_edges_only_the_unproven_are_drawn() -> None:
    proven = edges(*((at, at + 1) for at in range(400)))
    broken = edges((500, 501), (501, 502), state=EdgeState.BROKEN)

    assert len(picture(proven).arcs) == 0
    assert picture(proven).left_out == 400
    assert {arc.state for arc in picture((*proven, *broken)).arcs} == {"broken"}
    assert picture((*proven, *broken)).left_out == 400


def test_the_same_edges_make_the_same_picture() -> None:
    assert picture(pipeline()) == picture(pipeline())
    assert picture(hostile_path()) == picture(hostile_path())
