"""Names of principals, resources and condition values, and the errors for unknown names."""

from __future__ import annotations

import re

import pytest

from planproof.terraform.identities import ProviderLocation
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN
from steps.support.iam_names import OTHER_ACCOUNTS, PHRASES, SERVICES, ExternalCaller, IamNames
from steps.support.pipeline import MissingPartError
from tests.builders.parts import queue_arn, role, role_arn
from tests.builders.repository import ROOT
from tests.builders.stacks import ACCOUNT, declare
from tests.builders.stacks import stack as stack_of
from tests.steps.permission_steps import (
    FUNCTION_ARN,
    assert_undetermined,
    iam_names,
    iam_names_of,
    pipeline_of,
)

PAGE = ROOT / "docs" / "writing-requirements.md"
EXPECTED_ADDRESS = {
    "the function": "aws_lambda_function.worker",
    "the function's role": "aws_iam_role.worker",
    "the role of the function": "aws_iam_role.worker",
    "the MediaConvert role": "aws_iam_role.converter",
    "the role of MediaConvert": "aws_iam_role.converter",
    "the input bucket": "aws_s3_bucket.films",
    "the output bucket": "aws_s3_bucket.clips",
    "the processing queue": "aws_sqs_queue.jobs",
    "the status queue": "aws_sqs_queue.states",
    "the dead-letter queue of the processing queue": "aws_sqs_queue.jobs_dead",
    "the dead-letter queue of the status queue": "aws_sqs_queue.states_dead",
    "the assets table": "aws_dynamodb_table.assets",
    "the key": "aws_kms_key.media",
    "the log group of the function": "aws_cloudwatch_log_group.worker",
    "the status rule": "aws_cloudwatch_event_rule.states",
    "the rule for job states": "aws_cloudwatch_event_rule.states",
}


# Parts of the pipeline -----------------------------------------------------------------------


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_part_of_the_pipeline(phrase: str) -> None:
    found = iam_names()
    (target,) = found.resources(phrase)
    assert target.name == EXPECTED_ADDRESS[phrase]
    assert target.resource is found.stack[EXPECTED_ADDRESS[phrase]]
    assert target.arn == target.resource.get("arn")
    assert found.value(phrase) == target.arn


def test_the_page_lists_every_phrase_and_no_other() -> None:
    section = PAGE.read_text("utf-8").split("### Is it allowed?")[1].split("\n### ")[0]
    table = section.split("| phrase |")[1].split("\n\n")[0]
    listed = {p for row in table.splitlines() for p in re.findall(r"`(the [^`/]+)`", row[:90])}
    assert listed == set(PHRASES)
    assert all(f"`{name}`" in table for name in (*SERVICES, *(o.value for o in ExternalCaller)))


def test_a_part_that_the_stack_lacks() -> None:
    for phrase, address in (
        ("the key", "aws_kms_key.media"),
        ("the status rule", "aws_cloudwatch_event_rule.states"),
        ("the dead-letter queue of the status queue", "aws_sqs_queue.states_dead"),
    ):
        with pytest.raises(MissingPartError):
            iam_names(without=address).resources(phrase)


def test_the_key_is_the_only_one() -> None:
    two = iam_names(declare("aws_kms_key.other", arn="arn:aws:kms:eu-west-1:123456789012:key/2"))
    assert_undetermined(
        two.resources, "the key", "2 customer-managed keys", "aws_kms_key.media, aws_kms_key.oth"
    )


def test_the_assets_table_is_the_only_table_if_the_environment_names_none() -> None:
    function = pipeline_of()["aws_lambda_function.worker"]
    unnamed = declare("aws_lambda_function.worker", **{**function.values, "environment": []})
    assert_undetermined(iam_names(unnamed).resources, "the assets table", "2 candidates")
    (only,) = iam_names(unnamed, without="aws_dynamodb_table.other").resources("the assets table")
    assert only.name == "aws_dynamodb_table.assets"


def test_a_function_is_its_role() -> None:
    found = iam_names()
    for words in ("the function", "The function", " the function "):
        (one,) = found.principals(words)
        assert one.identity is found.stack["aws_iam_role.worker"]
        assert one.context == {"lambda:SourceFunctionArn": FUNCTION_ARN}
    (one,) = found.principals("the function's role")
    assert one.identity is found.stack["aws_iam_role.worker"]
    assert not one.context


@pytest.mark.parametrize("words", ["the input bucket", "every SQS queue", "the key"])
def test_a_resource_that_makes_no_requests_is_no_principal(words: str) -> None:
    assert_undetermined(iam_names().principals, words, "makes no requests", "aws:SourceArn")


# Types and addresses -------------------------------------------------------------------------


def test_every_resource_of_a_kind_or_a_type() -> None:
    found = iam_names()
    names = [target.name for target in found.resources("every SQS queue")]
    assert names == [f"aws_sqs_queue.{n}" for n in ("jobs", "jobs_dead", "states", "states_dead")]
    assert [p.name for p in found.principals("every aws_iam_role")] == [
        "aws_iam_role.worker",
        "aws_iam_role.converter",
    ]
    assert [p.name for p in found.principals("every Lambda function")] == ["aws_iam_role.worker"]
    assert found.resources("every SNS topic") == ()
    films, clips = found.resources("every S3 bucket/in/a.mp4")
    assert (films.arn, clips.arn) == ("arn:aws:s3:::films/in/a.mp4", "arn:aws:s3:::clips/in/a.mp4")
    assert_undetermined(
        found.resources, "every SQS quee", "'SQS quee' is not a known kind of resource"
    )


MODULE = 'module.m["a/b"].aws_sqs_queue.q["c:d"]'


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("aws_sqs_queue.jobs", ["aws_sqs_queue.jobs"]),
        (MODULE, [MODULE]),
        ("module.m.aws_sqs_queue.q", [MODULE]),
        ("aws_sqs_queue.n[1]", ["aws_sqs_queue.n[1]"]),
        ("aws_sqs_queue.n", ["aws_sqs_queue.n[0]", "aws_sqs_queue.n[1]"]),
    ],
)
def test_an_address(words: str, names: list[str]) -> None:
    more = [
        declare(address, arn=queue_arn(f"q{i}"))
        for i, address in enumerate((MODULE, "aws_sqs_queue.n[0]", "aws_sqs_queue.n[1]"))
    ]
    assert [target.name for target in iam_names(*more).resources(words)] == names


def test_an_address_that_is_not_in_the_stack() -> None:
    found = iam_names()
    for ask in (found.resources, found.principals):
        assert_undetermined(
            ask, "aws_sqs_queue.job", "the stack has no aws_sqs_queue.job", "aws_sqs_queue.jobs"
        )
        assert_undetermined(
            ask, 'module.x.aws_sqs_queue.q["a"]', "the stack has no module.x.aws_sqs_queue.q"
        )
    assert_undetermined(
        found.resources, "google_thing.x", "has no google_thing.x: terraform state list"
    )


def test_users_and_data_sources_are_principals() -> None:
    user = "arn:aws:iam::123456789012:user/ann"
    found = iam_names(
        declare("aws_iam_user.ann", name="ann", arn=user),
        declare("data.aws_iam_role.old", name="old", arn=role_arn("old")),
        declare("data.aws_iam_role.late", name="late", arn=UNKNOWN),
    )
    (ann,) = found.principals("aws_iam_user.ann")
    assert ann.identity is found.stack["aws_iam_user.ann"]
    (old,) = found.principals("data.aws_iam_role.old")
    assert (old.name, old.identity) == ("data.aws_iam_role.old", role_arn("old"))
    (target,) = found.resources("data.aws_iam_role.old")
    assert target.resource is None
    assert_undetermined(found.principals, "data.aws_iam_role.late", "makes no requests")


def test_a_resource_without_an_arn_is_refused() -> None:
    assert_undetermined(iam_names().resources, "aws_s3_bucket_notification.n", "has no ARN")


def test_an_unknown_arn_stays_unknown() -> None:
    found = iam_names(declare("aws_dynamodb_table.assets", name="assets", id="assets", arn=UNKNOWN))
    (target,) = found.resources("the assets table/index/ByName")
    assert target.arn is UNKNOWN
    assert target.name == "aws_dynamodb_table.assets/index/ByName"


# What is within ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "arn"),
    [
        ("the input bucket/films/holiday film.mp4", "arn:aws:s3:::films/films/holiday film.mp4"),
        ("aws_s3_bucket.clips/a:b.mp4", "arn:aws:s3:::clips/a:b.mp4"),
        ("arn:aws:s3:::films/x", "arn:aws:s3:::films/x"),
        ("the function:live", f"{FUNCTION_ARN}:live"),
    ],
)
def test_something_within_a_resource(words: str, arn: str) -> None:
    (target,) = iam_names().resources(words)
    assert target.arn == arn
    assert isinstance(target.resource, Resource)


def test_something_within_a_resource_is_no_principal() -> None:
    assert_undetermined(
        iam_names().principals, "the function/x", "'the function/x' is within a resource"
    )


# ARNs, services, outsiders -------------------------------------------------------------------


def test_an_arn() -> None:
    found = iam_names()
    (own,) = found.principals(role_arn("worker"))
    assert own.identity is found.stack["aws_iam_role.worker"]
    (other,) = found.principals(role_arn("else"))
    assert other.identity == role_arn("else")
    (target,) = found.resources("arn:aws:s3:::elsewhere")
    assert (target.arn, target.resource) == ("arn:aws:s3:::elsewhere", None)
    assert_undetermined(found.resources, "arn:aws:s3", "is not an ARN")
    assert_undetermined(found.principals, "arn:aws:s3:::films", "makes no requests")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service(name: str) -> None:
    found = iam_names()
    (by_name,) = found.principals(name)
    (by_principal,) = found.principals(SERVICES[name])
    assert by_name == by_principal
    assert by_name.identity == found.value(name) == SERVICES[name]
    assert_undetermined(found.resources, name, "is a principal, not a resource")


def test_a_misspelt_service_domain_is_unknown() -> None:
    assert_undetermined(
        iam_names().principals, "s3.amazonaw.com", "'s3.amazonaw.com' names no principal"
    )


@pytest.mark.parametrize("caller", ExternalCaller)
def test_an_external_caller(caller: ExternalCaller) -> None:
    (one,) = iam_names().principals(caller.value)
    assert one.identity is caller
    assert_undetermined(iam_names().resources, caller.value, "is a principal, not a resource")


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        ("the fuction", "the function"),
        ("MediaConvrt", "MediaConvert"),
        ("an unauthenticated user", "an unauthenticated caller"),
        ("other account", "another account"),
        ("the asset table", "the assets table"),
    ],
)
def test_an_unknown_phrase_has_the_nearest(words: str, nearest: str) -> None:
    hint = ("nearest is", nearest, "docs/writing-requirements.md", "Terraform address")
    assert_undetermined(iam_names().principals, words, f"{words!r} names no principal", *hint)


def test_an_unknown_phrase_without_a_nearest() -> None:
    for ask in (iam_names().principals, iam_names().resources):
        assert_undetermined(
            ask, "zzzz", "'zzzz' names no principal or resource: write one of the phrases"
        )
        assert_undetermined(ask, "", "''")


# Values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("this account", ACCOUNT),
        ("another account", OTHER_ACCOUNTS[0]),
        ("the input bucket/in/", "arn:aws:s3:::films/in/"),
        ("aws_sqs_queue.jobs", queue_arn("jobs")),
        ("films/a.mp4", "films/a.mp4"),
        ("true", "true"),
        ("aws:kms", "aws:kms"),
        ("arn:aws:s3:::x", "arn:aws:s3:::x"),
        ("an unauthenticated caller", "an unauthenticated caller"),
        ("alias/account", "alias/account"),
        ("count", "count"),
        ("table", "table"),
        ("event", "event"),
        ("s3", "s3"),
        ("this world", "this world"),
    ],
)
def test_a_value(words: str, value: str) -> None:
    assert iam_names().value(words) == value


def test_a_value_that_looks_like_a_resource_must_be_one() -> None:
    found = iam_names()
    assert_undetermined(found.value, "the inptu bucket", "the input bucket")
    assert_undetermined(found.value, "aws_sqs_queue.job", "aws_sqs_queue.jobs")
    assert_undetermined(found.value, "module.x.aws_sqs_queue.job", "the stack has no")
    assert_undetermined(found.value, "every SQS queue", "is 4 resources")
    assert_undetermined(found.value, "every SNS topic", "is 0 resources")


def in_accounts(*accounts: str) -> IamNames:
    found = pipeline_of()
    places = {f"aws.{a}": ProviderLocation("aws", "us-east-1", a) for a in accounts}
    return iam_names_of(Stack(found.name, found.resources, {}, found.configuration, True, places))


def test_this_account_is_the_only_one() -> None:
    assert_undetermined(
        in_accounts("111122223333", ACCOUNT).value, "this account", "in 2 accounts (111122"
    )
    assert in_accounts().value("this account") is UNKNOWN


def test_another_account_is_outside_the_stack() -> None:
    assert in_accounts(OTHER_ACCOUNTS[0], ACCOUNT).value("another account") == OTHER_ACCOUNTS[1]


def test_the_role_of_a_function_must_be_known() -> None:
    lost = declare("aws_lambda_function.f", function_name="f", arn=FUNCTION_ARN, role=UNKNOWN)
    found = iam_names_of(stack_of(lost, role("worker")))
    assert_undetermined(
        found.principals,
        "aws_lambda_function.f",
        "the role of aws_lambda_function.f cannot be determined",
    )
