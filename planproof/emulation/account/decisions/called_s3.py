"""What a call of S3 asks of IAM.

Sources: S3 User Guide, "Required permissions for Amazon S3 API operations", "Using server-side
encryption with AWS KMS keys", "Bucket policy examples using condition keys"; S3 API Reference,
GetObject and HeadObject (what is answered of an object that does not exist).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from planproof.emulation.account.decisions.asks import Ask, Asking
from planproof.emulation.account.decisions.keys_used import key_asks
from planproof.emulation.account.model import PARTITION
from planproof.iam.actions import resource_types
from planproof.iam.context import ContextValue
from planproof.values import UNKNOWN, Unknown

_VERSIONED: Final = {
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:GetObjectAcl": "s3:GetObjectVersionAcl",
    "s3:GetObjectAttributes": "s3:GetObjectVersionAttributes",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
    "s3:PutObjectAcl": "s3:PutObjectVersionAcl",
    "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
}
_WRITES: Final = ("CopyObject", "CreateMultipartUpload", "PutObject")
_READS: Final = ("GetObject", "GetObjectAttributes", "HeadObject", "SelectObjectContent")
_PARTS: Final = ("CompleteMultipartUpload", "UploadPart", "UploadPartCopy")
_GRANTS: Final = ("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP")
_BESIDES: Final[Mapping[str, tuple[str, ...]]] = {
    "s3:PutObjectTagging": ("Tagging",),
    "s3:PutObjectAcl": _GRANTS,
    "s3:PutObjectRetention": ("ObjectLockMode", "ObjectLockRetainUntilDate"),
    "s3:PutObjectLegalHold": ("ObjectLockLegalHoldStatus",),
}
_KEYS: Final[Mapping[str, str]] = {
    "s3:delimiter": "Delimiter",
    "s3:if-match": "IfMatch",
    "s3:if-none-match": "IfNoneMatch",
    "s3:max-keys": "MaxKeys",
    "s3:object-lock-legal-hold": "ObjectLockLegalHoldStatus",
    "s3:object-lock-mode": "ObjectLockMode",
    "s3:prefix": "Prefix",
    "s3:versionid": "VersionId",
    "s3:x-amz-acl": "ACL",
    "s3:x-amz-copy-source": "CopySource",
    "s3:x-amz-grant-full-control": "GrantFullControl",
    "s3:x-amz-grant-read": "GrantRead",
    "s3:x-amz-grant-read-acp": "GrantReadACP",
    "s3:x-amz-grant-write-acp": "GrantWriteACP",
    "s3:x-amz-metadata-directive": "MetadataDirective",
    "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "s3:x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
    "s3:x-amz-storage-class": "StorageClass",
    "s3:x-amz-website-redirect-location": "WebsiteRedirectLocation",
}
"""Context keys by the parameter that they repeat, as it is."""


def asked(asking: Asking) -> Iterator[Ask]:
    """The actions on bucket and objects, and the use of the keys of these."""
    bucket, key = asking.text("Bucket"), asking.text("Key")
    if not bucket:
        for action in asking.actions():
            yield Ask(action, "*" if action == "s3:ListAllMyBuckets" else UNKNOWN, _keys(asking))
        return
    if asking.operation == "DeleteObjects":
        yield from _deletes(asking, bucket)
        return
    if asking.operation in ("CopyObject", "UploadPartCopy"):
        yield from _copies(asking, bucket, key)
        return
    for action in asking.actions():
        is_object = bool(key) and "object" in resource_types(action)
        about = _arn(bucket, key) if is_object else _arn(bucket)
        named = _VERSIONED.get(action, action) if asking.text("VersionId") else action
        yield Ask(named, about, _keys(asking))
    if asking.operation in (*_WRITES, *_PARTS):
        yield from _written(asking, bucket, key)
    elif asking.operation in _READS:
        yield from _read(asking, bucket, key, asking.text("VersionId"))


def _arn(bucket: str, key: str = "") -> str:
    return f"arn:{PARTITION}:s3:::{bucket}{'/' if key else ''}{key}"


def _deletes(asking: Asking, bucket: str) -> Iterator[Ask]:
    for one in (asking.parameters.get("Delete") or {}).get("Objects") or ():
        action = "s3:DeleteObjectVersion" if one.get("VersionId") else "s3:DeleteObject"
        yield Ask(action, _arn(bucket, str(one.get("Key", ""))), _keys(asking))


def _copies(asking: Asking, bucket: str, key: str) -> Iterator[Ask]:
    source = asking.parameters.get("CopySource")
    if isinstance(source, Mapping):
        path = f"{source.get('Bucket')}/{source.get('Key')}"
        version = str(source.get("VersionId") or "")
    else:
        path, _, query = str(source or "").partition("?")
        path = unquote(path).lstrip("/")
        version = parse_qs(query).get("versionId", [""])[0]
    from_bucket, _, from_key = path.partition("/")
    action = "s3:GetObjectVersion" if version else "s3:GetObject"
    if from_key:
        yield Ask(action, _arn(from_bucket, from_key), _keys(asking))
        yield from _read(asking, from_bucket, from_key, version)
    else:
        yield asking.unknown(action, f"what {source!r} is to be copied from cannot be told")
    yield Ask("s3:PutObject", _arn(bucket, key), _keys(asking))
    yield from _written(asking, bucket, key)


def _written(asking: Asking, bucket: str, key: str) -> Iterator[Ask]:
    """What an object is given besides its content, and what encrypts it."""
    if asking.operation in _WRITES:
        for action, names in _BESIDES.items():
            if any(asking.parameters.get(name) for name in names):
                yield Ask(action, _arn(bucket, key), _keys(asking))
    if asking.operation in _PARTS:
        # Parts are encrypted, and put together, under the key that the upload was begun with.
        holder = _bucket(asking, bucket)
        upload = holder.multiparts.get(asking.text("UploadId")) if holder is not None else None
        if upload is None:
            return
        algorithm, name = upload.sse_encryption, upload.kms_key_id
        actions: tuple[str, ...] = ("kms:Decrypt",)
    else:
        algorithm, name = asking.text("ServerSideEncryption"), asking.text("SSEKMSKeyId")
        actions = ("kms:GenerateDataKey",)
    rule = _rule(asking, bucket)
    if not algorithm:
        default = rule.get("ApplyServerSideEncryptionByDefault") or {}
        algorithm, name = default.get("SSEAlgorithm"), name or default.get("KMSMasterKeyID")
    whole = asking.parameters.get("BucketKeyEnabled")
    if whole is None:
        whole = rule.get("BucketKeyEnabled")
    yield from _uses(asking, bucket, key, algorithm, name, whole, actions)


def _read(asking: Asking, bucket: str, key: str, version: str) -> Iterator[Ask]:
    """The key of an object; and that one is not there is told to those who may list the bucket."""
    holder = _bucket(asking, bucket)
    if holder is None or not key:
        return
    found = asking.standing.backend("s3", PARTITION).get_object(
        bucket, key, version_id=version or None
    )
    if found is None:
        if not version:
            yield Ask("s3:ListBucket", _arn(bucket), _keys(asking))
        return
    algorithm, name = found.encryption, found.kms_key_id
    whole = found.bucket_key_enabled
    yield from _uses(asking, bucket, key, algorithm, name, whole, ("kms:Decrypt",))


def _uses(
    asking: Asking,
    bucket: str,
    key: str,
    algorithm: Any,
    name: Any,
    whole: Any,
    actions: tuple[str, ...],
) -> Iterator[Ask]:
    """The use of a key for an object; with a bucket key the context is the bucket."""
    if not str(algorithm or "").startswith("aws:kms") or not name:
        return
    with_bucket_key = str(whole).lower() == "true"
    context = {"aws:s3:arn": _arn(bucket) if with_bucket_key else _arn(bucket, key)}
    holder = _bucket(asking, bucket)
    region = str(holder.region_name) if holder is not None else ""
    yield from key_asks(asking, "s3", str(name), actions, context, region=region)


def _bucket(asking: Asking, name: str) -> Any:
    return asking.standing.backend("s3", PARTITION).buckets.get(name)


def _rule(asking: Asking, name: str) -> Mapping[str, Any]:
    """The encryption that a bucket gives objects which come without."""
    encryption = getattr(_bucket(asking, name), "encryption", None) or {}
    rule = encryption.get("Rule") or {}
    return (rule[0] if rule else {}) if isinstance(rule, list) else rule


def _keys(asking: Asking) -> dict[str, ContextValue | None]:
    found: dict[str, ContextValue | None] = {
        key: _value(asking.parameters.get(name)) for key, name in _KEYS.items()
    }
    found["s3:ResourceAccount"] = asking.standing.account_id
    tags = asking.parameters.get("Tagging")
    pairs = parse_qs(tags, keep_blank_values=True) if isinstance(tags, str) else {}
    found["s3:RequestObjectTagKeys"] = (list(pairs) or None) if not tags or pairs else UNKNOWN
    found |= {f"s3:RequestObjectTag/{name}": values[0] for name, values in pairs.items()}
    return found


def _value(value: object) -> str | int | bool | Unknown | None:
    if value is None or isinstance(value, str | int):
        return value
    return UNKNOWN
