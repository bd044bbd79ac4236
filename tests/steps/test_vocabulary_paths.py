"""The steps for any stack over repeated blocks, keys of maps, JSON text, and unset attributes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.values import UNKNOWN, Verdict
from tests.builders.resolved_stacks import verdict
from tests.builders.stacks import declare, stack
from tests.steps.vocabulary_steps import run

GOOD, BAD, OPEN = Verdict.PASSED, Verdict.FAILED, Verdict.UNDETERMINED


def ingress(port: int, four: list[str], six: list[str]) -> dict[str, Any]:
    return {"from_port": port, "cidr_blocks": four, "ipv6_cidr_blocks": six, "description": ""}


TAGS = {
    "Nothing": "none",
    "Void": "null",
    "Truth": "true",
    "Number": "7",
    "Odd": "NaN",
    "Exp": "1e3",
    "owner": "team-a",
    "cost:unit": "u1",
    "k8s.io/role": "node",
    "With Space": "yes",
    " set to ": "x",
    "a[0]": "y",
    'quo"te': "z",
    "ünï": "code",
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        },
        {"Effect": "Deny", "NotAction": "s3:*", "Principal": "*"},
    ],
}
CONTAINERS = [
    {"name": "web", "essential": True, "memory": 512, "image": "web:1"},
    {"name": "side", "essential": True, "memory": 128, "image": "side:latest"},
]
MODEL = stack(
    declare(
        "aws_security_group.g",
        ingress=[ingress(443, ["10.0.0.0/8"], ["::/0"]), ingress(22, ["0.0.0.0/0"], [])],
        egress=[],
    ),
    declare(
        "aws_instance.i",
        ebs_block_device=[{"encrypted": True, "size": 10}, {"encrypted": True, "size": 20}],
        root_block_device=[{"encrypted": False}],
    ),
    declare(
        "aws_vpc.v",
        disk=[{"encrypted": True}, {"encrypted": UNKNOWN}, {"encrypted": None}],
        half=[{"on": True}, {"on": UNKNOWN}],
    ),
    declare(
        "aws_s3_bucket.b", tags=TAGS, tags_all={**TAGS, "Env": "dev"}, policy=json.dumps(POLICY)
    ),
    declare("aws_sqs_queue.q", kms_master_key_id=None, tags=None, tags_all={"Env": "dev"}, delay=7),
    declare("aws_ecs_task_definition.t", container_definitions=json.dumps(CONTAINERS), family="f"),
    declare(
        "aws_secretsmanager_secret_version.v",
        secret_string=None,
        secret_string_wo=None,
        secret_string_wo_version=3,
        refers={"secret_string_wo": {"constant_value": "Sesame-4711"}},
        sensitive={"secret_string": True},
    ),
    declare(
        "aws_dynamodb_table.t",
        computed=("sse", "pitr", "key"),
        sse=UNKNOWN,
        pitr=UNKNOWN,
        key=UNKNOWN,
        tags=None,
    ),
    sources='resource "aws_dynamodb_table" "t" {\n}\n',
)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        # Repeated blocks
        ("no aws_security_group sets ingress.ipv6_cidr_blocks", BAD),
        ("no aws_security_group sets ingress.cidr_blocks", BAD),
        ("no aws_security_group sets ingress.description", GOOD),
        ("no aws_security_group sets egress.cidr_blocks", GOOD),
        ("every aws_security_group sets egress.cidr_blocks", BAD),
        ("every aws_security_group has egress.from_port set to 1", BAD),
        ("every aws_security_group has egress.from_port set to null", GOOD),
        ("every aws_security_group sets ingress.cidr_blocks", GOOD),
        ("every aws_security_group sets ingress.ipv6_cidr_blocks", BAD),
        ("every aws_security_group sets ingress[0].ipv6_cidr_blocks", GOOD),
        ("no aws_security_group sets ingress.1.ipv6_cidr_blocks", GOOD),
        ("every aws_security_group has ingress.cidr_blocks[*] matching 10\\..*", BAD),
        ("every aws_security_group has ingress[0].cidr_blocks[*] matching 10\\..*", GOOD),
        ("every aws_security_group has ingress.from_port of at least 22", GOOD),
        ("every aws_security_group has ingress.from_port of at least 23", BAD),
        ("no aws_security_group sets ingress.cidr_block", OPEN),
        ("every aws_instance has ebs_block_device.encrypted set to true", GOOD),
        ("every aws_instance has root_block_device.encrypted set to true", BAD),
        ("every aws_instance has ebs_block_device.size of at most 10", BAD),
        ("every aws_instance has ebs_block_device[2].encrypted set to true", BAD),
        ("every aws_vpc has disk.encrypted set to true", BAD),
        ("every aws_vpc has half.on set to true", OPEN),
        ("every aws_vpc has half[0].on set to true", GOOD),
        ("every aws_vpc has half.on matching .*", BAD),
        ("no aws_vpc sets half.on", BAD),
        # Keys of maps
        ("every S3 bucket has tags.cost:unit set to u1", GOOD),
        ('every S3 bucket has tags["cost:unit"] set to u1', GOOD),
        ('every S3 bucket has tags["cost:unit"] set to u2', BAD),
        ("every S3 bucket has tags.k8s.io/role set to node", GOOD),
        ('every S3 bucket has tags["k8s.io/role"] matching n.*', GOOD),
        ("every S3 bucket has tags.With Space set to yes", GOOD),
        ('every S3 bucket sets tags["With Space"]', GOOD),
        ("no S3 bucket sets tags.With Space", BAD),
        ('every S3 bucket has tags[" set to "] set to x', GOOD),
        ('every S3 bucket has tags["a[0]"] set to y', GOOD),
        (r'every S3 bucket has tags["quo\"te"] set to z', GOOD),
        ("every S3 bucket has tags.ünï set to code", GOOD),
        ("every S3 bucket sets tags.Owner", BAD),
        ('no S3 bucket sets tags["cost"]', GOOD),
        ("every S3 bucket has tags[*] matching .*", BAD),
        # Text and number
        ("every S3 bucket sets tags.Nothing", GOOD),
        ("every S3 bucket has tags.Nothing set to none", GOOD),
        ("every S3 bucket has tags.Void set to null", GOOD),
        ('every S3 bucket has tags.Void set to "null"', GOOD),
        ("every S3 bucket has tags.Truth set to true", GOOD),
        ("every S3 bucket has tags.Truth set to false", BAD),
        ("every S3 bucket has tags.Number set to 7", GOOD),
        ('every S3 bucket has tags.Number set to "7"', GOOD),
        ("every S3 bucket has tags.Number set to 7.0", BAD),
        ("every S3 bucket has tags.Odd set to NaN", GOOD),
        ("every S3 bucket has tags.Exp set to 1e3", GOOD),
        ("every S3 bucket has tags.Exp set to 1000", BAD),
        ("every S3 bucket has tags_all.Env set to dev", GOOD),
        ("every SQS queue has tags_all.Env set to dev", GOOD),
        ("every SQS queue sets tags.Env", BAD),
        ("every SQS queue has delay set to 7.0", GOOD),
        ('every SQS queue has delay set to "7"', BAD),
        ("every SQS queue has kms_master_key_id set to null", GOOD),
        ("every SQS queue has kms_master_key_id matching .*", BAD),
        ("every SQS queue has kms_master_key_id matching null", BAD),
        # JSON text
        ("no S3 bucket sets policy.Statement[*].NotAction", BAD),
        ("no S3 bucket sets policy.Statement[*].NotResource", GOOD),
        ("every S3 bucket sets policy.Statement[*].Action", BAD),
        ("every S3 bucket has policy.Statement[0].Action set to s3:GetObject", GOOD),
        ("every S3 bucket has policy.Version set to 2012-10-17", GOOD),
        ("every S3 bucket has policy.Version matching 2008.*", BAD),
        ("every aws_ecs_task_definition has container_definitions[*].essential set to true", GOOD),
        ("every aws_ecs_task_definition has container_definitions.memory of at least 256", BAD),
        ("every aws_ecs_task_definition has container_definitions[0].memory of at least 256", GOOD),
        ("every aws_ecs_task_definition has container_definitions.image matching .*:\\d+", BAD),
        ("no aws_ecs_task_definition sets container_definitions[*].privileged", GOOD),
        ("no aws_ecs_task_definition sets family.x", OPEN),
        # Write-only
        ("no aws_secretsmanager_secret_version sets secret_string", GOOD),
        ("every aws_secretsmanager_secret_version sets secret_string_wo", GOOD),
        ("no aws_secretsmanager_secret_version sets secret_string_wo", BAD),
        ("every aws_secretsmanager_secret_version has secret_string_wo set to x", OPEN),
        (
            "every aws_secretsmanager_secret_version has secret_string_wo_version of at least 1",
            GOOD,
        ),
        ("every aws_secretsmanager_secret_version has secret_string_wo_version of at least 4", BAD),
        # Unset
        ("every DynamoDB table has pitr.enabled set to true", OPEN),
        ("every DynamoDB table sets sse.enabled", BAD),
        ("no DynamoDB table sets sse.enabled", GOOD),
        ("every DynamoDB table has key matching .+", OPEN),
        ("every DynamoDB table has tags.Owner matching .+", BAD),
    ],
)
def test_the_verdict_on_a_path(words: str, expected: Verdict) -> None:
    assert verdict(run(MODEL, words)) is expected


@pytest.mark.parametrize(
    ("words", "path", "said"),
    [
        (
            "every DynamoDB table has pitr.enabled set to true",
            "pitr.enabled",
            "not set in the sources",
        ),
        ("every DynamoDB table has tags.Owner set to x", "tags.Owner", "not set"),
        ("every aws_vpc has half[1].on set to true", "half[1].on", "unknown before it is built"),
        ("no aws_secretsmanager_secret_version sets secret_string", "secret_string", "not set"),
    ],
)
def test_each_word_is_said_where_it_is_true(words: str, path: str, said: str) -> None:
    (item,) = run(MODEL, words).evidence
    assert (item.attribute, item.found) == (path, said)


def test_a_write_only_secret_is_never_shown() -> None:
    evidence = run(MODEL, "no aws_secretsmanager_secret_version sets secret_string_wo")
    assert "Sesame" not in str(evidence.evidence)


def test_a_secret_below_a_path_is_never_shown() -> None:
    item = declare(
        "aws_x_y.z",
        tags={"a.b": "hush-hush"},
        doc='{"k": "hush-hush"}',
        sensitive={"tags": {"a.b": True}, "doc": True},
    )
    for words in (
        'every aws_x_y has tags["a.b"] set to 7',
        "every aws_x_y has tags.a.b of at least 7",
        "every aws_x_y has doc.k matching x",
    ):
        (found,) = run(stack(item), words).evidence
        assert (found.holds, found.found) == (False, "(sensitive)")


SOURCES = """\
resource "aws_security_group" "g" {
  ingress {
    from_port = 443
  }
  ingress {
    from_port = 22
    cidr      = "0.0.0.0/0"
  }
}
"""


def test_every_element_has_its_own_evidence_and_line() -> None:
    blocks = [{"from_port": 22, "cidr": "0.0.0.0/0"}, {"from_port": 443, "cidr": ""}]
    model = stack(declare("aws_security_group.g", ingress=blocks), sources=SOURCES)
    evidence = run(model, "no aws_security_group sets ingress.cidr").evidence
    assert [(e.attribute, e.holds, e.line) for e in evidence] == [
        ("ingress[0].cidr", False, 7),
        ("ingress[1].cidr", True, 2),
    ]
