"""Mutants on the page: a bar, a heat table, and lists."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from planproof.mutation_results import MutationResult
from planproof.reports.mutation_page import mutation_section
from planproof.reports.mutation_phrases import HEADING, UNTESTED, WITHOUT_KILLS
from planproof.reports.text import printable
from planproof.results import RunResult
from tests.reports import mutations
from tests.reports.conftest import NASTY, good_run
from tests.reports.html_page import Element, Page, page_of
from tests.reports.mutations import HARMLESS, killed, mixed, nothing, survivors, with_mutation


def page_with(mutation: MutationResult) -> Page:
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


def test_the_header_and_the_section_have_the_rate(mutated: RunResult) -> None:
    page = page_of(mutated)
    tally = "8 of 11 killed (72.7 %), 2 survived, 1 undecided, 1 equivalent"

    assert f"{HEADING} Not every mistake: {tally}" in page.all("header")[0].text
    assert f"{HEADING} {tally}" in section_of(page).text
    assert "changed in 12 ways" in section_of(page).text
    assert "in 12 s by 2 processes, seed 0." in section_of(page).text


def test_all_killed_is_a_success() -> None:
    page = page_with(killed())

    assert "Yes: 7 of 7 killed (100 %)" in page.all("header")[0].text
    assert not within(page, "div", "finding")
    assert len(within(page, "details")) == 1
    assert not within(page, "td", "missed")
    assert WITHOUT_KILLS.capitalize() not in section_of(page).text
    assert UNTESTED.capitalize() not in section_of(page).text


def test_the_bar_has_a_part_for_each_fate(mutated: RunResult) -> None:
    page = page_of(mutated)
    [bar] = [e for e in within(page, "svg", "statuses") if e.attributes.get("role") == "img"]
    parts = [e for e in page.all("rect") if bar in e.parents]
    legend = [e.text for e in page.all("li") if any("statuses" in p.classes for p in e.parents)]

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
def test_even_one_mutant_of_many_is_visible_and_the_bar_is_full(number: int) -> None:
    lost = survivors(number)
    found = mutation_section(replace(lost, trials=(*lost.trials, HARMLESS)), {})
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
        "detected": ["3", "0", "3", "1", "4", "0", "", ""],
        "detected by no other": ["0", "0", "3", "1", "1", "0", "", ""],
    }  # fmt: skip


def test_the_shade_of_a_cell_is_its_share() -> None:
    shares = {cell.count: cell.share for row in _rows(4, 1, 2, 3, 4, 0) for cell in row}
    few = {cell.count: cell.share for row in _rows(1_000, 1, 250, 251, 999) for cell in row}

    assert shares == {0: 0, 1: 1, 2: 2, 3: 3, 4: 4}
    assert few == {1: 1, 250: 1, 251: 2, 999: 4}


def _rows(number: int, *noticed: int) -> list[list]:  # type: ignore[type-arg]
    """One kind of mutants; for each number a requirement that killed so many."""
    names = [f"REQ-{at}" for at in range(len(noticed))]
    trials = tuple(
        mutations.trial(
            "drop", f"x.y{at}",
            *(mutations.kill(name) for name, most in zip(names, noticed, strict=True) if at < most),
        )
        for at in range(number)
    )  # fmt: skip
    found = mutation_section(MutationResult(trials, tuple(names), made=number), {})
    assert found is not None
    return [row.cells for row in found.rows]


def test_a_column_links_to_its_requirement_if_the_page_has_it(good: RunResult) -> None:
    page = page_of(replace(good, requirements=good.requirements[:3], mutation=mixed()))
    links = [e for e in within(page, "a") if any(p.tag == "table" for p in e.parents)]

    assert [link.attributes["href"] for link in links] == ["#REQ-01", "#REQ-03"]
    assert links[0].attributes["title"] == "REQ-01 No network of its own"


def test_survivors_and_undecided_mutants_have_their_change_and_command(mutated: RunResult) -> None:
    page = page_of(mutated)
    lost = [e.text for e in within(page, "div", "finding", "failed")]
    [undecided] = [e.text for e in within(page, "div", "finding", "undetermined")]

    assert len(lost) == 2
    assert "REQ-03, REQ-11" in lost[0]
    assert "planproof mutants --mutant 'widen-resource" in lost[0]
    assert re.search(r"Before…x+\", \"before\", .* After…x+\", \"after\", ", lost[0])
    name = 'flip-attribute aws_s3_bucket.media["input"].tags'
    assert lost[1].startswith(f"{name} Before(nothing) After{{}} no requirement")
    assert lost[1].endswith(f"planproof mutants --mutant '{name}'")
    assert "The step of REQ-03 crashed on it: KeyError." in undecided


def test_equivalents_have_their_reason_and_distant_kills_are_listed(mutated: RunResult) -> None:
    harmless, killed_, far = (e.text for e in within(page_of(mutated), "details"))

    assert harmless.startswith("1 mutant ")
    assert harmless.endswith("0900No requirement bounds the delay; a late job is still a job.")
    assert killed_.startswith("8 mutants ")
    assert 'drop-resource aws_s3_bucket.media["output"]aws_s3_bucket(nothing)REQ-01, REQ-11' in (
        killed_
    )
    assert far.startswith("1 distant kill")
    assert far.endswith(
        "REQ-11drop-vpc aws_lambda_function.video.vpc_configThe queue names no key."
    )


def test_requirements_without_kills_and_untested_ones_are_named(mutated: RunResult) -> None:
    text = section_of(page_of(mutated)).text

    assert f"{WITHOUT_KILLS.capitalize()}: REQ-03, REQ-13." in text
    assert f"{UNTESTED.capitalize()}: REQ-08." in text


@pytest.mark.parametrize(
    ("requirement", "facts"),
    [
        ("REQ-05", "against 3 ways of breaking it and detected 3."),
        ("REQ-13", "No mutant of this stack"),
        ("REQ-08", "not tested with mutants, because it does not pass"),
        ("REQ-02", "not tested with mutants."),
    ],
)
def test_a_card_has_the_counts_of_its_requirement(
    requirement: str, facts: str, mutated: RunResult
) -> None:
    page = page_of(mutated)
    [body] = [e for e in page.all("div", "body") if e.attributes["id"] == requirement]

    assert facts in body.text


def test_a_sample_makes_no_claim_about_all_mutants() -> None:
    page = page_with(replace(mixed(), made=40))
    [body] = [e for e in page.all("div", "body") if e.attributes["id"] == "REQ-13"]

    assert "12 of 40" in section_of(page).text
    assert WITHOUT_KILLS.capitalize() not in section_of(page).text
    assert "None of the tested mutants" in body.text


def test_no_mutant_is_no_success() -> None:
    page = page_with(nothing())

    assert "no mutant was tested" in page.all("header")[0].text
    assert "No mutant was tested" in section_of(page).text
    assert not page.all("table", "heat")
    assert not within(page, "svg")


def test_without_mutants_the_page_has_no_section(good: RunResult) -> None:
    page = page_of(good)

    assert "mutant" not in page.text()
    assert HEADING not in page.text()
    assert not page.all("p", "tested")


def test_long_lists_are_cut_and_counted() -> None:
    page = page_with(survivors(1_234))

    assert len(within(page, "div", "finding")) == 50
    assert "1,184 more in compliance.json" in section_of(page).text


def test_hostile_text_is_shown_literally(hostile_mutated: RunResult) -> None:
    page = page_of(hostile_mutated)
    shown = " ".join(printable(NASTY).split())

    assert shown in within(page, "b")[-1].text
    rows = [e for e in within(page, "th") if e.attributes.get("scope") == "row"]
    assert len(rows) == 40 + 3
    assert all(shown in row.text for row in rows[:40])
    assert shown in within(page, "td")[-1].text
    for count in (250, 200):  # missed mutants, distant kills
        assert f"{count} more in compliance.json" in section_of(page).text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", page.text())


def test_the_wide_table_scrolls_by_itself(mutated: RunResult) -> None:
    page = page_of(mutated)
    [table] = page.all("table", "heat")
    around = table.parents[-1]

    assert "canvas" in around.classes
    assert around.attributes["tabindex"] == "0"
    assert around.attributes["role"] == "region"
    assert around.attributes["aria-label"]
