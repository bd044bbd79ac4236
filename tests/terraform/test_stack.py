"""The model of a stack: lookup, order of creation, locations, sensitive values."""

from __future__ import annotations

import copy
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from planproof.terraform.addresses import (
    configuration_address,
    module_address,
    module_path,
    without_last_key,
)
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.plan import Plan
from planproof.terraform.references import Configuration
from planproof.terraform.source_index import SourceIndex, scan_text
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN
from tests.builders.project import PLAN
from tests.builders.stacks import declare, resource, stack


@pytest.mark.parametrize(
    ("address", "declared", "resource_", "module", "path"),
    [
        ("aws_x.y", "aws_x.y", "aws_x.y", "", ""),
        ("aws_x.y[0]", "aws_x.y", "aws_x.y", "", ""),
        (
            'module.m["a.b"].aws_x.y["c]d"]',
            "module.m.aws_x.y",
            'module.m["a.b"].aws_x.y',
            'module.m["a.b"]',
            "m",
        ),
        (
            "module.a[1].module.b.data.aws_x.y",
            "module.a.module.b.data.aws_x.y",
            "module.a[1].module.b.data.aws_x.y",
            "module.a[1].module.b",
            "a.b",
        ),
        ('aws_x.y["q\\"]"]', "aws_x.y", "aws_x.y", "", ""),
    ],
)
def test_parts_of_addresses(
    address: str, declared: str, resource_: str, module: str, path: str
) -> None:
    assert configuration_address(address) == declared
    assert without_last_key(address) == resource_
    assert module_address(address) == module
    assert module_path(module) == path


def test_resources_by_address_type_and_value() -> None:
    one = resource("aws_sqs_queue.one", name="a")
    two = resource('module.m["k"].aws_sqs_queue.two', name="b")
    other, data = resource("aws_sns_topic.t"), resource("data.aws_sqs_queue.d")
    found = stack(one, two, other, data)
    assert found["aws_sqs_queue.one"] is one
    assert found.get("aws_sqs_queue.missing") is None
    assert found.managed("aws_sqs_queue") == (one, two)
    assert found.managed("aws_sns_topic", "aws_sqs_queue") == (other, one, two)
    assert found.managed() == (one, two, other)
    assert found.data() == found.data("aws_sqs_queue") == (data,)
    assert found.where("aws_sqs_queue", "name", "b") == (two,)
    assert found.types() == {"aws_sqs_queue", "aws_sns_topic"}
    assert len(found) == 4
    with pytest.raises(KeyError):
        found["aws_sqs_queue.missing"]


def test_an_unknown_value_matches_no_value() -> None:
    queue = resource("aws_sqs_queue.q", name=UNKNOWN)
    assert stack(queue).where("aws_sqs_queue", "name", UNKNOWN) == ()


def test_a_stack_cannot_be_changed() -> None:
    found = stack(declare("aws_sqs_queue.q", name="a", tags={"x": "y"}))
    with pytest.raises(FrozenInstanceError):
        found.name = "another"  # type: ignore[misc]
    queue, declared = found["aws_sqs_queue.q"], found.configuration.resources
    for part in (
        found.resources,
        found.variables,
        found.provider_locations,
        queue.values,
        queue.values["tags"],
        declared,
        declared["aws_sqs_queue.q"]["expressions"],
    ):
        with pytest.raises(TypeError):
            part["name"] = "b"
    changed = found.with_resources([resource("aws_sqs_queue.q", name="b")])
    assert changed.managed("aws_sqs_queue")[0].get("name") == "b"
    assert found.managed("aws_sqs_queue")[0].get("name") == "a"


def test_dependencies_of_the_state_decide_the_order() -> None:
    early, late = resource("aws_a.a[0]", after=[]), resource("aws_b.b", after=["aws_a.a"])
    found = stack(early, late)
    assert found.created_after(late, early) is True
    assert found.created_after(early, late) is False


def planned(
    expressions: dict[str, Any], *, values: dict[str, Any] | None = None
) -> tuple[Stack, Resource, Resource]:
    """A plan of aws_b.b, with these expressions, and of aws_a.a."""
    entries = [{"address": "aws_b.b", "expressions": expressions}, {"address": "aws_a.a"}]
    changes = [
        {
            "address": address,
            "mode": "managed",
            "type": address.split(".")[0],
            "name": address.split(".")[1],
            "change": {"actions": ["create"], "after": after},
        }
        for address, after in (("aws_b.b", values or {}), ("aws_a.a", {}))
    ]
    root = {"root_module": {"resources": entries}}
    found = Stack.from_plan(Plan.of({**PLAN, "configuration": root, "resource_changes": changes}))
    return found, found["aws_b.b"], found["aws_a.a"]


def test_references_decide_the_order_in_a_plan() -> None:
    found, late, early = planned({"x": {"references": ["aws_a.a.arn", "aws_a.a"]}})
    assert found.created_after(late, early) is True
    assert found.created_after(early, late) is False


def test_order_is_undecided_with_an_unknown_local() -> None:
    found, late, early = planned({"x": {"references": ["local.arn"]}})
    assert found.created_after(late, early) is None


def test_order_is_undecided_with_a_dynamic_block_in_a_plan() -> None:
    blocks = {"queue": [{"id": "a"}]}
    found, late, early = planned({}, values=blocks)
    assert found.created_after(late, early) is None
    found, late, early = planned({"queue": [{"id": {"constant_value": "a"}}]}, values=blocks)
    assert found.created_after(late, early) is False


def test_location_of_a_resource_is_that_of_its_provider() -> None:
    entries = {"aws_a.a": {"provider_config_key": "aws.west"}, "aws_b.b": {}}
    west = ProviderLocation("aws", "eu-west-1", "1")
    home = ProviderLocation("aws", "us-east-1", "1")
    one, two, three = resource("aws_a.a[0]"), resource("aws_b.b"), resource("aws_c.c")
    found = replace(
        stack(one, two, three),
        configuration=Configuration({**entries, "aws_c.c": {"provider_config_key": "x"}}, {}, {}),
        provider_locations={"aws": home, "aws.west": west},
    )
    assert found.provider_location(one) == west
    assert found.provider_location(two) == home
    assert found.provider_location(three) is None


def test_blocks_and_lines_of_resources() -> None:
    root = 'resource "aws_a" "a" {\n  name = "x"\n}\n'
    inner = '\nresource "aws_b" "b" {\n}\n'
    index = SourceIndex({"": scan_text(root, "main.tf"), "m": scan_text(inner, "m/main.tf")})
    one, two = resource("aws_a.a[0]"), resource('module.m["k"].aws_b.b')
    found = replace(stack(one, two), sources=index)
    assert found.locate(one) == ("main.tf", 1)
    assert found.locate(one, "name") == ("main.tf", 2)
    assert found.locate(two) == ("m/main.tf", 2)
    assert found.locate(resource("aws_c.c")) == ("", 0)
    assert found.block(one) is not None
    assert stack(one).locate(one) == ("", 0)
    assert stack(one).block(one) is None


@pytest.mark.parametrize(
    ("sensitive", "path", "expected"),
    [
        (None, "a", False),
        (True, "a.b", True),
        ({"a": True}, "a", True),
        ({"a": True}, "a.b.c", True),
        ({"a": True}, "b", False),
        ({"a": {"b": True}}, "a", True),  # holds something sensitive
        ({"a": {"b": False}}, "a", False),
        ({"environment": [{"variables": {"X": True}}]}, "environment.0.variables.X", True),
        ({"environment": [{"variables": {"X": True}}]}, "environment.variables.X", True),
        ({"environment": [{"variables": {"X": True}}]}, "environment.0.variables.Y", False),
        ({"environment": [{"variables": True}]}, "environment.variables.Y", True),
        ({"environment": [True]}, "environment.variables", True),
        ({"l": [False, True]}, "l.1", True),
        ({"l": [False, True]}, "l.0", False),
        ({"l": [False, True]}, "l.9", False),
        ({"a": True}, "", True),
    ],
)
def test_sensitive_paths(sensitive: Any, path: str, expected: bool) -> None:
    assert resource("aws_x.y", sensitive=sensitive).is_sensitive(path) is expected


def test_a_stack_from_a_plan_is_not_resolved_and_has_sensitive_variables() -> None:
    root = {"root_module": {"variables": {"s": {"sensitive": True}}}}
    found = Stack.from_plan(Plan.of({**PLAN, "configuration": root}))
    assert not found.resolved
    assert found.sensitive_variables == {"s"}
    assert found["aws_sqs_queue.q"].dependencies is None


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.resources.update({}),
        lambda s: s.resources.__setitem__("aws_x.z", s["aws_x.y"]),
        lambda s: s.variables.__setitem__("stage", "test"),
        lambda s: s["aws_x.y"].values.__setitem__("name", "b"),
        lambda s: s["aws_x.y"].values.pop("name"),
        lambda s: s["aws_x.y"].values["rule"].append({}),
        lambda s: s["aws_x.y"].values["rule"][0].update(days=2),
        lambda s: s["aws_x.y"].values["rule"][0].setdefault("more", 1),
        lambda s: s["aws_x.y"].values["rule"].sort(),
        lambda s: s["aws_x.y"].sensitive.update(name=False),
    ],
)
def test_values_refuse_every_kind_of_change(change: Any) -> None:
    sensitive = {"name": True}
    it = stack(replace(resource("aws_x.y", name="a", rule=[{"days": 1}]), sensitive=sensitive))
    with pytest.raises((TypeError, AttributeError)):
        change(it)
    assert it["aws_x.y"].sensitive == {"name": True}
    assert it["aws_x.y"].values == {"name": "a", "rule": [{"days": 1}]}
    assert list(it.resources) == ["aws_x.y"]
    assert it.variables == {}


def test_a_copy_of_a_value_can_be_changed() -> None:
    copied = copy.deepcopy(resource("aws_x.y", rule=[{"days": 1}]).values)
    copied["rule"][0]["days"] = 2
    assert copied == {"rule": [{"days": 2}]}


def test_what_is_derived_is_computed_once_and_anew_for_a_changed_stack() -> None:
    it = stack(resource("aws_x.y", name="a"))
    computed: list[str] = []

    def compute() -> int:
        computed.append("once")
        return len(computed)

    assert [it.resources.derived("key", compute) for _ in range(2)] == [1, 1]
    assert it.with_resources([resource("aws_x.z")]).resources.derived("key", compute) == 2


# Regions of resources ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "values", "region"),
    [
        ("aws_sqs_queue.q", {}, "us-east-1"),  # version 5 of the AWS provider has no such attribute
        ("aws_sqs_queue.q", {"region": None}, "us-east-1"),
        ("aws_sqs_queue.q", {"region": "eu-west-1"}, "eu-west-1"),
        ("data.aws_region.r", {"region": "eu-west-1"}, "eu-west-1"),
        ("aws_cloudformation_stack_set_instance.i", {"region": "eu-west-1"}, "us-east-1"),
        ("aws_config_aggregate_authorization.a", {"region": "eu-west-1"}, "us-east-1"),
        ("google_storage_bucket.b", {"region": "eu-west-1"}, "us-east-1"),
        ("aws_s3_bucket.b", {"bucket_region": "eu-west-1"}, "us-east-1"),
    ],
)
def test_the_region_of_a_resource_overrides_that_of_its_provider(
    address: str, values: dict[str, Any], region: str
) -> None:
    it = stack(resource(address, **values), region="us-east-1")
    location = it.provider_location(it[address])
    assert location is not None
    assert location.region == region
    assert location.account == "123456789012"


def test_a_region_that_is_set_and_unknown_is_no_location() -> None:
    it = stack(
        declare("aws_sqs_queue.set", region=UNKNOWN, refers={"region": ["aws_x.y.region"]}),
        declare("aws_s3_bucket.computed", region=UNKNOWN, computed=["region"]),
    )
    assert it.provider_location(it["aws_sqs_queue.set"]) is None
    assert it.provider_location(it["aws_s3_bucket.computed"]) is not None
