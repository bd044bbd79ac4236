"""The comment: valid Markdown whatever the values are, and never longer than GitHub allows."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planproof.reports import compliance_md, markdown
from planproof.reports.phrases import NO_SCENARIO
from planproof.reports.text import one_line
from planproof.results import RequirementResult, RunResult
from tests.reports.limits import COMMENT_LIMIT

ANY_TEXT = st.text(st.characters(codec=None))


def render(result: RunResult) -> str:
    return compliance_md.render(result)


def test_a_good_run_in_its_first_lines(good: RunResult) -> None:
    lines = render(good).splitlines()

    assert lines[0] == "## ✅ 13 of 13 requirements passed"
    assert "Look first" not in render(good)
    assert "> 🕑 REQ-04 The runtime is supported on the day of the run: python3.11 ends" in render(
        good
    )


def test_a_broken_run_in_its_first_lines(broken: RunResult) -> None:
    head = render(broken).split("| | Requirement")[0]

    assert head.startswith("## ❌ 11 of 13 requirements passed, 1 failed, 1 undetermined\n")
    assert head.index("No Terraform was found") < head.index("Look first")
    for part in (
        "**Look first at REQ-03 The function may pass the MediaConvert role, and no other**",
        "`aws_iam_role_policy.function_pass_role` `policy.Statement.0.Resource`",
        "at `terraform/access.tf:88`",
        "expected: arn:aws:iam::111122223333:role/video-mediaconvert-pr42",
        'found: ["arn:aws:iam::111122223333:role/*"]',
    ):
        assert part in html.unescape(head)


def test_a_row_for_each_requirement(broken: RunResult) -> None:
    rows = [line for line in render(broken).splitlines() if re.match(r"\| . \| REQ-", line)]

    assert len(rows) == 13
    assert rows[0] == "| ✅ | REQ-01 No network of its own | passed | – | ✅ | – | 2 |"
    assert rows[2].startswith("| ❌ |")
    assert rows[2].endswith("| **failed** | – | ❌ | – | 4 |")
    assert rows[7].endswith("| **undetermined** | – | ❓ | – | 3 |")
    assert "\n\n– not judged in this run\n" in render(broken)


def test_failed_requirements_come_first_and_expanded(broken: RunResult) -> None:
    text = render(broken)

    assert text.count("<details>") == text.count("</details>") == 11
    assert text.index("### ❌ REQ-03") < text.index("### ❓ REQ-08") < text.index("<details>")
    assert (
        "| ❌ | `aws_iam_role_policy.function_pass_role` | `policy.Statement.0.Condition` "
        "| StringEquals iam:PassedToService = mediaconvert.amazonaws.com | no condition "
        "| `terraform/access.tf:84` |"
    ) in text


def test_a_blank_line_follows_each_summary_as_tables_need_it(good: RunResult) -> None:
    assert len(re.findall(r"</summary>\n\n", render(good))) == 13
    assert len(re.findall(r"\n\n</details>\n\n?", render(good))) == 13


def test_a_waiver_with_its_day(waived: RunResult) -> None:
    text = render(waived)

    assert text.startswith("## ✅ 12 of 13 requirements passed, 1 waived\n")
    assert (
        "| ⏳ | REQ-05 Everything can be deleted with the stack | **waived** until 2027-03-31 "
        "| – | ⏳ | – | 3 |" in text
    )
    assert "The archive is kept for the audit." in text


def test_no_requirement_is_no_success(empty: RunResult) -> None:
    assert render(empty).startswith("## ❌ No requirement was judged\n")


def test_a_requirement_without_a_scenario_is_undetermined(good: RunResult) -> None:
    text = render(replace(good, requirements=(RequirementResult("REQ-99", "Nothing", ()),)))

    assert text.startswith("## ❌ 0 of 1 requirement passed, 1 undetermined\n")
    assert text.count(NO_SCENARIO) == 2


def test_a_hostile_run_fits_and_counts_the_omitted_facts(hostile: RunResult) -> None:
    text = render(hostile)

    assert 10_000 < len(text) < COMMENT_LIMIT
    assert re.search(r"… and 1,9\d\d more facts, in `compliance.json`", text)


def test_hostile_text_stays_in_its_cells(hostile: RunResult) -> None:
    text = render(hostile)
    tables = [line for line in text.splitlines() if line.startswith("|")]

    assert {line.count("|") for line in tables} == {7, 8}
    assert len(tables) > 8
    for line in text.splitlines():
        tags = re.findall(r"<[^>]*>", line)
        assert set(tags) <= {
            "<details>", "<summary>", "</summary>", "</details>", "<code>", "</code>", "<!-- -->",
        }  # fmt: skip
        assert line == "" or line.startswith(
            ("## ", "### ", "> ", "| ", "|--", "**", "*Then ", "<details>", "</details>", "Expl",
             "&#60;", "<code>", "expected: ", "found: ", "❌ ", "✅ ", "…", "– not judged")
        )  # fmt: skip
    assert "@octocat" not in text
    assert "#13" not in text
    assert "javascript:" not in re.sub(r"<code>.*?</code>", "", text)


@pytest.mark.parametrize("number", [30, 300, 3_000])
def test_any_number_of_requirements_fits_a_comment(number: int, broken: RunResult) -> None:
    many = tuple(broken.requirements[at % 13] for at in range(number))
    text = render(replace(broken, requirements=many))

    assert len(text) < COMMENT_LIMIT
    assert text.count("<details>") == text.count("</details>")
    assert text.startswith("## ❌ ")
    assert ("see `compliance.html`" in text) is (number > 30)


def test_any_number_of_notices_leaves_room_for_the_verdict(broken: RunResult) -> None:
    text = render(replace(broken, notices=("A notice. " * 100,) * 1_000))

    assert len(text) < COMMENT_LIMIT
    assert "### ❌ REQ-03" in text


@given(ANY_TEXT)
def test_escaped_text_reads_the_same_without_markup(text: str) -> None:
    escaped = markdown.escaped(text, limit=1_000)

    assert html.unescape(escaped.replace("<!-- -->", "")) == one_line(text)
    assert not re.search(r"[|`*\[\]~$\\\n\r]", escaped)
    assert "<" not in escaped.replace("<!-- -->", "")
    assert not re.match(r"#+( |$)|[+\-=]|\d+[.)]", escaped)
    assert not re.search(r"[@](?=\w)|(?<!&)#(?=\w)", escaped)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("aws_iam_role.x", "aws_iam_role.x"),
        ("_x_", "&#95;x&#95;"),
        ("# x", "&#35; x"),
        ("- x", "&#45; x"),
        ("12. x", "12&#46; x"),
        ("ask @octocat", "ask @<!-- -->octocat"),
        ("@octocat", "@<!-- -->octocat"),
        ("see #13", "see #<!-- -->13"),
        ("a | b", "a &#124; b"),
        ("&amp;", "&#38;amp;"),
    ],
)
def test_escapes(text: str, escaped: str) -> None:
    assert markdown.escaped(text) == escaped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("aws_iam_role.x", "`aws_iam_role.x`"),
        ('aws_s3_bucket.media["in"]', '`aws_s3_bucket.media["in"]`'),
        ("<b> & *c*", "`<b> & *c*`"),
        ("a|b", "<code>a&#124;b</code>"),
        ("a\\b", "<code>a&#92;b</code>"),
        ("a`b", "<code>a&#96;b</code>"),
        ("www.evil.example|", "<code>www&#46;evil&#46;example&#124;</code>"),
        (" \n ", ""),
    ],
)
def test_code(text: str, shown: str) -> None:
    assert markdown.code(text) == shown


@given(ANY_TEXT)
def test_code_reads_the_same_in_any_cell(text: str) -> None:
    shown = markdown.code(text, limit=1_000)
    plain = one_line(text)

    assert "|" not in shown
    assert "\n" not in shown
    if shown.startswith("`"):
        assert shown == f"`{plain}`"
        assert "`" not in plain
    elif shown:
        assert shown.startswith("<code>")
        inner = shown.removeprefix("<code>").removesuffix("</code>")
        assert html.unescape(inner) == plain
        assert not re.search(r"[<>`*\\@]", inner)
    else:
        assert plain == ""


def test_a_url_is_a_link_and_a_path_is_code(good: RunResult) -> None:
    web = replace(good.requirements[0], page="https://docs.aws.amazon.com/x")

    assert "Explained in <https://docs.aws.amazon.com/x>" in render(
        replace(good, requirements=(web,))
    )
    assert "Explained in `docs/requirements/REQ-01.md`" in render(good)
