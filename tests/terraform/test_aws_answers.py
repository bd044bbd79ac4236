"""What the endpoint answers where moto does not; without Terraform."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from planproof.stand_ins import is_unknown_text
from planproof.terraform.aws_answers import Request, made_up, offer_domains
from planproof.terraform.aws_endpoint import ACCOUNT, aws_endpoint, request_log


class Account:
    """Clients of an endpoint."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="eu-west-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"total_max_attempts": 1}),
        )


@pytest.fixture(scope="module")
def aws() -> Iterator[Account]:
    with aws_endpoint() as url:
        yield Account(url)


def test_a_state_machine_is_valid(aws: Account) -> None:
    assert aws("stepfunctions").validate_state_machine_definition(definition="{}")["result"] == "OK"


def test_managed_policies_of_cloudfront_have_the_ids_that_aws_documents(aws: Account) -> None:
    client = aws("cloudfront")
    found = {
        item["CachePolicy"]["CachePolicyConfig"]["Name"]: item["CachePolicy"]["Id"]
        for item in client.list_cache_policies()["CachePolicyList"]["Items"]
    }
    assert found["Managed-CachingDisabled"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    one = client.get_origin_request_policy(Id="216adef6-5c7f-47e4-b989-5492eafa07d3")
    config = one["OriginRequestPolicy"]["OriginRequestPolicyConfig"]
    assert config["Name"] == "Managed-AllViewer"
    headers = client.list_response_headers_policies()["ResponseHeadersPolicyList"]
    assert "67f7725c-6f97-4210-82d7-5512b31e9d03" in {
        item["ResponseHeadersPolicy"]["Id"] for item in headers["Items"]
    }


def test_an_image_is_as_the_filters_ask_and_its_id_is_unknown(aws: Account) -> None:
    filters = [
        {"Name": "name", "Values": ["al2023-ami-*-arm64"]},
        {"Name": "virtualization-type", "Values": ["hvm"]},
    ]
    (image,) = aws("ec2").describe_images(Owners=["137112412989"], Filters=filters)["Images"]
    assert image["Name"].startswith("al2023-ami-")
    assert image["Name"].endswith("-arm64")
    assert image["Architecture"] == "arm64"
    assert image["OwnerId"] == "137112412989"
    assert image["ImageId"].startswith("ami-")
    assert is_unknown_text(image["ImageId"])
    other = aws("ec2").describe_images(Filters=[{"Name": "name", "Values": ["b-*"]}])["Images"]
    assert other[0]["ImageId"] != image["ImageId"]


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64", "ami-"),
        ("/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id", "ami-"),
        ("/aws/service/ecs/optimized-ami/amazon-linux-2/recommended", "{"),
        ("/aws/service/eks/optimized-ami/1.31/amazon-linux-2023/recommended/release_version", ""),
        ("/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id", ""),
    ],
)
def test_public_parameters_are_there_and_unknown(aws: Account, name: str, begin: str) -> None:
    value = aws("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    assert value.startswith(begin)
    assert is_unknown_text(value)
    if begin == "{":
        assert json.loads(value)["image_id"].startswith("ami-")


def test_a_secret_has_an_unknown_value(aws: Account) -> None:
    client = aws("secretsmanager")
    found = client.get_secret_value(SecretId="acme/db")
    assert found["Name"] == "acme/db"
    assert is_unknown_text(found["SecretString"])
    assert client.describe_secret(SecretId=found["ARN"])["Name"] == "acme/db"


def test_keys_of_aws_have_unknown_ids_and_agree(aws: Account) -> None:
    client = aws("kms")
    aliases = {a["AliasName"]: a["TargetKeyId"] for a in client.list_aliases()["Aliases"]}
    key = client.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert key["KeyId"] == aliases["alias/aws/s3"]
    assert key["KeyManager"] == "AWS"
    assert is_unknown_text(key["Arn"])
    with pytest.raises(ClientError, match="NotFound"):
        client.describe_key(KeyId="alias/acme")


def test_hosted_zones_are_those_of_the_offered_names(aws: Account) -> None:
    client = aws("route53")
    assert client.list_hosted_zones()["HostedZones"] == []
    offer_domains(aws.url, ['name = "shop.example.com"', "a@mail.example.org", "x.tf.json/y"])
    zones = client.list_hosted_zones()["HostedZones"]
    assert {z["Name"] for z in zones} == {"shop.example.com."}
    assert {z["Config"]["PrivateZone"] for z in zones} == {True, False}
    assert all(is_unknown_text(z["Id"]) for z in zones)
    public = next(z for z in zones if not z["Config"]["PrivateZone"])
    assert len(client.get_hosted_zone(Id=public["Id"])["DelegationSet"]["NameServers"]) == 4
    (record,) = client.list_resource_record_sets(HostedZoneId=public["Id"])["ResourceRecordSets"]
    assert record["Type"] == "NS"


def test_versions_of_an_engine_are_its_own(aws: Account) -> None:
    client = aws("rds")
    found = client.describe_db_engine_versions(Engine="postgres")["DBEngineVersions"]
    families = {v["EngineVersion"]: v["DBParameterGroupFamily"] for v in found}
    assert families["16.1"] == "postgres16"
    assert client.describe_db_engine_versions(Engine="none")["DBEngineVersions"] == []
    last = client.describe_db_engine_versions(Engine="aurora-mysql", DefaultOnly=True)
    assert len(last["DBEngineVersions"]) == 1


def test_clusters_repositories_roles_and_queues_are_answered(aws: Account) -> None:
    cluster = aws("eks").describe_cluster(name="acme")["cluster"]
    assert cluster["arn"] == f"arn:aws:eks:eu-west-1:{ACCOUNT}:cluster/acme"
    assert is_unknown_text(cluster["identity"]["oidc"]["issuer"])
    (repository,) = aws("ecr").describe_repositories(repositoryNames=["app"])["repositories"]
    assert repository["repositoryUri"] == f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/app"
    (image,) = aws("ecr").describe_images(repositoryName="app", imageIds=[{"imageTag": "v1"}])[
        "imageDetails"
    ]
    assert image["imageTags"] == ["v1"]
    assert is_unknown_text(image["imageDigest"])
    # A role has a path, and so an ARN, that its name does not tell.
    assert is_unknown_text(aws("iam").get_role(RoleName="ci")["Role"]["Arn"])
    queue = aws("mediaconvert").get_queue(Name="Default")["Queue"]
    assert queue["Arn"] == f"arn:aws:mediaconvert:eu-west-1:{ACCOUNT}:queues/Default"


def test_policies_of_aws_have_their_documents(aws: Account) -> None:
    client = aws("iam")
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    version = client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found = client.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
    (statement,) = found["Document"]["Statement"]
    assert "logs:PutLogEvents" in statement["Action"]


def test_ids_of_the_default_vpc_are_unknown_and_can_be_asked_for(aws: Account) -> None:
    client = aws("ec2")
    (vpc,) = client.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    assert is_unknown_text(vpc["VpcId"])
    found = client.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])
    assert len(found["Subnets"]) == 3
    assert {subnet["VpcId"] for subnet in found["Subnets"]} == {vpc["VpcId"]}
    none = client.describe_subnets(Filters=[{"Name": "vpc-id", "Values": ["vpc-12345678"]}])
    assert none["Subnets"] == []


@pytest.mark.parametrize(
    ("service", "call", "arguments"),
    [
        ("mediaconvert", "list_jobs", {}),
        ("pricing", "describe_services", {}),
        ("cloudfront", "list_streaming_distributions", {}),
        ("ec2", "describe_bundle_tasks", {}),
        ("elasticache", "describe_events", {}),
    ],
    ids=["REST", "JSON", "REST and XML", "EC2", "query"],
)
def test_what_nothing_answers_is_refused_at_once(
    aws: Account, service: str, call: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(aws(service), call)(**arguments)
    response = refused.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert response["Error"]["Code"] == "NotEmulated"
    log = request_log(aws.url)
    assert log is not None
    assert service in log.last
    assert log.unanswered() == ""


def test_a_request_is_named_by_service_operation_and_resource() -> None:
    environ = {
        "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=x/20260101/eu-west-1/kms/aws4_request",
        "HTTP_X_AMZ_TARGET": "TrentService.DescribeKey",
        "CONTENT_TYPE": "application/x-amz-json-1.1",
    }
    body = b'{"KeyId": "alias/acme", "Plaintext": "hunter2"}'
    text = str(Request.of(environ, body))
    assert "kms DescribeKey" in text
    assert "alias/acme" in text
    assert "hunter2" not in text


def test_attributes_without_a_known_value_are_listed() -> None:
    assert "cidr_block" in made_up("aws_subnet")
    assert "id" not in made_up("aws_cloudfront_cache_policy")
    assert made_up("aws_partition") == frozenset()
