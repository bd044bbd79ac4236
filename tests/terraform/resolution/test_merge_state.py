"""No mocked value is taken for a real one, wherever it is used."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planproof.terraform.generated_names import generated_name

from planproof.values import UNKNOWN
from tests.builders.evaluated import BOTH, COMPUTED, OPTIONAL, PROBES, Evaluated

RANDOM = "x7k2m9qa"  # what Terraform generates for a mocked string
NUMBER = {"type": "number", "computed": True}
SCHEMAS = {
    "aws_thing": {
        "arn": COMPUTED,
        "id": COMPUTED,
        "text": COMPUTED,
        "number": NUMBER,
        "flag": {"type": "bool", "computed": True},
        "list": {"type": ["list", "string"], "computed": True},
        "name": BOTH,
        "timeout": {"type": "number", "optional": True},
    },
    "aws_user": {
        "id": COMPUTED,
        "value": OPTIONAL,
        "other": BOTH,
        "count_of": {"type": "number", "optional": True, "computed": True},
        "tags": {"type": ["map", "string"], "optional": True},
        "names": {"type": ["set", "string"], "optional": True},
        "rule": ("list", {"id": COMPUTED, "to": OPTIONAL, "mode": BOTH}),
        "access": ("set", {"to": OPTIONAL, "mode": BOTH}),
    },
    "aws_iam_policy_document": {"id": COMPUTED, "json": COMPUTED, "source": OPTIONAL},
}
THING = 'resource "aws_thing" "t" {\n  name = "t"\n}\n'


def case(sources: str) -> Evaluated:
    """A resource with an ARN, and further sources."""
    made = Evaluated(THING + sources, SCHEMAS)
    unknown = dict.fromkeys(("arn", "id", "text", "number", "flag", "list"), True)
    made.both(
        "aws_thing.t",
        {"name": "t", "timeout": 3},
        unknown,
        {
            "arn": "<aws_thing.t.arn>",
            "id": "<aws_thing.t.id>",
            "text": RANDOM,
            "number": 0,
            "flag": False,
            "list": [],
            "timeout": None,
        },
    )
    return made


def used(expression: str, found: Any, *, key: str = "value", rest: str = "", **more: Any) -> Any:
    """The merged value of an argument whose expression Terraform evaluated to ``found``."""
    made = case(f'resource "aws_user" "u" {{\n  {key} = {expression}\n}}\n{rest}')
    made.both("aws_user.u", {}, {key: True}, {key: found})
    return made.stack(**more)["aws_user.u"].values[key]


def test_token_becomes_the_identity_that_aws_would_assign() -> None:
    thing = case("").stack()["aws_thing.t"]
    assert thing.values["arn"] == "arn:aws:thing:us-east-1:123456789012:(aws_thing.t)"
    assert thing.values["id"] == "(aws_thing.t)"
    assert used("aws_thing.t.arn", "<aws_thing.t.arn>") == thing.values["arn"]


def test_computed_attributes_are_unknown() -> None:
    thing = case("").stack()["aws_thing.t"]
    for key in ("text", "number", "flag", "list"):
        assert thing.values[key] is UNKNOWN, key


def test_known_planned_values_are_used() -> None:
    thing = case("").stack()["aws_thing.t"]
    assert (thing.values["name"], thing.values["timeout"]) == ("t", 3)


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("aws_thing.t.text", RANDOM),
        ('"${aws_thing.t.text}-x"', f"{RANDOM}-x"),
        ("upper(aws_thing.t.text)", RANDOM.upper()),
        ("md5(aws_thing.t.text)", "0cc175b9c0f1b6a831c399e269772661"),
        ('aws_thing.t.flag ? "a" : "b"', "b"),
        ('"${aws_thing.t.number} seconds"', "0 seconds"),
        ("jsonencode({ n = aws_thing.t.number })", '{"n":0}'),
        ("tostring(local.n)", "0"),
        ("one(aws_thing.t.list)", None),
        ("sha256(aws_thing.t.arn)", "9f86d081884c7d659a2feaa0c55ad015"),
        ("upper(aws_thing.t.id)", "PLANPROOF-N000000"),
        ("substr(aws_thing.t.id, 0, 9)", "planproof"),
        ('aws_thing.t.arn == "x" ? "a" : "b"', "b"),
        ('"${aws_thing.t.timeout}s"', "s"),  # its default is null while it is overridden
        ("timestamp()", "2026-11-23T05:00:00Z"),
    ],
)
def test_values_derived_from_mocked_values_are_unknown(expression: str, found: Any) -> None:
    rest = "locals {\n  n = aws_thing.t.number\n}\n"
    assert used(expression, found, rest=rest) is UNKNOWN


@pytest.mark.parametrize(
    ("expression", "found"),
    [("aws_thing.t.number", 0), ("length(aws_thing.t.arn)", 44), ("local.n", 0)],
)
def test_numbers_derived_from_unknown_values_are_unknown(expression: str, found: int) -> None:
    rest = "locals {\n  n = aws_thing.t.number\n}\n"
    assert used(expression, found, key="count_of", rest=rest) is UNKNOWN


def test_a_list_of_mocked_length_is_unknown() -> None:
    assert used('concat(aws_thing.t.list, ["a"])', ["a"], key="names") is UNKNOWN
    assert used("aws_thing.t.list", [], key="names") is UNKNOWN


def test_an_argument_that_evaluates_to_null_is_unknown() -> None:
    assert used("var.nothing", RANDOM, key="other") is UNKNOWN
    assert used("var.nothing", 0, key="count_of") is UNKNOWN


def test_each_entry_of_a_map_has_its_own_origin() -> None:
    found = used(
        "{\n  A = aws_thing.t.arn\n  B = sha1(aws_thing.t.arn)\n  C = aws_thing.t.number\n"
        '  D = "plain"\n}',
        {"A": "<aws_thing.t.arn>", "B": "a9993e36", "C": "0", "D": "plain"},
        key="tags",
    )
    assert found["A"].startswith("arn:aws:thing:")
    assert found["B"] is UNKNOWN
    assert found["C"] is UNKNOWN
    assert found["D"] == "plain"


def test_entries_of_a_merged_map() -> None:
    merged = 'merge(local.common, { B = aws_thing.t.arn, C = "plain" })'
    rest = 'locals {\n  common = { A = "common" }\n}\n'
    found = {"A": "common", "B": "<aws_thing.t.arn>", "C": "plain"}
    values = used(merged, found, key="tags", rest=rest)
    assert values["A"] == "common"
    assert values["C"] == "plain"
    assert values["B"].startswith("arn:aws:thing:")
    rest = "locals {\n  common = { A = aws_thing.t.number }\n}\n"
    values = used(merged, {**found, "A": "0"}, key="tags", rest=rest)
    assert values["A"] is UNKNOWN


def test_a_mocked_key_makes_the_map_unknown() -> None:
    found = used("{ (aws_thing.t.text) = 1 }", {RANDOM: "1"}, key="tags")
    assert found is UNKNOWN


def test_a_configured_name_is_not_a_token() -> None:
    """The override has a name too, for resources without a configured one."""
    named = 'resource "aws_sqs_queue" "q" {\n  name = "q-${aws_thing.t.number}"\n}\n'
    made = Evaluated(THING + named, {**SCHEMAS, "aws_sqs_queue": {"name": BOTH, "arn": COMPUTED}})
    made.planned("aws_thing.t", {}, {"number": True})
    made.state("aws_thing.t", {"number": 0})
    found = {"name": "q-0", "arn": "<aws_sqs_queue.q.arn>"}
    made.both("aws_sqs_queue.q", {}, {"name": True, "arn": True}, found)
    queue = made.stack()["aws_sqs_queue.q"]
    assert queue.values["name"] is UNKNOWN
    name = generated_name("aws_sqs_queue.q")
    assert queue.values["arn"] == f"arn:aws:sqs:us-east-1:123456789012:{name}"


def test_elements_of_a_set_are_not_matched_by_position() -> None:
    """The elements of a planned set sort differently once all are known."""
    made = case('resource "aws_user" "u" {\n  names = ["zzz", aws_thing.t.arn]\n}\n')
    made.planned("aws_user.u", {"names": ["zzz", None]}, {"names": [False, True]})
    made.state("aws_user.u", {"names": ["<aws_thing.t.arn>", "zzz"]})
    names = made.stack()["aws_user.u"].values["names"]
    assert sorted(names) == ["arn:aws:thing:us-east-1:123456789012:(aws_thing.t)", "zzz"]


RULES = """
resource "aws_user" "u" {
  rule {
    to = aws_thing.t.arn
  }
  rule {
    to   = "plain"
    mode = var.mode
  }
}
"""


def test_nested_blocks() -> None:
    made = case(RULES)
    made.planned(
        "aws_user.u",
        {"rule": [{"to": None}, {"to": "plain", "mode": "x"}]},
        {"rule": [{"to": True, "id": True, "mode": True}, {"id": True}]},
    )
    made.state(
        "aws_user.u",
        {
            "rule": [
                {"to": "<aws_thing.t.arn>", "id": RANDOM, "mode": "k3j4h5g6"},
                {"to": "plain", "id": "m1n2b3v4", "mode": "x"},
            ]
        },
    )
    user = made.stack()["aws_user.u"]
    assert user.get("rule.0.to") == "arn:aws:thing:us-east-1:123456789012:(aws_thing.t)"
    assert user.get("rule.0.mode") is UNKNOWN
    assert user.get("rule.0.id") is UNKNOWN
    assert user.get("rule.1.to") == "plain"
    assert user.get("rule.1.mode") == "x"
    assert user.get("rule.1.id") is UNKNOWN


def test_a_mocked_value_of_a_block_is_unknown_where_it_is_used() -> None:
    made = case(RULES + 'resource "aws_user" "v" {\n  value = aws_user.u.rule[0].id\n}\n')
    made.planned("aws_user.u", {"rule": [{"to": "a"}]}, {"rule": [{"id": True, "mode": True}]})
    made.state("aws_user.u", {"rule": [{"to": "a", "id": RANDOM, "mode": "k3j4h5g6"}]})
    made.both("aws_user.v", {}, {"value": True}, {"value": RANDOM})
    assert made.stack()["aws_user.v"].values["value"] is UNKNOWN


DYNAMIC = """
resource "aws_user" "u" {
  dynamic "rule" {
    for_each = [aws_thing.t.arn]
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


def test_dynamic_blocks() -> None:
    made = case(DYNAMIC)
    made.planned("aws_user.u", {}, {"rule": True, "access": True})
    rules = [{"to": "<aws_thing.t.arn>", "id": RANDOM, "mode": "k3j4h5g6"}]
    made.state("aws_user.u", {"rule": rules, "access": []})
    user = made.stack()["aws_user.u"]
    assert user.get("rule.0.to") == "arn:aws:thing:us-east-1:123456789012:(aws_thing.t)"
    assert user.get("rule.0.mode") is UNKNOWN
    assert user.get("access") is UNKNOWN  # their number is mocked


def test_blocks_that_are_not_configured_are_known_only_if_planned() -> None:
    made = case('resource "aws_user" "u" {\n  value = "x"\n}\n')
    made.planned("aws_user.u", {"rule": [], "value": "x"}, {"access": True})
    made.state("aws_user.u", {"rule": [], "access": [], "value": "x"})
    user = made.stack()["aws_user.u"]
    assert user.get("rule") == []
    assert user.get("access") is UNKNOWN


def document(source: str, json_: str) -> Any:
    made = case(f'data "aws_iam_policy_document" "d" {{\n  source = {source}\n}}\n')
    made.planned("data.aws_iam_policy_document.d", {}, {"source": True, "json": True, "id": True})
    made.state("data.aws_iam_policy_document.d", {"source": json_, "json": json_, "id": "123"})
    return made.stack()["data.aws_iam_policy_document.d"].values


def test_a_document_shows_its_input() -> None:
    values = document("aws_thing.t.arn", '{"Resource":"<aws_thing.t.arn>"}')
    assert '"arn:aws:thing:us-east-1:123456789012:(aws_thing.t)"' in values["json"]
    assert values["id"] is UNKNOWN  # a hash of tokens, not of identities


def test_a_document_with_a_mocked_value_is_unknown() -> None:
    assert document("aws_thing.t.text", f'{{"Resource":"{RANDOM}"}}')["json"] is UNKNOWN
    assert document("aws_thing.t.number", '{"Limit":0}')["json"] is UNKNOWN


# Other variables than the plan's -------------------------------------------------------------


def varied(source: str, planned: Any, found: Any, key: str = "value") -> Any:
    made = case(f'resource "aws_user" "u" {{\n  {key} = {source}\n}}\n')
    made.planned("aws_user.u", {key: planned}, {})
    made.state("aws_user.u", {key: found})
    return made.stack(same_variables=False)["aws_user.u"].values[key]


def test_with_other_variables_evaluated_values_are_used() -> None:
    assert varied('"a-${var.suffix}"', "a-dev", "a-pr") == "a-pr"
    assert varied("var.size", 3, 5, "count_of") == 5


def test_with_other_variables_defaults_are_used_and_computed_attributes_unknown() -> None:
    made = case("")
    thing = made.stack(same_variables=False)["aws_thing.t"]
    assert thing.values["timeout"] == 3
    assert thing.values["name"] == "t"
    assert thing.values["text"] is UNKNOWN
    assert thing.values["arn"].startswith("arn:aws:thing:")


def test_with_other_variables_an_argument_may_become_null() -> None:
    assert varied("var.nothing", "abcd1234", RANDOM, "other") is UNKNOWN
    assert varied("var.nothing", 300, 0, "count_of") is UNKNOWN
    assert varied("var.name", "pipeline", "pipeline", "other") == "pipeline"


def test_an_instance_that_exists_only_with_other_variables() -> None:
    made = Evaluated(
        'resource "aws_thing" "t" {\n  for_each = var.k\n  name = each.key\n}\n', SCHEMAS
    )
    made.both('aws_thing.t["a"]', {"name": "a", "timeout": 3}, {"arn": True}, {"arn": RANDOM})
    made.state(
        'aws_thing.t["b"]',
        {"name": "b", "arn": "<aws_thing.t.arn>", "timeout": None, "text": RANDOM, "number": 0},
    )
    thing = made.stack(same_variables=False)['aws_thing.t["b"]']
    assert thing.values["name"] == "b"
    assert thing.values["timeout"] == 3  # the default of the planned instance
    assert thing.values["arn"] is UNKNOWN  # several instances may have the same token
    assert thing.values["number"] is UNKNOWN


# The rest of a stack -------------------------------------------------------------------------


def test_probes_give_the_locations_and_are_not_in_the_stack() -> None:
    found = case("").stack()
    assert found.provider_locations["aws"].region == "us-east-1"
    assert not found.data()


def test_without_a_known_location_the_identity_is_unknown() -> None:
    made = case("")
    made.made_by("aws_thing.t", "module.m:aws")
    assert made.stack()["aws_thing.t"].values["arn"] is UNKNOWN
    assert case("").stack(probes={})["aws_thing.t"].values["arn"] is UNKNOWN
    broken = {**PROBES, "aws_region": {"id": None}}
    assert case("").stack(probes=broken)["aws_thing.t"].values["arn"] is UNKNOWN


def test_dependencies_are_closed_through_data_sources() -> None:
    made = case('data "aws_iam_policy_document" "d" {\n}\nresource "aws_user" "u" {\n}\n')
    made.state("data.aws_iam_policy_document.d", {}, after=["aws_thing.t"])
    made.planned("aws_user.u", {}, {})
    made.state("aws_user.u", {}, after=["data.aws_iam_policy_document.d"])
    found = made.stack()
    assert found["aws_user.u"].dependencies == {"data.aws_iam_policy_document.d", "aws_thing.t"}
    assert found.created_after(found["aws_user.u"], found["aws_thing.t"]) is True
    assert found.created_after(found["aws_thing.t"], found["aws_user.u"]) is False


def test_sensitive_in_plan_or_state_is_sensitive() -> None:
    made = case('resource "aws_user" "u" {\n  value = "x"\n  other = "y"\n}\n')
    made.planned("aws_user.u", {"value": "x", "other": "y"}, {}, sensitive={"value": True})
    made.state("aws_user.u", {"value": "x", "other": "y"}, sensitive={"other": True})
    user = made.stack()["aws_user.u"]
    assert user.is_sensitive("value")
    assert user.is_sensitive("other")


def test_every_part_that_is_sensitive_in_plan_or_state_is_sensitive() -> None:
    made = case('resource "aws_user" "u" {\n  tags = var.tags\n  names = var.names\n}\n')
    values = {"tags": {"a": "1", "b": "2", "c": "3"}, "names": ["x", "y", "z"]}
    in_plan = {"tags": {"a": True}, "names": [True]}
    made.planned("aws_user.u", values, {}, sensitive=in_plan)
    in_state = {"tags": {"b": True}, "names": [False, True]}
    made.state("aws_user.u", values, sensitive=in_state)
    user = made.stack()["aws_user.u"]
    parts = [f"tags.{key}" for key in "abc"] + [f"names.{index}" for index in range(3)]
    assert [part for part in parts if user.is_sensitive(part)] == [
        "tags.a",
        "tags.b",
        "names.0",
        "names.1",
    ]


def test_a_default_that_the_provider_computes_is_unknown_with_other_variables() -> None:
    made = case('resource "aws_user" "u" {\n}\n')
    made.both("aws_user.u", {"other": "computed", "count_of": 30, "value": "default"}, {}, {})
    assert made.stack()["aws_user.u"].values["count_of"] == 30
    user = made.stack(same_variables=False)["aws_user.u"]
    assert user.values["other"] is UNKNOWN
    assert user.values["count_of"] is UNKNOWN
    assert user.values["value"] == "default"  # the provider does not compute it


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.lists(st.text())


@given(VALUES)
def test_whatever_is_made_up_for_a_computed_attribute_it_stays_unknown(found: Any) -> None:
    made = case("")
    made.both("aws_user.u", {}, {"id": True, "other": True}, {"id": found, "other": found})
    user = made.stack()["aws_user.u"]
    assert user.values["other"] is UNKNOWN


@given(VALUES, VALUES)
def test_whatever_was_evaluated_the_plan_counts_where_it_knows(planned: Any, found: Any) -> None:
    made = case('resource "aws_user" "u" {\n  value = var.x\n}\n')
    made.planned("aws_user.u", {"value": planned}, {})
    made.state("aws_user.u", {"value": found})
    assert made.stack()["aws_user.u"].values["value"] == planned
