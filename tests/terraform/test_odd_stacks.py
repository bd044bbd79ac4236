"""Stacks that would do harm, or fail, if Terraform ran them without precautions."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from planproof.errors import PlanproofError
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.resolution.run import DEFAULTS_FILE, Variant
from tests.conftest import Resolve

pytestmark = pytest.mark.terraform

Write = Callable[[Mapping[str, str]], Path]

# terraform_data is built in, so that nothing has to be fetched and a run takes a second.
WITH_PROVISIONERS = """
terraform {
  backend "s3" {
    bucket = "missing-bucket"
    key    = "state"
    region = "us-east-1"
  }
}
variable "more" {
  default = false
}
resource "terraform_data" "root" {
  input = file("${path.module}/../shared/settings.txt")
  provisioner "local-exec" {
    command = "touch RAN/root"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "touch RAN/destroyed"
  }
}
resource "terraform_data" "more" {
  count = var.more ? 1 : 0
  provisioner "local-exec" {
    command = "touch RAN/more"
  }
}
module "inner" {
  source = "./inner"
}
module "above" {
  source = "../modules/above"
}
"""
INNER = """
resource "terraform_data" "inner" {
  provisioner "local-exec" {
    command = "touch RAN/inner"
  }
}
"""
JSON = """{"resource": {"terraform_data": {"json": {
  "provisioner": [{"local-exec": {"command": "touch RAN/json"}}]
}}}}
"""
OWN_TEST = """
run "own" {
  command = apply
  assert {
    condition     = false
    error_message = "the user's own test ran"
  }
}
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that stays empty unless a provisioner runs."""
    return tmp_path_factory.mktemp("ran")


@pytest.fixture(scope="module")
def with_provisioners(write_stack: Write, ran: Path) -> Path:
    files = {
        "stack/main.tf": WITH_PROVISIONERS,
        "stack/more.tf.json": JSON,
        "stack/inner/main.tf": INNER,
        "modules/above/main.tf": INNER.replace("inner", "above"),
        "shared/settings.txt": "settings",
        "stack/own.tftest.hcl": OWN_TEST,
        "stack/tests/own.tftest.hcl": OWN_TEST,
    }
    return write_stack({name: text.replace("RAN", str(ran)) for name, text in files.items()})


@pytest.fixture(scope="module")
def each_resolved(resolve: Resolve, with_provisioners: Path) -> list[ResolvedStacks]:
    """A first run, which initialises, and a second, which does not."""
    first = resolve(with_provisioners, Variant("more", {"more": True}))
    first.close()
    return [first, resolve(with_provisioners, Variant("more", {"more": True}))]


def test_no_provisioner_runs_in_any_run(each_resolved: list[ResolvedStacks], ran: Path) -> None:
    for stacks in each_resolved:
        assert {"default", "more"} == set(stacks.stacks)
    assert list(ran.iterdir()) == []


def test_a_provisioner_would_write_a_file(ran: Path, with_provisioners: Path) -> None:
    """Without this the test above could not fail."""
    command = f"touch {ran}/root"
    assert command in (with_provisioners / "main.tf").read_text()
    assert os.system(command.replace(str(ran), str(with_provisioners))) == 0
    assert (with_provisioners / "root").exists()
    (with_provisioners / "root").unlink()


def test_the_users_backend_and_tests_are_left_alone(
    each_resolved: list[ResolvedStacks], with_provisioners: Path
) -> None:
    stack = each_resolved[0].stack()
    assert stack["terraform_data.root"].get("input") == "settings"
    assert len(stack) == 4
    left = {p.name for p in with_provisioners.rglob("*")}
    assert left == {"main.tf", "more.tf.json", "inner", "own.tftest.hcl", "tests"}


def test_a_stack_without_aws_needs_no_aws_provider(each_resolved: list[ResolvedStacks]) -> None:
    workspace = each_resolved[1].workspace
    assert workspace is not None
    assert not list((workspace.folder / "data").glob("providers/*/hashicorp/aws"))


def test_line_numbers_are_those_of_the_users_files(each_resolved: list[ResolvedStacks]) -> None:
    for stacks in each_resolved:
        assert stacks.locate(stacks.stack("more")["terraform_data.more[0]"]) == (
            "stack/main.tf",
            WITH_PROVISIONERS.splitlines().index('resource "terraform_data" "more" {') + 1,
        )


def test_a_module_above_the_root_may_change_between_runs(
    resolve: Resolve, write_stack: Write
) -> None:
    main = 'module "above" {\n  source = "../modules/above"\n}\n'
    above = 'resource "terraform_data" "x" {}\n'
    root = write_stack({"stack/main.tf": main, "modules/above/main.tf": above})
    resolve(root).close()
    inner = root.parent / "modules/above/inner/main.tf"
    inner.parent.mkdir()
    inner.write_text('resource "terraform_data" "y" {}\n')
    changed = above + 'module "inner" {\n  source = "./inner"\n}\n'
    (root.parent / "modules/above/main.tf").write_text(changed)
    assert resolve(root).stack().get("module.above.module.inner.terraform_data.y") is not None


def test_a_linked_module_with_a_provisioner_is_refused(
    resolve: Resolve, write_stack: Write, ran: Path
) -> None:
    root = write_stack({"stack/main.tf": 'module "m" {\n  source = "./link"\n}\n'})
    outside = write_stack({"stack/main.tf": INNER.replace("RAN", str(ran))})
    (root / "link").symlink_to(outside)
    with pytest.raises(PlanproofError) as caught:
        resolve(root)
    assert "module m at stack" in caught.value.sentence
    assert "provisioner" in caught.value.sentence
    assert list(ran.iterdir()) == []


def test_a_required_variable_that_is_missing_is_named(resolve: Resolve, write_stack: Write) -> None:
    root = write_stack(
        {"stack/main.tf": 'resource "terraform_data" "x" {}\nvariable "needed" {}\n'}
    )
    with pytest.raises(PlanproofError) as caught:
        resolve(root)
    assert "plan failed" in caught.value.what
    assert caught.value.what.endswith(" at main.tf:2")
    assert 'The root module input variable "needed" is not set' in caught.value.detail
    assert resolve(root, variables=["needed=x"]).stack().variables["needed"] == "x"


def test_a_sensitive_output_of_a_sensitive_variable(resolve: Resolve, write_stack: Write) -> None:
    main = (
        'variable "secret" {\n  sensitive = true\n}\n'
        'resource "terraform_data" "x" {\n  input = { a = "token ${var.secret}", b = "open" }\n}\n'
        'output "o" {\n  value = terraform_data.x.input\n  sensitive = true\n}\n'
    )
    stacks = resolve(write_stack({"stack/main.tf": main}), variables=["secret=hunter2-hunter2"])
    found = stacks.stack()["terraform_data.x"]
    assert found.is_sensitive("input")
    assert "hunter2-hunter2" in stacks.secrets()


def test_a_directory_that_cannot_be_copied_is_an_error(
    resolve: Resolve, write_stack: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_stack({"stack/main.tf": 'resource "terraform_data" "x" {}\n'})
    os.mkfifo(root / "pipe")
    with pytest.raises(PlanproofError, match=r"stack .*copied.* \(.*named pipe"):
        resolve(root)


DEFAULTS = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region              = "us-east-1"
  allowed_account_ids = ["111122223333"]
  profile             = var.profile
  shared_credentials_files = ["/nowhere/credentials"]
  endpoints {
    sts = "http://127.0.0.1:9"
  }
  assume_role {
    role_arn = "arn:aws:iam::123456789012:role/deployment"
  }
}
variable "profile" {
  default = "deployment"
}
module "function" {
  source = "./function"
}
resource "aws_sqs_queue" "jobs" {
  visibility_timeout_seconds = module.function.timeout * 6
  name                       = "jobs-${module.function.architectures}"
}
"""
FUNCTION = """
resource "aws_lambda_function" "f" {
  function_name = "f"
  role          = "arn:aws:iam::123456789012:role/worker"
  handler       = "x.y"
  runtime       = "python3.12"
  filename      = "/dev/null"
}
output "timeout" {
  value = aws_lambda_function.f.timeout
}
output "architectures" {
  value = length(aws_lambda_function.f.architectures)
}
"""


def test_a_default_that_something_refers_to(resolve: Resolve, write_stack: Write) -> None:
    """The default of an overridden resource is null, and null * 6 would be an error.

    The provider uses only the emulated account, whatever its configuration says.
    """
    files = {"stack/main.tf": DEFAULTS, "stack/function/main.tf": FUNCTION}
    stacks = resolve(write_stack(files))
    queue = stacks.stack()["aws_sqs_queue.jobs"]
    assert queue.get("visibility_timeout_seconds") == 18
    assert queue.get("name") == "jobs-1", "a function has one architecture by default"
    assert stacks.stack()["module.function.aws_lambda_function.f"].get("timeout") == 3
    assert stacks.workspace is not None
    assert not list(stacks.workspace.folder.rglob(DEFAULTS_FILE))
