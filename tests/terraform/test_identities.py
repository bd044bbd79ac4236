"""Tokens are translated to the identities that AWS would assign."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from planproof.service_facts import types
from planproof.terraform.identities import (
    ACCOUNT_TOKEN,
    PARTITION_TOKEN,
    REGION_TOKEN,
    Identities,
    ProviderLocation,
    contains_token,
    physical_name_attribute,
)

HOME = ProviderLocation("aws", "us-east-1", "123456789012")
AWAY = ProviderLocation("aws-cn", "cn-north-1", "111122223333")


class Cloud:
    """Identities of resources in HOME, and in AWAY if their address contains "away"."""

    def __init__(self) -> None:
        self.identities = Identities()
        self.names: dict[str, str | None] = {}
        self.paths: dict[str, str] = {}

    def make(self, address: str, name: str | None = None, path: str = "") -> dict[str, str]:
        self.names[address] = name
        if path:
            self.paths[address] = path
        return self.identities.tokens(address, address.split(".")[-2], None)

    def real(self, text: str) -> str:
        def location(address: str) -> ProviderLocation | None:
            return AWAY if "away" in address else HOME

        return self.identities.translator(self.names, self.paths, location)(text)

    def all_real(self, given: Mapping[str, str]) -> dict[str, str]:
        return {key: self.real(value) for key, value in given.items()}


def test_a_queue() -> None:
    cloud = Cloud()
    assert cloud.all_real(cloud.make("aws_sqs_queue.q", "jobs")) == {
        "arn": "arn:aws:sqs:us-east-1:123456789012:jobs",
        "id": "https://sqs.us-east-1.amazonaws.com/123456789012/jobs",
        "url": "https://sqs.us-east-1.amazonaws.com/123456789012/jobs",
        "name": "jobs",
    }


@pytest.mark.parametrize(
    ("address", "name", "arn", "id_"),
    [
        ("aws_s3_bucket.b", "media", "arn:aws:s3:::media", "media"),
        ("aws_sns_topic.t", "news", "arn:aws:sns:us-east-1:123456789012:news", None),
        (
            "aws_kms_alias.a",
            "alias/media",
            "arn:aws:kms:us-east-1:123456789012:alias/media",
            "alias/media",
        ),
        (
            "aws_dynamodb_table.t",
            "assets",
            "arn:aws:dynamodb:us-east-1:123456789012:table/assets",
            "assets",
        ),
        (
            "aws_ssm_parameter.p",
            "/media/key",
            "arn:aws:ssm:us-east-1:123456789012:parameter/media/key",
            "/media/key",
        ),
        (
            "aws_iam_openid_connect_provider.o",
            "https://token.example",
            "arn:aws:iam::123456789012:oidc-provider/token.example",
            None,
        ),
        (
            "aws_cloudwatch_event_rule.away",
            "done",
            "arn:aws-cn:events:cn-north-1:111122223333:rule/done",
            "done",
        ),
    ],
)
def test_arns_and_ids(address: str, name: str, arn: str, id_: str | None) -> None:
    cloud = Cloud()
    given_ = cloud.all_real(cloud.make(address, name))
    assert given_["arn"] == arn
    assert given_["id"] == (id_ or arn)


def test_identity_of_a_key_is_its_uuid() -> None:
    cloud = Cloud()
    key = cloud.all_real(cloud.make("aws_kms_key.k"))
    assert key["id"] == key["key_id"] == Cloud().make("aws_kms_key.k")["id"]
    assert str(uuid.UUID(key["id"])) == key["id"]
    assert key["arn"] == f"arn:aws:kms:us-east-1:123456789012:key/{key['id']}"
    assert cloud.make("aws_kms_key.l")["id"] != key["id"]


def test_an_iam_path_is_only_in_arns() -> None:
    cloud = Cloud()
    role = cloud.all_real(cloud.make("aws_iam_role.r", "worker", path="/media/jobs/"))
    assert role["arn"] == "arn:aws:iam::123456789012:role/media/jobs/worker"
    assert role["name"] == role["id"] == "worker"
    generated = cloud.all_real(cloud.make("aws_iam_role.g", path="/media/"))
    assert generated["arn"] == "arn:aws:iam::123456789012:role/media/(aws_iam_role.g)"


def test_each_resource_in_a_text_has_its_own_location() -> None:
    cloud = Cloud()
    here, away = cloud.make("aws_sqs_queue.q", "one"), cloud.make("aws_sqs_queue.away", "two")
    assert cloud.real(f'["{here["arn"]}","{away["arn"]}"]') == (
        '["arn:aws:sqs:us-east-1:123456789012:one","arn:aws-cn:sqs:cn-north-1:111122223333:two"]'
    )
    assert cloud.real(f"{away['url']}, {here['url']}") == (
        "https://sqs.cn-north-1.amazonaws.com/111122223333/two, "
        "https://sqs.us-east-1.amazonaws.com/123456789012/one"
    )


def test_region_of_a_bucket_in_another_region() -> None:
    cloud = Cloud()
    cloud.make("aws_s3_bucket.b", "near")
    bucket = cloud.make("aws_s3_bucket.away", "far")
    assert cloud.real(bucket["region"]) == "cn-north-1"
    assert cloud.real(bucket["bucket_regional_domain_name"]).startswith("far.s3.cn-north-1.")


def test_a_generated_name_is_unique() -> None:
    cloud = Cloud()
    one, two = cloud.make("aws_iam_role.one"), cloud.make("aws_iam_role.two")
    assert cloud.real(one["arn"]) == "arn:aws:iam::123456789012:role/(aws_iam_role.one)"
    assert cloud.real(one["name"]) != cloud.real(two["name"])


def test_a_type_without_a_shape_has_an_opaque_identity() -> None:
    cloud = Cloud()
    thing = cloud.all_real(cloud.make("aws_new_thing.t"))
    assert thing["id"] == "(aws_new_thing.t)"
    assert thing["arn"] == "arn:aws:new:us-east-1:123456789012:(aws_new_thing.t)"


def test_a_name_with_another_identity_is_translated_too() -> None:
    cloud = Cloud()
    bucket = cloud.make("aws_s3_bucket.b", "media")
    topic = cloud.make("aws_sns_topic.t", f"about-{bucket['id']}")
    assert cloud.real(topic["arn"]).endswith(":about-media")


def test_names_that_refer_to_each_other_terminate() -> None:
    cloud = Cloud()
    one = cloud.make("aws_sqs_queue.one")
    two = cloud.make("aws_sqs_queue.two", f"{one['name']}-dead")
    cloud.names["aws_sqs_queue.one"] = f"{two['name']}-alive"
    assert "planproof-n" not in cloud.real(two["arn"])


@pytest.mark.parametrize(
    ("address", "attribute"),
    [
        ("aws_lambda_function.f", "version"),
        ("aws_lambda_function.f", "qualified_arn"),
        ("aws_lambda_layer_version.l", "version"),
        ("aws_dynamodb_table.t", "stream_arn"),
    ],
)
def test_values_that_only_aws_knows_have_the_right_format_and_are_undecided(
    address: str, attribute: str
) -> None:
    cloud = Cloud()
    text = cloud.make(address, "x")[attribute]
    assert cloud.identities.is_undecided(text)
    assert contains_token(cloud.real(text))
    if attribute.endswith("arn"):
        assert cloud.real(text).startswith("arn:aws:")


def test_aliases_of_two_functions_differ() -> None:
    cloud = Cloud()
    one = cloud.make("aws_lambda_alias.one", "live")
    two = cloud.make("aws_lambda_alias.two", "live")
    assert physical_name_attribute("aws_lambda_alias") is None
    cloud.names = dict.fromkeys(cloud.names)
    assert cloud.real(one["arn"]) != cloud.real(two["arn"])


@pytest.mark.parametrize("type_", ["aws_iam_role", "aws_kms_key", "aws_vpc", "aws_new_thing"])
def test_unplanned_instances_have_no_identity(type_: str) -> None:
    cloud = Cloud()
    given_ = cloud.identities.undecided(f"{type_}.x", type_)
    assert given_
    assert all(cloud.identities.is_undecided(value) for value in given_.values())
    assert all(cloud.identities.appears_in(value) for value in given_.values())


def test_identities_appear_in_texts() -> None:
    cloud = Cloud()
    role, key, vpc = (cloud.make(a) for a in ("aws_iam_role.r", "aws_kms_key.k", "aws_vpc.v"))
    for text in (role["arn"], role["unique_id"], key["id"], vpc["id"], f"x-{role['name']}-y"):
        assert cloud.identities.appears_in(text), text
        assert not cloud.identities.is_undecided(text)
    other = Cloud().make("aws_kms_key.other")["id"]
    for text in ("", "plain", "planproof", "123456789012", other):
        assert not cloud.identities.appears_in(text), text


def test_an_unknown_location_leaves_the_token() -> None:
    cloud = Cloud()
    queue = cloud.make("aws_sqs_queue.q", "jobs")
    nowhere = cloud.identities.translator(cloud.names, {}, lambda _: None)
    assert contains_token(nowhere(queue["arn"]))
    assert contains_token(nowhere(cloud.make("aws_s3_bucket.b", "x")["region"]))


def test_only_unknown_attributes_get_tokens() -> None:
    given_ = Identities().tokens("aws_sqs_queue.q", "aws_sqs_queue", {"arn", "policy"})
    assert list(given_) == ["arn"]


def test_other_arns_have_the_format_of_an_arn_and_are_undecided() -> None:
    identities = Identities()
    for unknown in (None, {"execution_arn", "name"}):
        given_ = identities.tokens("aws_apigatewayv2_stage.s", "aws_apigatewayv2_stage", unknown)
        assert given_["execution_arn"].startswith("arn:")
        assert identities.is_undecided(given_["execution_arn"])
    assert set(given_) == {"execution_arn"}


def test_execution_arn_of_an_api() -> None:
    given_ = Identities().tokens("aws_api_gateway_rest_api.a", "aws_api_gateway_rest_api", None)
    assert given_["execution_arn"].endswith(f":{given_['id']}")


def test_a_text_without_a_token_is_unchanged() -> None:
    cloud = Cloud()
    cloud.make("aws_sqs_queue.q", "jobs")
    for text in ("", "my-planproof-bucket", "planproof-n123456", ACCOUNT_TOKEN[:-1]):
        assert cloud.real(text) == text


@given(st.text(max_size=40) | st.text("planrof-x0123456789:", max_size=60))
def test_other_texts_are_unchanged(text: str) -> None:
    # Without texts that contain a token: no account or region has its value.
    assume(not any(token in text for token in (ACCOUNT_TOKEN, PARTITION_TOKEN, REGION_TOKEN)))
    cloud = Cloud()
    cloud.make("aws_sqs_queue.q", "jobs")
    assert cloud.real(text) == text


def test_every_described_type_gets_complete_tokens() -> None:
    described = types(lambda facts: facts.kind or facts.attributes)
    assert len(described) > 35
    for type_ in described:
        given_ = Identities().tokens(f"{type_}.x", type_, None)
        assert given_["id"]
        assert not any("$" in value for value in given_.values()), type_
