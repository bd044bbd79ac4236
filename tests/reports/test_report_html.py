"""The HTML page: its content, and that no value can inject markup."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from planproof.reports.phrases import NO_SCENARIO
from planproof.reports.text import printable
from planproof.results import RequirementResult, RunResult
from planproof.values import Verdict
from tests.reports.html_page import Page, page_of

RUNS = ["good", "broken", "waived", "hostile", "empty", "drawn", "hostile_drawn"]
RUNS += ["mutated", "hostile_mutated"]
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "nav", "section"),
    *("footer", "h1", "h2", "h3", "h4", "p", "span", "b", "a", "ul", "li", "dl", "dt", "dd", "div"),
    *("details", "summary", "table", "caption", "thead", "tbody", "tr", "th", "td", "time"),
    *("button", "script", "wbr", "svg", "defs", "symbol", "circle", "path", "rect", "use", "text"),
    *("g", "desc"),
}


@pytest.fixture(scope="module", params=RUNS)
def page(request: pytest.FixtureRequest) -> Page:
    return page_of(request.getfixturevalue(request.param))


def test_the_markup_is_sound(page: Page) -> None:
    assert page.complaints == []
    assert {element.tag for element in page.elements} <= ALLOWED


def test_nothing_is_asked_of_the_network(page: Page) -> None:
    for element in page.elements:
        assert not {"src", "srcset", "data", "action", "background"} & set(element.attributes)
    icons = [element.attributes["href"] or "" for element in page.all("use")]
    assert icons
    assert [icon for icon in icons if not icon.startswith("#_icon-")] == []
    style = page.all("style")[0].inside
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_allows_the_page_its_own_style_and_script_alone(page: Page) -> None:
    def digest(tag: str) -> str:
        [element] = page.all(tag)
        return base64.b64encode(hashlib.sha256(element.inside.encode()).digest()).decode()

    [policy] = [e for e in page.all("meta") if "http-equiv" in e.attributes]

    assert policy.attributes["http-equiv"] == "Content-Security-Policy"
    assert (policy.attributes["content"] or "").split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest('style')}'",
        f"script-src 'sha256-{digest('script')}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_no_value_becomes_a_script_or_a_handler(page: Page) -> None:
    assert [script.inside.strip().splitlines()[0] for script in page.all("script")] == [
        'const tools = document.getElementById("_tools");'
    ]
    for element in page.elements:
        assert not [name for name in element.attributes if name.startswith("on")]
        assert "style" not in element.attributes


def test_every_id_is_there_once_and_every_link_leads_to_one(page: Page) -> None:
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    targets = [e.attributes["href"] or "" for e in page.elements if "href" in e.attributes]
    named = ("aria-labelledby", "aria-describedby")
    labels = {e.attributes.get(name) for e in page.elements for name in named} - {None}

    assert targets
    assert len(ids) == len(set(ids))
    assert {target[1:] for target in targets if target.startswith("#")} <= set(ids)
    assert labels <= set(ids)
    assert not [target for target in targets if not target.startswith(("#", "../"))]


def test_headings_go_down_one_level_at_a_time(page: Page) -> None:
    levels = [int(e.tag[1]) for e in page.elements if re.fullmatch("h[1-6]", e.tag)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))


def test_tables_name_their_columns(broken: RunResult) -> None:
    page = page_of(broken)

    assert page.all("table")
    assert {th.attributes.get("scope") for th in page.all("th")} == {"col"}
    assert len(page.all("caption")) == len(page.all("table"))


def test_the_picture_has_a_tile_and_a_segment_for_each_requirement(broken: RunResult) -> None:
    page = page_of(broken)
    tiles = [e for e in page.all("a") if any("tiles" in parent.classes for parent in e.parents)]
    segments = [e for e in page.all("path") if any("ring" in p.classes for p in e.parents)]

    assert [tile.attributes["href"] for tile in tiles] == [f"#{r.id}" for r in broken.requirements]
    for tile, segment, r in zip(tiles, segments, broken.requirements, strict=True):
        assert tile.classes == {r.verdict.value}
        assert segment.classes == {r.verdict.value}
        assert f"{r.verdict.value}:" in tile.inside, "only the colour shows the verdict"
        assert f"{r.id}: {r.verdict.value}" in segment.inside
        raised = "A59.0 59.0" in (segment.attributes["d"] or "")
        assert raised is not r.verdict.acceptable, "only the colour of the ring shows the verdict"


def test_failed_requirements_come_first_and_expanded(broken: RunResult) -> None:
    cards = page_of(broken).all("details", "card")

    assert [("open" in card.attributes, "passed" in card.classes) for card in cards] == [
        (True, False),
        (True, False),
        *[(False, True)] * 11,
    ]
    assert "REQ-03" in cards[0].inside
    assert "REQ-08" in cards[1].inside


def test_a_link_lands_inside_its_card_so_that_the_browser_opens_it(good: RunResult) -> None:
    page = page_of(good)
    bodies = [e for e in page.elements if e.attributes.get("id") == "REQ-11"]

    assert [parent.tag for parent in bodies[0].parents][-1] == "details"


def test_the_first_screen_of_a_broken_run(broken: RunResult) -> None:
    text = page_of(broken).text()
    first = text[: text.index("Requirements REQ-01") if "Requirements REQ-01" in text else 1_500]

    for part in (
        "11 of 13 requirements passed",
        "1 failed",
        "1 undetermined",
        "No Terraform was found, so a recording",
        "REQ-04 python3.11 ends on 2027-06-30",
        "REQ-03 The function may pass the MediaConvert role, and no other",
        "aws_iam_role_policy.function_pass_role policy.Statement.0.Resource",
        "terraform/access.tf:88",
        "arn:aws:iam::111122223333:role/video-mediaconvert-pr42",
        '["arn:aws:iam::111122223333:role/*"]',
    ):
        assert part in first


def test_every_piece_of_evidence_is_there(broken: RunResult) -> None:
    cards = {
        r.id: card.text
        for card in page_of(broken).all("details", "card")
        for r in broken.requirements
        if re.search(rf"{r.id}\b", card.inside.split("facts")[0])
    }
    for r in broken.requirements:
        for scenario in r.scenarios:
            assert scenario.name in cards[r.id]
            assert f"{scenario.feature}:{scenario.line}" in cards[r.id]
            assert scenario.reason in cards[r.id]
            for item in scenario.evidence:
                for part in (item.step, item.address, item.attribute, item.expected, item.found):
                    assert part in cards[r.id]
                assert item.where in cards[r.id]


def test_a_waiver_is_at_the_top_and_in_its_card(waived: RunResult) -> None:
    page = page_of(waived)
    sentence = (
        'Waived until 2027-03-31 for aws_s3_bucket.media["archive"]: '
        "The archive is kept for the audit."
    )

    assert page.text().count(sentence) == 2
    assert "Look here first" not in page.text()
    [card] = page.all("details", "card", "waived")
    assert "open" not in card.attributes


def test_the_page_ends_with_a_place_to_sign(good: RunResult) -> None:
    page = page_of(good)
    [sign] = page.all("section", "sign")

    for part in ("Decision", "accepted", "rejected", "Name", "Date", "Signature", "13 of 13"):
        assert part in sign.inside
    assert "0" * 64 in page.text()


def test_no_requirement_is_no_success(empty: RunResult) -> None:
    page = page_of(empty)

    assert page.all("h1")[0].inside == "No requirement was judged"
    assert "failed" in page.all("header")[0].classes


def test_a_requirement_without_a_scenario_says_so(good: RunResult) -> None:
    page = page_of(replace(good, requirements=(RequirementResult("REQ-99", "Nothing", ()),)))

    assert page.text().count(NO_SCENARIO) == 2
    assert "open" in page.all("details", "card", "undetermined")[0].attributes


def test_hostile_text_is_shown_literally(hostile: RunResult) -> None:
    page = page_of(hostile)
    title = " ".join(printable(hostile.requirements[0].title).split())

    assert "</td></tr></table></details><script>alert(1)</script>" in title
    assert title in page.all("h3")[0].text
    assert title in page.all("title")[0].text
    assert title in page.all("td")[0].text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", page.text())


def test_long_values_and_long_lists_are_cut_and_counted(hostile: RunResult) -> None:
    page = page_of(hostile)
    against = sum(not item.holds for item in hostile.requirements[0].scenarios[0].evidence)

    assert "(49,315 more characters)" in page.text()
    assert against > 200
    assert "1,700 more facts in compliance.json" in page.text()


@pytest.mark.parametrize(
    ("page", "href"),
    [
        ("docs/requirements/REQ-03.md#mend", "../docs/requirements/REQ-03.md#mend"),
        ('docs/a b".md', "../docs/a%20b%22.md"),
        ("https://docs.aws.amazon.com/x?y=1#z", "https://docs.aws.amazon.com/x?y=1#z"),
        ("javascript:alert(1)", None),
        ("javascript://evil.example/%0aalert(1)", None),
        ("file://evil.example/x", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("//evil.example/x", None),
        ("\\\\evil.example\\x", None),
        ("/etc/passwd", None),
        ("https:///x", None),
        ("http://[", None),
        ("docs/\ud800.md", "../docs/%5Cud800.md"),
        ("", None),
    ],
)
def test_only_pages_of_the_project_and_the_web_are_linked(
    page: str, href: str | None, good: RunResult
) -> None:
    explained = replace(good.requirements[0], page=page)

    found = page_of(replace(good, requirements=(explained,)))

    outward = [link for link in found.all("a") if link.attributes.get("rel") == "noreferrer"]
    links = [link.attributes["href"] for link in outward]
    assert links == ([href] if href else [])


def test_requirements_with_one_id_have_two_anchors(good: RunResult) -> None:
    page = page_of(replace(good, requirements=good.requirements[:1] * 2))

    assert [e.attributes["id"] for e in page.all("div", "body")] == ["REQ-01", "REQ-01-2"]


def test_no_verdict_depends_on_colour_alone(broken: RunResult) -> None:
    page = page_of(broken)
    for verdict in (Verdict.FAILED, Verdict.UNDETERMINED, Verdict.PASSED):
        cards = page.all("details", "card", verdict.value)
        assert cards
        for card in cards:
            assert verdict.value in card.inside.split("facts")[0]
    shapes = [symbol.attributes["id"] for symbol in page.all("symbol")]
    verdicts = ("passed", "failed", "undetermined", "waived")
    assert shapes == [*(f"_icon-{verdict}" for verdict in verdicts), "_icon-absent"]
