"""Terraform evaluates all values of a stack; those that only the provider knows stay unknown."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

import pytest

from planproof.errors import UndeterminedError
from planproof.evidence import sensitive_texts
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, contains_unknown
from tests.builders.rich_stack import MAIN

pytestmark = [pytest.mark.terraform, pytest.mark.xdist_group("rich_stacks")]

HOME = "us-east-1:123456789012"


@pytest.fixture(scope="module")
def stacks(rich_stacks: ResolvedStacks) -> ResolvedStacks:
    return rich_stacks


@pytest.fixture(scope="module")
def stack(stacks: ResolvedStacks) -> Stack:
    return stacks.stack()


def environment(stack: Stack) -> Mapping[str, object]:
    found: Mapping[str, object] = stack["aws_lambda_function.function"].get("environment.variables")
    return found


def test_stack_has_every_instance_and_no_probes(stack: Stack) -> None:
    found = {r.address for r in stack if r.type in ("aws_sqs_queue", "aws_s3_bucket")}
    assert {address for address in found if not address.startswith("module.policies.")} == {
        "aws_sqs_queue.dead",
        "aws_sqs_queue.counted[0]",
        "aws_sqs_queue.counted[1]",
        "aws_sqs_queue.west",
        'module.worker["one"].aws_sqs_queue.work',
        'module.worker["two.2"].aws_sqs_queue.work',
        'aws_s3_bucket.media["in"]',
        'aws_s3_bucket.media["out"]',
        "aws_s3_bucket.west",
    }
    assert not [r for r in stack if "planproof" in r.name]
    assert stack.resolved


def test_identities_are_those_that_aws_would_assign(stack: Stack) -> None:
    queue = stack["aws_sqs_queue.counted[0]"]
    assert queue.get("arn") == f"arn:aws:sqs:{HOME}:jobs-dev-0"
    assert queue.get("id") == "https://sqs.us-east-1.amazonaws.com/123456789012/jobs-dev-0"
    assert json.loads(queue.get("redrive_policy")) == {
        "deadLetterTargetArn": f"arn:aws:sqs:{HOME}:jobs-dev-dead",
        "maxReceiveCount": 3,
    }
    role = stack["aws_iam_role.role"]
    assert role.get("arn") == f"arn:aws:iam::123456789012:role/media/{role.get('name')}"
    assert re.fullmatch(r"role-\d{18}5eed[0-9a-f]{4}", role.get("name"))
    assert stack["aws_lambda_function.function"].get("role") == role.get("arn")
    assert stack["aws_iam_role_policy.send"].get("role") == role.get("name")


def test_each_provider_has_its_own_location(stack: Stack) -> None:
    assert stack["aws_sqs_queue.west"].get("arn") == "arn:aws:sqs:eu-west-1:123456789012:west"
    bucket = stack["aws_s3_bucket.west"]
    assert bucket.get("bucket_regional_domain_name") == "west.s3.eu-west-1.amazonaws.com"
    assert bucket.get("region") == "eu-west-1"
    location = stack.provider_location(stack['module.worker["one"].aws_sqs_queue.work'])
    assert location is not None
    assert (location.region, location.account) == ("eu-west-1", "123456789012")


def test_documents_have_the_identities_of_their_dependencies(stack: Stack) -> None:
    found = json.loads(stack["aws_iam_role_policy.send"].get("policy"))["Statement"]
    assert [s.get("Sid") for s in found] == ["in", "out", None]
    assert found[0]["Resource"] == "arn:aws:s3:::in-dev/*"
    assert sorted(found[2]["Resource"]) == [
        "arn:aws:sqs:*:*:zzz",
        f"arn:aws:sqs:{HOME}:jobs-dev-0",
        f"arn:aws:sqs:{HOME}:jobs-dev-1",
    ]
    assert found[2]["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    trust = json.loads(stack["aws_iam_role.role"].get("assume_role_policy"))["Statement"]
    assert (
        trust[0]["Condition"]["ArnEquals"]["aws:SourceArn"] == f"arn:aws:sqs:{HOME}:jobs-dev-dead"
    )


def test_no_element_of_a_set_is_lost(stack: Stack) -> None:
    """One element is known in the plan; it sorts differently once the others are known."""
    resources = stack["data.aws_iam_policy_document.send"].get("statement.2.resources")
    assert sorted(resources) == [
        "arn:aws:sqs:*:*:zzz",
        f"arn:aws:sqs:{HOME}:jobs-dev-0",
        f"arn:aws:sqs:{HOME}:jobs-dev-1",
    ]


def test_values_that_only_aws_knows_are_unknown_wherever_used(stack: Stack) -> None:
    function = stack["aws_lambda_function.function"]
    for attribute in ("reserved_concurrent_executions", "description", "code_sha256"):
        assert function.get(attribute) is UNKNOWN, attribute
    values = environment(stack)
    assert {k for k, v in values.items() if v is UNKNOWN} == {"SIZE"}
    assert values["QUEUE"] == stack["aws_sqs_queue.counted[0]"].get("id")
    assert values["LEVEL"] == "INFO"
    assert values["REST"] == stack["aws_api_gateway_rest_api.api"].get("root_resource_id")
    arn = stack["aws_sqs_queue.dead"].get("arn")
    assert values["HASH"] == hashlib.sha1(arn.encode(), usedforsecurity=False).hexdigest()


def test_unknown_values_stay_unknown_through_a_module(stack: Stack) -> None:
    work = stack['module.worker["two.2"].aws_sqs_queue.work']
    assert work.get("name") == "work-two-2"
    assert work.get("delay_seconds") is UNKNOWN
    assert contains_unknown(work.get("tags"))
    assert json.loads(work.get("redrive_policy"))["deadLetterTargetArn"].endswith(":jobs-dev-1")


def test_values_that_are_not_configured_have_their_default_or_are_unknown(stack: Stack) -> None:
    dead = stack["aws_sqs_queue.dead"]
    assert dead.get("kms_data_key_reuse_period_seconds") == 300  # configured, but as null
    assert dead.get("policy") is UNKNOWN
    assert dead.get("visibility_timeout_seconds") == 30  # known while planning


def test_sensitive_values_are_marked(stack: Stack) -> None:
    function = stack["aws_lambda_function.function"]
    assert function.is_sensitive("environment.0.variables.SECRET")
    assert stack.sensitive_variables == {"secret"}
    assert {"correct-horse-battery", "token-correct-horse-battery"} <= sensitive_texts([stack])


def test_order_of_creation_is_terraforms(stack: Stack) -> None:
    def after(later: str, earlier: str) -> bool | None:
        return stack.created_after(stack[later], stack[earlier])

    assert after("aws_iam_role_policy.send", 'aws_s3_bucket.media["in"]') is True
    assert after('aws_s3_bucket.media["in"]', "aws_iam_role_policy.send") is False
    assert after("aws_iam_role.role", "aws_sqs_queue.dead") is True  # through a data source
    assert after("aws_sqs_queue.west", "aws_sqs_queue.dead") is False


def test_file_and_line_are_those_of_the_users_sources(stacks: ResolvedStacks, stack: Stack) -> None:
    queue = stack["aws_sqs_queue.counted[1]"]
    line = MAIN.splitlines().index('  name           = "${local.prefix}-${count.index}"') + 1
    assert stacks.locate(queue, "name") == ("stack/main.tf", line)
    work = stack['module.worker["one"].aws_sqs_queue.work']
    assert stacks.locate(work)[0] == "stack/modules/worker/main.tf"
    assert stacks.workspace is not None
    found = stacks.workspace.sources.blocks("", "provider")
    assert [block.file for block in found] == ["main.tf", "main.tf"]


# Other variables -----------------------------------------------------------------------------


def resource(stacks: ResolvedStacks, variant: str, address: str) -> Resource:
    return stacks.stack(variant)[address]


def test_another_suffix(stacks: ResolvedStacks) -> None:
    queue = resource(stacks, "another environment", "aws_sqs_queue.counted[0]")
    assert queue.get("name") == "jobs-pr4711-0"
    assert json.loads(queue.get("redrive_policy"))["deadLetterTargetArn"].endswith("pr4711-dead")
    assert queue.get("visibility_timeout_seconds") == 30
    function = resource(stacks, "another environment", "aws_lambda_function.function")
    assert function.get("reserved_concurrent_executions") is UNKNOWN
    assert function.get("description") is UNKNOWN
    assert stacks.stack("another environment").variables["suffix"] == "pr4711"


def test_another_region(stacks: ResolvedStacks) -> None:
    found = stacks.stack("another environment")
    arn = found["aws_sqs_queue.counted[0]"].get("arn")
    assert arn == "arn:aws:sqs:ap-southeast-2:123456789012:jobs-pr4711-0"
    assert found["aws_sqs_queue.west"].get("arn").startswith("arn:aws:sqs:eu-west-1:")


def test_a_variant_that_fails_a_validation_does_not_affect_the_others(
    stacks: ResolvedStacks,
) -> None:
    with pytest.raises(UndeterminedError) as caught:
        stacks.stack("too big")
    text = str(caught.value)
    assert "too big" in text
    assert "Terraform test failed on stack" in text
    assert "small must be below 5" in text
    assert "variables.tf:10" in text
    assert "planproof" not in text  # no file that planproof added is named


def test_instances_that_exist_only_with_other_variables(stacks: ResolvedStacks) -> None:
    found = stacks.stack("other instances")
    backup = found["aws_sqs_queue.backup[0]"]
    assert backup.get("arn") == f"arn:aws:sqs:{HOME}:jobs-dev-backup"
    assert backup.get("visibility_timeout_seconds") == 30
    media = [found[f'aws_s3_bucket.media["{key}"]'].get("arn") for key in ("in", "new")]
    assert media == ["arn:aws:s3:::in-dev", "arn:aws:s3:::new-dev"]
    assert 'aws_s3_bucket.media["out"]' not in {resource.address for resource in found}
    policy = json.loads(found["aws_iam_role_policy.send"].get("policy"))["Statement"]
    assert [s["Resource"] for s in policy[:2]] == [f"{arn}/*" for arn in media]
    work = found['module.worker["three"].aws_sqs_queue.work']
    assert work.get("arn") == "arn:aws:sqs:eu-west-1:123456789012:work-three"
