"""Answers to requests that moto does not answer, or not as every account would.

A value that is the same in every account is AWS's own (the id of a managed cache policy). All other
values have the right shape and are stand-ins (see :mod:`planproof.stand_ins`), which the resolution
takes for unknown: the id of an AMI, of a hosted zone, the text of a secret.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

from planproof.stand_ins import UNKNOWN_ACCOUNT, UNKNOWN_TIME, stand_in

_CREDENTIAL = re.compile(r"Credential=[^/]*/\d*/([^/]*)/([^/]*)/")
_XML = frozenset({"s3", "cloudfront", "route53", "s3control"})  # REST services that speak XML
_SHOWN = re.compile(r"(?:name|id|arn|identifier|path)s?(?:\.\w+)*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """A request to an AWS service.

    Attributes:
        service: its name in the signature ("ec2", "states").
        operation: as its API names it, or method and path where only these are there.
        parameters: of the query, the form or the JSON document.
        endpoint: the URL that it was sent to.
    """

    service: str
    region: str
    operation: str
    path: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    endpoint: str = ""

    @classmethod
    def of(cls, environ: Mapping[str, Any], body: bytes) -> Request:
        """The request of a WSGI environment and its body."""
        scope = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION") or "")
        region, service = scope.groups() if scope else ("", "")
        path = unquote(environ.get("PATH_INFO") or "/")
        parameters: dict[str, Any] = dict(parse_qsl(environ.get("QUERY_STRING") or ""))
        kind = environ.get("CONTENT_TYPE") or ""
        if "json" in kind:
            try:
                document = json.loads(body or b"{}")
            except ValueError:
                document = {}
            parameters |= document if isinstance(document, dict) else {}
        elif "form" in kind:
            parameters |= dict(parse_qsl(body.decode("utf-8", "replace")))
        target = str(environ.get("HTTP_X_AMZ_TARGET") or "").rpartition(".")[2]
        operation = target or str(parameters.get("Action") or "")
        if not operation:
            operation = f"{environ.get('REQUEST_METHOD', 'GET')} {path}"
        url = f"http://{environ.get('SERVER_NAME')}:{environ.get('SERVER_PORT')}"
        return cls(service, region or "us-east-1", operation, path, parameters, url)

    def __str__(self) -> str:
        """Service, operation and what it is asked about."""
        named = [
            f"{key}={value}"
            for key, value in self.parameters.items()
            if _SHOWN.search(key) and isinstance(value, str) and len(value) <= 200
        ]
        about = f" ({', '.join(named[:3])})" if named else ""
        return f"{self.service or 'AWS'} {self.operation}{about}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: status, body and headers."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def refusal(request: Request) -> Answer:
    """The error for a request that has no answer; SDKs do not retry it."""
    return error(request, 400, "NotEmulated", f"planproof has no answer to {request}")


def error(request: Request, status: int, code: str, message: str) -> Answer:
    """An error in the form that the protocol of the service has."""
    if request.service == "ec2":
        text = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{escape(message)}</Message>"
            "</Error></Errors><RequestID>planproof</RequestID></Response>"
        )
    elif request.service == "s3":
        text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    elif request.service in _XML or "Action" in request.parameters:
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
            f"<Message>{escape(message)}</Message></Error>"
            "<RequestId>planproof</RequestId></ErrorResponse>"
        )
    else:
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}
        return Answer(status, json.dumps({"__type": code, "message": message}).encode(), headers)
    return Answer(status, text.encode(), {"Content-Type": "text/xml"})


class Ids:
    """Replaces the ids that moto assigns by stand-ins, and back.

    Every account has a default VPC, with subnets and a group, and its ids are not known.
    """

    _ID = re.compile(
        rb"\b(vpc|subnet|sg|sgr|igw|rtb|rtbassoc|acl|aclassoc|eni|dopt|pl)-[0-9a-f]{8,17}\b"
    )
    _SHOWN = re.compile(rb"\b[a-z]+-0bad[0-9a-f]{13}\b")

    def __init__(self) -> None:
        self._real: dict[bytes, bytes] = {}

    def shown(self, body: bytes) -> bytes:
        """A body with stand-ins for the ids."""

        def replaced(match: re.Match[bytes]) -> bytes:
            text = stand_in(match[0].decode(), "$hex17", known=False).encode()
            shown = match[1] + b"-" + text
            self._real[shown] = match[0]
            return shown

        return self._ID.sub(replaced, body)

    def real(self, body: bytes) -> bytes:
        """A body with the ids that moto knows."""
        return self._SHOWN.sub(lambda match: self._real.get(match[0], match[0]), body)


# What is answered -----------------------------------------------------------------------------


def answer(request: Request) -> Answer | None:
    """The answer to a request; None where moto answers it."""
    for service, operation, function in _ANSWERS:
        if service == request.service and re.fullmatch(operation, request.operation):
            found = function(request)
            if found is not None:
                return found
    return None


def made_up(type_: str) -> frozenset[str]:
    """The attributes of a type of data source that have the right shape and no known value, where
    the value itself does not show it; those that are texts contain a stand-in."""
    return _MADE_UP.get(type_, frozenset())


def offer_domains(url: str, texts: Iterable[str]) -> None:
    """Give the endpoint at ``url`` hosted zones for the domain names in some texts.

    A data source asks for all zones of the account, without the name that it looks for.
    """
    found = {name.lower() for text in texts for name in _DOMAIN.findall(text)}
    domains[url] = sorted(found)[:_MOST_DOMAINS]


domains: dict[str, Sequence[str]] = {}
"""URL of an endpoint → domain names that it has hosted zones for."""
_DOMAIN = re.compile(
    r"(?<![\w.*@/-])(?:(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]{2,24})(?![\w/-]|\.\w)",
    re.IGNORECASE,
)
_MOST_DOMAINS = 200


def _hidden(owner: str, form: str) -> str:
    return stand_in(owner, form, known=False)


def _json(document: Mapping[str, Any]) -> Answer:
    body = json.dumps(document).encode()
    return Answer(200, body, {"Content-Type": "application/x-amz-json-1.1"})


def _xml(root: str, document: Mapping[str, Any]) -> Answer:
    body = f'<?xml version="1.0"?>{_element(root, document)}'
    return Answer(200, body.encode(), {"Content-Type": "text/xml"})


def _element(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        value = "".join(_element(key, item) for key, item in value.items())
    elif isinstance(value, (list, tuple)):
        return "".join(_element(name, item) for item in value)
    elif isinstance(value, bool):
        value = str(value).lower()
    else:
        value = escape(str(value))
    return f"<{name}>{value}</{name}>"


def _arn(request: Request, service: str, resource: str, *, global_: bool = False) -> str:
    partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(
        re.sub(r"^(us-gov|[a-z]+).*", r"\1", request.region), "aws"
    )
    region = "" if global_ else request.region
    return f"arn:{partition}:{service}:{region}:{_ACCOUNT}:{resource}"


_ACCOUNT = "123456789012"
_TIME = 981173106  # UNKNOWN_TIME, as a number
_AMI_FAMILIES = re.compile(r"/aws/service/(?!global-infrastructure/).+")


def _policy_list(kind: str, ids: Mapping[str, str]) -> Callable[[Request], Answer | None]:
    """The answer for CloudFront's policies of one kind: those that AWS manages."""
    configurations: dict[str, dict[str, Any]] = {
        "CachePolicy": {
            "MinTTL": 0,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": False,
                "HeadersConfig": {"HeaderBehavior": "none"},
                "CookiesConfig": {"CookieBehavior": "none"},
                "QueryStringsConfig": {"QueryStringBehavior": "none"},
            },
        },
        "OriginRequestPolicy": {
            "HeadersConfig": {"HeaderBehavior": "none"},
            "CookiesConfig": {"CookieBehavior": "none"},
            "QueryStringsConfig": {"QueryStringBehavior": "none"},
        },
        "ResponseHeadersPolicy": {},
    }
    config = configurations[kind]

    def policy(name: str, id_: str) -> dict[str, Any]:
        return {
            "Id": id_,
            "LastModifiedTime": UNKNOWN_TIME,
            f"{kind}Config": {"Name": name, **config},
        }

    def found(request: Request) -> Answer | None:
        last = request.path.rpartition("/")[2]
        for name, id_ in ids.items():
            if last == id_:
                answer = _xml(kind, policy(name, id_))
                return Answer(answer.status, answer.body, {**answer.headers, "ETag": "0bad00"})
        if "-policy/" in request.path:
            return None
        items = [{"Type": "managed", kind: policy(name, id_)} for name, id_ in ids.items()]
        return _xml(
            f"{kind}List",
            {
                "MaxItems": 100,
                "Quantity": len(items),
                "Items": {f"{kind}Summary": items},
            },
        )

    return found


# The ids that AWS documents:
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
_CACHE_POLICIES = {
    "Managed-Amplify": "2e54312d-136d-493c-8eb9-b001f22f67d2",
    "Managed-CachingDisabled": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    "Managed-CachingOptimized": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    "Managed-CachingOptimizedForUncompressedObjects": "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
    "Managed-Elemental-MediaPackage": "08627262-05a9-4f76-9ded-b50ca2e3a84f",
    "UseOriginCacheControlHeaders": "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
    "UseOriginCacheControlHeaders-QueryStrings": "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
}
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
_ORIGIN_REQUEST_POLICIES = {
    "Managed-AllViewer": "216adef6-5c7f-47e4-b989-5492eafa07d3",
    "Managed-AllViewerAndCloudFrontHeaders-2022-06": "33f36d7e-f396-46d9-90e0-52428a34d9dc",
    "Managed-AllViewerExceptHostHeader": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
    "Managed-CORS-CustomOrigin": "59781a5b-3903-41f3-afcb-af62929ccde1",
    "Managed-CORS-S3Origin": "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
    "Managed-Elemental-MediaTailor-PersonalizedManifests": "775133bc-15f2-49f9-abea-afb2e0bf67d2",
    "Managed-HostHeaderOnly": "bf0718e1-ba1e-49d1-88b1-f726733018ae",
    "Managed-UserAgentRefererHeaders": "acba4595-bd28-49b8-b9fe-13317c0390fa",
}
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html
_RESPONSE_HEADERS_POLICIES = {
    "Managed-CORS-and-SecurityHeadersPolicy": "e61eb60c-9c35-4d20-a928-2b84e02af89c",
    "Managed-CORS-With-Preflight": "5cc3b908-e619-4b99-88e5-2cf7f45965bd",
    "Managed-CORS-with-preflight-and-SecurityHeadersPolicy": "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
    "Managed-SecurityHeadersPolicy": "67f7725c-6f97-4210-82d7-5512b31e9d03",
    "Managed-SimpleCORS": "60669652-455b-4ae9-85a4-c4c02393f86c",
}


def _images(request: Request) -> Answer | None:
    """An image that is as the filters ask."""
    filters = _filters(request)
    ids = [v for k, v in request.parameters.items() if k.startswith("ImageId")]
    if not ids and "name" not in filters and "image-id" not in filters:
        return None
    id_ = (ids or filters.get("image-id") or [""])[0]
    pattern = filters.get("name", ["$"])[0].replace("?", "0")
    owner = next((v for k, v in request.parameters.items() if k.startswith("Owner.")), "")
    name = re.sub(r"[*$]", lambda _: _hidden(pattern, "$lower12"), pattern)
    arm = "arm64" in name or "aarch64" in name
    device = filters.get("root-device-type", ["ebs"])[0]
    image = {
        "imageId": id_ or f"ami-{_hidden(pattern + owner, '$hex17')}",
        "imageLocation": f"{owner or 'amazon'}/{name}",
        "imageState": "available",
        "imageOwnerId": owner if owner.isdigit() else UNKNOWN_ACCOUNT,
        "creationDate": UNKNOWN_TIME.replace("Z", ".000Z"),
        "isPublic": owner != "self",
        "architecture": filters.get("architecture", ["arm64" if arm else "x86_64"])[0],
        "imageType": "machine",
        "name": name,
        "rootDeviceType": device,
        "rootDeviceName": "/dev/xvda",
        "virtualizationType": filters.get("virtualization-type", ["hvm"])[0],
        "hypervisor": "xen",
        "tagSet": {
            "item": [
                {"key": key.removeprefix("tag:"), "value": values[0]}
                for key, values in filters.items()
                if key.startswith("tag:")
            ]
        },
        "blockDeviceMapping": {
            "item": {
                "deviceName": "/dev/xvda",
                "ebs": {
                    "snapshotId": f"snap-{_hidden(pattern, '$hex17')}",
                    "volumeSize": 8,
                    "deleteOnTermination": True,
                    "volumeType": "gp3",
                    "encrypted": False,
                },
            }
        },
    }
    return _xml("DescribeImagesResponse", {"requestId": "x", "imagesSet": {"item": image}})


def _filters(request: Request) -> dict[str, list[str]]:
    """Name → values of the filters of a request to EC2."""
    found: dict[str, list[str]] = {}
    for key, name in request.parameters.items():
        if match := re.fullmatch(r"(Filter\.\d+)\.Name", key):
            begin = f"{match[1]}.Value."
            found[name] = [v for k, v in request.parameters.items() if k.startswith(begin)]
    return found


def _public_parameter(request: Request) -> Answer | None:
    """A parameter that AWS publishes."""
    name = str(request.parameters.get("Name") or "")
    if not _AMI_FAMILIES.fullmatch(name):
        return None
    last = name.rpartition("/")[2]
    image = f"ami-{_hidden(name, '$hex17')}"
    if last == "recommended":
        document = {
            key: _hidden(f"{name} {key}", "$lower12")
            for key in ("image_name", "image_version", "os", "ecs_agent_version", "schema_version")
        }
        value = json.dumps({**document, "image_id": image})
    elif last == "image_id" or ("ami" in name and last not in ("release_version", "image_name")):
        value = image
    else:
        value = _hidden(name, "$lower12")
    return _json(
        {
            "Parameter": {
                "Name": name,
                "Type": "String",
                "Value": value,
                "Version": 1,
                "LastModifiedDate": _TIME,
                "ARN": re.sub(r":\d{12}:", "::", _arn(request, "ssm", f"parameter{name}")),
                "DataType": "text",
            }
        }
    )


def _secret(request: Request) -> Answer:
    given = str(request.parameters.get("SecretId") or "")
    name = re.sub(r"-\w{6}$", "", given.split(":", 6)[6]) if given.count(":") >= 6 else given
    arn = given if given.startswith("arn:") else ""
    arn = arn or _arn(request, "secretsmanager", f"secret:{name}-{_hidden(name, '$lower6')}")
    document: dict[str, Any] = {"ARN": arn, "Name": name, "CreatedDate": _TIME}
    document["LastChangedDate"] = _TIME
    if request.operation == "GetSecretValue":
        stage = str(request.parameters.get("VersionStage") or "AWSCURRENT")
        version = request.parameters.get("VersionId") or _hidden(name, "$uuid")
        document |= {"VersionId": version, "VersionStages": [stage]}
        document["SecretString"] = _hidden(f"{name} value", "$lower32")
    return _json(document)


# https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html (AWS managed keys)
_MANAGED_KEYS = (
    *("acm", "athena", "backup", "codeartifact", "codecommit", "connect", "dax", "dms", "dynamodb"),
    *("ebs", "elasticfilesystem", "es", "fsx", "glue", "kinesis", "kinesisvideo", "lambda"),
    *("lightsail", "mq", "rds", "redshift", "s3", "secretsmanager", "sns", "sqs", "ssm"),
    *("workspaces", "xray"),
)


def _key_id(alias: str) -> str:
    return _hidden(alias, "$uuid")


def _key_aliases(request: Request) -> Answer:
    aliases = [
        {
            "AliasName": alias,
            "AliasArn": _arn(request, "kms", alias),
            "TargetKeyId": _key_id(alias),
        }
        for alias in (f"alias/aws/{name}" for name in _MANAGED_KEYS)
    ]
    return _json({"Aliases": aliases, "Truncated": False})


def _managed_key(request: Request) -> Answer | None:
    given = str(request.parameters.get("KeyId") or "").rpartition(":")[2].removeprefix("key/")
    ids = {_key_id(f"alias/aws/{name}") for name in _MANAGED_KEYS}
    if not given.startswith("alias/aws/") and given not in ids:
        return None
    id_ = _key_id(given) if given.startswith("alias/") else given
    if request.operation != "DescribeKey":
        return None
    return _json(
        {
            "KeyMetadata": {
                "KeyId": id_,
                "Arn": _arn(request, "kms", f"key/{id_}"),
                "AWSAccountId": _ACCOUNT,
                "CreationDate": _TIME,
                "Enabled": True,
                "KeyManager": "AWS",
                "KeyState": "Enabled",
                "KeyUsage": "ENCRYPT_DECRYPT",
                "Origin": "AWS_KMS",
                "KeySpec": "SYMMETRIC_DEFAULT",
                "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
                "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
                "MultiRegion": False,
            }
        }
    )


def _media_convert(request: Request) -> Answer | None:
    parts = request.path.strip("/").split("/")
    if parts[1:2] == ["queues"] and len(parts) == 3:
        arn = _arn(request, "mediaconvert", f"queues/{parts[2]}")
        queue = {"arn": arn, "name": parts[2], "status": "ACTIVE", "pricingPlan": "ON_DEMAND"}
        return _json({"queue": {**queue, "type": "SYSTEM" if parts[2] == "Default" else "CUSTOM"}})
    if parts[1:2] == ["tags"]:
        return _json({"resourceTags": {"arn": "/".join(parts[2:]), "tags": {}}})
    return None


@cache
def _engine_versions() -> Mapping[str, Sequence[str]]:
    """Engine → its versions, as AWS's schema for CloudFormation lists them (cfn-lint has it)."""
    found: dict[str, set[str]] = {}
    for part in ("aws_rds_dbinstance", "aws_rds_dbcluster"):
        file = files("cfnlint.data.schemas.extensions") / part / "engine_version.json"
        for rule in json.loads(file.read_text("utf-8"))["allOf"]:
            engine = rule["if"]["properties"]["Engine"].get("const")
            versions = rule["then"]["properties"].get("EngineVersion", {}).get("enum", ())
            if engine:
                found.setdefault(engine, set()).update(map(str, versions))
    return {engine: sorted(versions, key=_version_key) for engine, versions in found.items()}


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _database_versions(request: Request) -> Answer:
    engine = str(request.parameters.get("Engine") or "")
    wanted = str(request.parameters.get("EngineVersion") or "")
    family = str(request.parameters.get("DBParameterGroupFamily") or "")
    known = _engine_versions().get(engine, ())
    versions = [v for v in known if v == wanted or v.startswith(f"{wanted}.")] if wanted else known
    items = [
        {
            "Engine": engine,
            "EngineVersion": version,
            "DBParameterGroupFamily": _family(engine, version),
            "Status": "available",
            "SupportsReadReplica": True,
        }
        for version in versions
        if not family or _family(engine, version) == family
    ]
    if str(request.parameters.get("DefaultOnly")).lower() == "true":
        items = items[-1:]
    return _xml(
        "DescribeDBEngineVersionsResponse",
        {"DescribeDBEngineVersionsResult": {"DBEngineVersions": {"DBEngineVersion": items}}},
    )


def _family(engine: str, version: str) -> str:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html"""
    parts = version.split(".")
    if engine in ("postgres", "aurora-postgresql") and int(parts[0]) >= 10:
        return engine + parts[0]
    separator = "-" if engine.startswith(("oracle", "sqlserver", "db2", "custom")) else ""
    end = parts[0] if separator == "-" and "oracle" in engine else ".".join(parts[:2])
    return f"{engine}{separator}{end}"


def _cluster(request: Request) -> Answer | None:
    parts = request.path.strip("/").split("/")
    if len(parts) != 2:
        return None
    name = parts[1]
    subnets = [f"subnet-{_hidden(f'{name} {zone}', '$hex17')}" for zone in "ab"]
    certificate = base64.b64encode(_hidden(f"{name} certificate", "$lower32").encode()).decode()
    issuer = _hidden(f"{name} issuer", "$upper32")
    return _json(
        {
            "cluster": {
                "name": name,
                "arn": _arn(request, "eks", f"cluster/{name}"),
                "createdAt": _TIME,
                "version": _hidden(f"{name} version", "$lower6"),
                "platformVersion": _hidden(f"{name} platform", "$lower6"),
                "endpoint": f"https://{issuer}.gr7.{request.region}.eks.amazonaws.com",
                "roleArn": _arn(
                    request, "iam", f"role/{_hidden(f'{name} role', '$lower12')}", global_=True
                ),
                "resourcesVpcConfig": {
                    "subnetIds": subnets,
                    "securityGroupIds": [f"sg-{_hidden(f'{name} groups', '$hex17')}"],
                    "clusterSecurityGroupId": f"sg-{_hidden(f'{name} group', '$hex17')}",
                    "vpcId": f"vpc-{_hidden(f'{name} vpc', '$hex17')}",
                    "endpointPublicAccess": True,
                    "endpointPrivateAccess": False,
                    "publicAccessCidrs": [_hidden(name, "$cidr4")],
                },
                "kubernetesNetworkConfig": {
                    "serviceIpv4Cidr": _hidden(f"{name} services", "$cidr4"),
                    "ipFamily": "ipv4",
                },
                "accessConfig": {"authenticationMode": "API"},
                "upgradePolicy": {"supportType": "STANDARD"},
                "logging": {"clusterLogging": []},
                "identity": {
                    "oidc": {
                        "issuer": f"https://oidc.eks.{request.region}.amazonaws.com/id/{issuer}"
                    }
                },
                "status": "ACTIVE",
                "certificateAuthority": {"data": certificate},
                "tags": {},
            }
        }
    )


def _addon_versions(request: Request) -> Answer:
    name = str(request.parameters.get("addonName") or "x")
    kubernetes = str(request.parameters.get("kubernetesVersion") or "")
    version = {
        "addonVersion": f"v0.0.0-{_hidden(name, '$lower6')}",
        "architecture": ["amd64", "arm64"],
        "compatibilities": [{"clusterVersion": kubernetes, "defaultVersion": True}],
    }
    return _json({"addons": [{"addonName": name, "addonVersions": [version]}]})


def _repositories(request: Request) -> Answer | None:
    names = request.parameters.get("repositoryNames") or ()
    account = str(request.parameters.get("registryId") or _ACCOUNT)
    if not names:
        return None
    found = [
        {
            "repositoryArn": _arn(request, "ecr", f"repository/{name}").replace(_ACCOUNT, account),
            "registryId": account,
            "repositoryName": name,
            "repositoryUri": f"{account}.dkr.ecr.{request.region}.amazonaws.com/{name}",
            "createdAt": _TIME,
            "imageTagMutability": "MUTABLE",
            "imageScanningConfiguration": {"scanOnPush": False},
            "encryptionConfiguration": {"encryptionType": "AES256"},
        }
        for name in names
    ]
    return _json({"repositories": found})


def _repository_images(request: Request) -> Answer:
    name = str(request.parameters.get("repositoryName") or "")
    given: Mapping[str, str] = next(iter(request.parameters.get("imageIds") or ()), {})
    tag = given.get("imageTag") or _hidden(f"{name} tag", "$lower12")
    digest = given.get("imageDigest") or f"sha256:{_hidden(f'{name}:{tag}', '$hex64')}"
    if request.operation == "ListImages":
        return _json({"imageIds": [{"imageDigest": digest, "imageTag": tag}]})
    image = {
        "registryId": str(request.parameters.get("registryId") or _ACCOUNT),
        "repositoryName": name,
        "imageDigest": digest,
        "imageTags": [tag],
        "imageSizeInBytes": 1,
        "imagePushedAt": _TIME,
    }
    return _json({"imageDetails": [image]})


def _role(request: Request) -> Answer:
    """A role that is not in the stack: its path is not known, and so its ARN is not."""
    name = str(request.parameters.get("RoleName") or "")
    path = f"/{_hidden(f'{name} path', '$lower12')}/"
    role = {
        "Path": path,
        "RoleName": name,
        "RoleId": f"AROA{_hidden(name, '$upper17')}",
        "Arn": _arn(request, "iam", f"role{path}{name}", global_=True),
        "CreateDate": UNKNOWN_TIME,
        "MaxSessionDuration": 3600,
        "AssumeRolePolicyDocument": quote(
            json.dumps({"Statement": _hidden(f"{name} trust", "$lower12")})
        ),
    }
    return _xml("GetRoleResponse", {"GetRoleResult": {"Role": role}})


def _zone_id(name: str, private: bool) -> str:
    return f"Z{_hidden(f'{name} {private}', '$upper20')}"


def _zones(request: Request) -> Answer:
    zones = [
        {
            "Id": f"/hostedzone/{_zone_id(name, private)}",
            "Name": f"{name}.",
            "CallerReference": _hidden(name, "$lower12"),
            "Config": {"PrivateZone": private},
            "ResourceRecordSetCount": 2,
        }
        for name in domains.get(request.endpoint, ())
        for private in (False, True)
    ]
    return _xml(
        "ListHostedZonesResponse",
        {"HostedZones": {"HostedZone": zones}, "IsTruncated": False, "MaxItems": 1000},
    )


def _zone(request: Request) -> Answer | None:
    id_ = request.path.rstrip("/").rpartition("/")[2]
    for name in domains.get(request.endpoint, ()):
        for private in (False, True):
            if _zone_id(name, private) != id_:
                continue
            servers = [f"ns-{_hidden(f'{name} {n}', '$lower12')}.example.com" for n in range(4)]
            zone = {
                "Id": f"/hostedzone/{id_}",
                "Name": f"{name}.",
                "CallerReference": _hidden(name, "$lower12"),
                "Config": {"PrivateZone": private},
                "ResourceRecordSetCount": 2,
            }
            more: dict[str, Any] = {"DelegationSet": {"NameServers": {"NameServer": servers}}}
            if private:
                vpc = f"vpc-{_hidden(name, '$hex17')}"
                more = {"VPCs": {"VPC": {"VPCRegion": request.region, "VPCId": vpc}}}
            return _xml("GetHostedZoneResponse", {"HostedZone": zone, **more})
    return None


def _zone_records(request: Request) -> Answer:
    """The record with the name servers, which every zone has."""
    id_ = request.path.rstrip("/").split("/")[-2]
    name = next(
        (
            n
            for n in domains.get(request.endpoint, ())
            for p in (0, 1)
            if _zone_id(n, bool(p)) == id_
        ),
        "example.com",
    )
    servers = [
        {"Value": f"ns-{_hidden(f'{name} {number}', '$lower12')}.example.com."}
        for number in range(4)
    ]
    record = {
        "Name": f"{name}.",
        "Type": "NS",
        "TTL": 172800,
        "ResourceRecords": {"ResourceRecord": servers},
    }
    return _xml(
        "ListResourceRecordSetsResponse",
        {
            "ResourceRecordSets": {"ResourceRecordSet": record},
            "IsTruncated": False,
            "MaxItems": 300,
        },
    )


def _zone_tags(request: Request) -> Answer:
    id_ = request.path.rstrip("/").rpartition("/")[2]
    tags = {"ResourceType": "hostedzone", "ResourceId": id_, "Tags": ""}
    return _xml("ListTagsForResourceResponse", {"ResourceTagSet": tags})


_ANSWERS: tuple[tuple[str, str, Callable[[Request], Answer | None]], ...] = (
    ("states", "ValidateStateMachineDefinition", lambda _: _json(
        {"result": "OK", "diagnostics": []})),
    ("ec2", "DescribeImages", _images),
    ("ec2", "GetEbsDefaultKmsKeyId", lambda _: _xml(
        "GetEbsDefaultKmsKeyIdResponse", {"kmsKeyId": "alias/aws/ebs"})),
    ("ssm", "GetParameter", _public_parameter),
    ("secretsmanager", "DescribeSecret|GetSecretValue|GetResourcePolicy", _secret),
    ("kms", "ListAliases", _key_aliases),
    ("kms", "DescribeKey", _managed_key),
    ("mediaconvert", "GET .*", _media_convert),
    ("rds", "DescribeDBEngineVersions", _database_versions),
    ("eks", "GET /clusters/[^/]+", _cluster),
    ("eks", "GET /addons/supported-versions", _addon_versions),
    ("ecr", "DescribeRepositories", _repositories),
    ("ecr", "DescribeImages|ListImages", _repository_images),
    ("ecr", "ListTagsForResource", lambda _: _json({"tags": []})),
    ("iam", "GetRole", _role),
    ("route53", "GET /2013-04-01/hostedzone/?", _zones),
    ("route53", "GET /2013-04-01/hostedzone/[^/]+", _zone),
    ("route53", "GET /2013-04-01/hostedzone/[^/]+/rrset", _zone_records),
    ("route53", "GET /2013-04-01/tags/hostedzone/.+", _zone_tags),
    ("cloudfront", "GET /2020-05-31/cache-policy.*", _policy_list("CachePolicy", _CACHE_POLICIES)),
    ("cloudfront", "GET /2020-05-31/origin-request-policy.*",
        _policy_list("OriginRequestPolicy", _ORIGIN_REQUEST_POLICIES)),
    ("cloudfront", "GET /2020-05-31/response-headers-policy.*",
        _policy_list("ResponseHeadersPolicy", _RESPONSE_HEADERS_POLICIES)),
)  # fmt: skip

_MADE_UP: Mapping[str, frozenset[str]] = {
    type_: frozenset(names.split())
    for type_, names in {
        "aws_ami": "block_device_mappings root_device_name root_device_type hypervisor "
        "ena_support public platform platform_details product_codes sriov_net_support "
        "state_reason tags usage_operation boot_mode imds_support tpm_support description "
        "deprecation_time image_owner_alias kernel_id ramdisk_id last_launched_time "
        "uefi_data",
        "aws_ami_ids": "id ids",
        "aws_availability_zone": "zone_id",
        "aws_availability_zones": "zone_ids",
        "aws_caller_identity": "arn user_id",
        "aws_canonical_user_id": "id display_name",
        "aws_cloudfront_cache_policy": "comment default_ttl etag max_ttl min_ttl "
        "parameters_in_cache_key_and_forwarded_to_origin",
        "aws_cloudfront_origin_request_policy": "comment cookies_config etag headers_config "
        "query_strings_config",
        "aws_cloudfront_response_headers_policy": "comment cors_config custom_headers_config etag "
        "remove_headers_config security_headers_config server_timing_headers_config",
        "aws_db_instances": "instance_arns instance_identifiers",
        "aws_ebs_encryption_by_default": "enabled",
        "aws_ec2_managed_prefix_list": "arn entries id max_entries version",
        "aws_ecr_authorization_token": "authorization_token expires_at id password "
        "proxy_endpoint user_name",
        "aws_ecr_image": "image_pushed_at image_size_in_bytes image_tags",
        "aws_ecr_repository": "encryption_configuration image_scanning_configuration "
        "image_tag_mutability most_recent_image_tags tags",
        "aws_elastic_beanstalk_solution_stack": "id name",
        "aws_eks_addon_version": "version",
        "aws_eks_cluster": "access_config certificate_authority cluster_id compute_config "
        "created_at enabled_cluster_log_types encryption_config endpoint identity "
        "kubernetes_network_config outpost_config platform_version remote_network_config "
        "role_arn status storage_config tags upgrade_policy version vpc_config zonal_shift_config",
        "aws_eks_cluster_auth": "token",
        "aws_iam_policy": "attachment_count description policy_id tags",
        "aws_iam_role": "arn assume_role_policy create_date description max_session_duration path "
        "permissions_boundary role_last_used tags unique_id",
        "aws_iam_session_context": "arn id issuer_arn issuer_id issuer_name",
        "aws_kms_alias": "target_key_arn target_key_id",
        "aws_kms_key": "arn creation_date id",
        "aws_media_convert_queue": "status tags",
        "aws_network_interfaces": "ids",
        "aws_prefix_list": "cidr_blocks id prefix_list_id",
        "aws_rds_engine_version": "default_character_set id engine_description "
        "exportable_log_types parameter_group_family status supported_character_sets "
        "supported_feature_names "
        "supported_modes supported_timezones supports_certificate_rotation_without_restart "
        "supports_global_databases supports_integrations supports_limitless_database "
        "supports_local_write_forwarding supports_log_exports_to_cloudwatch "
        "supports_parallel_query supports_read_replica valid_major_targets valid_minor_targets "
        "valid_upgrade_targets version version_actual version_description",
        "aws_route53_zone": "caller_reference comment linked_service_description "
        "linked_service_principal name_servers primary_name_server resource_record_set_count tags "
        "vpc_id",
        "aws_route_table": "associations routes tags",
        "aws_secretsmanager_random_password": "random_password",
        "aws_secretsmanager_secret": "created_date description kms_key_id last_changed_date policy "
        "rotation_enabled rotation_rules tags",
        "aws_secretsmanager_secret_version": "created_date secret_binary secret_string version_id",
        "aws_security_group": "description tags",
        "aws_security_groups": "arns ids vpc_ids",
        "aws_ssm_parameter": "insecure_value value version",
        "aws_ssoadmin_instances": "arns identity_store_ids",
        "aws_subnet": "assign_ipv6_address_on_creation available_ip_address_count "
        "availability_zone availability_zone_id cidr_block ipv6_cidr_block "
        "map_public_ip_on_launch tags",
        "aws_subnets": "ids",
        "aws_vpc_endpoint_service": "acceptance_required arn id service_id tags",
        "aws_vpc": "cidr_block_associations enable_dns_support dhcp_options_id "
        "enable_dns_hostnames ipv6_association_id ipv6_cidr_block main_route_table_id tags",
    }.items()
}
