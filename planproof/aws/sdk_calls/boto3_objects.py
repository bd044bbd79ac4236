"""The API operations that the methods and attributes of boto3's objects call.

The methods of clients are those of botocore's service models, those of resources those of boto3's
resource models.
https://docs.aws.amazon.com/boto3/latest/guide/resources.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

from planproof.aws.api_actions import methods, model_data, service_model, snake
from planproof.service_facts import service_of_client


class Boto3Object(NamedTuple):
    """An object of boto3.

    Attributes:
        service: botocore's name of its service.
        kind: ``client``, ``meta``, ``resource`` (of the whole service), the type of a resource
            (``Table``), or a collection as ``Bucket.objects``.
        loaded: whether its attributes are loaded, so that reading one calls nothing.
    """

    service: str
    kind: str
    loaded: bool = False


class Member(NamedTuple):
    """A method or an attribute of a Boto3Object: what it calls, and what it returns.

    Attributes:
        operations: as AWS spells them.
        returns: objects of boto3 in its value.
        is_method: whether it has to be called for them.
        in_list: whether they are in a list.
    """

    operations: frozenset[str] = frozenset()
    returns: tuple[Boto3Object, ...] = ()
    is_method: bool = True
    in_list: bool = False


@lru_cache(maxsize=512)
def members(obj: Boto3Object) -> Mapping[str, Member]:
    """The members of an object of boto3 that call an operation or return another object."""
    service, kind, _ = obj
    if kind == "client":
        return {
            **{method: Member(frozenset({name})) for name, method in methods(service).items()},
            **_added(service, kind),
            "meta": Member(returns=(Boto3Object(service, "meta"),), is_method=False),
        }
    if kind == "meta":
        return {"client": Member(returns=(Boto3Object(service, "client"),), is_method=False)}
    if (service, kind) == ("dynamodb", "BatchWriter"):
        return {name: Member(frozenset({"BatchWriteItem"})) for name in ("put_item", "delete_item")}
    if "." in kind:
        return _collection_members(obj)
    return _resource_members(obj)


def elements(obj: Boto3Object) -> tuple[Boto3Object, ...]:
    """What a loop over a collection yields; empty for other objects."""
    if "." not in obj.kind:
        return ()
    return (Boto3Object(obj.service, _collection(obj).resource.type, True),)


def reachable(things: Iterable[Boto3Object]) -> frozenset[Boto3Object]:
    """Objects of boto3 and all that can be reached through their members."""
    found: set[Boto3Object] = set()
    left = list(things)
    while left:
        obj = left.pop()
        if obj not in found:
            found.add(obj)
            left += [given for member in members(obj).values() for given in member.returns]
            left += elements(obj)
    return frozenset(found)


def has_resource(service: str) -> bool:
    """Whether boto3 offers a resource for a service."""
    return model_data(service, "resources-1") is not None


@lru_cache(maxsize=256)
def waiter_operations(service: str, name: str) -> frozenset[str]:
    """The operation that a waiter of a client repeats, if ``get_waiter`` takes that name."""
    described = model_data(service, "waiters-2") or {"waiters": {}}
    waiters = described["waiters"].items()
    return frozenset(one["operation"] for waiter, one in waiters if snake(waiter) == name)


def _resource_members(obj: Boto3Object) -> Mapping[str, Member]:
    service, kind, loaded = obj
    model = _resource(service, kind)
    load = frozenset({model.load.request.operation}) if model.load else frozenset[str]()
    if reads := service_of_client(service).loads.get(kind):
        load = frozenset({reads})
    found: dict[str, Member] = {}
    if model.shape:
        attributes = model.get_attributes(service_model(service).shape_for(model.shape))
        reading = frozenset[str]() if loaded else load
        found.update(dict.fromkeys(attributes, Member(reading, is_method=False)))
    if load:
        found["load"] = found["reload"] = Member(load)
    for action in model.actions:
        member = Member(frozenset({action.request.operation}))
        if one := action.resource:
            paths = [one.path, *(identifier.path for identifier in one.identifiers)]
            returned = (Boto3Object(service, one.type, bool(one.path)),)
            in_list = any("[" in path for path in paths if path)
            member = member._replace(returns=returned, in_list=in_list)
        found[action.name] = member
    for waiter in model.waiters:
        found[waiter.name] = Member(waiter_operations(service, snake(waiter.waiter_name)))
    for one in model.subresources:
        found[one.name] = Member(returns=(Boto3Object(service, one.resource.type),))
    for one in model.references:
        needs_data = any(identifier.source == "data" for identifier in one.resource.identifiers)
        reading = load if needs_data and not loaded else frozenset()
        found[one.name] = Member(reading, (Boto3Object(service, one.resource.type),), False)
    for one in model.collections:
        collected = (Boto3Object(service, f"{kind}.{one.name}"),)
        found[one.name] = Member(frozenset({one.request.operation}), collected, False)
    found.update(_added(service, kind))
    if (service, kind) == ("dynamodb", "Table"):
        writer = Boto3Object(service, "BatchWriter")
        found["batch_writer"] = Member(frozenset({"BatchWriteItem"}), (writer,))
    found["meta"] = Member(returns=(Boto3Object(service, "meta"),), is_method=False)
    return found


def _collection_members(obj: Boto3Object) -> Mapping[str, Member]:
    collection = _collection(obj)
    found = {
        action.name: Member(frozenset({action.request.operation}))
        for action in collection.batch_actions
    }
    listed = frozenset({collection.request.operation})
    for name in ("all", "filter", "limit", "page_size", "pages"):
        found[name] = Member(listed, (obj,), in_list=name == "pages")
    return found


def _collection(obj: Boto3Object) -> Any:
    owner, _, name = obj.kind.partition(".")
    return next(one for one in _resource(obj.service, owner).collections if one.name == name)


@lru_cache(maxsize=128)
def _resource(service: str, kind: str) -> Any:
    described = model_data(service, "resources-1")
    is_type = kind in described["resources"]
    definition = described["resources"][kind] if is_type else described["service"]
    model_of = import_module("boto3.resources.model").ResourceModel
    model = model_of(kind, definition, described["resources"])
    shape = service_model(service).shape_for(model.shape) if model.shape else None
    model.load_rename_map(shape)
    return model


def _added(service: str, kind: str) -> dict[str, Member]:
    """The members that boto3 and botocore add to the models."""
    facts = service_of_client(service)
    added = {**facts.added_methods.get(kind, {})}
    if kind in facts.transfers_of:
        added |= facts.transfers
    return {method: Member(frozenset(operations)) for method, operations in added.items()}
