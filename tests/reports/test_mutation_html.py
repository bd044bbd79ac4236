"""What came of the mutants on the page: a bar, a heat table, and what nobody noticed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from planproof.mutation_results import Mutation
from planproof.reports.mutation_picture import picture
from planproof.reports.text import printable
from planproof.results import RunResult
from tests.reports import mutations
from tests.reports.conftest import NASTY, good_run
from tests.reports.mutations import HARMLESS, killed, mixed, nothing, survivors, with_mutation
from tests.reports.test_report_html import Element, Page, page_of


def page_with(mutation: Mutation) -> Page:
    return page_of(with_mutation(good_run(), mutation))


def section_of(page: Page) -> Element:
    [found] = [e for e in page.all("section") if e.attributes.get("aria-labelledby") == "_mutants"]
    return found


def within(page: Page, tag: str, *classes: str) -> list[Element]:
    section = section_of(page)
    return [e for e in page.all(tag, *classes) if section in e.parents]


def rows_of(page: Page) -> dict[str, list[str]]:
    """The heat table as read aloud: what a row is, then its cells."""
    [table] = page.all("table", "heat")
    rows = [e for e in page.all("tr") if table in e.parents]
    cells = [e for e in page.elements if e.tag in ("td", "th") and table in e.parents]
    texts = [[spoken(page, e) for e in cells if row in e.parents] for row in rows]
    return {first: rest for first, *rest in texts}


def spoken(page: Page, cell: Element) -> str:
    """The text without what is hidden from a screen reader."""
    hidden = [e for e in page.elements if e.attributes.get("aria-hidden") and cell in e.parents]
    return cell.text.replace(hidden[0].text, "", 1) if hidden else cell.text


def test_the_head_and_the_section_say_the_rate(mutated: RunResult) -> None:
    page = page_of(mutated)
    tally = "8 of 11 killed (72.7 %), 2 survived, 1 undecided, 1 equivalent"

    assert f"Would it have been noticed? Not all: {tally}" in page.all("header")[0].text
    assert f"Would it have been noticed? {tally}" in section_of(page).text
    assert "The stack was broken in 12 ways, one at a time," in section_of(page).text
    assert "Tried in 12 s by 2 processes, seed 0." in section_of(page).text


def test_all_killed_is_a_success() -> None:
    page = page_with(killed())

    assert "Yes: 7 of 7 killed (100 %)" in page.all("header")[0].text
    assert not within(page, "div", "finding")
    assert len(within(page, "details")) == 1
    assert not within(page, "td", "missed")
    assert "noticed none" not in section_of(page).text
    assert "not pass on the stack" not in section_of(page).text


def test_the_bar_has_a_part_for_each_fate(mutated: RunResult) -> None:
    page = page_of(mutated)
    [bar] = [e for e in within(page, "svg", "fates") if e.attributes.get("role") == "img"]
    parts = [e for e in page.all("rect") if bar in e.parents]
    legend = [e.text for e in page.all("li") if any("fates" in p.classes for p in e.parents)]

    assert [part.classes for part in parts] == [
        {"killed"}, {"survived"}, {"undecided"}, {"equivalent"},
    ]  # fmt: skip
    assert [text.split(":")[0] for text in legend] == [
        "8 killed", "2 survived", "1 undecided", "1 equivalent",
    ]  # fmt: skip
    assert bar.attributes["aria-label"] == (
        "8 of 11 killed (72.7 %), 2 survived, 1 undecided, 1 equivalent"
    )


@pytest.mark.parametrize("number", [1, 2, 9_999])
def test_even_one_mutant_of_many_can_be_seen_and_the_bar_is_full(number: int) -> None:
    lost = survivors(number)
    found = picture(replace(lost, trials=(*lost.trials, HARMLESS)), {})
    assert found is not None
    first, last = found.bar

    assert first.x == 0
    assert last.x > first.width
    assert last.width >= 10
    assert last.x + last.width == pytest.approx(1_000)


def test_the_heat_table_counts_for_each_requirement_and_kind(mutated: RunResult) -> None:
    rows = rows_of(page_of(mutated))

    assert rows == {
        "Kind of mutant": [*mixed().requirements, "all", "missed"],
        "drop-resource": ["3", "0", "0", "0", "3", "0", "3", "0"],
        "flip-attribute": ["0", "0", "3", "0", "0", "0", "4", "1"],
        "literal-region": ["0", "0", "0", "1", "0", "0", "1", "0"],
        "widen-resource": ["0", "0", "0", "0", "0", "0", "1", "1"],
        "dangle-reference": ["0", "0", "0", "0", "0", "0", "1", "1"],
        "raise-number": ["0", "0", "0", "0", "0", "0", "1", "0"],
        "drop-vpc": ["0", "0", "0", "0", "1", "0", "1", "0"],
        "tested against": ["3", "2", "3", "1", "5", "0", "", ""],
        "caught": ["3", "0", "3", "1", "4", "0", "", ""],
        "nobody else noticed": ["0", "0", "3", "1", "1", "0", "", ""],
    }  # fmt: skip


def test_a_cell_is_as_dark_as_its_share() -> None:
    shares = {cell.count: cell.share for row in _rows(4, 1, 2, 3, 4, 0) for cell in row}
    few = {cell.count: cell.share for row in _rows(1_000, 1, 250, 251, 999) for cell in row}

    assert shares == {0: 0, 1: 1, 2: 2, 3: 3, 4: 4}
    assert few == {1: 1, 250: 1, 251: 2, 999: 4}


def _rows(number: int, *noticed: int) -> list[list]:  # type: ignore[type-arg]
    """One kind of so many mutants; a requirement for each number of them that it noticed."""
    names = [f"REQ-{at}" for at in range(len(noticed))]
    trials = tuple(
        mutations.trial(
            "drop", f"x.y{at}",
            *(mutations.kill(name) for name, most in zip(names, noticed, strict=True) if at < most),
        )
        for at in range(number)
    )  # fmt: skip
    found = picture(Mutation(trials, tuple(names), made=number), {})
    assert found is not None
    return [row.cells for row in found.rows]


def test_a_column_leads_to_its_requirement_where_the_page_has_it(good: RunResult) -> None:
    page = page_of(replace(good, requirements=good.requirements[:3], mutation=mixed()))
    links = [e for e in within(page, "a") if any(p.tag == "table" for p in e.parents)]

    assert [link.attributes["href"] for link in links] == ["#REQ-01", "#REQ-03"]
    assert links[0].attributes["title"] == "REQ-01 No network of its own"


def test_survivors_and_the_undecided_with_change_and_command(mutated: RunResult) -> None:
    page = page_of(mutated)
    lost = [e.text for e in within(page, "div", "finding", "failed")]
    [undecided] = [e.text for e in within(page, "div", "finding", "undetermined")]

    assert len(lost) == 2
    assert "looked at by REQ-03, REQ-11; alone: planproof mutants --mutant 'widen-res" in lost[0]
    assert re.search(r"Before…x+\", \"before\", .* After…x+\", \"after\", ", lost[0])
    assert lost[1] == (
        'flip-attribute aws_s3_bucket.media["input"].tags Before(nothing) After{} no requirement '
        "looks at it; alone: planproof mutants --mutant 'flip-attribute "
        'aws_s3_bucket.media["input"].tags\''
    )
    assert "The step of REQ-03 crashed on it: KeyError." in undecided


def test_equivalents_with_their_reason_and_kills_from_afar(mutated: RunResult) -> None:
    harmless, killed_, far = (e.text for e in within(page_of(mutated), "details"))

    assert "1 mutant that nobody has to notice, and why" in harmless
    assert harmless.endswith("0900No requirement bounds the delay; a late job is still a job.")
    assert "8 mutants that somebody noticed, and who" in killed_
    assert 'drop-resource aws_s3_bucket.media["output"]aws_s3_bucket(nothing)REQ-01, REQ-11' in (
        killed_
    )
    assert far.startswith("1 kill from afar: the evidence does not name what was changed,")
    assert far.endswith(
        "REQ-11drop-vpc aws_lambda_function.video.vpc_configThe queue names no key."
    )


def test_requirements_that_notice_nothing_or_were_not_tested(mutated: RunResult) -> None:
    text = section_of(page_of(mutated)).text

    assert "These requirements noticed none of these mutants: REQ-03, REQ-13." in text
    assert "Not tested, since they do not pass on the stack as it is: REQ-08." in text


@pytest.mark.parametrize(
    ("requirement", "sentence"),
    [
        ("REQ-05", "This requirement was tested against 3 ways of breaking it, and caught 3."),
        ("REQ-13", "No mutant of this stack tests this requirement."),
        ("REQ-08", "was not tested, since it does not pass on the stack as it is."),
        ("REQ-02", "Whether this requirement notices mistakes was not tested."),
    ],
)
def test_a_card_says_how_its_requirement_did(
    requirement: str, sentence: str, mutated: RunResult
) -> None:
    page = page_of(mutated)
    [body] = [e for e in page.all("div", "body") if e.attributes["id"] == requirement]

    assert sentence in body.text


def test_of_a_few_that_were_chosen_nothing_is_said_of_all() -> None:
    page = page_with(replace(mixed(), made=40))
    [body] = [e for e in page.all("div", "body") if e.attributes["id"] == "REQ-13"]

    assert "12 of 40 ways to break this stack were tried." in section_of(page).text
    assert "noticed none of these mutants" not in section_of(page).text
    assert "None of the mutants that were tried tests this requirement." in body.text


def test_nothing_tried_is_no_success() -> None:
    page = page_with(nothing())

    assert "Not all: no mutant was tried" in page.all("header")[0].text
    assert "No mutant was tried, so whether a mistake would be noticed is not known." in (
        section_of(page).text
    )
    assert not page.all("table", "heat")
    assert not within(page, "svg")


def test_without_mutants_nothing_is_said_of_them(good: RunResult) -> None:
    page = page_of(good)

    assert "mutant" not in page.text()
    assert "Would it have been noticed" not in page.text()
    assert not page.all("p", "tested")


def test_long_lists_are_cut_and_counted() -> None:
    page = page_with(survivors(1_234))

    assert len(within(page, "div", "finding")) == 50
    assert "1,184 more in compliance.json" in section_of(page).text


def test_hostile_text_is_shown_as_it_is(hostile_mutated: RunResult) -> None:
    page = page_of(hostile_mutated)
    shown = " ".join(printable(NASTY).split())

    assert shown in within(page, "b")[-1].text
    rows = [e for e in within(page, "th") if e.attributes.get("scope") == "row"]
    assert len(rows) == 40 + 3
    assert all(shown in row.text for row in rows[:40])
    assert shown in within(page, "td")[-1].text
    for count in (250, 200):  # open ones, kills from afar
        assert f"{count} more in compliance.json" in section_of(page).text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", page.text())


def test_what_is_wide_scrolls_within_itself(mutated: RunResult) -> None:
    page = page_of(mutated)
    [table] = page.all("table", "heat")
    around = table.parents[-1]

    assert "canvas" in around.classes
    assert around.attributes["tabindex"] == "0"
    assert around.attributes["role"] == "region"
    assert around.attributes["aria-label"]
