"""Every requirement has a page, and the pages are correct."""

from __future__ import annotations

import re

import pytest
from pytest_bdd.parser import FeatureParser

from planproof.checkov_runner import UNDETERMINED_PREFIX
from tests.custom_checks.checkov_scan import CHECKS, Scan, scan
from tests.docs.pages import ROOT, Page, requirement_pages

SECTIONS = [
    "Summary",
    "Avoid",
    "Prefer",
    "Rationale",
    "How it is proven",
    "Options",
    "Related",
]
PAGES = requirement_pages()
TAG = re.compile(r"REQ-\d+")


def rule_names() -> dict[str, str]:
    """Requirement → the name of its rule in the features."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "features").rglob("*.feature")):
        feature = FeatureParser(str(path.parent), path.name).parse()
        for scenario in feature.scenarios.values():
            rule = scenario.rule
            tags = scenario.tags | feature.tags | (rule.tags if rule else set())
            for tag in filter(TAG.fullmatch, sorted(tags)):
                found.setdefault(tag, rule.name if rule else feature.name)
    return found


def checks_of(requirement: str) -> set[str]:
    """Ids of the custom checks of a requirement, from their heads."""
    found = set()
    for path in CHECKS.glob("*.py"):
        text = path.read_text("utf-8")
        head = dict(re.findall(r'^    (id|requirement) = "([^"]+)"$', text, re.M))
        if head.get("requirement") == requirement:
            found.add(head["id"])
    return found


def snippet(page: Page, section: str) -> str:
    """The Terraform of a section."""
    return "\n".join(b.body for b in page.blocks if (b.language, b.section) == ("hcl", section))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """The custom checks' verdicts on every page's Terraform, in folders such as REQ-05-avoid."""
    folder = tmp_path_factory.mktemp("snippets")
    for page in PAGES:
        for section in ("Avoid", "Prefer"):
            place = folder / f"{page.path.stem}-{section.lower()}"
            place.mkdir()
            (place / "main.tf").write_text(snippet(page, section), "utf-8")
    return scan(folder)


def verdicts(judged: Scan, check: str, folder: str) -> set[str]:
    """The verdicts where the check applies: PASSED, FAILED, or UNKNOWN if undetermined."""
    found = set()
    for record in judged.of(check, folder):
        verdict = str(record.check_result["result"].value)
        if verdict != "UNKNOWN" or str(record.details[0]).startswith(UNDETERMINED_PREFIX):
            found.add(verdict)
    return found


def test_every_requirement_has_a_page_and_every_page_a_requirement() -> None:
    assert {page.path.stem for page in PAGES} == set(rule_names())


def test_the_folder_has_only_pages_of_requirements() -> None:
    assert all(TAG.fullmatch(page.path.stem) for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem)
class TestPage:
    def test_its_title_is_the_rule(self, page: Page) -> None:
        assert page.title == f"{page.path.stem}: {rule_names()[page.path.stem]}"

    def test_it_has_the_sections_in_order(self, page: Page) -> None:
        assert page.sections == SECTIONS

    def test_no_section_is_empty(self, page: Page) -> None:
        assert all(page.section(name).strip() for name in SECTIONS)

    def test_its_summary_is_one_sentence(self, page: Page) -> None:
        summary = " ".join(page.section("Summary").split())
        assert summary.endswith(".")
        assert not re.search(r"[.!?] [A-Z]", summary)

    def test_it_shows_the_mistake_and_the_right_way(self, page: Page) -> None:
        assert snippet(page, "Avoid")
        assert snippet(page, "Prefer")

    def test_it_names_exactly_its_checks(self, page: Page) -> None:
        named = re.findall(r"CKV_PLANPROOF_\d+", page.section("How it is proven"))
        assert sorted(named) == sorted(checks_of(page.path.stem))

    def test_it_links_to_aws(self, page: Page) -> None:
        related = page.section("Related")
        assert re.search(r"\[[^\]]+\]\(https://docs\.aws\.amazon\.com/[^)]+\)", related)

    def test_it_is_short(self, page: Page) -> None:
        assert 40 <= len(page.text.splitlines()) <= 90


@pytest.mark.parametrize(
    ("requirement", "check"),
    [(page.path.stem, check) for page in PAGES for check in sorted(checks_of(page.path.stem))],
)
def test_a_check_fails_on_the_mistake_and_passes_on_the_right_way(
    requirement: str, check: str, judged: Scan
) -> None:
    assert "FAILED" in verdicts(judged, check, f"{requirement}-avoid")
    assert verdicts(judged, check, f"{requirement}-prefer") == {"PASSED"}


@pytest.mark.parametrize(
    ("name", "source"),
    [(page.name, b.body) for page in PAGES for b in page.blocks if b.language == "python"],
)
def test_python_on_a_page_compiles(name: str, source: str) -> None:
    assert compile(source, name, "exec").co_code
