"""The data path in every report: correct, complete, escaped, and absent without edges."""

from __future__ import annotations

import html
import json
import re

import pytest

from planproof.reports import compliance_html, compliance_json, compliance_md
from planproof.reports.path_mermaid import flowchart
from planproof.reports.terminal import summary_lines
from planproof.reports.text import printable
from planproof.results import DrawnEdge, EdgeState, RunResult
from tests.reports.conftest import (
    DECRYPT,
    FUNCTION,
    NASTY_NAMES,
    PASS,
    broken_run,
    good_run,
    hostile_path,
    pipeline,
    with_path,
)
from tests.reports.html_page import Element, Page, page_of
from tests.reports.limits import CONTROL

MERMAID = re.compile(r"```mermaid\n(.*?)\n```\n", re.DOTALL)


def inside(page: Page, tag: str, parent: str) -> list[Element]:
    """The elements that are within an element of a class."""
    return [e for e in page.all(tag) if any(parent in above.classes for above in e.parents)]


def many(count: int, state: EdgeState = EdgeState.BROKEN) -> tuple[DrawnEdge, ...]:
    return tuple(
        DrawnEdge(f"aws_sqs_queue.q{at}", "aws_sqs_queue.all", "sends to", state, (PASS,))
        for at in range(count)
    )


# Everywhere -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["good", "broken", "waived", "hostile", "empty"])
def test_a_run_without_edges_has_no_data_path(name: str, request: pytest.FixtureRequest) -> None:
    result = request.getfixturevalue(name)
    page = page_of(result)

    assert "data_path" not in compliance_json.document(result)
    assert "mermaid" not in compliance_md.render(result)
    assert "Data path" not in compliance_md.render(result)
    assert not [line for line in summary_lines(result) if "data path" in line]
    assert page.all("section", "flow") == []
    assert "Data path" not in page.text()


def test_the_same_run_makes_the_same_reports() -> None:
    one, other = (with_path(broken_run(), pipeline()) for _ in range(2))

    for render in (compliance_json.render, compliance_md.render):
        assert render(one) == render(other)
    assert page_text(one) == page_text(other)


def page_text(result: RunResult) -> str:
    return compliance_html.render(result, digest="0" * 64)


# The page -------------------------------------------------------------------------------------


def test_the_page_draws_every_node_and_every_edge(drawn: RunResult) -> None:
    page = page_of(drawn)
    [svg] = page.all("svg", "path")

    assert len(inside(page, "g", "path")) == 12 + 11 + 12
    assert "aws_sqs_queue.processing_dead_letterSQS queueprocessing_dead_letter" in {
        node.text for node in page.all("g", "node")
    }
    assert [node.text for node in page.all("g", "node", "outside")] == [
        "X-Raynot in the stackX-Ray",
        "MediaConvertnot in the stackMediaConvert",
    ]
    assert svg.attributes["viewbox"]
    assert svg.attributes["role"] == "img"


def test_the_picture_comes_after_the_summary_and_before_the_requirements(
    drawn: RunResult,
) -> None:
    text = page_of(drawn).text()

    assert text.index("Look here first") < text.index("Data path 10 of 12 edges proven")
    assert text.index("Data path 10 of 12") < text.index("Requirements")


def test_a_broken_edge_has_more_than_its_colour(drawn: RunResult) -> None:
    page = page_of(drawn)
    [label] = page.all("g", "label", "broken")
    [line] = page.all("g", "edge", "broken")
    marks = {
        e.parents[-1].attributes["class"]: e.attributes["href"] for e in page.all("use", "mark")
    }

    assert "passes" in label.inside
    assert label.inside.endswith("iam:PassRole")
    assert line.text.startswith(f"{FUNCTION} passes aws_iam_role.mediaconvert: broken")
    assert line.text.endswith(PASS)
    assert marks == {
        "label broken": "#_icon-failed",
        "label undetermined": "#_icon-undetermined",
    }
    style = page.all("style")[0].inside
    assert re.search(r"\.edge\.broken \.line \{[^}]*stroke-width: 3\.5", style)
    assert re.search(r"\.edge\.undetermined \.line \{[^}]*stroke-dasharray", style)


def test_proven_edges_are_drawn_below_the_others(drawn: RunResult) -> None:
    groups = [e for e in inside(page_of(drawn), "g", "path") if "node" not in e.classes]
    proven = ["proven" in group.classes for group in groups]

    assert proven == [True] * 20 + [False] * 4


def test_the_picture_has_a_text_alternative(drawn: RunResult) -> None:
    [desc] = page_of(drawn).all("desc")

    broken, undetermined = desc.text.split("aws_s3_bucket.input is read by MediaConvert: ")
    assert broken.startswith(f"10 of 12 edges proven. {FUNCTION} passes aws_iam_role.mediaconvert")
    assert f"broken, lacks {PASS}." in broken
    assert undetermined.startswith("undetermined")
    assert f"{DECRYPT}." in undetermined


def test_the_table_has_every_edge_with_what_it_needs(drawn: RunResult) -> None:
    page = page_of(drawn)
    rows = [row.text for row in inside(page, "tr", "edges")][1:]

    assert len(rows) == 12
    assert rows[0] == f"{FUNCTION} passes aws_iam_role.mediaconvert broken {PASS} {PASS}"
    assert rows[1].endswith(f"undetermined s3:GetObject on aws_s3_bucket.input{DECRYPT}"
                            f" undecided: {DECRYPT}")  # fmt: skip
    assert rows[4].endswith("proven none nothing")
    [table] = page.all("table", "edges")
    assert table.parents[-1].tag == "details"


def test_the_legend_has_the_states_that_occur(drawn: RunResult) -> None:
    legend = [item.text for item in inside(page_of(drawn), "li", "legend")]
    proven = page_of(with_path(good_run(), pipeline()[:1]))

    assert [text.split(":")[0] for text in legend] == [
        "proven", "broken", "undetermined", "not in the stack",
    ]  # fmt: skip
    assert [item.text.split(":")[0] for item in inside(proven, "li", "legend")] == ["proven"]


def test_hostile_names_are_text_in_the_picture(hostile_drawn: RunResult) -> None:
    page = page_of(hostile_drawn)
    titles = {title.inside for title in inside(page, "title", "node")}

    assert titles == {printable(name) for name in NASTY_NAMES}
    assert len(page.all("script")) == 1
    assert "<script>alert" not in page_text(hostile_drawn)


def test_edges_that_are_not_drawn_are_counted() -> None:
    page = page_of(with_path(good_run(), (*many(1), *many(300, EdgeState.PROVEN)[1:])))

    assert len(page.all("g", "edge")) == 1
    assert "299 edges are not in the picture" in page.text()
    assert len(inside(page, "tr", "edges")) == 301
    none = page_of(with_path(good_run(), many(300, EdgeState.PROVEN)))
    assert none.all("svg", "path") == []
    assert "300 edges are not in the picture" in none.text()


# The comment ----------------------------------------------------------------------------------


def test_the_comment_has_a_flowchart_and_the_unproven_edges(drawn: RunResult) -> None:
    text = compliance_md.render(drawn)
    [chart] = MERMAID.findall(text)
    lines = chart.splitlines()

    assert "### Data path: 10 of 12 edges proven\n" in text
    assert lines[0] == "flowchart LR"
    assert '  n0["S3 bucket<br/><b>input</b>"]:::inside' in lines
    assert '  n4["not in the stack<br/><b>X-Ray</b>"]:::outside' in lines
    assert '  n0 -->|"notifies"| n1' in lines
    assert '  n2 ==x|"passes<br/>✗ iam:PassRole"| n6' in lines
    assert '  n0 -.->|"is read by<br/>? kms:Decrypt"| n5' in lines
    assert [line.split()[1] for line in lines if "linkStyle" in line] == [
        "0,1,2,3,4,6,8,9,10,11", "5", "7",
    ]  # fmt: skip
    assert f"| ❌ | `{FUNCTION}` passes `aws_iam_role.mediaconvert` | **broken** | {PASS} |" in text
    assert (
        f"| ❓ | `aws_s3_bucket.input` is read by `MediaConvert` | **undetermined** | {DECRYPT} |"
        in text
    )
    assert text.index("| ✅ | REQ-13") < text.index("### Data path") < text.index("### ❌ REQ-03")


def test_a_proven_path_has_no_table() -> None:
    text = compliance_md.render(with_path(good_run(), pipeline()[:5]))

    assert "### Data path: 5 of 5 edges proven" in text
    assert "Missing or undecided" not in text


def test_hostile_names_stay_in_the_quotes_of_the_flowchart() -> None:
    for line in flowchart(hostile_path()):
        if "linkStyle" in line or "classDef" in line or line == "flowchart LR":
            assert re.fullmatch(r"[\w ,:#.-]+", line)
            continue
        node = re.fullmatch(r'  n\d+\["(.*)"\]:::(inside|outside)', line)
        link = re.fullmatch(r'  n\d+ (?:-->|==x|-\.->)\|"(.*)"\| n\d+', line)
        text = (node or link)[1]  # type: ignore[index]
        own = re.sub(r"<br/>|</?b>|\? |#\d+;", "", text)
        assert not re.search(r'["<>`|#;{}()\[\]\\&*%$@!=~]', own)
        assert not CONTROL.search(own)


def test_a_hostile_path_stays_in_the_comment(hostile_drawn: RunResult) -> None:
    text = compliance_md.render(hostile_drawn)
    rows = text.split("| | Edge | State | Missing or undecided |")[1].split("\n\n")[0]

    assert len(text) < 65_536
    assert len(MERMAID.findall(text)) == 1
    assert {line.count("|") for line in rows.splitlines()[1:]} == {5}
    assert "<script" not in re.sub("`[^`\n]*`", "", text)  # what is code is text
    assert html.unescape(rows).count("<script>alert(1)</script>") >= 2


def test_a_comment_draws_a_hundred_edges_and_counts_the_rest() -> None:
    hundred = compliance_md.render(with_path(good_run(), many(100)))
    more = compliance_md.render(with_path(good_run(), (*many(1), *many(300, EdgeState.PROVEN)[1:])))

    assert hundred.count(" ==x|") == 100
    assert "too many" not in hundred
    assert "… and 70 more, in `compliance.json`" in hundred
    assert more.count(" ==x|") == 1
    assert "300 edges are too many to draw here" in more
    assert (
        MERMAID.search(compliance_md.render(with_path(good_run(), many(300, EdgeState.PROVEN))))
        is None
    )


def test_a_flowchart_that_is_too_long_for_a_comment_is_left_out() -> None:
    long = tuple(
        DrawnEdge(f"{at}" + '"' * 90, f"x{at}" + '"' * 90, '"' * 90, EdgeState.PROVEN)
        for at in range(90)
    )
    text = compliance_md.render(with_path(good_run(), long))

    assert MERMAID.search(text) is None
    assert "90 edges are too many to draw here" in text


# For machines, and the terminal ---------------------------------------------------------------


def test_the_document_has_every_edge(drawn: RunResult) -> None:
    path = compliance_json.document(drawn)["data_path"]

    assert len(path) == 12
    assert path[5] == {
        "source": FUNCTION,
        "kind": "passes",
        "target": "aws_iam_role.mediaconvert",
        "state": "broken",
        "outside": False,
        "needs": [PASS],
        "missing": [PASS],
        "undecided": [],
    }
    assert path[7]["undecided"] == [DECRYPT]


def test_a_hostile_path_is_unchanged_in_json(hostile_drawn: RunResult) -> None:
    path = json.loads(compliance_json.render(hostile_drawn).encode())["data_path"]

    assert [(e["source"], e["target"], tuple(e["missing"])) for e in path] == [
        (e.source, e.target, e.missing) for e in hostile_drawn.data_path
    ]
    assert path[0]["outside"] is True


def test_the_terminal_names_unproven_edges(drawn: RunResult) -> None:
    lines = summary_lines(drawn, width=120)
    start = lines.index("  data path: 10 of 12 edges proven")

    assert lines[start + 1 : start + 5] == [
        f"    ✗ {FUNCTION} passes aws_iam_role.mediaconvert",
        f"      lacks      {PASS}",
        "    ? aws_s3_bucket.input is read by MediaConvert",
        f"      undecided  {DECRYPT}",
    ]
    assert "    x " + FUNCTION in summary_lines(drawn, unicode=False, width=120)[start + 1]


def test_a_proven_path_is_one_line() -> None:
    lines = summary_lines(with_path(good_run(), pipeline()[:5]))

    assert [line for line in lines if "edge" in line] == ["  data path: 5 of 5 edges proven"]


def test_the_terminal_has_ten_edges_and_counts_the_rest(hostile_drawn: RunResult) -> None:
    lines = summary_lines(with_path(good_run(), many(12)))
    hostile = summary_lines(hostile_drawn, width=80)

    assert sum(line.startswith("    ✗ ") for line in lines) == 10
    assert "    and 2 more edges, in the reports" in lines
    assert not any(CONTROL.search(line) for line in hostile)
