"""The function's package: built by Terraform, with a handler that can be imported."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_bdd import given, then, when

from planproof.aws.lambda_package import PackageError, archive_of, archived_paths, package_path
from planproof.emulation.function.configuration import function_configuration
from planproof.emulation.function.host import Failure, FunctionHost
from planproof.evidence import Recorder
from planproof.session.collection import is_feature_item
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Resource, Stack
from planproof.values import Truth, contains_unknown
from steps.support.package import ROLE, package_at, source_of
from steps.support.pipeline import Pipeline

_HOST = pytest.StashKey[FunctionHost]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[None]:
    """Start the process in which functions run, while Terraform still resolves the stack."""
    if not any(is_feature_item(item) for item in session.items):
        return (yield)
    with FunctionHost() as host:
        session.config.stash[_HOST] = host
        return (yield)


@pytest.fixture(scope="session")
def function_host(request: pytest.FixtureRequest) -> FunctionHost:
    """The process in which functions run; one for the whole session."""
    return request.config.stash[_HOST]


@given("the function that uploads are queued for")
def the_function(pipeline: Pipeline) -> None:
    """Fails without such a function."""
    _ = pipeline.function


@then("its package is an archive that Terraform builds from files of the sources")
def package_is_built(
    stacks: ResolvedStacks, stack: Stack, pipeline: Pipeline, evidence: Recorder
) -> None:
    """``filename`` is the output of an ``archive_file``, whose input lies in the sources."""
    function = pipeline.function
    expected = "the output of an archive_file that Terraform builds"
    path = package_path(stack, function)
    archive = archive_of(stack, function)
    if archive is None:
        found = f"{path}, which no archive_file of the stack builds" if path else "no file"
        evidence.check(False, function, "filename", expected=expected, found=found)
        return
    evidence.check(True, function, "filename", expected=expected, found=f"{path} from {archive}")
    evidence.equal(archive, "type", "zip")
    for attribute, source in archived_paths(archive):
        holds, shown = _lies_in_sources(stacks, source)
        evidence.check(
            holds, archive, attribute, expected="a path in the sources", found=shown or source
        )


def _lies_in_sources(stacks: ResolvedStacks, path: str) -> tuple[Truth, str]:
    directory = stacks.request.terraform_dir
    if directory is None:
        return None, f"{path}; a plan file has no sources to look in"
    if Path(path).is_absolute() and stacks.workspace is not None:
        path = os.path.relpath(path, stacks.workspace.root)
    return (directory / path).exists(), stacks.source_path(path)


@then("a change of those files changes the function")
def package_change_is_seen(stack: Stack, pipeline: Pipeline, evidence: Recorder) -> None:
    """``source_code_hash`` is the hash of that archive."""
    function = pipeline.function
    archive = archive_of(stack, function)
    configured = function.get("source_code_hash")
    built = archive and archive.get("output_base64sha256")
    holds: Truth = None
    if configured is None or archive is None:
        holds = False
    elif not contains_unknown(configured) and not contains_unknown(built):
        holds = configured == built
    expected = f"the hash of the archive of {archive}" if archive else "the hash of an archive"
    shown = f"{expected}, {built}" if isinstance(built, str) else expected
    evidence.check(holds, function, "source_code_hash", expected=shown)


@when(
    "its package is opened where nothing is installed but what Lambda's runtime has",
    target_fixture="import_failure",
)
def open_package(
    stacks: ResolvedStacks,
    stack: Stack,
    pipeline: Pipeline,
    function_host: FunctionHost,
    evidence: Recorder,
) -> Failure | None:
    """Import it in a separate process, without the packages of this one."""
    function = pipeline.function
    expected = "a zip archive that can be opened"
    try:
        opened = package_at(stacks, stack, function)
    except PackageError as problem:
        evidence.check(False, function, "filename", expected=expected, found=problem.what)
        return None
    found = f"{len(opened.files)} files, SHA-256 {opened.sha256}"
    if opened.archive is not None and opened.archive.get("output_sha256") != opened.sha256:
        found += ", rebuilt here from the same sources"
    evidence.check(True, function, "filename", expected=expected, found=found)
    return function_host.import_handler(
        function_configuration(stack, function, opened, _role(function))
    )


def _role(function: Resource) -> dict[str, str]:
    """The role's variable where the stack does not set it: another requirement checks that."""
    configured = function.get(f"environment.variables.{ROLE}")
    return {} if isinstance(configured, str) else {ROLE: "arn:aws:iam::123456789012:role/any"}


@then("its handler can be imported")
def handler_is_imported(
    stacks: ResolvedStacks,
    stack: Stack,
    pipeline: Pipeline,
    evidence: Recorder,
    import_failure: Failure | None,
) -> None:
    """With the packages of the Lambda runtime; a missing module may be in a layer."""
    function = pipeline.function
    name = function.get("handler")
    sha256 = package_at(stacks, stack, function).sha256
    expected = f"{name} in the package with SHA-256 {sha256[:12]}…"
    if import_failure is None:
        evidence.check(True, function, "handler", expected=expected, found=f"{name}, imported")
        return
    in_layer = import_failure.missing is not None and bool(function.get("layers"))
    found = str(import_failure)
    if in_layer:
        found += ", which may be in one of its layers"
    at = source_of(stacks, stack, function, import_failure)
    holds = None if in_layer or import_failure.type == "ProcessEnded" else False
    evidence.check(holds, function, "handler", expected=expected, found=found, at=at)
