"""Does a bucket refuse requests without TLS?"""

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, passed, undetermined
from check_support.policy import Statement, read_policy
from check_support.values import literals
from checkov.common.models.enums import CheckCategories


class BucketRefusesPlainHttp(SourceCheck):
    """CKV_PLANPROOF_21."""

    id = "CKV_PLANPROOF_21"
    requirement = "REQ-18"
    name = "A bucket's policy denies requests without TLS"
    description = (
        "Encryption at rest says nothing of the way there: S3 answers plain HTTP unless the "
        "bucket's policy denies every request for which aws:SecureTransport is false."
    )
    source = (
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html#transit"
    )
    guideline = 'Deny s3:* to "*" with Condition = { Bool = { "aws:SecureTransport" = "false" } }'
    category = CheckCategories.ENCRYPTION
    entity_types = ("aws_s3_bucket",)
    attributes = ("policy",)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The policies of this bucket."""
        policies = [resource, *_policies_of(resource, configuration)]
        documents = {policy.address: read_policy(policy.value("policy")) for policy in policies}
        for address, document in documents.items():
            if any(_denies_plain_http(statement) for statement in document.statements):
                return passed(f"{address} denies requests without TLS")
        if not all(document.complete for document in documents.values()):
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


def _denies_plain_http(statement: Statement) -> bool:
    everybody = any(kind == "*" or who == "*" for kind, who in statement.principals)
    plain = any(
        c.operator in ("Bool", "BoolIfExists")
        and c.key.lower() == "aws:securetransport"
        and "false" in [str(value).lower() for value in c.values]
        for c in statement.conditions
    )
    everything = bool({"*", "s3:*"} & set(literals(statement.actions)))
    return statement.effect == "Deny" and statement.certain and everybody and everything and plain


check = BucketRefusesPlainHttp()
