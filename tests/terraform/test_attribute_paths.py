"""What an attribute path speaks of, and typed comparison."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planproof.terraform.attribute_paths import elements_at, equals
from planproof.values import UNKNOWN, Truth
from tests.builders.stacks import DeclaredResource, declare, stack

POLICY = json.dumps(
    {
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Principal": "*"},
            {"Effect": "Deny", "Action": "s3:*", "Principal": {"AWS": "*"}},
        ]
    }
)
CONTAINERS = json.dumps(
    [
        {"name": "web", "essential": True, "environment": [{"name": "A", "value": "1"}]},
        {"name": "side", "essential": False},
    ]
)
VALUES: dict[str, Any] = {
    "name": "plain",
    "size": 7,
    "nothing": None,
    "empty": [],
    "later": UNKNOWN,
    "one": [{"sub": "a", "list": ["x", "y"]}],
    "two": [{"sub": "a", "deep": [{"x": 1}, {"x": 2}]}, {"sub": None, "deep": []}],
    "part": [{"sub": "a"}, UNKNOWN, {"sub": UNKNOWN}],
    "tags": {
        "cost:unit": "u1",
        "k8s.io/role": "node",
        "k8s": "short",
        "With Space": "yes",
        'quo"te': "q",
        "0": "zero",
        "a.b.c": "dotted",
    },
    "both": {"a": {"b": 1}, "a.b": 2},
    "object": {"on": True, "text": "x"},
    "policy": POLICY,
    "container_definitions": CONTAINERS,
    "statement_object": json.dumps({"Statement": {"Action": "s3:*"}}),
    "broken": '{"Statement": [',
}


def found(path: str) -> list[tuple[str, Any]]:
    item = declare("aws_x_y.z", **VALUES)
    return [(e.path, e.value) for e in elements_at(stack(item), item.resource, path)]


@pytest.mark.parametrize(
    ("path", "elements"),
    [
        ("name", [("name", "plain")]),
        ("one.sub", [("one.sub", "a")]),
        ("one.0.sub", [("one[0].sub", "a")]),
        ("one[0].sub", [("one[0].sub", "a")]),
        ("one[*].sub", [("one[0].sub", "a")]),
        ("one.list", [("one.list", ["x", "y"])]),
        ("one.list[*]", [("one.list[0]", "x"), ("one.list[1]", "y")]),
        ("one.list[1]", [("one.list[1]", "y")]),
        ("one.list[2]", [("one.list[2]", None)]),
        ("one.list[2].further", [("one.list[2].further", None)]),
        ("two.sub", [("two[0].sub", "a"), ("two[1].sub", None)]),
        ("two[1].sub", [("two[1].sub", None)]),
        (
            "two.deep.x",
            [("two[0].deep[0].x", 1), ("two[0].deep[1].x", 2), ("two[1].deep.x", None)],
        ),
        ("two.deep[1].x", [("two[0].deep[1].x", 2), ("two[1].deep[1].x", None)]),
        ("empty.sub", [("empty.sub", None)]),
        ("empty[*]", [("empty", None)]),
        ("empty", [("empty", [])]),
        ("nothing.sub", [("nothing.sub", None)]),
        ("nothing[*]", [("nothing", None)]),
        ("tags.k8s.io/role", [('tags["k8s.io/role"]', "node")]),
        ('tags["k8s.io/role"]', [('tags["k8s.io/role"]', "node")]),
        ("tags.k8s", [("tags.k8s", "short")]),
        ("tags.cost:unit", [('tags["cost:unit"]', "u1")]),
        ("tags.With Space", [('tags["With Space"]', "yes")]),
        (r'tags["quo\"te"]', [(r'tags["quo\"te"]', "q")]),
        ("tags.0", [('tags["0"]', "zero")]),
        ("tags.a.b.c", [('tags["a.b.c"]', "dotted")]),
        ('tags["a"]', [("tags.a", None)]),
        ("tags.missing", [("tags.missing", None)]),
        ("tags.missing.io/x", [('tags["missing.io/x"]', None)]),
        ("tags.Cost:unit", [('tags["Cost:unit"]', None)]),
        ("tags[1]", [("tags[1]", None)]),
        ('both["a.b"]', [('both["a.b"]', 2)]),
        ("both.a.b[0].c", [("both.a.b[0].c", UNKNOWN)]),
        ("object.on", [("object.on", True)]),
        ("object[*].on", [("object.on", True)]),
        (
            "policy.Statement[*].Action",
            [
                ("policy.Statement[0].Action", ["s3:GetObject", "s3:PutObject"]),
                ("policy.Statement[1].Action", "s3:*"),
            ],
        ),
        (
            "policy.Statement[*].Action[*]",
            [
                ("policy.Statement[0].Action[0]", "s3:GetObject"),
                ("policy.Statement[0].Action[1]", "s3:PutObject"),
                ("policy.Statement[1].Action", "s3:*"),
            ],
        ),
        (
            "policy.Statement.Principal.AWS",
            [
                ("policy.Statement[0].Principal.AWS", None),
                ("policy.Statement[1].Principal.AWS", "*"),
            ],
        ),
        ("statement_object.Statement[*].Action", [("statement_object.Statement.Action", "s3:*")]),
        (
            "container_definitions[*].essential",
            [
                ("container_definitions[0].essential", True),
                ("container_definitions[1].essential", False),
            ],
        ),
        (
            "container_definitions.environment.value",
            [
                ("container_definitions[0].environment.value", "1"),
                ("container_definitions[1].environment.value", None),
            ],
        ),
        ("policy.Id", [("policy.Id", None)]),
    ],
)
def test_the_elements_of_a_path(path: str, elements: list[tuple[str, Any]]) -> None:
    if elements[0][1] is UNKNOWN:
        assert found(path)[0][1] is UNKNOWN
    else:
        assert found(path) == elements


def test_an_unknown_item_is_an_element_of_its_own() -> None:
    assert [(path, repr(value)) for path, value in found("part.sub")] == [
        ("part[0].sub", "'a'"),
        ("part[1].sub", "UNKNOWN"),
        ("part[2].sub", "UNKNOWN"),
    ]
    assert found("later.a.b")[0][1] is UNKNOWN


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nmae", "the nearest is name"),
        ("two.sbu", "the nearest is sub"),
        ("two[1].deep[0].y", ""),
        ("two[0].deep[0].y", "no attribute called y"),
        ("object.no", "no attribute called no"),
        ("name.length", "not JSON"),
        ("broken.Statement", "not JSON"),
        ("size.big", "no parts"),
        ("both.a.b", "write the key"),
    ],
)
def test_a_path_that_cannot_lead_there_says_so(path: str, said: str) -> None:
    item = declare("aws_x_y.z", **VALUES)
    elements = elements_at(stack(item), item.resource, path)
    problems = [e.problem for e in elements if e.problem]
    assert bool(problems) is bool(said)
    assert all(said in problem for problem in problems)
    assert all(e.present is None for e in elements if e.problem)


KEYS = st.text('ab."[]', min_size=1, max_size=3)
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just(UNKNOWN)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
)


@given(TREES, st.lists(st.sampled_from([".a", ".b", ".0", "[0]", "[*]", '["a.b"]']), max_size=5))
def test_every_path_has_an_element_and_none_raises(value: Any, steps: list[str]) -> None:
    item = declare("aws_x_y.z", top=value)
    assert elements_at(stack(item), item.resource, "top" + "".join(steps))


@given(st.dictionaries(st.text(min_size=1, max_size=6), st.text(max_size=4), min_size=1))
def test_every_key_of_a_map_can_be_asked_for(values: dict[str, str]) -> None:
    item = declare("aws_x_y.z", tags=values)
    for key, value in values.items():
        path = f"tags[{json.dumps(key, ensure_ascii=False)}]" if "\\" not in key else ""
        if path and key.isprintable():
            assert [e.value for e in elements_at(stack(item), item.resource, path)] == [value]


# Present, unset, sensitive, write-only ---------------------------------------------------------


def one(item: DeclaredResource, path: str, sources: str | None = None) -> Any:
    (element,) = elements_at(stack(item, sources=sources), item.resource, path)
    return element


@pytest.mark.parametrize(
    ("value", "present"),
    [("x", True), (0, True), (False, True), ("", False), (None, False), ([], False), ({}, False)],
)
def test_present_is_not_empty(value: Any, present: Truth) -> None:
    assert one(declare("aws_x_y.z", a=value), "a").present is present


def test_what_the_sources_leave_to_the_provider_is_unset() -> None:
    item = declare("aws_x_y.z", computed=("enc", "block"), enc=UNKNOWN, block=UNKNOWN, arn=UNKNOWN)
    sources = 'resource "aws_x_y" "z" {\n}\n'
    for path in ("enc", "block.enabled"):
        element = one(item, path, sources)
        assert (element.present, element.unset) == (False, True)
    # An identity is nobody's to set.
    assert one(item, "arn", sources).unset is False


def test_what_the_sources_set_and_is_not_known_is_unknown() -> None:
    item = declare("aws_x_y.z", key=UNKNOWN, refers={"key": ["aws_kms_key.k.arn"]})
    element = one(item, "key")
    assert (element.present, element.unset) == (None, False)


def test_an_unset_attribute_of_a_block_is_unset() -> None:
    entry = [{"size": {"constant_value": 1}}]
    item = declare("aws_x_y.z", disk=[{"size": 1, "key": UNKNOWN}], refers={"disk": entry})
    sources = 'resource "aws_x_y" "z" {\n  disk {\n    size = 1\n  }\n}\n'
    assert one(item, "disk.key", sources).unset is True
    named = declare(
        "aws_x_y.z",
        disk=[{"size": 1, "key": UNKNOWN}],
        refers={"disk": [{"key": {"references": ["aws_kms_key.k.arn"]}}]},
    )
    assert one(named, "disk.key", sources).unset is False


def test_a_plan_alone_does_not_show_dynamic_blocks() -> None:
    item = declare("aws_x_y.z", computed=("rule",), rule=UNKNOWN)
    assert one(item, "rule.cidr").present is None
    assert one(item, "rule.cidr", 'resource "aws_x_y" "z" {\n}\n').present is False


def test_all_tags_are_set_with_the_tags() -> None:
    item = declare("aws_x_y.z", tags=UNKNOWN, tags_all=UNKNOWN)
    assert one(item, "tags_all.Owner").present is None
    bare = declare("aws_x_y.z", tags=None, tags_all=UNKNOWN)
    bare = DeclaredResource(bare.resource, {"expressions": {}})
    assert one(bare, "tags_all", "").present is False


@pytest.mark.parametrize(
    ("path", "sensitive"),
    [
        ("token", True),
        ("tags", True),
        ('tags["a.secret"]', True),
        ("tags.open", False),
        ("block[1].pin", True),
        ("block[0].pin", False),
        ("doc.inner", True),
        ("name", False),
    ],
)
def test_secrets_are_marked_at_any_depth(path: str, sensitive: bool) -> None:
    item = declare(
        "aws_x_y.z",
        token="hush",
        tags={"a.secret": "hush", "open": "x"},
        block=[{"pin": 1}, {"pin": 2}],
        doc='{"inner": "hush"}',
        name="n",
        sensitive={
            "token": True,
            "tags": {"a.secret": True},
            "block": [{}, {"pin": True}],
            "doc": True,
        },
    )
    assert one(item, path).sensitive is sensitive


WRITTEN = 'resource "aws_x_y" "z" {{\n  secret_wo = {0}\n}}\n'


@pytest.mark.parametrize(
    ("expression", "present"),
    [
        ("var.password", True),
        ("ephemeral.random_password.p.result", True),
        ('"${var.a}-x"', True),
        ("null", False),
        ('""', False),
        ("var.on ? var.password : null", None),
        ("var.absent", False),
        ("var.late", False),
        ("try(var.password, null)", None),
    ],
)
def test_a_write_only_attribute_is_asked_of_the_configuration(
    expression: str, present: Truth
) -> None:
    item = declare("aws_x_y.z", secret_wo=None, refers={"secret_wo": ["var.password"]})
    variables = 'variable "password" {}\nvariable "absent" {\n  default = null\n}\n'
    variables += 'variable "late" {\n  ephemeral = true\n  default = null\n}\n'
    model = stack(item, sources=variables + WRITTEN.format(expression), variables={"absent": None})
    (element,) = elements_at(model, item.resource, "secret_wo")
    assert element.present is present
    assert element.write_only is (present is not False)


@pytest.mark.parametrize(
    ("entry", "present"),
    [
        ({"constant_value": "hush"}, True),
        ({"constant_value": ""}, False),
        ({"references": ["var.password"]}, None),
        (None, False),
        ({}, False),
    ],
)
def test_a_write_only_attribute_in_a_plan_alone(entry: Any, present: Truth) -> None:
    expressions = {} if entry is None else {"secret_wo": entry}
    item = DeclaredResource(
        declare("aws_x_y.z", secret_wo=None).resource, {"expressions": expressions}
    )
    assert one(item, "secret_wo").present is present


# Defaults ----------------------------------------------------------------------------------------


def bucket(name: str, **values: Any) -> DeclaredResource:
    left: Any = {"acl": UNKNOWN, "versioning": UNKNOWN, "policy": UNKNOWN}
    return declare(
        f"aws_s3_bucket.{name}",
        bucket=name,
        id=name,
        **{**left, **values},
        computed=[key for key in left if key not in values],
    )


def versioning(bucket: Any, refers: list[str] | None = None) -> DeclaredResource:
    return declare(
        "aws_s3_bucket_versioning.v",
        bucket=bucket,
        refers=None if refers is None else {"bucket": refers},
    )


def asked(item: DeclaredResource, path: str, *others: DeclaredResource) -> list[tuple[Any, ...]]:
    """Path, value, whether present, unset and default, of each element."""
    elements = elements_at(stack(item, *others, sources=""), item.resource, path)
    return [(e.path, e.value, e.present, e.unset, e.default) for e in elements]


def test_what_the_sources_leave_unset_has_the_documented_default() -> None:
    assert asked(bucket("b"), "acl") == [("acl", "private", False, False, True)]


def test_a_block_that_is_left_out_has_the_defaults_of_what_is_inside() -> None:
    (inside,) = asked(bucket("b"), "versioning.enabled")
    assert inside == ("versioning.enabled", False, False, False, True)
    (inside,) = asked(bucket("b", versioning=[]), "versioning.enabled")
    assert inside == ("versioning.enabled", False, False, False, True)


def test_a_block_that_is_left_out_has_no_default_itself() -> None:
    item = bucket("b")
    (element,) = elements_at(stack(item, sources=""), item.resource, "versioning")
    assert (element.value is UNKNOWN, element.present) == (True, False)
    assert (element.unset, element.default) == (True, False)


@pytest.mark.parametrize(
    "versioning",
    [[{"enabled": True}], [{"enabled": UNKNOWN}], [{"enabled": None}], [{"enabled": False}]],
)
def test_what_the_sources_set_has_no_default(versioning: Any) -> None:
    item = bucket("b", versioning=versioning)
    (element,) = elements_at(stack(item, sources=""), item.resource, "versioning.enabled")
    assert element.default is False


def test_what_has_no_documented_default_is_unset() -> None:
    item = bucket("b")
    (element,) = elements_at(stack(item, sources=""), item.resource, "policy")
    assert (element.value is UNKNOWN, element.unset, element.default) == (True, True, False)


@pytest.mark.parametrize(
    ("other", "has_default"),
    [
        (versioning("b"), False),
        (versioning("another"), True),
        (versioning(UNKNOWN, ["aws_s3_bucket.b.id", "aws_s3_bucket.b"]), False),
        (versioning(UNKNOWN, ["var.bucket"]), False),
        (versioning(UNKNOWN, ["each.value"]), False),
        (versioning(None), True),
    ],
)
def test_a_resource_that_may_set_the_value_leaves_no_default(
    other: DeclaredResource, has_default: bool
) -> None:
    item = bucket("b")
    model = stack(item, bucket("another"), other, sources="")
    (element,) = elements_at(model, item.resource, "versioning.enabled")
    assert element.default is has_default
    assert (element.value is UNKNOWN) is not has_default


def test_each_item_of_a_default_is_an_element() -> None:
    item = declare(
        "aws_api_gateway_rest_api.a",
        endpoint_configuration=UNKNOWN,
        computed=["endpoint_configuration"],
    )
    types = "endpoint_configuration.types"
    assert asked(item, types) == [(types, ["EDGE"], False, False, True)]
    assert asked(item, f"{types}[*]") == [(f"{types}[0]", "EDGE", False, False, True)]
    assert asked(item, f"{types}[0]") == [(f"{types}[0]", "EDGE", False, False, True)]
    ((_, value, _, unset, default),) = asked(item, f"{types}[1]")
    assert (value is UNKNOWN, unset, default) == (True, True, False)


@pytest.mark.parametrize(
    ("values", "computed", "default"),
    [
        ({"engine": "postgres", "snapshot_identifier": UNKNOWN}, ["snapshot_identifier"], True),
        ({"engine": "postgres", "snapshot_identifier": UNKNOWN}, [], False),
        ({"engine": UNKNOWN, "snapshot_identifier": None}, [], False),
        ({"engine": UNKNOWN, "snapshot_identifier": None}, ["engine"], False),
    ],
)
def test_an_argument_that_is_not_known_decides_nothing(
    values: dict[str, Any], computed: list[str], default: bool
) -> None:
    item = declare("aws_db_instance.d", port=UNKNOWN, **values, computed=[*computed, "port"])
    (element,) = elements_at(stack(item, sources=""), item.resource, "port")
    assert element.default is default


def test_a_plan_alone_does_not_show_whether_a_block_is_left_out() -> None:
    item = bucket("b")
    (element,) = elements_at(stack(item), item.resource, "versioning.enabled")
    assert (element.value is UNKNOWN, element.present, element.default) == (True, None, False)
    (element,) = elements_at(stack(item), item.resource, "acl")
    assert (element.value, element.default) == ("private", True)


def test_a_data_source_has_no_default() -> None:
    item = declare(
        "data.aws_vpc.v", enable_dns_hostnames=UNKNOWN, computed=["enable_dns_hostnames"]
    )
    (element,) = elements_at(stack(item, sources=""), item.resource, "enable_dns_hostnames")
    assert (element.value is UNKNOWN, element.default) == (True, False)


# Lines -----------------------------------------------------------------------------------------

SOURCES = """\
resource "aws_security_group" "g" {
  ingress {
    from_port   = 443
    cidr_blocks = ["10.0.0.0/8"]
  }
  ingress {
    from_port   = 22
    description = "ssh"
    cidr_blocks = ["0.0.0.0/0", "10.0.0.0/8"]
  }
  tags = {
    Name        = "g"
    "cost:unit" = "u1"
  }
  policy = jsonencode({
    Statement = [
      { Action = "a" },
      { Action = "b" },
    ]
  })
}
"""


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("ingress.from_port", [7, 3]),  # a set, in another order than the sources
        ("ingress.cidr_blocks", [9, 4]),
        ("ingress[1].cidr_blocks[*]", [4]),
        ("ingress.description", [8, 2]),  # not set in the second: the line of its block
        ('tags["cost:unit"]', [13]),
        ("tags.cost:unit", [13]),
        ("tags.Missing", [11]),
        ("policy.Statement[*].Action", [17, 18]),
        ("ingress[7].from_port", [1]),
    ],
)
def test_the_line_is_that_of_the_block_or_argument_meant(path: str, lines: list[int]) -> None:
    item = declare(
        "aws_security_group.g",
        ingress=[
            {"from_port": 22, "description": "ssh", "cidr_blocks": ["0.0.0.0/0", "10.0.0.0/8"]},
            {"from_port": 443, "description": "", "cidr_blocks": ["10.0.0.0/8"]},
        ],
        tags={"Name": "g", "cost:unit": "u1"},
        policy='{"Statement": [{"Action": "a"}, {"Action": "b"}]}',
    )
    model = stack(item, sources=SOURCES)
    elements = elements_at(model, item.resource, path)
    assert [model.locate(item.resource, e.source)[1] for e in elements] == lines


def test_blocks_inside_of_blocks_have_their_own_lines() -> None:
    sources = 'resource "aws_x_y" "z" {\n'
    for outer in ("a", "b"):
        sources += f'  rule {{\n    name = "{outer}"\n'
        for inner in (1, 2):
            sources += f"    item {{\n      size = {inner}\n    }}\n"
        sources += "  }\n"
    values = [{"name": n, "item": [{"size": 2}, {"size": 1}]} for n in ("b", "a")]
    item = declare("aws_x_y.z", rule=values)
    model = stack(item, sources=sources + "}\n")
    elements = elements_at(model, item.resource, "rule.item.size")
    lines = [model.locate(item.resource, e.source)[1] for e in elements]
    assert [sources.splitlines()[line - 1].split()[-1] for line in lines] == ["2", "1", "2", "1"]
    assert lines == sorted(lines, reverse=True)


def test_many_blocks_are_found_fast() -> None:
    count = 300
    text = "".join(f"  rule {{\n    port = {n}\n  }}\n" for n in range(count))
    item = declare("aws_x_y.z", rule=[{"port": n} for n in reversed(range(count))])
    model = stack(item, sources=f'resource "aws_x_y" "z" {{\n{text}}}\n')
    elements = elements_at(model, item.resource, "rule.port")
    assert [e.source for e in elements] == [f"rule[{n}].port" for n in reversed(range(count))]


# Typed comparison ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "written", "holds"),
    [
        ("7", "7", True),
        ("7", '"7"', True),
        ("7", "7.0", False),
        ("7.0", "7.0", True),
        ("1e3", "1e3", True),
        ("1000", "1e3", False),
        ("true", "true", True),
        ("True", "true", False),
        ("null", "null", True),
        ("null", '"null"', True),
        ("none", "none", True),
        ("NaN", "NaN", True),
        ("-Infinity", "-Infinity", True),
        ("007", "007", True),
        ("", '""', True),
        ("a b", "a b", True),
        (None, "null", True),
        (None, '"null"', False),
        (None, "none", False),
        (None, '""', False),
        ("", "null", False),
        (7, "7", True),
        (7, "7.0", True),
        (7.0, "7", True),
        (1000, "1e3", True),
        (7, '"7"', False),
        (7, "seven", False),
        (1, "true", False),
        (0, "false", False),
        (True, "true", True),
        (True, "1", False),
        (True, '"true"', False),
        (False, "false", True),
        (0.1, "0.1", True),
        (9007199254740993, "9007199254740992", False),
        (["a", "7"], '["a", "7"]', True),
        (["a", "7"], '["a", 7]', True),
        ([7], "[7.0]", True),
        ([7], '["7"]', False),
        (["a"], "a", False),
        ({"a": "1"}, '{"a": 1}', True),
        ({"a": "1"}, '{"a": 1, "b": 2}', False),
        ('{"a": [1]}', '{ "a": [1] }', True),
        ('{"a": [1]}', '{"a": [2]}', False),
        (UNKNOWN, "7", None),
        (UNKNOWN, "null", None),
        (["a", UNKNOWN], '["a", "b"]', None),
        (["x", UNKNOWN], '["a", "b"]', False),
        ([UNKNOWN], '["a", "b"]', None),
        ([UNKNOWN], "7", False),
    ],
)
def test_the_type_of_the_value_decides_how_it_is_compared(
    value: Any, written: str, holds: Truth
) -> None:
    assert equals(value, written) is holds


@given(st.text(min_size=1).filter(lambda text: not text.startswith('"')))
def test_a_text_is_equal_to_itself_written_bare_and_to_no_other(text: str) -> None:
    assert equals(text, text) is True
    assert equals(text + "x", text) is False
    assert equals(text, json.dumps(text)) is True
