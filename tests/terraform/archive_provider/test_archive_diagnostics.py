"""Errors of the user are Terraform diagnostics, never tracebacks.

All errors that one plan can show are in one configuration, since each plan takes seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.terraform.archive_provider.conftest import Workdir

pytestmark = pytest.mark.terraform

GOOD = 'type = "zip"\noutput_path = "out.zip"\n'


class Case(NamedTuple):
    """Arguments of a data source; and the summary, the facts and the source line of its error.

    Attributes:
        line: "" for the first line of the block.
    """

    arguments: str
    summary: str
    facts: tuple[str, ...]
    line: str = ""
    kind: str = "data"


# Found before anything is read.
INVALID = {
    "no_source": Case(
        GOOD,
        "Nothing to archive",
        ("source_file", "source_dir", "source_content_filename", "source block"),
    ),
    "content_without_a_name": Case(
        GOOD + 'source_content = "x"',
        "Missing argument",
        ("source_content ", "source_content_filename"),
        'source_content = "x"',
    ),
    "two_sources": Case(
        GOOD + 'source_file = "main.tf"\nsource_dir = "."',
        "Conflicting arguments",
        ("source_file", "source_dir"),
        'source_file = "main.tf"',
    ),
    "two_sources_of_a_resource": Case(
        GOOD + 'source_file = "main.tf"\nsource_dir = "."',
        "Conflicting arguments",
        ("source_file", "source_dir"),
        'source_file = "main.tf"',
        "resource",
    ),
    "a_block_and_a_file": Case(
        GOOD + 'source_file = "main.tf"\nsource {\n  content = ""\n  filename = "a"\n}',
        "Conflicting arguments",
        ("source ", "source_file"),
    ),
    "bad_mode": Case(
        GOOD + 'source_file = "main.tf"\noutput_file_mode = "rw"',
        "Invalid file mode",
        ("output_file_mode", "'rw'", "octal"),
        'output_file_mode = "rw"',
    ),
    "unknown_type": Case(
        'type = "rar"\noutput_path = "out.rar"\nsource_file = "main.tf"',
        "Unknown archive type",
        ("'rar'", "zip", "tar.gz"),
        'type = "rar"',
    ),
}
# Found when the files are read and the archive is written.
IMPOSSIBLE = {
    "missing_file": Case(
        GOOD + 'source_file = "nowhere.py"',
        "Missing source",
        ("source_file", "'nowhere.py'", "not exist"),
        'source_file = "nowhere.py"',
    ),
    "missing_directory": Case(
        GOOD + 'source_dir = "nowhere"',
        "Missing source",
        ("source_dir", "'nowhere'", "not exist"),
        'source_dir = "nowhere"',
    ),
    "empty_directory": Case(
        GOOD + 'source_dir = "empty"',
        "Nothing to archive",
        ("source_dir", "'empty'", "no files"),
        'source_dir = "empty"',
    ),
    "malformed_pattern": Case(
        GOOD + 'source_dir = "."\nexcludes = ["[a"]',
        "Invalid pattern",
        ("excludes", "'[a'", "character class"),
        'excludes = ["[a"]',
    ),
    "everything_excluded": Case(
        GOOD + 'source_dir = "."\nexcludes = ["*"]',
        "Nothing to archive",
        ("source_dir", "pattern '*'", "'.'"),
        'source_dir = "."',
    ),
    **{
        f"unwritable_{number}": Case(
            f'type = "zip"\nsource_file = "main.tf"\noutput_path = "{path}"',
            "Cannot write the archive",
            (f"output_path: '{path}'", reason),
            f'output_path = "{path}"',
        )
        for number, (path, reason) in enumerate(
            [
                ("main.tf/out.zip", "is a file"),
                ("folder", "is a directory"),
                ("/dev/null/out.zip", "is a file"),
            ]
        )
    },
}
UNSUPPORTED = 'type = "zip"\nsource_file = "main.tf"\noutput_md5 = "x"\nnonsense = 1'
Errors = dict[str, list[tuple[str, str, str | None]]]


def head(name: str, kind: str = "data") -> str:
    return f'{kind} "archive_file" "{name}"'


def block(arguments: str, name: str = "it", kind: str = "data") -> str:
    return f"{head(name, kind)} {{\n{arguments}\n}}\n"


def errors(workdir: Workdir, sources: str) -> Errors:
    """Plan, which must fail: block → summary, detail and marked source code of its errors."""
    for name in ("empty", "folder"):
        (workdir.folder / name).mkdir(exist_ok=True)
    workdir.write(sources)
    found: Errors = {}
    for diagnostic in workdir.diagnostics():
        assert diagnostic["severity"] == "error"
        assert "Traceback" not in str(diagnostic)
        assert "rpc error" not in str(diagnostic)
        snippet = diagnostic["snippet"]
        at = (snippet["context"] or snippet["code"]).removesuffix(" {")
        found.setdefault(at, []).append(
            (diagnostic["summary"], diagnostic["detail"], snippet["code"])
        )
    return found


@pytest.fixture(scope="module")
def found(shared_workdir: Workdir) -> Errors:
    """The errors of all cases."""
    invalid = [block(case.arguments, name, case.kind) for name, case in INVALID.items()]
    invalid.append(block(UNSUPPORTED, "unsupported"))
    impossible = [block(case.arguments, name, case.kind) for name, case in IMPOSSIBLE.items()]
    return errors(shared_workdir, "".join(invalid)) | errors(shared_workdir, "".join(impossible))


@pytest.mark.parametrize("name", [*INVALID, *IMPOSSIBLE])
def test_an_error_has_its_facts_and_its_line(found: Errors, name: str) -> None:
    case = (INVALID | IMPOSSIBLE)[name]
    ((summary, detail, code),) = found[head(name, case.kind)]
    assert (summary, code) == (case.summary, case.line or f"{head(name, case.kind)} {{")
    assert [fact for fact in case.facts if fact not in detail] == []


def test_nothing_else_is_an_error(found: Errors) -> None:
    cases = {head(name, case.kind) for name, case in (INVALID | IMPOSSIBLE).items()}
    assert set(found) == cases | {head("unsupported")}


def test_a_missing_and_an_unsupported_argument(found: Errors) -> None:
    summaries = {summary for summary, _, _ in found[head("unsupported")]}
    assert {"Missing required argument", "Unsupported argument"} <= summaries


def test_a_resource_fails_at_apply(workdir: Workdir) -> None:
    workdir.write(block(GOOD + 'source_file = "nowhere.py"', kind="resource"))
    done = workdir.run("apply", "-auto-approve", "-no-color", check=False)
    assert done.returncode == 1
    assert "source_file: 'nowhere.py'" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Provider produced" not in done.stderr


def test_a_defect_of_the_provider_is_a_diagnostic(workdir: Workdir, mirror: Path) -> None:
    """The provider is a separate process, so the defect is injected through its import path."""
    broken = workdir.folder / "broken"
    broken.mkdir()
    (broken / "secrets.py").write_text("def token_hex(n): raise RuntimeError('broken on purpose')")
    [launcher] = mirror.rglob("terraform-provider-archive_v*")
    script = launcher.read_text()
    assert "PYTHONPATH=" in script
    copy = broken / "terraform-provider-archive"
    copy.write_text(script.replace("PYTHONPATH=", f"PYTHONPATH={broken}:"))
    copy.chmod(0o755)
    overrides = f'dev_overrides {{\n    "hashicorp/archive" = "{broken}"\n  }}'
    configuration = Path(workdir.environment["TF_CLI_CONFIG_FILE"])
    configuration.write_text(f"provider_installation {{\n  {overrides}\n  direct {{}}\n}}\n")
    workdir.write(block(GOOD + 'source_file = "main.tf"'))
    errors = [one for one in workdir.diagnostics() if one["severity"] == "error"]
    assert [one["summary"] for one in errors] == ["The archive could not be built"]
    assert "RuntimeError: broken on purpose" in errors[0]["detail"]
    assert "Traceback" not in str(errors)
