"""Permissions of calls of S3.

Sources: S3 User Guide, "Required permissions for Amazon S3 API operations", "Using server-side
encryption with AWS KMS keys", "Bucket policy examples using condition keys"; S3 API Reference,
GetObject and HeadObject (the response for an object that does not exist).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from planproof.emulation.account.decisions.checks import CheckedCall, PermissionCheck
from planproof.emulation.account.decisions.kms_checks import key_use_checks
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
_ADDITIONAL: Final[Mapping[str, tuple[str, ...]]] = {
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
"""Condition keys → the parameter whose value they have."""


def checks(call: CheckedCall) -> Iterator[PermissionCheck]:
    """Permissions on the bucket, its objects and their keys."""
    bucket, key = call.text("Bucket"), call.text("Key")
    if not bucket:
        for action in call.actions():
            yield PermissionCheck(
                action, "*" if action == "s3:ListAllMyBuckets" else UNKNOWN, _context(call)
            )
        return
    if call.operation == "DeleteObjects":
        yield from _delete_checks(call, bucket)
        return
    if call.operation in ("CopyObject", "UploadPartCopy"):
        yield from _copy_checks(call, bucket, key)
        return
    for action in call.actions():
        is_object = bool(key) and "object" in resource_types(action)
        resource = _arn(bucket, key) if is_object else _arn(bucket)
        action = _VERSIONED.get(action, action) if call.text("VersionId") else action
        yield PermissionCheck(action, resource, _context(call))
    if call.operation in (*_WRITES, *_PARTS):
        yield from _write_checks(call, bucket, key)
    elif call.operation in _READS:
        yield from _read_checks(call, bucket, key, call.text("VersionId"))


def _arn(bucket: str, key: str = "") -> str:
    return f"arn:{PARTITION}:s3:::{bucket}{'/' if key else ''}{key}"


def _delete_checks(call: CheckedCall, bucket: str) -> Iterator[PermissionCheck]:
    for item in (call.parameters.get("Delete") or {}).get("Objects") or ():
        action = "s3:DeleteObjectVersion" if item.get("VersionId") else "s3:DeleteObject"
        yield PermissionCheck(action, _arn(bucket, str(item.get("Key", ""))), _context(call))


def _copy_checks(call: CheckedCall, bucket: str, key: str) -> Iterator[PermissionCheck]:
    source = call.parameters.get("CopySource")
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
        yield PermissionCheck(action, _arn(from_bucket, from_key), _context(call))
        yield from _read_checks(call, from_bucket, from_key, version)
    else:
        yield call.unknown(action, f"cannot tell which object the copy source {source!r} names")
    yield PermissionCheck("s3:PutObject", _arn(bucket, key), _context(call))
    yield from _write_checks(call, bucket, key)


def _write_checks(call: CheckedCall, bucket: str, key: str) -> Iterator[PermissionCheck]:
    """Permissions for an object's tags, ACL and lock, and for its key."""
    if call.operation in _WRITES:
        for action, names in _ADDITIONAL.items():
            if any(call.parameters.get(name) for name in names):
                yield PermissionCheck(action, _arn(bucket, key), _context(call))
    if call.operation in _PARTS:
        # Parts are encrypted under the key of the multipart upload.
        model = _bucket(call, bucket)
        upload = model.multiparts.get(call.text("UploadId")) if model is not None else None
        if upload is None:
            return
        algorithm, name = upload.sse_encryption, upload.kms_key_id
        actions: tuple[str, ...] = ("kms:Decrypt",)
    else:
        algorithm, name = call.text("ServerSideEncryption"), call.text("SSEKMSKeyId")
        actions = ("kms:GenerateDataKey",)
    rule = _encryption_rule(call, bucket)
    if not algorithm:
        default = rule.get("ApplyServerSideEncryptionByDefault") or {}
        algorithm, name = default.get("SSEAlgorithm"), name or default.get("KMSMasterKeyID")
    bucket_key_enabled = call.parameters.get("BucketKeyEnabled")
    if bucket_key_enabled is None:
        bucket_key_enabled = rule.get("BucketKeyEnabled")
    yield from _key_checks(call, bucket, key, algorithm, name, bucket_key_enabled, actions)


def _read_checks(
    call: CheckedCall, bucket: str, key: str, version: str
) -> Iterator[PermissionCheck]:
    """Permissions for an object's key; s3:ListBucket if the object does not exist."""
    model = _bucket(call, bucket)
    if model is None or not key:
        return
    found = call.state.backend("s3", PARTITION).get_object(bucket, key, version_id=version or None)
    if found is None:
        if not version:
            yield PermissionCheck("s3:ListBucket", _arn(bucket), _context(call))
        return
    algorithm, name = found.encryption, found.kms_key_id
    bucket_key_enabled = found.bucket_key_enabled
    yield from _key_checks(call, bucket, key, algorithm, name, bucket_key_enabled, ("kms:Decrypt",))


def _key_checks(
    call: CheckedCall,
    bucket: str,
    key: str,
    algorithm: Any,
    name: Any,
    bucket_key_enabled: Any,
    actions: tuple[str, ...],
) -> Iterator[PermissionCheck]:
    """Permissions for an object's key; with a bucket key, the bucket is the context."""
    if not str(algorithm or "").startswith("aws:kms") or not name:
        return
    with_bucket_key = str(bucket_key_enabled).lower() == "true"
    context = {"aws:s3:arn": _arn(bucket) if with_bucket_key else _arn(bucket, key)}
    model = _bucket(call, bucket)
    region = str(model.region_name) if model is not None else ""
    yield from key_use_checks(call, "s3", str(name), actions, context, region=region)


def _bucket(call: CheckedCall, name: str) -> Any:
    return call.state.backend("s3", PARTITION).buckets.get(name)


def _encryption_rule(call: CheckedCall, name: str) -> Mapping[str, Any]:
    """The default encryption rule of a bucket."""
    encryption = getattr(_bucket(call, name), "encryption", None) or {}
    rule = encryption.get("Rule") or {}
    return (rule[0] if rule else {}) if isinstance(rule, list) else rule


def _context(call: CheckedCall) -> dict[str, ContextValue | None]:
    context: dict[str, ContextValue | None] = {
        key: _value(call.parameters.get(name)) for key, name in _KEYS.items()
    }
    tags = call.parameters.get("Tagging")
    pairs = parse_qs(tags, keep_blank_values=True) if isinstance(tags, str) else {}
    context["s3:RequestObjectTagKeys"] = (list(pairs) or None) if not tags or pairs else UNKNOWN
    context |= {f"s3:RequestObjectTag/{name}": values[0] for name, values in pairs.items()}
    return context


def _value(value: object) -> str | int | bool | Unknown | None:
    if value is None or isinstance(value, str | int):
        return value
    return UNKNOWN
