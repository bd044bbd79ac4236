"""Locations of the statements of all kinds of policies, also in stacks evaluated by Terraform."""

from __future__ import annotations

import pytest

from planproof.aws.policies.resource import resource_policies, resource_policy_types
from planproof.iam import Effect
from planproof.session.stacks import ResolvedStacks
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
from tests.builders.rich_stack import POLICIES, TOPICS
from tests.builders.stacks import declare, stack


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


@pytest.mark.terraform
@pytest.mark.xdist_group("rich_stacks")
def test_policies_of_a_stack_that_terraform_evaluated(rich_stacks: ResolvedStacks) -> None:
    found, here = rich_stacks.stack(), "module.policies."
    policies = {
        resource.address.removeprefix(here): [
            (
                policy.source.address.removeprefix(here),
                policy.problem,
                policy.locate(found, statement)[1],
            )
            for policy in resource_policies(found, resource)
            for statement in policy.document.statements[:1]
        ]
        for resource in found.managed()
        if resource.address.startswith(here) and resource.type in resource_policy_types()
    }

    def line(text: str, source: str = POLICIES) -> int:
        return source[: source.index(text)].count("\n") + 1

    key, topic, logs = (
        "aws_kms_external_key.k",
        "aws_sns_topic",
        "aws_cloudwatch_log_resource_policy",
    )
    sent, published = line('sid       = "Send"'), line('{ Effect = "Allow", Principal = "*"')
    default = line('resource "aws_sns_topic" "default"', TOPICS)
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
    assert decide(found, f'{here}aws_sqs_queue.q["a"]', *send) is Effect.ALLOWED
    assert decide(found, f"{here}aws_sqs_queue.bare[0]", *send) is Effect.IMPLICITLY_DENIED
