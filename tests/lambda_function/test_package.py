"""The package made from lambda/ runs on the Lambda runtime without anything else."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import boto3
import botocore
import lambda_function
import pytest

LAMBDA = Path(lambda_function.__file__).parent
SOURCES = sorted(LAMBDA.glob("*.py"))
OWN = {source.stem for source in SOURCES}
# The folders of the packages that are part of the runtime.
RUNTIME = sorted({str(Path(module.__file__).parents[1]) for module in (boto3, botocore)})


def test_lambda_contains_only_sources() -> None:
    others = [path for path in LAMBDA.iterdir() if path not in SOURCES]
    assert [path.name for path in others if path.name != "__pycache__"] == []


def imported(source: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).partition(".")[0])
    return names


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_only_the_standard_library_and_the_runtimes_boto3_are_imported(source: Path) -> None:
    assert imported(source) - OWN - {"boto3", "botocore"} <= set(sys.stdlib_module_names)


def test_no_module_hides_another() -> None:
    assert OWN & set(sys.stdlib_module_names) == set()
    for name in OWN:
        spec = find_spec(name)
        assert spec is not None
        assert Path(str(spec.origin)).parent == LAMBDA


def zipped(folder: Path) -> Path:
    package = folder / "function.zip"
    with zipfile.ZipFile(package, "w") as archive:
        for source in SOURCES:
            archive.write(source, source.name)
    return package


def run(package: Path, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A new interpreter with the zip and boto3, and with these AWS settings only."""
    paths = [str(package), *RUNTIME]
    return subprocess.run(
        [sys.executable, "-I", "-B", "-c", f"import sys; sys.path[:0] = {paths!r}; {code}"],
        env={"PATH": os.defpath, "HOME": str(package.parent), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_handler_is_imported_from_the_zip_without_region_or_environment(
    tmp_path: Path,
) -> None:
    code = "import lambda_function as f; print(f.__file__, callable(f.handler))"
    done = run(zipped(tmp_path), code)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.split() == [str(tmp_path / "function.zip" / "lambda_function.py"), "True"]


# The actions that the function's role allows, by boto3's names.
CALLS = {"put_item", "get_item", "update_item", "create_job", "list_jobs"}


def test_only_actions_that_the_role_allows_are_called() -> None:
    models = [
        boto3.client(service, region_name="eu-central-1")
        for service in ("dynamodb", "mediaconvert", "s3", "sqs")
    ]
    operations = {name for client in models for name in client.meta.method_to_api_mapping}
    attributes = {
        node.attr
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Attribute)
    }
    assert attributes & operations == CALLS


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_region_account_or_partition_is_hard_coded(source: Path) -> None:
    text = source.read_text()
    assert not re.search(r"\b(us|eu|ap|ca|sa|me|af|il)-[a-z]+-\d\b|arn:aws|\b\d{12}\b", text)
