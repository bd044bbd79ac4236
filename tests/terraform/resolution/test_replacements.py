"""An expression that fails with the values known before the stack is built makes unknown values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from planproof.errors import PlanproofError
from planproof.terraform.resolution.replacements import expression_at
from planproof.values import UNKNOWN
from tests.conftest import Resolve

WriteStack = Callable[[Mapping[str, str]], Path]

# Nothing is known of an instance's addresses but that they are addresses.
MAIN = """
provider "aws" { region = "eu-west-1" }

resource "aws_instance" "i" {
  ami           = "ami-0123456789abcdef0"
  instance_type = "t3.micro"
}

locals {
  failing = regex("^x", aws_instance.i.private_dns)
  derived = local.failing == "x" ? "a" : "b"
}

module "m" {
  source = "./m"
  v      = regex("^y", aws_instance.i.private_dns)
}

resource "aws_sqs_queue" "q" {
  name              = "q-${local.failing}"
  kms_master_key_id = module.m.derived
  tags              = { a = local.derived, b = module.m.failing, c = "é" }
}

resource "aws_security_group" "s" {
  name = aws_sqs_queue.other.name
  ingress {
    from_port   = 1
    to_port     = 1
    protocol    = "tcp"
    cidr_blocks = ["${regex("^z", aws_instance.i.public_ip)}/32"]
  }
  dynamic "egress" {
    for_each = regex("^z", aws_instance.i.public_ip) == "z" ? [1] : []
    content {
      from_port = 1
      to_port   = 1
      protocol  = "tcp"
    }
  }
}

resource "aws_lb_listener" "l" {
  load_balancer_arn = regex("^z", aws_instance.i.public_ip)
  port              = 80
  default_action {
    type             = "forward"
    target_group_arn = regex("^z", aws_instance.i.public_ip)
  }
}

resource "aws_sqs_queue" "other" {
  name = "other"
}

output "o" {
  value = regex("^y", aws_instance.i.private_dns)
}
"""
MODULE = """
variable "v" {}

output "failing" {
  value = regex("z", "${var.v}")
}

output "derived" {
  value = var.v == "x" ? "w" : "z"
}
"""


@pytest.mark.terraform
@pytest.mark.slow
def test_what_derives_from_a_failing_expression_is_unknown(
    resolve: Resolve, write_stack: WriteStack
) -> None:
    folder = write_stack({"stack/main.tf": MAIN, "stack/m/main.tf": MODULE})
    stacks = resolve(folder)
    found = stacks.stack()
    queue = found["aws_sqs_queue.q"].values
    assert queue["name"] is UNKNOWN
    assert queue["arn"] is UNKNOWN
    assert queue["kms_master_key_id"] is UNKNOWN, "an output that derives from an argument"
    assert queue["tags"] == {"a": UNKNOWN, "b": UNKNOWN, "c": "é"}
    group = found["aws_security_group.s"].values
    assert group["name"] == "other"
    assert group["ingress"] is UNKNOWN
    assert group["egress"] is UNKNOWN
    listener = found["aws_lb_listener.l"].values
    assert listener["load_balancer_arn"] is UNKNOWN
    assert listener["default_action"] is UNKNOWN
    assert listener["port"] == 80
    places = {notice.partition(": ")[0] for notice in stacks.notices}
    lines = dict(enumerate(MAIN.splitlines(), 1))
    told = {lines[int(p.partition(":")[2])].strip() for p in places if p.startswith("main.tf")}
    assert {text.split()[0] for text in told} >= {"failing", "v", "name", "cidr_blocks", "for_each"}
    assert not any(text.startswith("value") for text in told), "no resource depends on an output"
    assert any(place.startswith("m/main.tf:") for place in places)
    assert (folder / "main.tf").read_text("utf-8") == MAIN


@pytest.mark.terraform
@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        'x-${split(":", aws_sqs_queue.q.arn)[9]}',  # an ARN of a queue has six parts
        'x-${regex("^arn:aws:sns", aws_sqs_queue.q.arn)}',
    ],
)
def test_an_expression_that_fails_at_aws_too_is_an_error(
    name: str, resolve: Resolve, write_stack: WriteStack
) -> None:
    text = (
        'provider "aws" { region = "eu-west-1" }\nresource "aws_sqs_queue" "q" { name = "q" }\n'
        f'resource "aws_sqs_queue" "x" {{ name = "{name}" }}\n'
    )
    with pytest.raises(PlanproofError, match=r"main\.tf:3"):
        resolve(write_stack({"stack/main.tf": text}))


TEXT = """\
resource "aws_x" "y" {
  count = here1
  a     = [here2]
  b { c = here3 }
  dynamic "d" {
    for_each = here4
    content {
      e { f = here5 }
    }
  }
  lifecycle {
    precondition { condition = here6 }
  }
}
locals { g = here7 }
variable "h" { default = here8 }
module "i" {
  source = here9
  j      = hereA
}
"""


@pytest.mark.parametrize(
    ("mark", "path"),
    [
        ("here1", None),
        ("here2", ("a",)),
        ("here3", ("b", "c")),
        ("here4", ("d", "for_each")),
        ("here5", ("d", "e", "f")),
        ("here6", None),
        ("here7", ("g",)),
        ("here8", None),
        ("here9", None),
        ("hereA", ("j",)),
    ],
)
def test_the_expression_at_an_offset(mark: str, path: tuple[str, ...] | None) -> None:
    found = expression_at(TEXT, "main.tf", TEXT.index(mark) + 2)
    assert (found and found.path) == path
    if found:
        assert mark in found.attribute.text


def test_the_argument_of_a_json_file() -> None:
    text = '{"resource": {"aws_x": {"y": {"a": "${here}", "b": {"c": "${there}"}}}}}'
    found = expression_at(text, "main.tf.json", text.index("here"))
    assert found is not None
    assert found.path == ("a",)
    found = expression_at(text, "main.tf.json", text.index("there"))
    assert found is not None
    assert found.path == ("b",), "only a schema tells arguments from blocks"
