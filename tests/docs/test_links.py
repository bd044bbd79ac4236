"""The files, headings, options, commands and environments in the pages exist."""

from __future__ import annotations

import configparser
import contextlib
import io
import re
import runpy
import shlex
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest

from planproof import cli
from planproof.session import options
from tests.docs.pages import ROOT, Page, all_pages, read

PAGES = all_pages()
OPTION = re.compile(r"--[a-z][a-z-]+")
PYTEST_ITSELF = {"-c", "-k", "-m", "-n"}


def is_relative(target: str) -> bool:
    return not re.match(r"[a-z][a-z0-9+.-]*:|//", target)


def problem_with(page: Page, target: str) -> str:
    """Why a relative link is broken; "" if it is not."""
    name, _, anchor = unquote(target).partition("#")
    goal = (page.path.parent / name).resolve() if name else page.path
    if not goal.is_relative_to(ROOT):
        return "outside the project"
    if not goal.exists():
        return "no such file"
    if anchor and goal.suffix == ".md" and anchor not in read(goal).anchors:
        return "no such heading"
    return ""


@cache
def own_options() -> frozenset[str]:
    """The options of a run, as planproof and the root conftest.py declare them."""
    found: list[str] = []
    parser: Any = SimpleNamespace(
        addoption=lambda name, **_: found.append(name), addini=lambda *_, **__: None
    )
    parser.getgroup = lambda *_: parser
    options.add_options(parser)
    runpy.run_path(str(ROOT / "conftest.py"))["pytest_addoption"](parser)
    return frozenset(found)


def command_options(name: str, *more: str) -> frozenset[str]:
    """The options of ``planproof`` (name "") or of one of its commands, from its help."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        cli.main([name, *more, "--help"] if name else ["--help"])
    return frozenset(OPTION.findall(output.getvalue()))


@cache
def tox_environments() -> frozenset[str]:
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "tox.ini", "utf-8")
    named = {s.removeprefix("testenv:") for s in config.sections() if s.startswith("testenv:")}
    pythons = {"py312", "py313"}  # of [testenv]: tox takes the Python from the name
    return frozenset(named | pythons | {e.strip() for e in config["tox"]["env_list"].split(",")})


def commands(page: Page) -> Iterator[list[str]]:
    """Every command line of a page, in blocks and in the text, split into words."""
    lines = [line for b in page.blocks if b.language == "sh" for line in b.body.splitlines()]
    lines += re.findall(r"`([a-z][^`]*)`", page.prose)
    for line in lines:
        for part in re.split(r"\s*(?:&&|\|)\s*", line):
            try:
                words = shlex.split(part, comments=True)
            except ValueError:  # text with an apostrophe is not a command
                continue
            if words:
                yield [words[0].rpartition("/")[2], *words[1:]]


def unknown_options(words: list[str]) -> set[str]:
    """Options of our commands that do not exist."""
    command, rest = words[0], words[1:]
    if command == "tox":
        environment = rest[rest.index("-e") + 1] if "-e" in rest else ""
        given = rest[rest.index("--") + 1 :] if "--" in rest else []
        known = own_options() | command_options("record" if environment == "recording" else "x")
    elif command == "pytest":
        given, known = rest, own_options()
    elif command == "planproof":
        name = rest[0] if rest and not rest[0].startswith("-") else ""
        given = rest[1:] if name else rest
        if name in ("check", "mutants"):
            known = own_options()
            known |= command_options(name, "--checks=x") if name == "mutants" else set()
        else:
            known = command_options(name)
    else:
        return set()
    found = {word.split("=")[0] for word in given if word.startswith("-") and word != "-"}
    return found - known - PYTEST_ITSELF


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
class TestEveryPage:
    def test_its_relative_links_are_not_broken(self, page: Page) -> None:
        broken = {t: why for t in filter(is_relative, page.links) if (why := problem_with(page, t))}
        assert not broken

    def test_its_commands_have_only_options_that_exist(self, page: Page) -> None:
        wrong = {" ".join(words): u for words in commands(page) if (u := unknown_options(words))}
        assert not wrong

    def test_options_it_names_alone_exist(self, page: Page) -> None:
        named = set(re.findall(r"`(--[a-z][a-z-]+)[^`]*`", page.prose))
        ours = [command_options(name) for name in ("", "iam", "record")]
        ours.append(command_options("mutants", "--checks=x"))
        assert named <= own_options().union(*ours)

    def test_its_tox_environments_exist(self, page: Page) -> None:
        named = {
            name
            for words in commands(page)
            if words[0] == "tox" and "-e" in words[:-1]
            for name in words[words.index("-e") + 1].split(",")
        }
        assert named <= tox_environments()

    def test_it_names_no_machine(self, page: Page) -> None:
        assert not re.search(r"(?<![\w.])/(?:home|root|work|Users|tmp/venv)/", page.text)


def test_another_stack_lists_every_option() -> None:
    page = read(ROOT / "docs" / "another-stack.md")
    listed = re.findall(r"^\| `(--[a-z-]+)", page.section("Options"), re.M)
    assert sorted(listed) == sorted(own_options())


def test_how_it_works_lists_every_option_of_record() -> None:
    page = read(ROOT / "docs" / "how-it-works.md")
    assert command_options("record") - {"--help"} <= set(OPTION.findall(page.prose))


def test_contributing_names_every_tox_environment() -> None:
    named = re.findall(r"`tox -e (\w+)", read(ROOT / "CONTRIBUTING.md").text)
    assert tox_environments() - {"py313"} <= set(named)


def test_the_changelog_counts_the_checks() -> None:
    checks = [p for p in (ROOT / "custom_checks").glob("*.py") if p.stem != "__init__"]
    assert f"{len(checks)} custom Checkov checks" in read(ROOT / "CHANGELOG.md").text


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("nowhere.md", "no such file"),
        ("../../elsewhere.md", "outside the project"),
        ("writing-requirements.md#nonsense", "no such heading"),
        ("#nonsense", "no such heading"),
        ("requirements/REQ-01.md#summary", ""),
        ("../terraform/README.md", ""),
        ("#options", ""),
    ],
)
def test_a_broken_link_is_found(target: str, why: str) -> None:
    assert problem_with(read(ROOT / "docs" / "another-stack.md"), target) == why


@pytest.mark.parametrize(
    ("line", "unknown"),
    [
        ("tox -e compliance -- --terraform-dir x --loud", {"--loud"}),
        ("pytest --compliance --quietly", {"--quietly"}),
        ("planproof record --verify --force", {"--force"}),
        ("planproof check --plan x", set()),
        ("planproof --version", set()),
        ("checkov --whatever", set()),
    ],
)
def test_an_unknown_option_is_found(line: str, unknown: set[str]) -> None:
    assert unknown_options(line.split()) == unknown
