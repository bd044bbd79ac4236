"""Plan files are read and indexed, or refused with an error."""

from __future__ import annotations

import copy
import gc
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planproof.errors import PlanproofError
from planproof.terraform.plan import Plan, mark_unknown
from planproof.values import UNKNOWN
from tests.builders.project import PLAN


def plan(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(dict(PLAN)), **changes}


def change(address: str, **entries: Any) -> dict[str, Any]:
    type_, name = address.split(".")[-2:]
    return {
        "address": address,
        "mode": "managed",
        "type": type_,
        "name": name.split("[")[0],
        "change": {"actions": ["create"], "after": {}, "after_unknown": {}, **entries},
    }


def sentence(raw: Any) -> str:
    with pytest.raises(PlanproofError) as caught:
        Plan.of(raw, "p.json")
    return caught.value.sentence


def test_resources_are_found_by_address() -> None:
    found = Plan.of(plan())
    assert found.terraform_version == "1.11.4"
    queue = found.resources["aws_sqs_queue.q"]
    assert (queue.mode, queue.type, queue.name, queue.index, queue.module) == (
        "managed",
        "aws_sqs_queue",
        "q",
        None,
        "",
    )
    assert queue.known["name"] == "jobs"
    assert queue.known["arn"] is UNKNOWN
    assert found.configuration["aws_sqs_queue.q"]["provider_config_key"] == "aws"


def test_resources_that_will_not_exist_are_left_out() -> None:
    changes = [
        change("aws_x.gone", actions=["delete"]),
        change("aws_x.forgotten", actions=["forget"]),
        change("aws_x.replaced", actions=["delete", "create"]),
        change("aws_x.kept", actions=["no-op"]),
    ]
    assert list(Plan.of(plan(resource_changes=changes)).resources) == [
        "aws_x.replaced",
        "aws_x.kept",
    ]


def test_data_sources_read_while_planning_come_from_the_prior_state() -> None:
    resource = {
        "address": "module.m.data.aws_region.here",
        "mode": "data",
        "type": "aws_region",
        "name": "here",
        "values": {"name": "eu-west-1"},
    }
    managed = {**resource, "address": "aws_x.old", "mode": "managed"}
    child = {"address": "module.m", "resources": [resource]}
    values = {"root_module": {"resources": [managed], "child_modules": [child]}}
    found = Plan.of(plan(prior_state={"values": values}))
    assert found.resources["module.m.data.aws_region.here"].known == {"name": "eu-west-1"}
    assert found.resources["module.m.data.aws_region.here"].module == "module.m"
    assert "aws_x.old" not in found.resources


def test_configuration_of_nested_modules_is_found_by_its_address() -> None:
    leaf = {"address": "aws_x.y", "mode": "managed", "type": "aws_x", "name": "y"}
    inner = {"module": {"resources": [leaf]}}
    outer = {"module": {"module_calls": {"b": inner}}}
    found = Plan.of(plan(configuration={"root_module": {"module_calls": {"a": outer}}}))
    assert found.configuration == {"module.a.module.b.aws_x.y": leaf}
    assert set(found.modules) == {"a", "a.b"}


def test_variables_and_which_of_them_are_sensitive() -> None:
    declared = {"secret": {"sensitive": True}, "region": {}}
    found = Plan.of(
        plan(
            variables={"secret": {"value": "hunter2"}, "region": {"value": "eu-west-1"}},
            configuration={"root_module": {"variables": declared}},
        )
    )
    assert found.variables == {"secret": "hunter2", "region": "eu-west-1"}
    assert found.sensitive_variables == {"secret"}


@pytest.mark.parametrize(
    ("raw", "fact"),
    [
        ([], "it has no format_version"),
        ({"format_version": 1}, "it has no format_version"),
        (plan(format_version="2.0"), "the unknown plan format version '2.0'"),
        (plan(format_version="0.0"), "the unknown plan format version '0.0'"),
        (plan(format_version="latest"), "the unknown plan format version 'latest'"),
        ({"format_version": "1.0", "values": {}}, "is a state"),
        ({"format_version": "1.0"}, "is not a plan"),
        (plan(configuration=None), "it has no planned_values and configuration"),
        (plan(errored=True), "plan that failed"),
        (plan(resource_changes=[{"address": "aws_x.y"}]), "is damaged"),
        (plan(resource_changes={"a": 1}), "is damaged"),
        (plan(variables=[1]), "is damaged"),
    ],
)
def test_content_that_is_not_a_plan_is_refused(raw: Any, fact: str) -> None:
    text = sentence(raw)
    assert "p.json" in text
    assert fact in text


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (b"", "is truncated"),
        (b'{"format_version": "1.2", "planned_val', "is truncated: its JSON ends at line 1"),
        (b'{"format_version": ', "is truncated"),
        (b"Plan: 49 to add", "is not JSON (line 1, column 1"),
        (b'{"a": 1} trailing', "is not JSON"),
        (b"\x80\x81\xfe\xff\x00", "is binary"),
        (b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_file_that_is_not_json_is_refused(tmp_path: Path, content: bytes, fact: str) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(content)
    with pytest.raises(PlanproofError) as caught:
        Plan.load(file)
    assert fact in caught.value.sentence
    assert "terraform show -json" in caught.value.todo


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanproofError, match=r"missing\.json cannot be read \(No such file"):
        Plan.load(tmp_path / "missing.json")
    with pytest.raises(PlanproofError, match="Is a directory"):
        Plan.load(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_encodings_of_windows_shells(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(PLAN), encoding)
    assert "aws_sqs_queue.q" in Plan.load(file).resources


def test_garbage_collection_is_enabled_again() -> None:
    Plan.parse(json.dumps(PLAN))
    assert gc.isenabled()
    with pytest.raises(PlanproofError):
        Plan.parse("{")
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("after", "unknown", "marked"),
    [
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"b": True}, {"a": 1, "b": UNKNOWN}),
        ({}, {"b": False, "c": [], "d": {}}, {}),
        ({"l": ["x", None]}, {"l": [False, True]}, {"l": ["x", UNKNOWN]}),
        ({"l": [{"a": 1}]}, {"l": [{"b": True}]}, {"l": [{"a": 1, "b": UNKNOWN}]}),
        ({"l": []}, {"l": [True]}, {"l": [UNKNOWN]}),
        (None, {"a": {"b": True}}, {"a": {"b": UNKNOWN}}),
        ({"a": 1}, True, UNKNOWN),
    ],
)
def test_unknown_values_are_marked(after: Any, unknown: Any, marked: Any) -> None:
    # UNKNOWN equals nothing, itself included, so the two are compared as they print.
    assert repr(mark_unknown(after, unknown)) == repr(marked)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)
PARTS = st.sampled_from(
    ["resource_changes", "configuration", "variables", "prior_state", "planned_values"]
)


@given(st.dictionaries(PARTS, JSON))
def test_any_content_is_a_plan_or_a_planproof_error(parts: dict[str, Any]) -> None:
    try:
        Plan.of(plan(**parts))
    except PlanproofError as problem:
        assert problem.sentence.endswith(".")  # noqa: PT017


@given(st.text(max_size=30) | st.binary(max_size=30).map(lambda b: b.decode("latin-1")))
def test_any_text_is_a_plan_or_a_planproof_error(text: str) -> None:
    with pytest.raises(PlanproofError):
        Plan.parse(text)
