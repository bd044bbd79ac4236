"""Which API operations does a method of boto3 call, and which IAM actions does each need?

The operations are those of botocore's service models, the methods of resources those of boto3's
resource models, the actions those of AWS's Service Authorization Reference.
https://docs.aws.amazon.com/boto3/latest/guide/resources.html
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from planproof.iam.actions import all_actions


@lru_cache(maxsize=4096)
def actions_of(service: str, operation: str) -> frozenset[str]:
    """The IAM actions that an operation needs, as ``dynamodb:UpdateItem``.

    What its arguments may need besides is not among them: ``iam:PassRole``, the use of a key. An
    operation that needs one action or another by its arguments has all of them.

    Args:
        service: botocore's name of the service: ``dynamodb``.
        operation: as AWS spells it: ``UpdateItem``.

    Returns:
        nothing where AWS lists no action for it, or there is no such service or operation.
    """
    if (listed := _ACTIONS.get(service, {}).get(operation)) is not None:
        return frozenset(listed.split())
    if operation not in _methods(service):
        return frozenset()
    if service == "s3":
        operation = _S3_CONFIGURATION.sub(_granting, operation)
        operation = _S3_DELETED_BY_PUT.sub(r"Put\1", operation)
    if service in ("apigateway", "apigatewayv2"):
        method = _model(service).operation_model(operation).http["method"]
        return frozenset({f"apigateway:{method}"})
    for prefix in _prefixes(service, operation):
        if found := _known().get(f"{prefix}:{operation}".lower()):
            return frozenset({found})
    return frozenset()


def is_service(name: str) -> bool:
    """Whether botocore knows a service of this name."""
    return name in _services()


class Thing(NamedTuple):
    """An object of boto3.

    Attributes:
        service: botocore's name of its service.
        kind: ``client``, ``meta``, ``resource`` (of the whole service), the type of a resource
            (``Table``), or a collection as ``Bucket.objects``.
        loaded: it came with its attributes, so that reading one calls nothing.
    """

    service: str
    kind: str
    loaded: bool = False


class Member(NamedTuple):
    """A method or an attribute of a Thing: what it calls, and what it gives.

    Attributes:
        operations: as AWS spells them.
        gives: objects of boto3 in its value.
        is_method: whether they come when it is called.
        in_list: whether they come in a list.
    """

    operations: frozenset[str] = frozenset()
    gives: tuple[Thing, ...] = ()
    is_method: bool = True
    in_list: bool = False


@lru_cache(maxsize=512)
def members(thing: Thing) -> Mapping[str, Member]:
    """The methods and attributes of an object of boto3 that call something or give another one."""
    service, kind, _ = thing
    if kind == "client":
        return {
            **{method: Member(frozenset({name})) for name, method in _methods(service).items()},
            **{
                method: Member(frozenset(names.split()))
                for method, names in _INJECTED.get((service, kind), {}).items()
            },
            "meta": Member(gives=(Thing(service, "meta"),), is_method=False),
        }
    if kind == "meta":
        return {"client": Member(gives=(Thing(service, "client"),), is_method=False)}
    if (service, kind) == ("dynamodb", "BatchWriter"):
        return {name: Member(frozenset({"BatchWriteItem"})) for name in ("put_item", "delete_item")}
    if "." in kind:
        return _collection_members(thing)
    return _resource_members(thing)


def elements(thing: Thing) -> tuple[Thing, ...]:
    """What a loop over a collection yields; nothing for another object."""
    if "." not in thing.kind:
        return ()
    return (Thing(thing.service, _collection(thing).resource.type, True),)


def waiter_operation(service: str, name: str) -> str | None:
    """The operation that a waiter of a client repeats, by the name ``get_waiter`` takes."""
    return _waiters(service).get(name)


def _resource_members(thing: Thing) -> Mapping[str, Member]:
    service, kind, loaded = thing
    model = _resource(service, kind)
    load = frozenset({model.load.request.operation}) if model.load else frozenset[str]()
    load = frozenset(_LOADS.get((service, kind), "").split()) or load
    found: dict[str, Member] = {}
    if model.shape:
        attributes = model.get_attributes(_model(service).shape_for(model.shape))
        reading = frozenset[str]() if loaded else load
        found.update(dict.fromkeys(attributes, Member(reading, is_method=False)))
    if load:
        found["load"] = found["reload"] = Member(load)
    for action in model.actions:
        operation, one = frozenset({action.request.operation}), action.resource
        if one:
            paths = [one.path, *(identifier.path for identifier in one.identifiers)]
            given = (Thing(service, one.type, bool(one.path)),)
            in_list = any("[" in path for path in paths if path)
            found[action.name] = Member(operation, given, in_list=in_list)
        else:
            found[action.name] = Member(operation)
    for waiter in model.waiters:
        waited = waiter_operation(service, _snake(waiter.waiter_name))
        found[waiter.name] = Member(frozenset({waited} if waited else ()))
    for one in model.subresources:
        found[one.name] = Member(gives=(Thing(service, one.resource.type),))
    for one in model.references:
        needs_data = any(identifier.source == "data" for identifier in one.resource.identifiers)
        reading = load if needs_data and not loaded else frozenset()
        found[one.name] = Member(reading, (Thing(service, one.resource.type),), False)
    for one in model.collections:
        collected = (Thing(service, f"{kind}.{one.name}"),)
        found[one.name] = Member(frozenset({one.request.operation}), collected, False)
    for method, names in _INJECTED.get((service, kind), {}).items():
        found[method] = Member(frozenset(names.split()))
    if (service, kind) == ("dynamodb", "Table"):
        writer = Thing(service, "BatchWriter")
        found["batch_writer"] = Member(frozenset({"BatchWriteItem"}), (writer,))
    found["meta"] = Member(gives=(Thing(service, "meta"),), is_method=False)
    return found


def _collection_members(thing: Thing) -> Mapping[str, Member]:
    collection = _collection(thing)
    found = {
        action.name: Member(frozenset({action.request.operation}))
        for action in collection.batch_actions
    }
    for name in ("all", "filter", "limit", "page_size", "pages"):
        listed = frozenset({collection.request.operation})
        found[name] = Member(listed, (thing,), in_list=name == "pages")
    return found


def _collection(thing: Thing) -> Any:
    owner, _, name = thing.kind.partition(".")
    return next(one for one in _resource(thing.service, owner).collections if one.name == name)


@lru_cache(maxsize=1)
def _loader() -> Any:
    """Of both kinds of models, since boto3 keeps its own beside itself."""
    folder = Path(str(import_module("boto3").__file__)).parent / "data"
    return import_module("botocore.loaders").create_loader(str(folder))


@lru_cache(maxsize=1)
def _services() -> frozenset[str]:
    return frozenset(_loader().list_available_services("service-2"))


@lru_cache(maxsize=64)
def _model(service: str) -> Any:
    description = _loader().load_service_model(service, "service-2")
    return import_module("botocore.model").ServiceModel(description, service)


@lru_cache(maxsize=64)
def _methods(service: str) -> Mapping[str, str]:
    """Methods of a client by operation."""
    if not is_service(service):
        return {}
    return {name: _snake(name) for name in _model(service).operation_names}


def _snake(name: str) -> str:
    return str(import_module("botocore").xform_name(name))


@lru_cache(maxsize=64)
def _waiters(service: str) -> Mapping[str, str]:
    try:
        described = _loader().load_service_model(service, "waiters-2")
    except import_module("botocore.exceptions").DataNotFoundError:
        return {}
    return {_snake(name): one["operation"] for name, one in described["waiters"].items()}


def has_resource(service: str) -> bool:
    """Whether boto3 offers a resource for a service."""
    return service in _loader().list_available_services("resources-1")


@lru_cache(maxsize=128)
def _resource(service: str, kind: str) -> Any:
    described = _loader().load_service_model(service, "resources-1")
    is_type = kind in described["resources"]
    definition = described["resources"][kind] if is_type else described["service"]
    model_of = import_module("boto3.resources.model").ResourceModel
    model = model_of(kind, definition, described["resources"])
    shape = _model(service).shape_for(model.shape) if model.shape else None
    model.load_rename_map(shape)
    return model


@lru_cache(maxsize=1)
def _known() -> Mapping[str, str]:
    return {action.lower(): action for action in all_actions()}


def _granting(configuration: re.Match[str]) -> str:
    """The action behind an operation on one of the configurations of a bucket."""
    verb = {"Delete": "Put", "List": "Get"}.get(configuration[1], configuration[1])
    return f"{verb}{configuration[2]}Configuration"


def _prefixes(service: str, operation: str) -> tuple[str, ...]:
    """Of the actions of a service, the likeliest first."""
    if service in _PREFIXES:
        return (_PREFIXES[service],)
    if service == "s3control" and "Bucket" in operation:
        return ("s3-outposts",)
    metadata = _model(service).metadata
    names = (metadata.get("signingName"), metadata.get("endpointPrefix"), service)
    return tuple(name for name in names if name)


_UPLOAD = "PutObject CreateMultipartUpload UploadPart CompleteMultipartUpload AbortMultipartUpload"
_DOWNLOAD = "HeadObject GetObject"
_COPY = (
    "HeadObject CopyObject CreateMultipartUpload UploadPartCopy CompleteMultipartUpload"
    " AbortMultipartUpload"
)
_TRANSFER = {
    "upload_file": _UPLOAD,
    "upload_fileobj": _UPLOAD,
    "download_file": _DOWNLOAD,
    "download_fileobj": _DOWNLOAD,
    "copy": _COPY,
}

_INJECTED: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("s3", "client"): {**_TRANSFER, "generate_presigned_post": "PutObject"},
    ("s3", "Bucket"): _TRANSFER,
    ("s3", "Object"): _TRANSFER,
    ("ec2", "resource"): {"create_tags": "CreateTags"},
    ("ec2", "Instance"): {"delete_tags": "DeleteTags"},
    ("rds", "client"): {"generate_db_auth_token": "GenerateDbAuthToken"},
    ("dsql", "client"): {
        "generate_db_connect_auth_token": "GenerateDbConnectAuthToken",
        "generate_db_connect_admin_auth_token": "GenerateDbConnectAdminAuthToken",
    },
}
"""What boto3 and botocore add to the models.
https://docs.aws.amazon.com/boto3/latest/guide/s3-uploading-files.html
"""

_LOADS = {("s3", "Bucket"): "ListBuckets", ("s3", "ObjectSummary"): "HeadObject"}
"""https://docs.aws.amazon.com/boto3/latest/reference/services/s3/bucket/load.html"""

_PREFIXES = {
    "cloudcontrol": "cloudformation",
    "iot-data": "iot",
    "iot-jobs-data": "iotjobsdata",
    "iotevents-data": "iotevents",
    "iotsecuretunneling": "iot",
    "mturk": "mechanicalturk",
    "resourcegroupstaggingapi": "tag",
}
"""Where the actions carry another name than the service model gives."""

_PARTIQL = (
    "dynamodb:PartiQLSelect dynamodb:PartiQLInsert dynamodb:PartiQLUpdate dynamodb:PartiQLDelete"
)

_S3 = {
    "CompleteMultipartUpload": "s3:PutObject",
    "CopyObject": "s3:GetObject s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "CreateSession": "s3express:CreateSession",
    "DeleteObjects": "s3:DeleteObject",
    "DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "GetObjectAttributes": "s3:GetObject s3:GetObjectAttributes",
    "GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "HeadBucket": "s3:ListBucket",
    "HeadObject": "s3:GetObject",
    "ListBuckets": "s3:ListAllMyBuckets",
    "ListDirectoryBuckets": "s3express:ListAllMyDirectoryBuckets",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "ListParts": "s3:ListMultipartUploadParts",
    "PutBucketNotificationConfiguration": "s3:PutBucketNotification",
    "PutObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "SelectObjectContent": "s3:GetObject",
    "UploadPart": "s3:PutObject",
    "UploadPartCopy": "s3:GetObject s3:PutObject",
    "WriteGetObjectResponse": "s3-object-lambda:WriteGetObjectResponse",
}
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html"""


_S3_CONFIGURATION = re.compile(
    r"(Get|Put|Delete|List)Bucket(Accelerate|Analytics|Encryption|IntelligentTiering|Inventory"
    r"|Lifecycle|Metrics|Replication)(?:Configurations?)?"
)
_S3_DELETED_BY_PUT = re.compile(r"Delete(Bucket(?:Cors|Tagging|OwnershipControls))")

_ACTIONS: Mapping[str, Mapping[str, str]] = {
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
    "apigatewaymanagementapi": dict.fromkeys(
        ("DeleteConnection", "GetConnection", "PostToConnection"), "execute-api:ManageConnections"
    ),
    # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
    "bedrock-runtime": {
        "Converse": "bedrock:InvokeModel",
        "ConverseStream": "bedrock:InvokeModelWithResponseStream",
    },
    # https://docs.aws.amazon.com/aurora-dsql/latest/userguide/authentication-authorization.html
    "dsql": {
        "GenerateDbConnectAuthToken": "dsql:DbConnect",
        "GenerateDbConnectAdminAuthToken": "dsql:DbConnectAdmin",
    },
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
    "dynamodb": {
        "BatchExecuteStatement": _PARTIQL,
        "ExecuteStatement": _PARTIQL,
        "ExecuteTransaction": _PARTIQL,
        "TransactGetItems": "dynamodb:GetItem",
        "TransactWriteItems": "dynamodb:ConditionCheckItem dynamodb:DeleteItem dynamodb:PutItem"
        " dynamodb:UpdateItem",
    },
    # https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
    "kms": {"ReEncrypt": "kms:ReEncryptFrom kms:ReEncryptTo"},
    # https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    "lambda": {
        "GetLayerVersionByArn": "lambda:GetLayerVersion",
        "Invoke": "lambda:InvokeFunction",
        "InvokeAsync": "lambda:InvokeFunction",
        "InvokeWithResponseStream": "lambda:InvokeFunction",
    },
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html
    "rds": {"GenerateDbAuthToken": "rds-db:connect"},
    "s3": _S3,
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    "s3control": {
        "DeletePublicAccessBlock": "s3:PutAccountPublicAccessBlock",
        "GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
        "PutPublicAccessBlock": "s3:PutAccountPublicAccessBlock",
    },
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
    "secretsmanager": {
        "BatchGetSecretValue": "secretsmanager:BatchGetSecretValue secretsmanager:GetSecretValue"
    },
    # https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
    "sns": {"PublishBatch": "sns:Publish"},
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    "sqs": {
        "ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
        "DeleteMessageBatch": "sqs:DeleteMessage",
        "SendMessageBatch": "sqs:SendMessage",
    },
    # https://docs.aws.amazon.com/timestream/latest/developerguide/security_iam_service-with-iam.html
    "timestream-query": {"Query": "timestream:Select"},
}
"""Actions of operations whose names differ, by botocore's name of the service."""
