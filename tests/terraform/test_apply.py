"""A directory is applied to an emulated account, drifts and is destroyed; errors of Terraform."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest

from planproof.emulation.account.process import AccountProcess
from planproof.errors import PlanproofError
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.apply import StackDeployment, TerraformStoppedError
from planproof.terraform.stack import Stack
from planproof.terraform.workspace import Workspace
from tests.conftest import Resolve

pytestmark = [pytest.mark.terraform, pytest.mark.slow]

FILES = {
    "stack/main.tf": """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = var.region
}

variable "suffix" {
  type    = string
  default = "dev"
}

variable "region" {
  type    = string
  default = "us-east-1"
}

variable "secret" {
  type      = string
  default   = "hush"
  sensitive = true
}

variable "broken" {
  type    = bool
  default = false
}

resource "aws_s3_bucket" "one" {
  bucket        = "tiny-one-${var.suffix}"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "one" {
  bucket = aws_s3_bucket.one.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_iam_role" "reader" {
  name        = "tiny-reader-${var.suffix}"
  description = var.secret

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })

  depends_on = [aws_s3_bucket_versioning.one]
}

resource "aws_iam_role_policy_attachment" "lost" {
  count      = var.broken ? 1 : 0
  role       = "no-such-role"
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

output "bucket" {
  value = aws_s3_bucket.one.bucket
}
""",
}


@pytest.fixture(scope="module")
def stacks(resolve: Resolve, write_stack: Callable[[Mapping[str, str]], Path]) -> ResolvedStacks:
    return resolve(write_stack(FILES))


@pytest.fixture(scope="module")
def workspace(stacks: ResolvedStacks) -> Workspace:
    assert stacks.workspace is not None
    return stacks.workspace


@pytest.fixture(scope="module")
def account() -> Iterator[AccountProcess]:
    with AccountProcess() as running:
        yield running


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """What is printed while several deployments are applied and destroyed."""
    return []


@pytest.fixture(scope="module")
def both(
    workspace: Workspace, account: AccountProcess, lines: list[str]
) -> Iterator[tuple[StackDeployment, StackDeployment]]:
    """Two deployments, applied at once; a test destroys the second."""
    elsewhere = {"suffix": "far", "region": "eu-west-1"}
    with (
        StackDeployment(workspace, account.endpoint) as one,
        StackDeployment(workspace, account.endpoint, elsewhere, name="far") as far,
    ):
        at_once(lambda: one.apply(lines.append), lambda: far.apply(lines.append))
        yield one, far


@pytest.fixture(scope="module")
def deployed(both: tuple[StackDeployment, StackDeployment]) -> StackDeployment:
    return both[0]


@pytest.fixture(scope="module")
def stack(deployed: StackDeployment, stacks: ResolvedStacks) -> Stack:
    assert stacks.plan is not None
    return deployed.stack(stacks.plan)


def client(account: AccountProcess, service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=account.endpoint,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=boto3.session.Config(s3={"addressing_style": "path"}),
    )


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """Do all tasks in threads, and return their results."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(lambda task: task(), tasks))


def names(account: AccountProcess) -> set[str]:
    found = {bucket["Name"] for bucket in client(account, "s3").list_buckets()["Buckets"]}
    return found | {role["RoleName"] for role in client(account, "iam").list_roles()["Roles"]}


# What is deployed ----------------------------------------------------------------------------


def test_resources_exist_in_the_account(deployed: StackDeployment, account: AccountProcess) -> None:
    assert {"tiny-one-dev", "tiny-reader-dev"} <= names(account)
    assert deployed.outputs() == {"bucket": "tiny-one-dev"}


def test_deployed_stack_equals_the_resolved_stack(stack: Stack, stacks: ResolvedStacks) -> None:
    resolved = stacks.stack()
    assert list(stack.resources) == list(resolved.resources)
    assert stack.provider_locations == resolved.provider_locations
    assert stack.variables == resolved.variables
    assert stack.resolved
    bucket = stack["aws_s3_bucket.one"]
    assert bucket.get("arn") == "arn:aws:s3:::tiny-one-dev"
    assert stack.locate(bucket, "bucket") == resolved.locate(resolved[bucket.address], "bucket")
    assert stack.locate(bucket)[0] == "main.tf"
    location = stack.provider_location(bucket)
    assert location is not None
    assert location.region == "us-east-1"


def test_empty_string_that_the_sources_do_not_set_is_none(
    stack: Stack, deployed: StackDeployment
) -> None:
    (read,) = [
        item["values"]
        for item in deployed.state()["values"]["root_module"]["resources"]
        if item["address"] == "aws_iam_role.reader"
    ]
    assert read["permissions_boundary"] == ""
    assert stack["aws_iam_role.reader"].get("permissions_boundary") is None


def test_sensitive_values_stay_sensitive(stack: Stack) -> None:
    role = stack["aws_iam_role.reader"]
    assert role.get("description") == "hush"
    assert role.is_sensitive("description")
    assert not role.is_sensitive("name")
    assert stack.sensitive_variables == {"secret"}


def test_order_of_creation_is_terraforms(stack: Stack) -> None:
    role, bucket = stack["aws_iam_role.reader"], stack["aws_s3_bucket.one"]
    assert stack.created_after(role, bucket) is True  # through the versioning
    assert stack.created_after(bucket, role) is False


# Drift and destroy ---------------------------------------------------------------------------


def test_several_deployments_at_once(
    both: tuple[StackDeployment, StackDeployment], account: AccountProcess, lines: list[str]
) -> None:
    deployed, far = both
    assert far.outputs() == {"bucket": "tiny-one-far"}
    before, made = names(account), {"tiny-one-far", "tiny-reader-far"}
    assert made <= before

    bucket = client(account, "s3")
    for body in (b"1", b"2"):  # versions, and a marker
        bucket.put_object(Bucket="tiny-one-far", Key="a b+ü", Body=body)
    bucket.delete_object(Bucket="tiny-one-far", Key="a b+ü")
    assert deployed.root.is_dir()
    assert far.root.is_dir()
    _, drift = at_once(lambda: far.destroy(lines.append), deployed.drift)
    assert names(account) == before - made
    assert drift == []
    assert any("applying far" in line for line in lines)
    assert any("destroying far" in line for line in lines)


def test_drift_is_found_and_an_apply_fixes_it(
    deployed: StackDeployment, account: AccountProcess
) -> None:
    client(account, "s3").put_bucket_versioning(
        Bucket="tiny-one-dev", VersioningConfiguration={"Status": "Suspended"}
    )
    (found,) = deployed.drift()
    assert found.address == "aws_s3_bucket_versioning.one"
    assert found.actions == ("update",)
    (change,) = found.changes
    assert change.path == "versioning_configuration.0.status"
    assert (change.before, change.after) == ("Suspended", "Enabled")
    deployed.apply()
    assert deployed.drift() == []


# Errors and interrupts -----------------------------------------------------------------------


def test_error_of_a_failed_apply_has_terraforms_message(
    workspace: Workspace, account: AccountProcess
) -> None:
    variables = {"suffix": "broken", "broken": True}
    with StackDeployment(workspace, account.endpoint, variables, name="b") as deployment:
        with pytest.raises(PlanproofError) as failed:
            deployment.apply()
        assert "apply failed" in failed.value.what
        assert "main.tf:" in failed.value.what
        assert "no-such-role" in failed.value.detail
        assert str(deployment.root) not in str(failed.value)
        root = deployment.root
    assert not root.exists()


def test_deployment_to_the_real_cloud_is_refused(workspace: Workspace) -> None:
    real = Workspace(workspace.source, workspace.binary, workspace.folder, real_credentials=True)
    with (
        pytest.raises(PlanproofError, match="real cloud"),
        StackDeployment(real, "http://127.0.0.1:9"),
    ):
        pass


def test_terraform_gets_no_aws_settings_of_the_user(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    environ = StackDeployment(workspace, "http://127.0.0.1:9").environment()
    assert "AWS_PROFILE" not in environ
    assert environ["AWS_ACCESS_KEY_ID"] == "testing"
    assert environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"


def processes(folder: Path) -> list[str]:
    """Command lines of the processes that run in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


class SilentAccount:
    """An endpoint that accepts connections and never answers; the first sets ``requested``."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.requested = threading.Event()
        self._waiting: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._waiting.append(self._listening.accept()[0])
                self.requested.set()

    def close(self) -> None:
        for listening in (self._listening, *self._waiting):
            listening.close()


@pytest.fixture
def silent() -> Iterator[SilentAccount]:
    account = SilentAccount()
    yield account
    account.close()


def interrupt_when(requested: threading.Event) -> None:
    """Send this process an interrupt once Terraform has sent a request."""

    def wait() -> None:
        if requested.wait(60):
            os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=wait, daemon=True).start()


def test_an_interrupt_kills_terraform(workspace: Workspace, silent: SilentAccount) -> None:
    deployment = StackDeployment(workspace, silent.endpoint, name="interrupted")
    interrupt_when(silent.requested)
    with pytest.raises(KeyboardInterrupt), deployment:
        deployment.apply()
    assert silent.requested.is_set()
    assert processes(deployment.root) == []
    assert not deployment.root.exists()


def test_stop_from_another_thread_kills_terraform(
    workspace: Workspace, silent: SilentAccount
) -> None:
    with (
        StackDeployment(workspace, silent.endpoint, name="stopped") as deployment,
        ThreadPoolExecutor(1) as pool,
    ):
        applying = pool.submit(deployment.apply)
        assert silent.requested.wait(60)
        deployment.stop()
        with pytest.raises(TerraformStoppedError):
            applying.result(timeout=60)
        assert processes(deployment.root) == []
        with pytest.raises(TerraformStoppedError):
            deployment.apply()
    assert not deployment.root.exists()
