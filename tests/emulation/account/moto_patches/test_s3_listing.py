"""ListObjectVersions encodes keys on request."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

import pytest

from tests.emulation.account.moto_patches.conftest import Clients

KEYS = ["dir/a b+ü%.mp4", "dir/plain", "dir/~*()"]


@pytest.fixture
def bucket(aws: Clients) -> str:
    aws.s3.create_bucket(Bucket="b-1")
    aws.s3.put_bucket_versioning(Bucket="b-1", VersioningConfiguration={"Status": "Enabled"})
    for key in KEYS:
        aws.s3.put_object(Bucket="b-1", Key=key, Body=b"x")
        aws.s3.delete_object(Bucket="b-1", Key=key)
    return "b-1"


def listed(aws: Clients, bucket: str, **options: Any) -> dict[str, Any]:
    return dict(aws.s3.list_object_versions(Bucket=bucket, **options))


def test_keys_are_encoded_on_request(aws: Clients, bucket: str) -> None:
    # An SDK does not decode keys if the caller sets the encoding type.
    found = listed(aws, bucket, EncodingType="url", Prefix="dir/a b")
    assert found["EncodingType"] == "url"
    encoded = quote_plus(KEYS[0], safe="/")
    assert [item["Key"] for item in found["Versions"]] == [encoded]
    assert [item["Key"] for item in found["DeleteMarkers"]] == [encoded]
    assert found["Prefix"] == "dir/a+b"


def test_prefixes_are_encoded(aws: Clients, bucket: str) -> None:
    found = listed(aws, bucket, EncodingType="url", Delimiter="b+")
    assert found["CommonPrefixes"] == [{"Prefix": "dir/a+b%2B"}]
    assert found["Delimiter"] == "b%2B"


def test_decoded_keys_are_the_original_keys(aws: Clients, bucket: str) -> None:
    found = listed(aws, bucket)  # boto3 requests the encoding, and decodes
    assert [item["Key"] for item in found["Versions"]] == KEYS
    for item in [*found["Versions"], *found["DeleteMarkers"]]:
        aws.s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
    aws.s3.delete_bucket(Bucket=bucket)
    assert aws.s3.list_buckets()["Buckets"] == []


def test_delete_version_with_suspended_versioning(aws: Clients, bucket: str) -> None:
    aws.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    found = listed(aws, bucket, Prefix="dir/plain")
    (version,), (marker,) = found["Versions"], found["DeleteMarkers"]
    aws.s3.delete_object(Bucket=bucket, Key="dir/plain", VersionId=version["VersionId"])
    left = listed(aws, bucket, Prefix="dir/plain")
    assert "Versions" not in left
    assert [item["VersionId"] for item in left["DeleteMarkers"]] == [marker["VersionId"]]
    gone = {"Objects": [{"Key": "dir/plain", "VersionId": marker["VersionId"]}]}
    aws.s3.delete_objects(Bucket=bucket, Delete=gone)
    assert "DeleteMarkers" not in listed(aws, bucket, Prefix="dir/plain")
    assert len(listed(aws, bucket)["Versions"]) == len(KEYS) - 1
