"""Errors of the user are Terraform diagnostics, never tracebacks."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.terraform


def block(arguments: str, kind: str = "data") -> str:
    return f'{kind} "archive_file" "it" {{\n{arguments}\n}}\n'


GOOD = """
  type        = "zip"
  output_path = "out.zip"
"""


def only_error(workdir, sources: str) -> tuple[str, str, str | None]:
    """Return summary, detail and the marked source code of the one diagnostic."""
    workdir.write(sources)
    [diagnostic] = workdir.diagnostics()
    assert diagnostic["severity"] == "error"
    assert "Traceback" not in str(diagnostic)
    assert "rpc error" not in str(diagnostic)
    snippet = diagnostic.get("snippet") or {}
    return diagnostic["summary"], diagnostic["detail"], snippet.get("code")


# Arguments besides type and output_path, summary, facts of the detail, and the source line.
CASES = {
    "missing file": (
        'source_file = "nowhere.py"',
        "Missing source",
        ("source_file", "'nowhere.py'", "not exist"),
        'source_file = "nowhere.py"',
    ),
    "missing directory": (
        'source_dir = "nowhere"',
        "Missing source",
        ("source_dir", "'nowhere'", "not exist"),
        'source_dir = "nowhere"',
    ),
    "empty directory": (
        'source_dir = "empty"',
        "Nothing to archive",
        ("source_dir", "'empty'", "no files"),
        'source_dir = "empty"',
    ),
    "malformed pattern": (
        'source_dir = "."\nexcludes = ["[a"]',
        "Invalid pattern",
        ("excludes", "'[a'", "character class"),
        'excludes = ["[a"]',
    ),
    "everything excluded": (
        'source_dir = "."\nexcludes = ["*"]',
        "Nothing to archive",
        ("source_dir", "pattern '*'", "'.'"),
        'source_dir = "."',
    ),
    "no source": (
        "",
        "Nothing to archive",
        ("source_file", "source_dir", "source_content_filename", "source block"),
        'data "archive_file" "it" {',
    ),
    "content without a name": (
        'source_content = "x"',
        "Missing argument",
        ("source_content ", "source_content_filename"),
        'source_content = "x"',
    ),
    "two sources": (
        'source_file = "main.tf"\nsource_dir = "."',
        "Conflicting arguments",
        ("source_file", "source_dir"),
        'source_file = "main.tf"',
    ),
    "a block and a file": (
        'source_file = "main.tf"\nsource {\n  content = ""\n  filename = "a"\n}',
        "Conflicting arguments",
        ("source ", "source_file"),
        'data "archive_file" "it" {',
    ),
    "bad mode": (
        'source_file = "main.tf"\noutput_file_mode = "rw"',
        "Invalid file mode",
        ("output_file_mode", "'rw'", "octal"),
        'output_file_mode = "rw"',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_an_invalid_data_source(workdir, case: str) -> None:
    (workdir.folder / "empty").mkdir()
    arguments, summary, facts, line = CASES[case]
    found, detail, code = only_error(workdir, block(GOOD + arguments))
    assert (found, code) == (summary, line)
    assert [fact for fact in facts if fact not in detail] == []


def test_an_unknown_type(workdir) -> None:
    sources = block('type = "rar"\noutput_path = "out.rar"\nsource_file = "main.tf"')
    summary, detail, code = only_error(workdir, sources)
    assert (summary, code) == ("Unknown archive type", 'type = "rar"')
    assert all(text in detail for text in ("'rar'", "zip", "tar.gz"))


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("main.tf/out.zip", "is a file"),
        ("folder", "is a directory"),
        ("/dev/null/out.zip", "is a file"),
    ],
)
def test_an_output_path_that_cannot_be_written(workdir, path: str, reason: str) -> None:
    (workdir.folder / "folder").mkdir()
    line = f'output_path = "{path}"'
    sources = block(f'type = "zip"\nsource_file = "main.tf"\n{line}')
    summary, detail, code = only_error(workdir, sources)
    assert (summary, code) == ("Cannot write the archive", line)
    assert f"output_path: '{path}'" in detail
    assert reason in detail


def test_a_resource_is_checked_at_plan_and_fails_at_apply(workdir) -> None:
    sources = block(GOOD + 'source_file = "main.tf"\nsource_dir = "."', "resource")
    assert only_error(workdir, sources)[0] == "Conflicting arguments"

    workdir.write(block(GOOD + 'source_file = "nowhere.py"', "resource"))
    done = workdir.run("apply", "-auto-approve", "-no-color", check=False)
    assert done.returncode == 1
    assert "source_file: 'nowhere.py'" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Provider produced" not in done.stderr


def test_a_missing_and_an_unsupported_argument(workdir) -> None:
    workdir.write(block('type = "zip"\nsource_file = "main.tf"\noutput_md5 = "x"\nnonsense = 1'))
    summaries = {one["summary"] for one in workdir.diagnostics()}
    assert {"Missing required argument", "Unsupported argument"} <= summaries


def test_a_defect_of_the_provider_is_a_diagnostic(workdir, mirror: Path) -> None:
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
