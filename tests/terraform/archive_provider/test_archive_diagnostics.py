"""What a user gets wrong comes back as Terraform's own kind of error, never as a traceback."""

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


# The arguments besides type and output_path, what Terraform says, and the line it points at.
CASES = {
    "missing file": (
        'source_file = "nowhere.py"',
        "Missing source",
        "source_file: 'nowhere.py' does not exist.",
        'source_file = "nowhere.py"',
    ),
    "missing directory": (
        'source_dir = "nowhere"',
        "Missing source",
        "source_dir: 'nowhere' does not exist.",
        'source_dir = "nowhere"',
    ),
    "empty directory": (
        'source_dir = "empty"',
        "Nothing to archive",
        "source_dir: 'empty' holds no files.",
        'source_dir = "empty"',
    ),
    "malformed pattern": (
        'source_dir = "."\nexcludes = ["[a"]',
        "Invalid pattern",
        "excludes: '[a' opens a character class with [ and never closes it.",
        'excludes = ["[a"]',
    ),
    "everything excluded": (
        'source_dir = "."\nexcludes = ["*"]',
        "Nothing to archive",
        "source_dir: '.' is excluded as a whole: the pattern '*' matches '.', source_dir itself.",
        'source_dir = "."',
    ),
    "no source": (
        "",
        "Nothing to archive",
        "Set source_file, source_dir, source_content_filename with source_content, "
        "or at least one source block.",
        'data "archive_file" "it" {',
    ),
    "content without a name": (
        'source_content = "x"',
        "Missing argument",
        "source_content needs source_content_filename, its name in the archive.",
        'source_content = "x"',
    ),
    "two sources": (
        'source_file = "main.tf"\nsource_dir = "."',
        "Conflicting arguments",
        "source_file cannot be set together with source_dir.",
        'source_file = "main.tf"',
    ),
    "a block and a file": (
        'source_file = "main.tf"\nsource {\n  content = ""\n  filename = "a"\n}',
        "Conflicting arguments",
        "source cannot be set together with source_file.",
        'data "archive_file" "it" {',
    ),
    "bad mode": (
        'source_file = "main.tf"\noutput_file_mode = "rw"',
        "Invalid file mode",
        "output_file_mode is 'rw', and it takes an octal mode such as \"0644\".",
        'output_file_mode = "rw"',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_data_source_that_cannot_be(workdir, case: str) -> None:
    (workdir.folder / "empty").mkdir()
    arguments, *expected = CASES[case]
    assert only_error(workdir, block(GOOD + arguments)) == tuple(expected)


def test_an_unknown_type(workdir) -> None:
    sources = block('type = "rar"\noutput_path = "out.rar"\nsource_file = "main.tf"')
    detail = "type is 'rar', and only zip and tar.gz are supported."
    assert only_error(workdir, sources) == ("Unknown archive type", detail, 'type = "rar"')


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("main.tf/out.zip", "a folder on its path is a file"),
        ("folder", "it is a directory"),
        ("/dev/null/out.zip", "a folder on its path is a file"),
    ],
)
def test_an_output_path_that_cannot_be_written(workdir, path: str, reason: str) -> None:
    (workdir.folder / "folder").mkdir()
    line = f'output_path = "{path}"'
    detail = f"output_path: '{path}' cannot be written: {reason}."
    sources = block(f'type = "zip"\nsource_file = "main.tf"\n{line}')
    assert only_error(workdir, sources) == ("Cannot write the archive", detail, line)


def test_a_resource_is_checked_at_plan_and_fails_at_apply(workdir) -> None:
    sources = block(GOOD + 'source_file = "main.tf"\nsource_dir = "."', "resource")
    assert only_error(workdir, sources)[0] == "Conflicting arguments"

    workdir.write(block(GOOD + 'source_file = "nowhere.py"', "resource"))
    done = workdir.run("apply", "-auto-approve", "-no-color", check=False)
    assert done.returncode == 1
    assert "source_file: 'nowhere.py' does not exist." in done.stderr
    assert "Traceback" not in done.stderr
    assert "Provider produced" not in done.stderr


def test_an_argument_that_is_missing_or_unknown_to_the_schema(workdir) -> None:
    workdir.write(block('type = "zip"\nsource_file = "main.tf"\noutput_md5 = "x"\nnonsense = 1'))
    summaries = {one["summary"] for one in workdir.diagnostics()}
    assert {"Missing required argument", "Unsupported argument"} <= summaries


def test_a_defect_of_the_provider_is_a_diagnostic_too(workdir, mirror: Path) -> None:
    """The provider is a process of its own, so the defect comes in through its import path."""
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
    assert [one["summary"] for one in errors] == ["The archive could not be made"]
    assert "RuntimeError: broken on purpose" in errors[0]["detail"]
    assert "Traceback" not in str(errors)
