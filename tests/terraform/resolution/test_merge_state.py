"""A value is known only where everything that it derives from is; all others are UNKNOWN."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planproof.stand_ins import is_assigned, is_unknown_text
from planproof.terraform.identities import ProviderLocation
from planproof.values import UNKNOWN, contains_unknown
from tests.builders.evaluated import BOTH, COMPUTED, OPTIONAL, PROBES, Evaluated

NUMBER = {"type": "number", "computed": True}
SECRET = {"secret_arn": "string", "secret_status": "string", "kms_key_id": "string"}
SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    # AWS assigns the id of a VPC; the ARN of a topic follows from its name; nothing is known of
    # a thing.
    "aws_vpc": {"arn": COMPUTED, "id": COMPUTED, "cidr_block": OPTIONAL},
    "aws_sns_topic": {"arn": COMPUTED, "id": COMPUTED, "name": BOTH},
    "aws_thing": {
        "arn": COMPUTED,
        "text": COMPUTED,
        "number": NUMBER,
        "flag": {"type": "bool", "computed": True},
        "list": {"type": ["list", "string"], "computed": True},
        "url": COMPUTED,
        "name": OPTIONAL,
        "timeout": {"type": "number", "optional": True},
        "zones": {"type": ["list", "string"], "optional": True},
    },
    "aws_user": {
        "id": COMPUTED,
        "value": OPTIONAL,
        "other": BOTH,
        "count_of": {"type": "number", "optional": True, "computed": True},
        "is_on": {"type": "bool", "optional": True},
        "tags": {"type": ["map", "string"], "optional": True},
        "tags_all": {"type": ["map", "string"], "optional": True, "computed": True},
        "names": {"type": ["set", "string"], "optional": True},
        "items": {"type": ["list", "string"], "optional": True},
        "rule": ("list", {"id": COMPUTED, "to": OPTIONAL, "mode": BOTH}),
        "access": ("set", {"to": OPTIONAL, "mode": BOTH}),
    },
    "aws_cloudwatch_log_group": {"log_group_class": BOTH},
    "aws_iam_policy_document": {"id": COMPUTED, "json": COMPUTED, "source": OPTIONAL},
    "aws_db_instance": {
        "identifier": BOTH,
        "manage_master_user_password": {"type": "bool", "optional": True},
        "master_user_secret": {"type": ["list", ["object", SECRET]], "computed": True},
    },
    "terraform_data": {"id": COMPUTED, "input": OPTIONAL, "output": COMPUTED},
}
SOURCES = """
resource "aws_vpc" "v" {
  cidr_block = "10.0.0.0/16"
}
resource "aws_sns_topic" "t" {
  name = "news"
}
resource "aws_thing" "t" {
  name = "t"
}
"""
TOPIC = "arn:aws:sns:us-east-1:123456789012:news"


def case(sources: str, **options: Any) -> Evaluated:
    """A stack with a VPC, a topic and a thing, and further sources."""
    made = Evaluated(SOURCES + sources, SCHEMAS, **options)
    vpc, topic = {"cidr_block": "10.0.0.0/16"}, {"name": "news"}
    made.both("aws_vpc.v", vpc, {"arn": True, "id": True}, {})
    made.both("aws_sns_topic.t", topic, {"arn": True, "id": True}, {})
    unset = {"timeout": None, "zones": None}
    unknown = dict.fromkeys(("arn", "text", "number", "flag", "list", "url"), True)
    made.both("aws_thing.t", {"name": "t", "timeout": 3, "zones": []}, unknown, unset)
    return made


def used(expression: str, found: Any, *, key: str = "value", rest: str = "") -> Any:
    """The merged value of an argument whose expression Terraform evaluated to ``found``."""
    made = case(f'resource "aws_user" "u" {{\n  {key} = {expression}\n}}\n{rest}')
    made.both("aws_user.u", {}, {key: True}, {key: found})
    return made.stack()["aws_user.u"].values[key]


# Computed attributes --------------------------------------------------------------------------


def test_an_identity_that_follows_from_what_is_known_is_known() -> None:
    topic = case("").stack()["aws_sns_topic.t"]
    assert topic.values["arn"] == topic.values["id"] == TOPIC


def test_an_identity_that_aws_assigns_is_known_and_marked() -> None:
    vpc = case("").stack()["aws_vpc.v"]
    assert is_assigned(vpc.values["id"])
    assert vpc.values["arn"] == f"arn:aws:ec2:us-east-1:123456789012:vpc/{vpc.values['id']}"


@pytest.mark.parametrize("key", ["arn", "text", "number", "flag", "list", "url"])
@pytest.mark.parametrize("is_used", [True, False])
def test_what_nobody_knows_is_unknown_whether_it_is_used_or_not(key: str, is_used: bool) -> None:
    rest = f'resource "aws_user" "u" {{\n  value = aws_thing.t.{key}\n}}\n' if is_used else ""
    assert case(rest).stack()["aws_thing.t"].values[key] is UNKNOWN


def test_planned_values_are_used() -> None:
    """An argument of an overridden resource is null where the provider has a default."""
    thing = case("").stack()["aws_thing.t"]
    assert (thing.values["name"], thing.values["timeout"]) == ("t", 3)


# What derives from them -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("aws_sns_topic.t.arn", TOPIC),
        ("upper(aws_sns_topic.t.arn)", TOPIC.upper()),
        ("md5(aws_sns_topic.t.arn)", "0cc175b9c0f1b6a831c399e269772661"),
        ('aws_sns_topic.t.arn == "x" ? "a" : "b"', "b"),
        ("local.topic", TOPIC),
        ("aws_vpc.v.id", "<aws_vpc.v.id>"),
        ('"${aws_vpc.v.id}/x"', "<aws_vpc.v.id>/x"),
        ('split("/", aws_vpc.v.arn)[1]', "<aws_vpc.v.id>"),
        ('aws_vpc.v.id == "x" ? "a" : "b"', "b"),
        ("try(aws_vpc.v.id, aws_sns_topic.t.arn)", "<aws_vpc.v.id>"),
        ('"${aws_thing.t.timeout}s"', "3s"),  # a default that Terraform is given
    ],
)
def test_what_derives_from_known_values_is_known(expression: str, found: str) -> None:
    rest = "locals {\n  topic = aws_sns_topic.t.arn\n}\n"
    value = used(expression, found, rest=rest)
    vpc = case("").overrides().given["aws_vpc.v"].values
    assert value == found.replace("<aws_vpc.v.id>", str(vpc["id"]))


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("upper(aws_vpc.v.id)", "VPC-05EED000000000000"),
        ("md5(aws_vpc.v.id)", "0cc175b9c0f1b6a831c399e269772661"),
        ("substr(aws_vpc.v.id, 0, 4)", "vpc-"),
        ('replace(aws_vpc.v.id, "0", "1")', "vpc-15eed"),
        ('[for x in [aws_vpc.v.id] : x if can(regex("a", x))][0]', "<aws_vpc.v.id>"),
        ("sort([aws_vpc.v.id, aws_sns_topic.t.arn])[0]", TOPIC),
    ],
)
def test_an_assigned_text_that_was_altered_is_unknown(expression: str, found: str) -> None:
    assert used(expression, found) is UNKNOWN


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("aws_thing.t.text", "<aws_thing.t.text>"),
        ('"${aws_thing.t.text}-x"', "<aws_thing.t.text>-x"),
        ("upper(aws_thing.t.text)", "0BADXYZ00000"),
        ("md5(aws_thing.t.text)", "0cc175b9c0f1b6a831c399e269772661"),
        ('aws_thing.t.text == "x" ? "a" : "b"', "b"),
        ('coalesce(aws_thing.t.text, "b")', "b"),
        ('try(aws_thing.t.number, "a")', "a"),
        ('aws_thing.t.flag ? "a" : "b"', "b"),
        ('"${aws_thing.t.number} seconds"', "0 seconds"),
        ("jsonencode({ n = aws_thing.t.number })", '{"n":0}'),
        ("tostring(local.n)", "0"),
        ("one(aws_thing.t.list)", None),
        ("join(aws_thing.t.zones)", ""),  # its default is null while it is overridden
        ("timestamp()", "2026-11-23T05:00:00Z"),
        ("local.missing", "x"),
        ("ephemeral.aws_thing.t.text", "x"),
    ],
)
def test_what_derives_from_unknown_values_is_unknown(expression: str, found: Any) -> None:
    rest = "locals {\n  n = aws_thing.t.number\n}\n"
    assert used(expression, found, rest=rest) is UNKNOWN


@pytest.mark.parametrize(
    ("expression", "found", "value"),
    [
        ("aws_thing.t.number", 1, UNKNOWN),
        ("length(aws_vpc.v.id)", 21, 21),  # a stand-in has the length of the real id
        ('length(split("e", aws_vpc.v.id))', 3, UNKNOWN),
        ("length(aws_sns_topic.t.arn)", len(TOPIC), len(TOPIC)),
        ("local.n", 0, UNKNOWN),
        ("length([aws_vpc.v.id])", 1, 1),
        ("length([aws_thing.t.number])", 1, UNKNOWN),
        ("local.missing", 1, UNKNOWN),
    ],
)
def test_a_number_shows_nothing_of_what_it_derives_from(
    expression: str, found: int, value: Any
) -> None:
    rest = "locals {\n  n = aws_thing.t.number\n}\n"
    merged = used(expression, found, key="count_of", rest=rest)
    assert merged is UNKNOWN if value is UNKNOWN else merged == value


def test_a_bool_that_derives_from_an_unknown_value_is_unknown() -> None:
    assert used('aws_thing.t.text == "x"', False, key="is_on") is UNKNOWN
    assert used('aws_sns_topic.t.arn == "x"', False, key="is_on") is False
    assert used('aws_vpc.v.id == "vpc-1"', False, key="is_on") is False


def test_a_text_without_a_mark_is_unknown_where_a_whole_resource_is_referred_to() -> None:
    """The status of a secret is given as "creating", and nothing in it shows that."""
    made = case(
        'resource "aws_db_instance" "d" {\n  manage_master_user_password = true\n}\n'
        "locals {\n  all = aws_db_instance.d\n}\n"
        'resource "aws_user" "u" {\n  value = local.all.master_user_secret[0].secret_status\n}\n'
        'resource "aws_user" "v" {\n  value = local.all.identifier\n}\n'
    )
    values = {"manage_master_user_password": True, "identifier": "orders"}
    made.both("aws_db_instance.d", values, {"master_user_secret": True}, {})
    (secret,) = made.overrides().given["aws_db_instance.d"].values["master_user_secret"]
    made.both("aws_user.u", {}, {"value": True}, {"value": secret["secret_status"]})
    made.both("aws_user.v", {}, {"value": True}, {"value": "orders"})
    assert not is_unknown_text(secret["secret_status"])
    assert made.stack()["aws_user.u"].values["value"] is UNKNOWN
    assert made.stack()["aws_user.v"].values["value"] == "orders"


# Collections ----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["names", "items"])
@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("aws_thing.t.list", []),
        ('split("e", aws_vpc.v.id)', ["vpc-05", "", "d"]),
        ('[for x in [aws_thing.t.text] : x if x != "a"]', ["a"]),
        ("compact([aws_thing.t.text])", ["b"]),
    ],
)
def test_a_collection_whose_length_is_not_known_is_unknown(
    expression: str, found: list[str], key: str
) -> None:
    assert used(expression, found, key=key) is UNKNOWN


def test_a_list_with_elements_that_nobody_counts_is_unknown() -> None:
    listed = 'concat(aws_thing.t.list, ["a"])'
    assert used(listed, ["<aws_thing.t.text>", "a"], key="names") is UNKNOWN
    assert used(listed, ["<aws_thing.t.text>", "a"], key="items") is UNKNOWN
    of_texts = 'concat([aws_thing.t.text], ["a"])'
    assert contains_unknown(used(of_texts, ["<aws_thing.t.text>", "a"], key="items"))


def test_a_list_has_an_origin_for_each_element() -> None:
    written = '[aws_sns_topic.t.arn, aws_thing.t.text, "a", md5(aws_vpc.v.id)]'
    found = used(written, [TOPIC, "<aws_thing.t.text>", "a", "0cc175b9"], key="items")
    assert found[0] == TOPIC
    assert found[1] is UNKNOWN
    assert found[2] == "a"
    assert found[3] is UNKNOWN


def test_elements_of_a_set_are_not_matched_by_position() -> None:
    """The elements of a planned set sort differently once all are known."""
    made = case('resource "aws_user" "u" {\n  names = ["zzz", aws_sns_topic.t.arn]\n}\n')
    made.planned("aws_user.u", {"names": ["zzz", None]}, {"names": [False, True]})
    made.state("aws_user.u", {"names": [TOPIC, "zzz"]})
    assert made.stack()["aws_user.u"].values["names"] == [TOPIC, "zzz"]
    made = case('resource "aws_user" "u" {\n  names = [aws_thing.t.text, "zzz"]\n}\n')
    made.planned("aws_user.u", {"names": ["zzz", None]}, {"names": [False, True]})
    made.state("aws_user.u", {"names": ["zzz", "<aws_thing.t.text>"]})
    names = made.stack()["aws_user.u"].values["names"]
    assert names[1] is UNKNOWN


def test_each_entry_of_a_map_has_its_own_origin() -> None:
    found = used(
        "{\n  A = aws_sns_topic.t.arn\n  B = sha1(aws_vpc.v.id)\n  C = aws_thing.t.number\n"
        '  D = "plain"\n}',
        {"A": TOPIC, "B": "a9993e36", "C": "0", "D": "plain"},
        key="tags",
    )
    assert found == {"A": TOPIC, "B": found["B"], "C": found["C"], "D": "plain"}
    assert found["B"] is UNKNOWN
    assert found["C"] is UNKNOWN


def test_entries_of_a_merged_map_share_their_origin() -> None:
    merged = 'merge(local.common, { B = aws_sns_topic.t.arn, C = "plain" })'
    rest = 'locals {\n  common = { A = "common" }\n}\n'
    found = {"A": "common", "B": TOPIC, "C": "plain"}
    assert used(merged, found, key="tags", rest=rest) == found
    rest = "locals {\n  common = { A = aws_thing.t.number }\n}\n"
    assert used(merged, {**found, "A": "0"}, key="tags", rest=rest) is UNKNOWN


@pytest.mark.parametrize(
    ("expression", "key"),
    [
        ("{ (aws_thing.t.text) = 1 }", "<aws_thing.t.text>"),
        ("{ (upper(aws_vpc.v.id)) = 1 }", "VPC-0"),
        ('{ for x in split("e", aws_vpc.v.id) : x => 1 }', "vpc-05"),
    ],
)
def test_a_key_that_is_not_known_makes_the_map_unknown(expression: str, key: str) -> None:
    assert used(expression, {key: "1"}, key="tags") is UNKNOWN


def test_a_key_that_aws_assigns_is_known() -> None:
    loop = "{ for x in [aws_vpc.v.id] : x => 1 }"
    found = used(loop, {"<aws_vpc.v.id>": "1"}, key="tags")
    assert [is_assigned(key) for key in found] == [True]
    assert used("{ (aws_sns_topic.t.arn) = 1 }", {TOPIC: "1"}, key="tags") == {TOPIC: "1"}


def test_an_argument_that_evaluates_to_null_counts_as_not_configured() -> None:
    assert used("var.nothing", None, key="other") is UNKNOWN
    made = case('resource "aws_user" "u" {\n  other = timestamp()\n}\n')
    made.both("aws_user.u", {}, {"other": True}, {"other": "2026-12-01T00:00:00Z"})
    assert made.stack()["aws_user.u"].values["other"] is UNKNOWN


@pytest.mark.parametrize(
    ("written", "found", "merged"),
    [
        ("var.nothing", None, "STANDARD"),
        ("timestamp()", "2026-12-01T00:00:00Z", UNKNOWN),  # differs from run to run
    ],
)
def test_a_null_argument_has_the_documented_default(written: str, found: Any, merged: Any) -> None:
    made = case(f'resource "aws_cloudwatch_log_group" "g" {{\n  log_group_class = {written}\n}}\n')
    values = {} if found is None else {"log_group_class": found}
    made.both("aws_cloudwatch_log_group.g", {}, {"log_group_class": True}, values)
    value = made.stack()["aws_cloudwatch_log_group.g"].values["log_group_class"]
    assert value is UNKNOWN if merged is UNKNOWN else value == merged


def test_a_list_of_assigned_texts_of_which_none_is_null_is_known() -> None:
    (found,) = used("compact([aws_vpc.v.id])", ["<aws_vpc.v.id>"], key="items")
    assert is_assigned(found)


@pytest.mark.parametrize(
    ("tags", "defaults", "merged"),
    [
        ({"a": "1"}, {"b": "2"}, {"a": "1", "b": "2"}),
        ({"a": "1"}, {"a": "2"}, {"a": "1"}),
        (None, {"b": "2"}, {"b": "2"}),
        ({"a": "1"}, None, UNKNOWN),
        ("<aws_thing.t.text>", {"b": "2"}, UNKNOWN),
    ],
)
def test_all_tags_are_those_of_the_provider_and_of_the_resource(
    tags: Any, defaults: Any, merged: Any
) -> None:
    known = tags if isinstance(tags, dict) else {}
    made = case('resource "aws_user" "u" {\n  tags = merge(aws_thing.t.list, {})\n}\n')
    unknown = {"tags_all": True, **({"tags": True} if isinstance(tags, str) else {})}
    made.both("aws_user.u", {"tags": tags and known}, unknown, {"tags": tags and known})
    if defaults is not None:
        made.planned("terraform_data.planproof", {"input": {"tags": defaults}}, {})
    value = made.stack()["aws_user.u"].values["tags_all"]
    assert value is UNKNOWN if merged is UNKNOWN else value == merged


# Nested blocks --------------------------------------------------------------------------------

RULES = """
resource "aws_user" "u" {
  rule {
    to = aws_sns_topic.t.arn
  }
  rule {
    to   = aws_thing.t.text
    mode = var.mode
  }
}
"""


def test_nested_blocks() -> None:
    made = case(RULES)
    made.planned(
        "aws_user.u",
        {"rule": [{"to": None}, {"to": None, "mode": "x"}]},
        {"rule": [{"to": True, "id": True, "mode": True}, {"id": True, "to": True}]},
    )
    made.state("aws_user.u", {"rule": [{"to": TOPIC}, {"to": "<aws_thing.t.text>", "mode": "x"}]})
    user = made.stack()["aws_user.u"]
    assert user.get("rule.0.to") == TOPIC
    assert user.get("rule.0.mode") is UNKNOWN
    assert user.get("rule.0.id") is UNKNOWN
    assert user.get("rule.1.to") is UNKNOWN
    assert user.get("rule.1.mode") == "x"
    assert user.get("rule.1.id") is UNKNOWN


@pytest.mark.parametrize("other", ["", "rule {\n    to = md5(aws_sns_topic.t.arn)\n  }\n"])
def test_an_argument_of_a_block_derives_from_what_is_written_in_it(other: str) -> None:
    for written, known in (("aws_vpc.v.id", True), ("md5(aws_vpc.v.id)", False)):
        text = f'resource "aws_user" "u" {{\n  rule {{\n    to = {written}\n  }}\n  {other}}}\n'
        made = case(text)
        count = 2 if other else 1
        made.planned("aws_user.u", {"rule": [{}] * count}, {"rule": [{"to": True}] * count})
        made.state("aws_user.u", {"rule": [{"to": "<aws_vpc.v.id>"}] * count})
        found = made.stack()["aws_user.u"].get("rule.0.to")
        assert is_assigned(found) if known else found is UNKNOWN


@pytest.mark.parametrize("over", ["aws_thing.t", "try(aws_thing.t, {})"])
def test_there_is_a_block_for_each_instance_of_a_resource(over: str) -> None:
    made = case(DYNAMIC.replace("[aws_sns_topic.t.arn]", over).replace("rule.value", '"x"'))
    made.planned("aws_user.u", {}, {"rule": True})
    made.state("aws_user.u", {"rule": [{"to": "x"}], "access": []})
    assert len(made.stack()["aws_user.u"].get("rule")) == 1


def test_an_unknown_value_of_a_block_is_unknown_where_it_is_used() -> None:
    made = case(RULES + 'resource "aws_user" "v" {\n  value = aws_user.u.rule[0].id\n}\n')
    made.planned("aws_user.u", {"rule": [{"to": "a"}]}, {"rule": [{"id": True, "mode": True}]})
    made.state("aws_user.u", {"rule": [{"to": "a"}]})
    made.both("aws_user.v", {}, {"value": True}, {"value": "<aws_user.u.rule.id>"})
    assert made.stack()["aws_user.v"].values["value"] is UNKNOWN


DYNAMIC = """
resource "aws_user" "u" {
  dynamic "rule" {
    for_each = [aws_sns_topic.t.arn]
    content {
      to = rule.value
    }
  }
  dynamic "access" {
    for_each = aws_thing.t.list
    content {
      to = "x"
    }
  }
}
"""


@pytest.mark.parametrize("access", [[], [{"to": "x"}]])
def test_dynamic_blocks(access: list[dict[str, str]]) -> None:
    made = case(DYNAMIC)
    made.planned("aws_user.u", {}, {"rule": True, "access": True})
    made.state("aws_user.u", {"rule": [{"to": TOPIC}], "access": access})
    user = made.stack()["aws_user.u"]
    assert user.get("rule.0.to") == TOPIC
    assert user.get("rule.0.mode") is UNKNOWN
    assert user.get("access") is UNKNOWN  # their number is not known


def test_dynamic_blocks_without_an_element() -> None:
    made = case(DYNAMIC.replace("[aws_sns_topic.t.arn]", 'aws_sns_topic.t.arn == "" ? [1] : []'))
    made.planned("aws_user.u", {}, {"rule": True, "access": True})
    made.state("aws_user.u", {"rule": [], "access": []})
    user = made.stack()["aws_user.u"]
    assert user.get("rule") == []
    assert user.get("access") is UNKNOWN


@pytest.mark.parametrize(
    "over", ['[for x in [aws_vpc.v.id] : x if can(regex("a", x))]', 'split("e", aws_vpc.v.id)']
)
def test_dynamic_blocks_whose_number_is_not_known(over: str) -> None:
    made = case(DYNAMIC.replace("[aws_sns_topic.t.arn]", over).replace("rule.value", '"x"'))
    made.planned("aws_user.u", {}, {"rule": True})
    made.state("aws_user.u", {"rule": [{"to": "x"}], "access": []})
    assert made.stack()["aws_user.u"].get("rule") is UNKNOWN


def test_the_content_of_dynamic_blocks_derives_from_what_they_run_over() -> None:
    made = case(DYNAMIC.replace("[aws_sns_topic.t.arn]", "[md5(aws_vpc.v.id)]"))
    made.planned("aws_user.u", {}, {"rule": True})
    made.state("aws_user.u", {"rule": [{"to": "0cc175b9"}], "access": []})
    assert made.stack()["aws_user.u"].get("rule.0.to") is UNKNOWN


def test_blocks_that_are_not_configured_are_known_only_if_planned() -> None:
    made = case('resource "aws_user" "u" {\n  value = "x"\n}\n')
    made.planned("aws_user.u", {"rule": [], "value": "x"}, {"access": True})
    made.state("aws_user.u", {"rule": [], "access": [], "value": "x"})
    user = made.stack()["aws_user.u"]
    assert user.get("rule") == []
    assert user.get("access") is UNKNOWN


# Data sources, and what Terraform evaluates itself --------------------------------------------


def document(source: str, json_: str) -> Any:
    made = case(f'data "aws_iam_policy_document" "d" {{\n  source = {source}\n}}\n')
    made.planned("data.aws_iam_policy_document.d", {}, {"source": True, "json": True, "id": True})
    made.state("data.aws_iam_policy_document.d", {"source": json_, "json": json_, "id": "123"})
    return made.stack()["data.aws_iam_policy_document.d"].values


def test_a_document_shows_its_input() -> None:
    assert document("aws_sns_topic.t.arn", f'{{"a":"{TOPIC}"}}')["json"] == f'{{"a":"{TOPIC}"}}'
    values = document("aws_vpc.v.id", '{"a":"<aws_vpc.v.id>"}')
    assert is_assigned(values["json"])
    assert values["id"] is UNKNOWN  # a hash of the id


def test_a_document_with_an_unknown_value_is_unknown() -> None:
    assert document("aws_thing.t.text", '{"a":"<aws_thing.t.text>"}')["json"] is UNKNOWN
    assert document("aws_thing.t.number", '{"Limit":0}')["json"] is UNKNOWN
    assert document("upper(aws_vpc.v.id)", '{"a":"VPC-0"}')["json"] is UNKNOWN


def test_a_policy_keeps_its_known_parts() -> None:
    policy = '{"Statement":[{"Effect":"Allow","Resource":"<aws_thing.t.text>"}]}'
    found = document("aws_thing.t.text", policy)["json"]
    assert json.loads(found)["Statement"][0]["Effect"] == "Allow"
    assert is_unknown_text(found)


def default_vpc(expression: str, found: Any, **more: Any) -> tuple[Mapping[str, Any], Any]:
    """The values of a VPC that the endpoint answered, and one that the plan derived from them."""
    sources = 'data "aws_vpc" "d" {\n  default = true\n}\n'
    made = case(f'{sources}resource "aws_user" "u" {{\n  value = {expression}\n}}\n')
    values = {"default": True, "cidr_block": "172.31.0.0/16", "enable_dns_support": True}
    made.state("data.aws_vpc.d", values, **more)
    made.both("aws_user.u", {"value": found}, {}, {})
    stack = made.stack(emulated=more.get("emulated", True))
    return stack["data.aws_vpc.d"].values, stack["aws_user.u"].values["value"]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("data.aws_vpc.d.enable_dns_support", "true"),
        ('"dns-${data.aws_vpc.d.enable_dns_support}"', "dns-true"),
        ('data.aws_vpc.d.enable_dns_support ? "a" : null', "a"),
    ],
)
def test_what_the_endpoint_made_up_is_unknown_and_what_derives_from_it(
    expression: str, found: str
) -> None:
    values, derived = default_vpc(expression, found)
    assert values["enable_dns_support"] is UNKNOWN
    assert derived is UNKNOWN


def test_what_the_endpoint_knows_is_known() -> None:
    values, derived = default_vpc("data.aws_vpc.d.cidr_block", "172.31.0.0/16")
    assert values["cidr_block"] == derived == "172.31.0.0/16"
    assert values["default"] is True


@pytest.mark.parametrize(
    "more", [{"emulated": False}, {"provider": "registry.terraform.io/hashicorp/planproof"}]
)
def test_what_an_account_or_the_user_answered_is_known(more: Any) -> None:
    values, derived = default_vpc('"dns-${data.aws_vpc.d.enable_dns_support}"', "dns-true", **more)
    assert values["enable_dns_support"] is True
    assert derived == "dns-true"


def test_an_overridden_data_source_has_what_is_known_of_it() -> None:
    made = case('data "aws_thing" "d" {\n  name = aws_sns_topic.t.arn\n}\n')
    made.both("data.aws_thing.d", {}, {"text": True, "name": True}, {"name": TOPIC})
    data = made.stack()["data.aws_thing.d"]
    assert data.values["name"] == TOPIC
    assert data.values["text"] is UNKNOWN


@pytest.mark.parametrize(
    ("written", "found", "known"),
    [
        ("aws_sns_topic.t.arn", TOPIC, True),
        ("aws_thing.t.text", "<aws_thing.t.text>", False),
        ("md5(aws_vpc.v.id)", "0cc175b9", False),
    ],
)
def test_the_output_of_terraform_data_is_its_input(written: str, found: str, known: bool) -> None:
    rest = 'resource "aws_user" "u" {\n  value = terraform_data.d.output\n}\n'
    made = case(f'resource "terraform_data" "d" {{\n  input = {written}\n}}\n{rest}')
    unknown = {"input": True, "output": True, "id": True}
    made.both("terraform_data.d", {}, unknown, {"input": found, "output": found, "id": "9"})
    made.both("aws_user.u", {}, {"value": True}, {"value": found})
    stack = made.stack()
    data = stack["terraform_data.d"]
    for value in (data.values["input"], data.values["output"], stack["aws_user.u"].get("value")):
        assert value == found if known else value is UNKNOWN
    assert data.values["id"] is UNKNOWN


# Instances, locations, tags, dependencies, secrets --------------------------------------------


def test_an_instance_that_is_not_in_the_plan_has_the_defaults_of_the_others() -> None:
    text = 'resource "aws_thing" "k" {\n  for_each = local.missing\n  name = "b"\n}\n'
    made = case(text)
    made.both('aws_thing.k["a"]', {"name": "b", "timeout": 3}, {"arn": True}, {})
    made.state('aws_thing.k["b"]', {"name": "b", "timeout": None})
    thing = made.stack()['aws_thing.k["b"]']
    assert thing.values["name"] == "b"
    assert thing.values["timeout"] == 3
    assert thing.values["arn"] is UNKNOWN
    assert thing.values["number"] is UNKNOWN


def test_probes_give_the_locations_and_are_not_in_the_stack() -> None:
    found = case("").stack()
    assert found.provider_locations["aws"] == ProviderLocation("aws", "us-east-1", "123456789012")
    assert not found.data()
    some = {**PROBES, "aws_region": {"id": None}}
    assert case("").stack(probes=some).provider_locations == {}


def test_without_a_known_location_an_arn_is_unknown() -> None:
    made = case("")
    made.made_by("aws_sns_topic.t", "module.m:aws")
    assert made.stack()["aws_sns_topic.t"].values["arn"] is UNKNOWN
    there = {"aws": ProviderLocation("aws-cn", "cn-north-1", "123456789012")}
    found = case("", locations=there).stack()["aws_sns_topic.t"].values["arn"]
    assert found == "arn:aws-cn:sns:cn-north-1:123456789012:news"


def test_a_learnt_name_gives_the_identity() -> None:
    text = 'resource "aws_sns_topic" "n" {\n  name = upper(aws_sns_topic.t.id)\n}\n'
    made = case(text)
    made.both("aws_sns_topic.n", {}, {"name": True, "arn": True, "id": True}, {"name": "NEWS"})
    first = made.stack()
    assert first["aws_sns_topic.n"].values["arn"] is UNKNOWN
    second = made.stack({r.address: r.values for r in first})["aws_sns_topic.n"]
    assert second.values["arn"] == "arn:aws:sns:us-east-1:123456789012:NEWS"


def test_dependencies_are_closed_through_data_sources() -> None:
    made = case('data "aws_iam_policy_document" "d" {\n}\nresource "aws_user" "u" {\n}\n')
    made.state("data.aws_iam_policy_document.d", {}, after=["aws_thing.t"])
    made.planned("aws_user.u", {}, {})
    made.state("aws_user.u", {}, after=["data.aws_iam_policy_document.d"])
    found = made.stack()
    assert found["aws_user.u"].dependencies == {"data.aws_iam_policy_document.d", "aws_thing.t"}
    assert found.created_after(found["aws_user.u"], found["aws_thing.t"]) is True
    assert found.created_after(found["aws_thing.t"], found["aws_user.u"]) is False


def test_every_part_that_is_sensitive_in_plan_or_state_is_sensitive() -> None:
    made = case('resource "aws_user" "u" {\n  tags = var.tags\n  items = var.names\n}\n')
    values = {"tags": {"a": "1", "b": "2", "c": "3"}, "items": ["x", "y", "z"], "value": "v"}
    in_plan = {"tags": {"a": True}, "items": [True], "value": True}
    made.planned("aws_user.u", {**values, "other": "o"}, {}, sensitive=in_plan)
    in_state = {"tags": {"b": True}, "items": [False, True], "other": True}
    made.state("aws_user.u", {**values, "other": "o"}, sensitive=in_state)
    user = made.stack()["aws_user.u"]
    parts = [f"tags.{key}" for key in "abc"] + [f"items.{index}" for index in range(3)]
    assert [part for part in [*parts, "value", "other", "id"] if user.is_sensitive(part)] == [
        "tags.a",
        "tags.b",
        "items.0",
        "items.1",
        "value",
        "other",
    ]


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.lists(st.text())


@settings(max_examples=25)
@given(VALUES)
def test_whatever_is_given_for_a_computed_attribute_it_stays_unknown(found: Any) -> None:
    made = case("")
    made.both("aws_user.u", {}, {"id": True, "other": True}, {"id": found, "other": found})
    user = made.stack()["aws_user.u"]
    assert user.values["id"] is UNKNOWN
    assert user.values["other"] is UNKNOWN


@settings(max_examples=25)
@given(VALUES, VALUES)
def test_whatever_was_evaluated_the_plan_counts_where_it_knows(planned: Any, found: Any) -> None:
    made = case('resource "aws_user" "u" {\n  value = var.x\n}\n')
    made.planned("aws_user.u", {"value": planned}, {})
    made.state("aws_user.u", {"value": found})
    assert made.stack()["aws_user.u"].values["value"] == planned
