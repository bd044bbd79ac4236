"""An account whose policies decide the calls of a role: moto in this process, no server."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
import moto  # noqa: F401  before any client is made, so that it answers for them all

from planproof.emulation.account.decisions import LiveDecisions
from planproof.emulation.account.model import ACCOUNT_ID, ApiCall, Caller, Denial
from tests.builders.policies import document, statement, trust

REGION = "eu-west-1"
NOW = 1_780_000_000.0


@dataclass
class FakeClock:
    """A clock that does not tick."""

    at: float = NOW

    def now(self) -> float:
        return self.at


@dataclass
class FakeAccount:
    """The part of an account that decisions use."""

    account_id: str = ACCOUNT_ID
    clock: FakeClock = field(default_factory=FakeClock)


def arn(service: str, resource: str, region: str = REGION) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT_ID}:{resource}"


def allow(action: Any, resource: Any = "*", condition: Any = None, **more: Any) -> dict[str, Any]:
    found = statement(action, resource, **more)
    return found if condition is None else {**found, "Condition": condition}


def deny(action: Any, resource: Any = "*", condition: Any = None, **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, condition, **more), "Effect": "Deny"}


OWNER = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"})
"""The statement of a key policy that lets IAM policies decide."""
ALL_BUT_KEYS = {"Effect": "Allow", "NotAction": "kms:*", "Resource": "*"}
"""A statement that allows everything but KMS."""


@cache
def client(service: str, region: str = REGION) -> Any:
    """A client of moto; cached, because creating one is slow."""
    return boto3.client(
        service,
        region_name=region,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


class PolicyAccount:
    """Creates resources by boto3, and decides calls of the role "worker".

    Create it within ``mock_aws``.
    """

    def __init__(self) -> None:
        self.fake = FakeAccount()
        self.decisions = LiveDecisions(self.fake)  # type: ignore[arg-type]
        self.role = self.make_role("worker")

    def make_role(self, name: str, service: str = "lambda.amazonaws.com", **more: Any) -> str:
        made = client("iam").create_role(
            RoleName=name, AssumeRolePolicyDocument=trust(service), **more
        )
        return str(made["Role"]["Arn"])

    def grant(self, *statements: Any, role: str = "worker", name: str = "grants") -> None:
        """Put an inline policy of the role."""
        client("iam").put_role_policy(
            RoleName=role, PolicyName=name, PolicyDocument=document(*statements)
        )

    def key(self, *statements: Any) -> str:
        made = client("kms").create_key(Policy=document(OWNER, *statements))
        return str(made["KeyMetadata"]["Arn"])

    def queue(self, name: str = "work", policy: str = "", key: str = "") -> str:
        attributes = {"Policy": policy} if policy else {}
        if key:
            attributes["KmsMasterKeyId"] = key
        client("sqs").create_queue(QueueName=name, Attributes=attributes)
        return arn("sqs", name)

    def table(self, name: str = "assets", key: str = "") -> str:
        more: dict[str, Any] = {}
        if key:
            more["SSESpecification"] = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
        client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            **more,
        )
        return arn("dynamodb", f"table/{name}")

    def bucket(self, name: str = "uploads", key: str = "", *, whole: bool = True) -> str:
        s3 = client("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        if key:
            default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
            rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": whole}
            s3.put_bucket_encryption(
                Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]}
            )
        return f"arn:aws:s3:::{name}"

    def function(self, name: str = "f") -> str:
        made = client("lambda").create_function(
            FunctionName=name,
            Role=self.role,
            Runtime="python3.12",
            Handler="f.handler",
            Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
        )
        return str(made["FunctionArn"])

    def call(
        self, service: str, operation: str, /, *, instance: str = "", **parameters: Any
    ) -> Denial | None:
        """The denial of a call by a session of the role; None if allowed."""
        session = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/worker/session"
        caller = Caller(session, self.role, instance)
        return self.decisions.check_call(ApiCall(service, operation, parameters, REGION, caller))
