"""The shipped stack in moto, and the call that each need of its data path stands for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from planproof.aws.datapath import Need
from planproof.emulation.account.decisions import LiveDecisions
from planproof.emulation.account.decisions.account_state import AccountState
from planproof.emulation.account.decisions.call_checks import checks_of
from planproof.emulation.account.decisions.checks import CheckedCall
from planproof.emulation.account.model import ACCOUNT_ID, ApiCall, Caller, Denial
from planproof.terraform.stack import Resource, Stack
from tests.emulation.account.decisions.policy_account import FakeAccount, client

REGION = "us-east-1"
FUNCTION_ROLE = "aws_iam_role.function"
ITEM = {"asset_id": {"S": "1"}}
JOB_QUEUE = f"arn:aws:mediaconvert:{REGION}:{ACCOUNT_ID}:queues/Default"


@dataclass
class Deployed:
    """The shipped stack in an account; create it within ``mock_aws``."""

    stack: Stack

    def __post_init__(self) -> None:
        self.decisions = LiveDecisions(FakeAccount())  # type: ignore[arg-type]
        made = client("kms", REGION).create_key()["KeyMetadata"]
        self.key_id = str(made["KeyId"])
        self._own_id = str(self.stack["aws_kms_key.media"].get("key_id"))
        self.upload = ""
        self._make()

    def text(self, value: Any) -> str:
        """A value of the stack, with the id of moto's key."""
        return str(value).replace(self._own_id, self.key_id)

    def _make(self) -> None:
        iam = client("iam", REGION)
        for role in self.stack.managed("aws_iam_role"):
            trust = role.get("assume_role_policy")
            iam.create_role(RoleName=role.get("name"), AssumeRolePolicyDocument=trust)
        for policy in self.stack.managed("aws_iam_policy"):
            arn = iam.create_policy(
                PolicyName=policy.get("name"), PolicyDocument=self.text(policy.get("policy"))
            )["Policy"]["Arn"]
            assert arn == policy.get("arn")
        for attached in self.stack.managed("aws_iam_role_policy_attachment"):
            name, arn = attached.get("role"), attached.get("policy_arn")
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        for queue in self.stack.managed("aws_sqs_queue"):
            key = self.text(queue.get("kms_master_key_id"))
            client("sqs", REGION).create_queue(
                QueueName=queue.get("name"), Attributes={"KmsMasterKeyId": key}
            )
        self._make_table()
        for group in self.stack.managed("aws_cloudwatch_log_group"):
            key = self.text(group.get("kms_key_id"))
            client("logs", REGION).create_log_group(logGroupName=group.get("name"), kmsKeyId=key)
        self._make_buckets()
        for address, attribute in (
            ("aws_kms_key.media", "policy"),
            ("aws_sqs_queue_policy.processing", "policy"),
            ("aws_sqs_queue_policy.status", "policy"),
        ):
            self.put(address, self.stack[address].get(attribute))

    def _make_table(self) -> None:
        table = self.stack["aws_dynamodb_table.assets"]
        key = self.text(table.get("server_side_encryption.kms_key_arn"))
        name = str(table.get("hash_key"))
        client("dynamodb", REGION).create_table(
            TableName=table.get("name"),
            KeySchema=[{"AttributeName": name, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
        )

    def _make_buckets(self) -> None:
        s3 = client("s3", REGION)
        for bucket in self.stack.managed("aws_s3_bucket"):
            s3.create_bucket(Bucket=bucket.get("bucket"))
        for rule in self.stack.managed("aws_s3_bucket_server_side_encryption_configuration"):
            default = "rule.0.apply_server_side_encryption_by_default.0"
            encryption = {
                "SSEAlgorithm": rule.get(f"{default}.sse_algorithm"),
                "KMSMasterKeyID": self.text(rule.get(f"{default}.kms_master_key_id")),
            }
            whole = rule.get("rule.0.bucket_key_enabled")
            s3.put_bucket_encryption(
                Bucket=rule.get("bucket"),
                ServerSideEncryptionConfiguration={
                    "Rules": [
                        {
                            "ApplyServerSideEncryptionByDefault": encryption,
                            "BucketKeyEnabled": whole,
                        }
                    ]
                },
            )
        bucket = self.stack["aws_s3_bucket.output"].get("bucket")
        self.upload = s3.create_multipart_upload(Bucket=bucket, Key="film")["UploadId"]
        bucket = self.stack["aws_s3_bucket.input"].get("bucket")
        s3.put_object(Bucket=bucket, Key="film.mp4", Body=b"film")
        # Last, because moto ignores the conditions of denying statements.
        for policy in self.stack.managed("aws_s3_bucket_policy"):
            s3.put_bucket_policy(Bucket=policy.get("bucket"), Policy=policy.get("policy"))

    def put(self, address: str, policy: Any) -> None:
        """Replace a policy of the stack."""
        part = self.stack[address]
        text = self.text(policy)
        if part.type == "aws_kms_key":
            client("kms", REGION).put_key_policy(
                KeyId=self.key_id, PolicyName="default", Policy=text
            )
        elif part.type == "aws_sqs_queue_policy":
            client("sqs", REGION).set_queue_attributes(
                QueueUrl=part.get("queue_url"), Attributes={"Policy": text}
            )
        elif part.type == "aws_iam_role":
            # IAM accepts only STS actions in a trust policy; no service uses this one.
            text = text.replace("planproof:Nothing", "sts:AssumeRoleWithSAML")
            client("iam", REGION).update_assume_role_policy(
                RoleName=part.get("name"), PolicyDocument=text
            )
        else:
            self._put_version(str(part.get("arn")), text)

    def _put_version(self, arn: str, text: str) -> None:
        iam = client("iam", REGION)
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)

    # Needs ---------------------------------------------------------------------------------------

    def refused(self, need: Need) -> Denial | None:
        """The denial of a need of the data path.

        Asserts that the call for it checks it; otherwise the test would prove nothing.
        """
        about = self.text(need.resource)
        if isinstance(need.principal, str) and not need.principal.startswith("logs."):
            found = self._refused_to_service(need)
        else:
            call = self._call(need)
            checked = checks_of(CheckedCall(call, AccountState(ACCOUNT_ID)))
            if need.action != "iam:PassRole":
                assert (need.action, about) in [(one.action, one.resource) for one in checked]
            found = list(self._refusals(need, call))
        return next((d for d in found if (d.action, d.resource) == (need.action, about)), None)

    def _refusals(self, need: Need, call: ApiCall) -> Iterator[Denial]:
        if need.action != "iam:PassRole":
            yield from self.decisions.denials(call)
            return
        service = str(need.context["iam:PassedToService"])
        refused = self.decisions.check_pass(call.caller, str(need.resource), service)
        if refused is not None:
            yield refused

    def _refused_to_service(self, need: Need) -> list[Denial]:
        source = str(need.context.get("aws:SourceArn", ""))
        service = str(need.principal)
        if need.action == "sts:AssumeRole":
            refused = self.decisions.check_assume(service, str(need.resource), source)
            return [refused] if refused is not None else []
        target = str(need.context.get("kms:EncryptionContext:aws:sqs:arn", need.resource))
        action = "sqs:SendMessage"
        return list(self.decisions.delivery_denials(service, action, source, target))

    def _call(self, need: Need) -> ApiCall:
        """A call that requires the need."""
        role = need.principal if isinstance(need.principal, Resource) else self.stack[FUNCTION_ROLE]
        session = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role.get('name')}/one"
        service, operation, parameters = self._request(need)
        caller = Caller(session, str(role.get("arn")))
        return ApiCall(service, operation, parameters, REGION, caller)

    def _request(self, need: Need) -> tuple[str, str, dict[str, Any]]:
        service, _, operation = need.action.partition(":")
        if service == "kms":
            return self._using_key(need)
        resource = str(need.resource)
        name = resource.rpartition("/")[2]
        parameters: dict[str, Any] = {}
        if service == "sqs":
            parameters = {"QueueUrl": f"https://queues/{ACCOUNT_ID}/{resource.split(':')[5]}"}
        elif service == "logs":
            group, _, stream = resource.partition(":log-group:")[2].partition(":log-stream:")
            parameters = {"logGroupName": group, "logStreamName": stream}
        elif service == "dynamodb":
            parameters = {"TableName": name, "Key": ITEM}
        elif service == "s3":
            bucket, _, key = resource.removeprefix("arn:aws:s3:::").partition("/")
            parameters = {"Bucket": bucket, "Key": key}
        return service, operation, parameters

    def _using_key(self, need: Need) -> tuple[str, str, dict[str, Any]]:
        """A call by which a service uses the key."""
        prefix = "kms:EncryptionContext:"
        about = {
            key.removeprefix(prefix): str(value)
            for key, value in need.context.items()
            if key.startswith(prefix)
        }
        if arn := about.get("aws:sqs:arn"):
            return "sqs", "ReceiveMessage", {"QueueUrl": f"https://q/{arn.split(':')[5]}"}
        if arn := about.get("aws:logs:arn"):
            group = arn.partition(":log-group:")[2]
            return "logs", "PutLogEvents", {"logGroupName": group, "logStreamName": "1"}
        if table := about.get("aws:dynamodb:tableName"):
            return "dynamodb", "GetItem", {"TableName": table, "Key": ITEM}
        bucket = about["aws:s3:arn"].removeprefix("arn:aws:s3:::")
        if need.action == "kms:GenerateDataKey":
            return "s3", "PutObject", {"Bucket": bucket, "Key": "film"}
        if bucket == self.stack["aws_s3_bucket.output"].get("bucket"):
            return "s3", "UploadPart", {"Bucket": bucket, "Key": "film", "UploadId": self.upload}
        return "s3", "GetObject", {"Bucket": bucket, "Key": "film.mp4"}


def changed(stack: Stack, address: str, attribute: str) -> str:
    """A policy document of a stack."""
    text = str(stack[address].get(attribute))
    assert json.loads(text)["Statement"]
    return text
