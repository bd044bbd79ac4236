"""Each computed attribute is given the value that AWS gives, or one of its shape that is marked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from planproof.service_facts import types
from planproof.stand_ins import UNKNOWN_ACCOUNT, UNKNOWN_REGION, is_assigned, is_unknown_text
from planproof.terraform.identities import (
    GivenValues,
    ProviderLocation,
    Standing,
    Subject,
    empty_value,
    given_values,
    physical_name_attribute,
    sample_arn,
)
from planproof.values import UNKNOWN, Value, contains_unknown

HOME = ProviderLocation("aws", "us-east-1", "123456789012")
AWAY = ProviderLocation("aws-cn", "cn-north-1", "123456789012")
TEXT = {"type": "string", "computed": True}
NUMBER = {"type": "number", "computed": True}
FLAG = {"type": "bool", "computed": True}
TEXTS = {"type": ["list", "string"], "computed": True}
OPTIONAL = {"type": "string", "optional": True}
BOTH = {"type": "string", "optional": True, "computed": True}


def given(
    address: str,
    values: Mapping[str, Value] | None = None,
    location: ProviderLocation | None = HOME,
    **more: Any,
) -> GivenValues:
    """The values for a resource.

    Args:
        values: its arguments.
        more: ``attributes`` and ``blocks`` of the schema, ``planned`` values, and the attributes
            ``needed``.
    """
    subject = Subject(address, address.split(".")[-2], values or {}, location)
    attributes = more.get("attributes", {"arn": TEXT, "id": TEXT})
    schema = {"attributes": attributes, "block_types": more.get("blocks", {})}
    return given_values(subject, schema, more.get("planned", {}), more.get("needed"))


def filled(template: str) -> re.Pattern[str]:
    """A pattern for a text in which ``*`` stands for what AWS assigns."""
    return re.compile("([0-9A-Za-z-]+)".join(map(re.escape, template.split("*"))))


# Known texts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "values", "arn", "id_"),
    [
        ("aws_s3_bucket.b", {"bucket": "media"}, "arn:aws:s3:::media", "media"),
        ("aws_sns_topic.t", {"name": "n"}, "arn:aws:sns:us-east-1:123456789012:n", None),
        (
            "aws_sqs_queue.q",
            {"name": "jobs"},
            "arn:aws:sqs:us-east-1:123456789012:jobs",
            "https://sqs.us-east-1.amazonaws.com/123456789012/jobs",
        ),
        (
            "aws_kms_alias.a",
            {"name": "alias/media"},
            "arn:aws:kms:us-east-1:123456789012:alias/media",
            "alias/media",
        ),
        (
            "aws_ssm_parameter.p",
            {"name": "/media/key"},
            "arn:aws:ssm:us-east-1:123456789012:parameter/media/key",
            "/media/key",
        ),
        (
            "aws_ssm_parameter.p",
            {"name": "key"},
            "arn:aws:ssm:us-east-1:123456789012:parameter/key",
            "key",
        ),
        (
            "aws_iam_openid_connect_provider.o",
            {"url": "https://token.example"},
            "arn:aws:iam::123456789012:oidc-provider/token.example",
            None,
        ),
        (
            "aws_iam_role.r",
            {"name": "worker", "path": "/media/"},
            "arn:aws:iam::123456789012:role/media/worker",
            "worker",
        ),
        (
            "aws_iam_role.r",
            {"name": "worker", "path": None},
            "arn:aws:iam::123456789012:role/worker",
            "worker",
        ),
    ],
)
def test_what_follows_from_the_arguments_is_exact(
    address: str, values: dict[str, Value], arn: str, id_: str | None
) -> None:
    found = given(address, values)
    assert found.values == found.known == {"arn": arn, "id": id_ or arn}
    assert found.standings == {"arn": Standing.EXACT, "id": Standing.EXACT}


def test_each_provider_has_its_own_partition_region_and_account() -> None:
    found = given("aws_sqs_queue.q", {"name": "jobs"}, AWAY).known
    assert found["arn"] == "arn:aws-cn:sqs:cn-north-1:123456789012:jobs"
    assert found["id"] == "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/jobs"


def test_without_a_location_region_and_account_are_unknown() -> None:
    found = given("aws_sqs_queue.q", {"name": "jobs"}, None)
    assert found.values["arn"] == f"arn:aws:sqs:{UNKNOWN_REGION}:{UNKNOWN_ACCOUNT}:jobs"
    assert found.known["arn"] is UNKNOWN
    assert found.standings["arn"] is Standing.UNKNOWN
    assert given("aws_s3_bucket.b", {"bucket": "m"}, None).known["arn"] == "arn:aws:s3:::m"


def test_a_planned_value_stays() -> None:
    found = given("aws_sqs_queue.q", {"name": "jobs"}, planned={"arn": "arn:planned", "id": None})
    assert found.values == found.known == {"arn": "arn:planned", "id": None}
    assert set(found.standings.values()) == {Standing.EXACT}


def test_only_computed_attributes_are_given() -> None:
    secret = {"type": "string", "optional": True, "computed": True, "write_only": True}
    found = given("aws_x.y", attributes={"name": OPTIONAL, "arn": TEXT, "secret": secret})
    assert list(found.values) == ["arn"]


# What AWS assigns -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "arn", "id_"),
    [
        ("aws_vpc.v", "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-*", "vpc-*"),
        ("aws_subnet.s", "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-*", "subnet-*"),
        ("aws_kms_key.k", "arn:aws:kms:us-east-1:123456789012:key/*", "*"),
        ("aws_iam_role.r", "arn:aws:iam::123456789012:role/terraform-*", "terraform-*"),
    ],
)
def test_what_aws_assigns_has_its_shape_and_is_marked(address: str, arn: str, id_: str) -> None:
    found = given(address)
    for key, template in (("arn", arn), ("id", id_)):
        match = filled(template).fullmatch(str(found.known[key]))
        assert match is not None, found.known[key]
        assert is_assigned(match[1])
        assert found.values[key] == found.known[key]
    assert set(found.standings.values()) == {Standing.ASSIGNED}
    assert str(found.known["arn"]).endswith(str(found.known["id"]))


def test_an_assigned_id_is_that_of_one_instance_and_the_same_in_every_run() -> None:
    one, other = (given(f"aws_vpc.v[{index}]").known["id"] for index in range(2))
    assert one != other
    assert one == given("aws_vpc.v[0]").known["id"]


def test_ids_of_several_kinds_in_one_resource_differ() -> None:
    keys = ("id", "default_security_group_id", "default_network_acl_id", "main_route_table_id")
    found = given("aws_vpc.v", attributes=dict.fromkeys(keys, TEXT)).known
    digits = {str(found[key]).partition("-")[2] for key in keys}
    assert len(digits) == len(keys)
    assert [str(found[key]).partition("-")[0] for key in keys] == ["vpc", "sg", "acl", "rtb"]


# Names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        ({"name": "n"}, "n"),
        ({"name": None}, r"terraform-2001\d{14}5eed[0-9a-f]{4}"),
        ({"name": "", "name_prefix": "p-"}, r"p-2001\d{14}5eed[0-9a-f]{4}"),
        ({"name": None, "fifo_topic": True}, r"terraform-2001\d{14}5eed[0-9a-f]{4}\.fifo"),
        ({"name": None, "fifo_topic": False}, r"terraform-2001\d{14}5eed[0-9a-f]{4}"),
    ],
)
def test_a_name_is_that_of_the_sources_or_generated(values: dict[str, Value], shape: str) -> None:
    found = given("aws_sns_topic.t", values, attributes={"arn": TEXT, "name": BOTH}).known
    prefix = "arn:aws:sns:us-east-1:123456789012:"
    assert re.fullmatch(shape, str(found["name"]))
    assert found["arn"] == f"{prefix}{found['name']}"


@pytest.mark.parametrize(
    "values",
    [{"name": UNKNOWN}, {"name": None, "name_prefix": UNKNOWN}, {"name": "x-0badrnt1tkl9"}],
)
def test_an_unknown_name_makes_the_identity_unknown(values: dict[str, Value]) -> None:
    found = given("aws_sns_topic.t", values, attributes={"arn": TEXT, "name": BOTH})
    assert found.known == {"arn": UNKNOWN, "name": UNKNOWN}
    assert is_unknown_text(str(found.values["arn"]))
    assert str(found.values["arn"]).startswith("arn:aws:sns:us-east-1:123456789012:")


def test_a_key_alias_without_a_name_has_the_prefix_of_aliases() -> None:
    found = given("aws_kms_alias.a", attributes={"arn": TEXT, "name": BOTH}).known
    assert re.fullmatch(r"alias/2001\d{14}5eed[0-9a-f]{4}", str(found["name"]))
    assert found["arn"] == f"arn:aws:kms:us-east-1:123456789012:{found['name']}"


def test_an_unknown_path_makes_the_arn_unknown_and_not_the_name() -> None:
    found = given("aws_iam_role.r", {"name": "n", "path": UNKNOWN}).known
    assert found == {"arn": UNKNOWN, "id": "n"}


def test_the_attribute_with_the_name() -> None:
    assert physical_name_attribute("aws_s3_bucket") == "bucket"
    assert physical_name_attribute("aws_new_thing") is None
    assert sample_arn("aws_sns_topic") == "arn:x:sns:x:x:x"
    assert sample_arn("aws_new_thing") is None


# Templates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("publish", "version", "standing"),
    [
        (None, "$LATEST", Standing.EXACT),
        (False, "$LATEST", Standing.EXACT),
        (True, UNKNOWN, Standing.UNKNOWN),
        (UNKNOWN, UNKNOWN, Standing.HIDDEN),
    ],
)
def test_a_table_chooses_by_an_argument(publish: Value, version: Value, standing: Standing) -> None:
    values = {"function_name": "f", "publish": publish}
    found = given("aws_lambda_function.f", values, attributes={"version": TEXT})
    assert found.known["version"] is version or found.known["version"] == version
    assert found.standings["version"] is standing
    assert is_unknown_text(str(found.values["version"])) is (standing is Standing.UNKNOWN)


@pytest.mark.parametrize(
    ("engine", "port", "end"),
    [
        ("postgres", None, ":5432"),
        ("mysql", None, ":3306"),
        ("oracle-se2", None, ":1521"),
        ("postgres", 7777, ":7777"),
    ],
)
def test_the_endpoint_of_a_database_has_its_port(engine: str, port: Value, end: str) -> None:
    values = {"identifier": "orders", "engine": engine, "port": port}
    found = given("aws_db_instance.d", values, attributes={"endpoint": TEXT}).known["endpoint"]
    assert str(found).startswith("orders.")
    assert str(found).endswith(f".us-east-1.rds.amazonaws.com{end}")
    assert is_assigned(str(found))


def test_a_template_without_its_argument_is_unknown_and_has_the_shape() -> None:
    attributes = {"id": TEXT, "arn": TEXT}
    found = given("aws_sns_topic_subscription.s", {"topic_arn": UNKNOWN}, attributes=attributes)
    assert found.known["arn"] is UNKNOWN
    arn = "arn:aws:sns:us-east-1:123456789012:t"
    found = given("aws_sns_topic_subscription.s", {"topic_arn": arn}, attributes=attributes)
    assert filled(f"{arn}:*").fullmatch(str(found.known["arn"]))


def test_lists_and_objects_of_templates() -> None:
    secret = {"secret_arn": "string", "secret_status": "string", "kms_key_id": "string"}
    attributes = {"master_user_secret": {"type": ["list", ["object", secret]], "computed": True}}
    values = {"identifier": "d", "manage_master_user_password": True}
    found = given("aws_db_instance.d", values, attributes=attributes)
    (one,) = found.known["master_user_secret"]
    assert is_assigned(one["secret_arn"])
    assert one["secret_status"] is UNKNOWN
    assert one["kms_key_id"] is UNKNOWN
    assert found.values["master_user_secret"][0]["secret_status"] == "creating"
    assert found.standings == {
        "master_user_secret.secret_arn": Standing.ASSIGNED,
        "master_user_secret.secret_status": Standing.HIDDEN,
        "master_user_secret.kms_key_id": Standing.UNKNOWN,
    }
    none = given("aws_db_instance.d", {"identifier": "d"}, attributes=attributes)
    assert none.known["master_user_secret"] == []
    assert none.standings["master_user_secret"] is Standing.EXACT


def test_the_unknown_parts_of_a_planned_value_are_filled() -> None:
    attributes = {"names": TEXTS, "about": {"type": ["map", "string"], "computed": True}}
    planned = {"names": ["a", UNKNOWN], "about": {"x": "y", "z": UNKNOWN}}
    found = given("aws_new_thing.t", attributes=attributes, planned=planned)
    assert found.known == {"names": ["a", UNKNOWN], "about": {"x": "y", "z": UNKNOWN}}
    assert found.values["names"][0] == "a"
    assert is_unknown_text(found.values["names"][1])
    assert is_unknown_text(found.values["about"]["z"])
    assert found.standings["names"] is Standing.UNKNOWN


# What nobody knows ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("arn", r"arn:aws:new:us-east-1:123456789012:0bad\w+"),
        ("stream_arn", r"arn:aws:new:us-east-1:123456789012:0bad\w+"),
        ("public_ip", r"198\.1[89]\.\d+\.\d+"),
        ("ipv6_address", r"2001:2:0:[0-9a-f:]+"),
        ("cidr_block", r"198\.1[89]\.\d+\.0/24"),
        ("ipv6_cidr_block", r"2001:2:0:[0-9a-f]+::/56"),
        ("endpoint", r"0bad\w+\.example\.com"),
        ("dns_name", r"0bad\w+\.example\.com"),
        ("invoke_url", r"https://0bad\w+\.example\.com"),
        ("created_at", r"2001-02-03T04:05:06Z"),
        ("owner_id", UNKNOWN_ACCOUNT),
        ("home_region", UNKNOWN_REGION),
        ("anything", r"0bad\w{8}"),
    ],
)
def test_an_undescribed_text_has_the_shape_that_its_name_says(name: str, shape: str) -> None:
    found = given("aws_new_thing.t", attributes={name: TEXT})
    assert found.known[name] is UNKNOWN
    assert re.fullmatch(shape, str(found.values[name]))
    assert found.standings[name] is Standing.UNKNOWN
    assert is_unknown_text(str(found.values[name]))


def test_other_undescribed_values_have_their_type() -> None:
    nested = {"nested_type": {"attributes": {"a": TEXT}, "nesting_mode": "list"}, "computed": True}
    single = {"nested_type": {"attributes": {"a": TEXT}, "nesting_mode": "single"}}
    attributes = {
        "count_of": NUMBER,
        "port": NUMBER,
        "flag": FLAG,
        "names": TEXTS,
        "about": {"type": ["map", "string"], "computed": True},
        "nested": nested,
        "one": {**single, "computed": True},
    }
    found = given("aws_new_thing.t", attributes=attributes)
    values = found.values
    assert (values["count_of"], values["port"], values["flag"]) == (1, 443, False)
    assert values["about"] == {}
    assert is_unknown_text(values["names"][0])
    assert is_unknown_text(values["nested"][0]["a"])
    assert is_unknown_text(values["one"]["a"])
    for key in ("count_of", "port", "flag", "names", "about"):
        assert found.known[key] is UNKNOWN, key
    for key in ("count_of", "port", "flag", "about"):
        assert found.standings[key] is Standing.HIDDEN, key
    assert contains_unknown(found.known["nested"])
    assert contains_unknown(found.known["one"])


def test_what_no_expression_refers_to_is_null() -> None:
    attributes = {"text": TEXT, "names": TEXTS, "arn": TEXT, "number": NUMBER}
    found = given("aws_new_thing.t", attributes=attributes, needed=frozenset({"number"}))
    assert found.values == {"text": None, "names": [], "arn": None, "number": 1}
    assert all(value is UNKNOWN for value in found.known.values())
    assert set(found.standings.values()) == {Standing.HIDDEN}
    known = given("aws_s3_bucket.b", {"bucket": "m"}, needed=frozenset())
    assert known.known["arn"] == "arn:aws:s3:::m"


def test_an_optional_attribute_has_the_documented_default() -> None:
    attributes = {"log_group_class": BOTH, "other": BOTH}
    found = given("aws_cloudwatch_log_group.g", attributes=attributes, needed=frozenset())
    assert found.known == {"log_group_class": "STANDARD", "other": UNKNOWN}
    only = {"log_group_class": TEXT}
    assert given("aws_cloudwatch_log_group.g", attributes=only).known["log_group_class"] is UNKNOWN


# Nested blocks --------------------------------------------------------------------------------


def block(attributes: Mapping[str, Any], **inner: Any) -> dict[str, Any]:
    return {"nesting_mode": "list", "block": {"attributes": attributes, "block_types": inner}}


def test_all_blocks_of_a_type_are_given_the_same_values() -> None:
    blocks = {"rule": block({"id": TEXT, "to": OPTIONAL, "mode": BOTH}, deep=block({"ip": TEXT}))}
    planned = {"rule": [{"id": UNKNOWN, "mode": "x", "deep": [{}]}, {"id": UNKNOWN, "mode": "x"}]}
    found = given("aws_new_thing.t", blocks=blocks, planned=planned)
    rule = found.values["rule"]
    assert set(rule) == {"id", "mode", "deep"}
    assert rule["mode"] == "x"
    assert is_unknown_text(rule["id"])
    assert is_unknown_text(rule["deep"]["ip"])
    assert found.standings["rule.id"] is Standing.UNKNOWN
    assert found.standings["rule.deep.ip"] is Standing.UNKNOWN
    assert found.standings["rule.mode"] is Standing.EXACT
    assert "rule" not in found.known


@pytest.mark.parametrize("modes", [("x", "y"), ("x", UNKNOWN), ()])
def test_blocks_that_differ_are_not_known(modes: tuple[Value, ...]) -> None:
    planned = {"rule": [{"mode": mode} for mode in modes]}
    found = given("aws_new_thing.t", blocks={"rule": block({"mode": BOTH})}, planned=planned)
    assert found.standings["rule.mode"] is Standing.UNKNOWN


def test_blocks_that_no_expression_refers_to_are_null() -> None:
    blocks = {"rule": block({"id": TEXT, "names": TEXTS})}
    found = given("aws_new_thing.t", blocks=blocks, needed=frozenset())
    assert found.values["rule"] == {"id": None, "names": []}
    assert found.standings["rule.id"] is Standing.HIDDEN
    without = given("aws_new_thing.t", blocks={"rule": block({"to": OPTIONAL})})
    assert "rule" not in without.values


# Every described type -------------------------------------------------------------------------


def test_every_described_type_is_given_whole_texts() -> None:
    described = types(lambda facts: facts.kind or facts.attributes)
    assert len(described) > 100
    for type_ in described:
        found = given(f"{type_}.x")
        for key in ("arn", "id"):
            text = found.values[key]
            assert text, (type_, key)
            assert not re.search(r"\$(?!LATEST)", str(text)), (type_, key)
            shows = is_unknown_text(str(text)) or found.standings[key] is Standing.HIDDEN
            assert shows is (found.known[key] is UNKNOWN), (type_, key)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("string", None),
        (["list", "string"], []),
        (["set", "string"], []),
        (["map", "string"], {}),
        (["object", {"a": "string"}], None),
    ],
)
def test_the_least_value_of_a_type(type_: Any, value: Value) -> None:
    assert empty_value({"type": type_}) == value
