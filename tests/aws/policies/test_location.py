"""Locations of the statements of all kinds of policies, also in stacks evaluated by Terraform."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from planproof.aws.policies.resource import resource_policies, resource_policy_types
from planproof.iam import Effect
from tests.aws.policies.resource_kinds import (
    BUS,
    FUNCTION,
    KINDS,
    allow_s3,
    arn_values,
    bus_permission,
    constrained,
    decide,
    key_values,
    permission,
)
from tests.builders.policies import S3
from tests.builders.stacks import declare, stack
from tests.conftest import Resolve


def test_other_resource_types_have_no_policies() -> None:
    assert "aws_cloudwatch_metric_alarm" not in resource_policy_types()
    found = stack(declare("aws_cloudwatch_metric_alarm.a", policy=allow_s3("a:B")))
    assert resource_policies(found, found["aws_cloudwatch_metric_alarm.a"]) == []
    named = {kind.type for kind in KINDS.values()}
    more = {"aws_lambda_function", "aws_cloudwatch_log_group", "aws_iam_role"}
    assert named | more == set(resource_policy_types())


SOURCES = """resource "aws_kms_key" "k" {
}

resource "aws_kms_grant" "g" {
  key_id = aws_kms_key.k.id
}

resource "aws_sns_topic" "t" {
  name = "t"
}

resource "aws_lambda_permission" "p" {
  statement_id = "AllowS3"
}

resource "aws_cloudwatch_event_permission" "p" {
  statement_id = "Other"
}

resource "aws_sqs_queue_policy" "w" {
  queue_url = aws_sqs_queue.r.id
  policy = <<JSON
{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Send"}
  ]
}
JSON
}
"""


def test_locations_of_statements() -> None:
    kind = KINDS["queue"]
    found = stack(
        declare("aws_kms_key.k", **key_values("k")),
        constrained(encryption_context_subset={"app": "films"}),
        declare("aws_sns_topic.t", **arn_values("sns", "", "t")),
        FUNCTION,
        permission(),
        BUS,
        bus_permission(),
        kind.resource(),
        kind.policy(policy=allow_s3("sqs:SendMessage", Sid="Send")),
        sources=SOURCES,
    )
    places = {
        (policy.source.address, policy.path(statement), *policy.locate(found, statement))
        for resource in found
        for policy in resource_policies(found, resource)
        for statement in policy.document.statements
    }
    assert places == {
        ("aws_kms_key.k", "", "main.tf", 1),
        ("aws_kms_grant.g", "", "main.tf", 4),
        ("aws_sns_topic.t", "", "main.tf", 8),
        ("aws_lambda_permission.p", "", "main.tf", 12),
        ("aws_cloudwatch_event_permission.p", "", "main.tf", 16),
        ("aws_sqs_queue_policy.w", "policy.Statement.0", "main.tf", 26),
    }


REAL = {
    "stack/main.tf": """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "us-east-1"
}
provider "aws" {
  alias  = "west"
  region = "eu-west-1"
}
variable "none" {
  type    = string
  default = null
}
locals {
  pair = toset(["a", "b"])
  log  = { Effect = "Allow", Principal = { Service = "s3.amazonaws.com" }, Action = "logs:*" }
}
data "aws_iam_policy_document" "queue" {
  for_each = local.pair
  statement {
    sid       = "Send"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.q[each.key].arn]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
  }
}
resource "aws_sqs_queue" "q" {
  for_each = local.pair
  name     = "q-${each.key}"
  policy   = var.none
}
resource "aws_sqs_queue_policy" "q" {
  for_each  = local.pair
  queue_url = aws_sqs_queue.q[each.key].url
  policy    = data.aws_iam_policy_document.queue[each.key].json
}
resource "aws_sqs_queue" "bare" {
  count  = 2
  name   = "bare-${count.index}"
  policy = var.none
}
module "m" {
  source   = "./m"
  for_each = local.pair
  name     = each.key
  policy   = jsonencode({
    Statement = [
      { Effect = "Allow", Principal = "*", Action = "sns:Publish", Resource = "*" },
    ]
  })
}
resource "aws_kms_external_key" "k" {}
resource "aws_kms_grant" "g" {
  key_id            = aws_kms_external_key.k.id
  grantee_principal = "arn:aws:iam::111122223333:role/r"
  operations        = ["Decrypt", "DescribeKey"]
  constraints {
    encryption_context_equals = { app = "films" }
  }
}
resource "aws_cloudwatch_log_group" "g" {
  name = "/films"
}
resource "aws_cloudwatch_log_resource_policy" "here" {
  policy_name     = "p"
  policy_document = jsonencode({ Statement = [merge(local.log, { Resource = "*" })] })
}
resource "aws_cloudwatch_log_resource_policy" "west" {
  provider        = aws.west
  policy_name     = "p"
  policy_document = jsonencode({ Statement = [merge(local.log, { Resource = "*" })] })
}
resource "aws_dynamodb_table" "t" {
  name             = "t"
  hash_key         = "id"
  billing_mode     = "PAY_PER_REQUEST"
  stream_enabled   = true
  stream_view_type = "NEW_IMAGE"
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_dynamodb_resource_policy" "stream" {
  resource_arn = aws_dynamodb_table.t.stream_arn
  policy       = jsonencode({
    Statement = [{ Effect = "Allow", Principal = "*", Action = "dynamodb:*", Resource = "*" }]
  })
}
""",
    "stack/m/main.tf": """
variable "name" {}
variable "policy" {}
resource "aws_sns_topic" "t" {
  name = var.name
}
resource "aws_sns_topic_policy" "t" {
  arn    = aws_sns_topic.t.arn
  policy = var.policy
}
resource "aws_sns_topic" "default" {
  name = "${var.name}-default"
}
""",
}


@pytest.mark.terraform
def test_policies_of_a_stack_that_terraform_evaluated(
    resolve: Resolve, write_stack: Callable[[Mapping[str, str]], Path]
) -> None:
    found = resolve(write_stack(REAL)).stack()
    policies = {
        resource.address: [
            (policy.source.address, policy.problem, policy.locate(found, statement)[1])
            for policy in resource_policies(found, resource)
            for statement in policy.document.statements[:1]
        ]
        for resource in found.managed()
        if resource.type in resource_policy_types()
    }

    def line(text: str, file: str = "stack/main.tf") -> int:
        return REAL[file][: REAL[file].index(text)].count("\n") + 1

    key, topic, logs = (
        "aws_kms_external_key.k",
        "aws_sns_topic",
        "aws_cloudwatch_log_resource_policy",
    )
    sent, published = line('sid       = "Send"'), line('{ Effect = "Allow", Principal = "*"')
    default = line('resource "aws_sns_topic" "default"', "stack/m/main.tf")
    expected: dict[str, list[tuple[str, str, int]]] = {
        "aws_sqs_queue.bare[0]": [],
        "aws_sqs_queue.bare[1]": [],
        key: [
            (key, "", line('resource "aws_kms_external_key"')),
            ("aws_kms_grant.g", "", line('resource "aws_kms_grant"')),
        ],
        "aws_cloudwatch_log_group.g": [(f"{logs}.here", "", line("policy_document = jsonencode"))],
        "aws_dynamodb_table.t": [],
    }
    for each in ("a", "b"):
        module = f'module.m["{each}"]'
        expected |= {
            f'aws_sqs_queue.q["{each}"]': [(f'aws_sqs_queue_policy.q["{each}"]', "", sent)],
            f"{module}.{topic}.t": [(f"{module}.{topic}_policy.t", "", published)],
            f"{module}.{topic}.default": [(f"{module}.{topic}.default", "", default)],
        }
    assert policies == expected
    send = ("sqs:SendMessage", S3)
    assert decide(found, 'aws_sqs_queue.q["a"]', *send) is Effect.ALLOWED
    assert decide(found, "aws_sqs_queue.bare[0]", *send) is Effect.IMPLICITLY_DENIED
