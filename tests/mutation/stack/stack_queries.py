"""Queries of a stack, and changes of it."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

from planproof.aws.policies.resource import resource_policies
from planproof.mutation.stack.rewriting import GONE, added, dropped, put
from planproof.terraform.link_index import holders, targets, with_value
from planproof.terraform.links import configured, linked, links, references
from planproof.terraform.physical_names import compare_names, physical_names
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN, leaves
from tests.builders.parts import role
from tests.builders.policies import allow
from tests.builders.stacks import declare, stack

QUEUE, OTHER, ROLE, DATA = (
    "aws_sqs_queue.q",
    "aws_sqs_queue.other",
    "aws_iam_role.r",
    "data.aws_region.here",
)
NEW = 'module.m["a"].aws_sqs_queue.new'


def small(name: str = "default") -> Stack:
    return stack(
        role("r"),
        declare(
            QUEUE,
            refers={"kms_master_key_id": ["aws_kms_key.k.arn"]},
            arn="arn:aws:sqs:us-east-1:123456789012:q",
            name="q",
            policy=allow("sqs:SendMessage"),
            kms_master_key_id="arn:aws:kms:k",
            tags={"a": "b"},
            after=["aws_kms_key.k"],
        ),
        declare(OTHER, arn="arn:aws:sqs:us-east-1:123456789012:other", name=UNKNOWN, after=None),
        declare("aws_kms_key.k", arn="arn:aws:kms:k", id="k"),
        declare("aws_sns_topic.t", arn="arn:aws:sns:us-east-1:123456789012:t", name="t"),
        declare(DATA, name="us-east-1", id="us-east-1"),
        name=name,
    )


# Queries, each with a comparable answer -----------------------------------------------------------

ADDRESSES = (QUEUE, OTHER, ROLE, DATA, NEW, "aws_kms_key.k", "aws_sns_topic.t")
TYPES = ("aws_sqs_queue", "aws_iam_role", "aws_region", "aws_vpc", "aws_sns_topic")
NAMES = ("name", "arn", "tags", "policy", "fifo_queue", "kms_master_key_id", "nothing")

OF_STACK: Mapping[str, Callable[[Stack], object]] = {
    "iteration": lambda s: [r.address for r in s],
    "length": len,
    "truth": bool,
    "types": lambda s: s.types(),
    "all managed": lambda s: [str(r) for r in s.managed()],
    "all data": lambda s: [str(r) for r in s.data()],
    "the mapping": lambda s: list(s.resources),
    "its size": lambda s: len(s.resources),
    "its items": lambda s: [(a, r.name) for a, r in s.resources.items()],
    "its keys, compared": lambda s: s.resources.keys() == {QUEUE, OTHER},
    "types of data sources": lambda s: s.resources.types("data"),
    "types, counted": lambda s: len(s.types()),
    "physical names": lambda s: [
        (n.resource.address, n.attribute, shown(n.value)) for n in physical_names(s)
    ],
    "names compared": lambda s: [c.differs for c in compare_names(s, s)],
    "all leaves": lambda s: [shown(leaf) for r in s for _, leaf in leaves(r.values)],
    "the copy with another resource": lambda s: [
        (r.address, shown(r.values))
        for r in s.with_resources([declare("aws_vpc.v").resource]).managed()
    ],
    "another name": lambda s: [str(r) for r in replace(s, name="x").managed("aws_sqs_queue")],
}
OF_TYPES: Mapping[str, Callable[[Stack, str, str], object]] = {
    "managed": lambda s, a, _: [str(r) for r in s.managed(a)],
    "managed, two types": lambda s, a, b: [str(r) for r in s.managed(a, b)],
    "data": lambda s, a, _: [str(r) for r in s.data(a)],
    "data, two types": lambda s, a, b: [str(r) for r in s.data(a, b)],
    "by type, one": lambda s, a, _: bool(s.resources.of_type("managed", a)),
    "where": lambda s, a, _: [str(r) for r in s.where(a, "name", "q")],
    "with value": lambda s, a, _: [str(r) for r in with_value(s, (a,), "name", "q")],
    "with value, twice": lambda s, a, b: [
        [str(r) for r in with_value(s, (a, b), "name", value)] for value in ("q", "t")
    ],
}
OF_ADDRESS: Mapping[str, Callable[[Stack, str], object]] = {
    "get": lambda s, a: str(s.get(a)),
    "brackets": lambda s, a: str(s[a]),
    "in the mapping": lambda s, a: a in s.resources,
    "get from the mapping": lambda s, a: s.resources.get(a) is None,
    "kind": lambda s, a: (s[a].mode, s[a].type, s[a].index, s[a].module, s[a].declared),
    "dependencies": lambda s, a: s[a].dependencies,
    "dependencies of a copy": lambda s, a: replace(s[a], name="x").dependencies,
    "sensitive": lambda s, a: (s[a].sensitive, s[a].is_sensitive("name")),
    "place": lambda s, a: s.provider_location(s[a]),
    "block": lambda s, a: (s.block(s[a]), s.locate(s[a], "name")),
    "values": lambda s, a: [shown(value) for value in s[a].values.values()],
    "names of values": lambda s, a: list(s[a].values),
    "number of values": lambda s, a: len(s[a].values),
    "truth of values": lambda s, a: bool(s[a].values),
    "unpacked": lambda s, a: shown({**s[a].values}),
    "as a dictionary": lambda s, a: shown(dict(s[a].values)),
    "items": lambda s, a: [(k, shown(v)) for k, v in s[a].values.items()],
    "leaves": lambda s, a: [(p, shown(leaf)) for p, leaf in leaves(s[a].values)],
    "values compared": lambda s, a: s[a].values == {"name": "q"},
    "written out": lambda s, a: repr(s[a].values),
    "resource written out": lambda s, a: repr(s[a]).partition("(")[2],
    "copied": lambda s, a: shown(copy.deepcopy(s[a].values)),
    "copied flatly": lambda s, a: shown(copy.copy(s[a].values)),
    "pickled": lambda s, a: shown(pickle.loads(pickle.dumps(s[a].values))),
    "resource copied": lambda s, a: shown(copy.deepcopy(s[a]).values),
    "order of a copy": lambda s, a: copy.deepcopy(s[a]).dependencies,
    "as a dictionary of fields": lambda s, a: shown(dataclasses.asdict(s[a])),
    "compared to a copy": lambda s, a: s[a] == replace(s[a], values={"name": "q"}),
    "links to it": lambda s, a: [
        str(r) for r in targets(s, s[a], "kms_master_key_id", ("aws_kms_key",), ("arn", "id"))
    ],
    "links from it": lambda s, a: [
        str(r) for r in holders(s, ("aws_sqs_queue",), "kms_master_key_id", s[a], ("arn",))
    ],
    "linked": lambda s, a: shown(linked(s, s[a], "kms_master_key_id", s.managed("aws_kms_key"))),
    "policies": lambda s, a: shown(resource_policies(s, s[a])),
    "matched": lambda s, a: _matched(s[a].values),
}
OF_NAME: Mapping[str, Callable[[Stack, str, str], object]] = {
    "value": lambda s, a, n: shown(s[a].values[n]),
    "value or none": lambda s, a, n: shown(s[a].values.get(n)),
    "value or else": lambda s, a, n: shown(s[a].values.get(n, "else")),
    "set at all": lambda s, a, n: n in s[a].values,
    "path": lambda s, a, n: shown(s[a].get(n)),
    "inner path": lambda s, a, n: shown(s[a].get(f"{n}.a")),
    "references": lambda s, a, n: (references(s, s[a], n), configured(s, s[a], n)),
    "one link": lambda s, a, n: links(s, s[a], n, s["aws_kms_key.k"]),
}
OF_TWO: Mapping[str, Callable[[Stack, str, str], object]] = {
    "made after": lambda s, a, b: s.created_after(s[a], s[b]),
    "equal": lambda s, a, b: s[a] == s[b],
    "equal values": lambda s, a, b: s[a].values == s[b].values,
}


def _matched(values: Mapping[str, Any]) -> str:
    match values:
        case {"name": str(name), **rest}:
            return f"{name} {shown(rest)}"
        case _:
            return "none"


def shown(value: object) -> str:
    return repr(value).replace("_Resource(", "Resource(")


QUERIES: dict[str, Callable[[Stack], object]] = dict(OF_STACK)
for _queries, _firsts, _seconds in (
    (OF_TYPES, TYPES, TYPES),
    (OF_NAME, ADDRESSES, NAMES),
    (OF_TWO, ADDRESSES, ADDRESSES),
):
    for (_name, _query), _one, _two in product(_queries.items(), _firsts, _seconds):
        QUERIES[f"{_name} {_one} {_two}"] = lambda s, q=_query, x=_one, y=_two: q(s, x, y)
for (_name, _one_query), _one in product(OF_ADDRESS.items(), ADDRESSES):
    QUERIES[f"{_name} {_one}"] = lambda s, q=_one_query, x=_one: q(s, x)


def answer(query: Callable[[Stack], object], of: Stack) -> object:
    """The answer to a query, or the KeyError that it raises."""
    try:
        return query(of)
    except KeyError as problem:
        return f"KeyError {problem}"


# Changes ------------------------------------------------------------------------------------------


def _replaced(address: str, **fields: Any) -> Callable[[Stack], Stack]:
    return lambda s: s.with_resources([replace(s[address], **fields)])


def _without_value(address: str, name: str) -> Callable[[Stack], Stack]:
    def rewrite(s: Stack) -> Stack:
        values = {key: value for key, value in s[address].values.items() if key != name}
        return s.with_resources([replace(s[address], values=values)])

    return rewrite


def _reordered(s: Stack) -> Stack:
    return replace(s, resources=dict(reversed(list(s.resources.items()))))


CHANGES: dict[str, Callable[[Stack], Stack]] = {
    **{f"drop {a}": dropped(a) for a in ADDRESSES},
    "add a queue": added(declare(NEW, name="q", arn="arn:new").resource),
    "add a vpc": added(declare("aws_vpc.v", id="vpc-1").resource),
    **{f"put {n}": put(QUEUE, (n,), "other") for n in NAMES},
    **{f"unknown {n}": put(QUEUE, (n,), UNKNOWN) for n in NAMES},
    **{f"unset {n}": put(QUEUE, (n,), GONE) for n in NAMES},
    **{f"take away {n}": _without_value(QUEUE, n) for n in ("name", "tags")},
    "put a name": put(OTHER, ("name",), "q"),
    "put a key's arn": put("aws_kms_key.k", ("arn",), "arn:aws:kms:other"),
    "put a tag": put(QUEUE, ("tags", "a"), "c"),
    "put another tag": put(QUEUE, ("tags", "c"), "c"),
    "put a topic's name": put("aws_sns_topic.t", ("name",), "q"),
    "put a region": put(DATA, ("name",), "eu-west-1"),
    "no dependencies": _replaced(QUEUE, dependencies=frozenset()),
    "unknown dependencies": _replaced(QUEUE, dependencies=None),
    "another type": _replaced(QUEUE, type="aws_sns_topic"),
    "data": _replaced(QUEUE, mode="data"),
    "another index": _replaced(QUEUE, index=0),
    "another module": _replaced(QUEUE, module="module.m"),
    "sensitive": _replaced(QUEUE, sensitive=True),
    "another order": _reordered,
    "other provider locations": lambda s: replace(s, provider_locations={}),
    "no configuration": lambda s: replace(
        s, configuration=replace(s.configuration, resources={}, _reached={})
    ),
    "not resolved": lambda s: replace(s, resolved=False),
}
