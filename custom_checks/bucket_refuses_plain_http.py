"""Does a bucket refuse requests without TLS?"""

import re

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, passed, undetermined
from check_support.policy import Policy, Statement, read_policy
from check_support.values import Reference, Template, Value, literals
from checkov.common.models.enums import CheckCategories


class BucketRefusesPlainHttp(SourceCheck):
    """CKV_PLANPROOF_21."""

    id = "CKV_PLANPROOF_21"
    requirement = "REQ-18"
    name = "A bucket's policy denies requests without TLS"
    description = (
        "Encryption at rest says nothing of the way there: S3 answers plain HTTP unless the "
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
        """The policies of this bucket: S3 keeps one, so each has to refuse plain HTTP."""
        policies = [resource, *_policies_of(resource, configuration)]
        built = [p for p in policies if p.value("policy") is not None and p.is_built is not False]
        documents = [read_policy(policy.value("policy")) for policy in built]
        covered = {
            policy.address: _covers(document, resource) and (_is_there(policy, resource) or None)
            for policy, document in zip(built, documents, strict=True)
        }
        denying = [address for address, answer in covered.items() if answer]
        if denying and len(denying) == len(covered):
            return passed(f"{denying[0]} denies requests without TLS")
        if denying:
            return undetermined(
                f"S3 keeps one policy of a bucket, and not only {denying[0]} is set"
            )
        if None in covered.values() or not all(document.complete for document in documents):
            return undetermined("the bucket's policy is not all in the source")
        return failed("no policy of the bucket denies requests without TLS")


def _policies_of(bucket: Resource, configuration: Configuration) -> list[Resource]:
    """The policies that name the bucket, by reference or by the name it is given itself."""
    named = [
        other
        for other, path in configuration.referring_to(bucket)
        if (other.type, path) == ("aws_s3_bucket_policy", "bucket")
    ]
    name = bucket.value("bucket")
    same = [
        other
        for other in configuration.beside(bucket, "aws_s3_bucket_policy")
        if name is not None and other.value("bucket") == name
    ]
    return named + same


def _is_there(policy: Resource, bucket: Resource) -> bool:
    """Whether the policy is made, at least whenever the bucket is: under the same condition."""
    together = policy.frame.scope == bucket.frame.scope and all(
        policy.block.attributes.get(name) == bucket.block.attributes.get(name)
        for name in ("count", "for_each")
    )
    return policy.is_built is True or together


def _denies_plain_http(statement: Statement) -> bool:
    everybody = any(kind in ("*", "AWS") and who == "*" for kind, who in statement.principals)
    plain = any(
        c.operator in ("Bool", "BoolIfExists")
        and c.key.lower() == "aws:securetransport"
        and "false" in [str(value).lower() for value in c.values]
        for c in statement.conditions
    )
    everything = bool({"*", "s3:*"} & set(literals(statement.actions)))
    return statement.effect == "Deny" and statement.certain and everybody and everything and plain


def _covers(document: Policy, bucket: Resource) -> bool | None:
    """Whether statements that deny plain HTTP are about the bucket and all objects in it, one or
    several together; ``None`` if that is not decided.
    """
    denying = [statement for statement in document.statements if _denies_plain_http(statement)]
    resources = [resource for statement in denying for resource in statement.resources]
    answers = [_parts_named(resource, bucket) for resource in resources]
    if {_BUCKET, _OBJECTS} <= {part for parts in answers if parts for part in parts}:
        return True
    return None if None in answers else False


_BUCKET, _OBJECTS = "", "/*"


def _parts_named(resource: Value, bucket: Resource) -> set[str] | None:
    """What a resource names of the bucket: itself, its objects, both, neither; ``None`` if that is
    not decided.
    """
    if isinstance(resource, str):
        named = re.fullmatch(r"(?:\*|arn:[\w-]+:s3:::(?:\*|([^/*]+)))(/?\*)?", resource)
        if named is None or named[1] not in (None, bucket.value("bucket")):
            return set()
        return _of_ending(named[2] or ("" if named[1] else "*"))
    parts = resource.parts if isinstance(resource, Template) else (resource,)
    first, *rest = parts
    if not isinstance(first, Reference) or len(rest) > 1:
        return None
    if first.resource_type == bucket.type and not (
        bucket.is_named_by(first) and first.path == ("arn",)
    ):
        return set()
    if first.resource_type != bucket.type or not all(isinstance(part, str) for part in rest):
        return None
    return _of_ending(str(rest[0]) if rest else "")


def _of_ending(ending: str) -> set[str]:
    return {"*": {_BUCKET, _OBJECTS}, "/*": {_OBJECTS}, "": {_BUCKET}}.get(ending, set())


check = BucketRefusesPlainHttp()
