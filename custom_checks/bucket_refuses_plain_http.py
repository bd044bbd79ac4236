"""Does a bucket refuse requests without TLS?"""

import re

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, passed, undetermined
from check_support.policy import Policy, SourceStatement, read_policy
from check_support.truth import Truth
from check_support.values import Reference, Template, Value, literals
from checkov.common.models.enums import CheckCategories


class BucketRefusesPlainHttp(SourceCheck):
    """CKV_PLANPROOF_21."""

    id = "CKV_PLANPROOF_21"
    requirement = "REQ-18"
    name = "A bucket's policy denies requests without TLS"
    description = (
        "Encryption at rest does not protect data in transit: S3 accepts plain HTTP unless the "
        "bucket's policy denies every request, for the bucket and for its objects, for which "
        "aws:SecureTransport is false."
    )
    source = (
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html#transit"
    )
    guideline = 'Deny s3:* to "*" with Condition = { Bool = { "aws:SecureTransport" = "false" } }'
    category = CheckCategories.ENCRYPTION
    entity_types = ("aws_s3_bucket",)
    attributes = ("policy",)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The policies of this bucket: S3 keeps only one, so each must deny plain HTTP."""
        policies = [resource, *_policies_of(resource, configuration)]
        created = [
            p for p in policies if p.value("policy") is not None and p.has_instances is not False
        ]
        documents = [read_policy(policy.value("policy")) for policy in created]
        covered = {
            policy.address: _covers(document, resource) and (_exists(policy, resource) or None)
            for policy, document in zip(created, documents, strict=True)
        }
        denying = [address for address, answer in covered.items() if answer]
        if denying and len(denying) == len(covered):
            return passed(f"{denying[0]} denies requests without TLS")
        if denying:
            return undetermined(
                f"S3 keeps only one policy per bucket, and {denying[0]} is not the only one"
            )
        if None in covered.values() or not all(document.complete for document in documents):
            return undetermined("the bucket's policy is not completely in the source")
        return failed("no policy of the bucket denies requests without TLS")


def _policies_of(bucket: Resource, configuration: Configuration) -> list[Resource]:
    """The policies of the bucket, which name it by a reference or by its own name."""
    named = [
        other
        for other, path in configuration.references_to(bucket)
        if (other.type, path) == ("aws_s3_bucket_policy", "bucket")
    ]
    name = bucket.value("bucket")
    same = [
        other
        for other in configuration.in_same_stack(bucket, "aws_s3_bucket_policy")
        if name is not None and other.value("bucket") == name
    ]
    return named + same


def _exists(policy: Resource, bucket: Resource) -> bool:
    """Whether the policy is created whenever the bucket is."""
    same_condition = policy.frame.scope == bucket.frame.scope and all(
        policy.block.attributes.get(name) == bucket.block.attributes.get(name)
        for name in ("count", "for_each")
    )
    return policy.has_instances is True or same_condition


def _denies_plain_http(statement: SourceStatement) -> bool:
    every_principal = any(
        kind in ("*", "AWS") and identifier == "*" for kind, identifier in statement.principals
    )
    plain_http = any(
        c.operator in ("Bool", "BoolIfExists")
        and c.key.lower() == "aws:securetransport"
        and "false" in [str(value).lower() for value in c.values]
        for c in statement.conditions
    )
    every_action = bool({"*", "s3:*"} & set(literals(statement.actions)))
    denies = statement.effect == "Deny" and statement.certain
    return denies and every_principal and every_action and plain_http


def _covers(document: Policy, bucket: Resource) -> Truth:
    """Whether the statements that deny plain HTTP together cover the bucket and all its objects;
    ``None`` if the source does not decide.
    """
    denying = [statement for statement in document.statements if _denies_plain_http(statement)]
    resources = [resource for statement in denying for resource in statement.resources]
    covered = [_covered_parts(resource, bucket) for resource in resources]
    if {_BUCKET, _OBJECTS} <= {part for parts in covered if parts for part in parts}:
        return True
    return None if None in covered else False


_BUCKET, _OBJECTS = "", "/*"


def _covered_parts(resource: Value, bucket: Resource) -> set[str] | None:
    """What a resource pattern covers of the bucket: itself, its objects, both, neither; ``None`` if
    the source does not decide.
    """
    if isinstance(resource, str):
        match = re.fullmatch(r"(?:\*|arn:[\w-]+:s3:::(?:\*|([^/*]+)))(/?\*)?", resource)
        if match is None or match[1] not in (None, bucket.value("bucket")):
            return set()
        return _parts_of_suffix(match[2] or ("" if match[1] else "*"))
    parts = resource.parts if isinstance(resource, Template) else (resource,)
    first, *rest = parts
    if not isinstance(first, Reference) or len(rest) > 1:
        return None
    if first.resource_type == bucket.type and not (
        bucket.is_referenced_by(first) and first.path == ("arn",)
    ):
        return set()
    if first.resource_type != bucket.type or not all(isinstance(part, str) for part in rest):
        return None
    return _parts_of_suffix(str(rest[0]) if rest else "")


def _parts_of_suffix(suffix: str) -> set[str]:
    return {"*": {_BUCKET, _OBJECTS}, "/*": {_OBJECTS}, "": {_BUCKET}}.get(suffix, set())


check = BucketRefusesPlainHttp()
