"""Mutation testing of lambda/: a test notices each mutant, or a reason explains it.

    python tests/lambda_function/mutation.py [--max-children N] [MUTANT ...]

mutmut makes one change at a time in lambda/ and runs the tests that reach it. It works in a
temporary folder with lambda/ in src/, so that the names of its mutants are the module names that
the tests import. survivors.toml explains the survivors. A survivor without an explanation is an
error, and so is an explanation without its survivor.
https://mutmut.readthedocs.io/en/latest/
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
LAMBDA = HERE.parents[1] / "lambda"
SURVIVORS = HERE / "survivors.toml"

# test_package.py tests the sources, which mutmut rewrites, and test_mutation.py tests this file.
# Without unraisableexception, a session does not collect garbage at its end, which takes long.
SETTINGS = """
[tool.mutmut]
source_paths = ["src"]
pytest_add_cli_args_test_selection = ["tests/lambda_function"]
pytest_add_cli_args = [
  "-p", "no:cacheprovider",
  "-p", "no:unraisableexception",
  "--ignore=tests/lambda_function/test_package.py",
  "--ignore=tests/lambda_function/test_mutation.py",
]

[tool.pytest.ini_options]
addopts = ["--strict-markers", "--import-mode=importlib"]
"""

# Exit codes of the tests of a mutant: they failed, or took 15 times as long as without the mutant.
# 24 is SIGXCPU, which stops them.
NOTICED = {1, 24, 36, 152, 255, -24}


class Change(NamedTuple):
    """What a mutant changes: lines of one function, without their indentation."""

    function: str
    was: str
    becomes: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run mutmut and print the unexplained survivors; returns 0 if there are none, else 1."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--max-children", default=str(os.cpu_count() or 1), metavar="N")
    parser.add_argument("mutants", nargs="*", default=["*"], help="names of mutants, with * and ?")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        run_mutmut(folder, options.max_children, options.mutants)
        outcomes = dict(outcomes_in(folder))
        survivors = survivors_of(folder, outcomes)
    print(f"{len(outcomes)} mutants, {len(survivors)} survived; {time.monotonic() - started:.0f} s")
    problems = compare(survivors, explained(), whole=options.mutants == ["*"])
    print("\n".join(problems) or "Every survivor is explained.")
    return 1 if problems else 0


def prepare(folder: Path) -> None:
    """Lay out the sources and their tests for mutmut."""
    shutil.copytree(LAMBDA, folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        HERE, folder / "tests" / "function", ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / "pyproject.toml").write_text(SETTINGS)


def run_mutmut(folder: Path, max_children: str, mutants: Sequence[str]) -> None:
    """Run mutmut to its end, whatever survives.

    With names of mutants, even of all, mutmut first tries the tests by their names. Otherwise a
    name that pytest does not find would look like a failing test.
    """
    command = shutil.which("mutmut", path=str(Path(sys.executable).parent))
    if not command:
        sys.exit("mutmut is not installed beside this Python; run `tox -e mutation`.")
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [command, "run", "--max-children", max_children, *mutants],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"mutmut failed (exit {done.returncode}):\n{done.stdout[-4000:]}")


def outcomes_in(folder: Path) -> Iterator[tuple[str, int]]:
    """Every tried mutant, with the exit code of its tests."""
    for noted in sorted((folder / "mutants" / "src").glob("*.meta")):
        for mutant, code in json.loads(noted.read_text())["exit_code_by_key"].items():
            if code is not None:
                yield mutant, code


def survivors_of(folder: Path, outcomes: Mapping[str, int]) -> dict[str, Change]:
    """The mutants that no test noticed, those that no test reaches included."""
    return {
        mutant: change_of(folder, mutant)
        for mutant, code in outcomes.items()
        if code not in NOTICED
    }


def change_of(folder: Path, mutant: str) -> Change:
    """The change of a mutant, from the file in which mutmut has all mutants of a module."""
    module, _, name = mutant.partition(".")
    source = (folder / "mutants" / "src" / f"{module}.py").read_text()
    functions = {
        node.name: "\n".join(map(ast.unparse, node.body)).splitlines()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
    }
    function = name.partition("__mutmut_")[0]
    lines = difflib.ndiff(functions[f"{function}__mutmut_orig"], functions[name])
    changed = [(line[0], line[2:].strip()) for line in lines if line[0] in "-+"]
    readable = function.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
    was, becomes = ("\n".join(text for sign, text in changed if sign == mark) for mark in "-+")
    return Change(f"{module}.{readable}", was, becomes)


def explained(file: Path = SURVIVORS) -> list[Change]:
    """The changes that survivors.toml explains; an entry without a reason explains nothing."""
    return [
        Change(entry["function"], entry["was"], becomes)
        for entry in tomllib.loads(file.read_text())["survivor"]
        if entry["reason"].strip()
        for becomes in entry["becomes"]
    ]


def compare(survivors: Mapping[str, Change], known: Sequence[Change], *, whole: bool) -> list[str]:
    """Survivors without an explanation, and explanations without their survivor.

    With `whole` False only some mutants were tried, so that the latter are unknown.
    """
    left = Counter(known)
    problems = []
    for mutant, change in survivors.items():
        if left[change]:
            left[change] -= 1
        else:
            problems.append(f"{mutant} survives:\n  - {change.was}\n  + {change.becomes}")
    if whole:
        problems += [
            f"{SURVIVORS.name} explains what does not survive, in {change.function}:\n"
            f"  - {change.was}\n  + {change.becomes}"
            for change in left.elements()
        ]
    return problems


if __name__ == "__main__":
    sys.exit(main())
