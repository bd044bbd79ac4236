"""S3 access with the credentials of a job's role, so that every policy applies."""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from planproof.emulation.account.model import Account
from steps.mediaconvert.failures import HTTP_CONNECTION, JobFailedError, read_error, write_error
from steps.mediaconvert.rendition_settings import Output

PART: Final = 8 * 1024 * 1024
"""Bytes of a part; a file that is not larger is written with one PutObject."""
_MAX_CLIENTS: Final = 16


class Storage:
    """Reads inputs and writes outputs.

    Args:
        account: the account whose S3 it uses.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._clients: OrderedDict[tuple[str, str], Any] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, uri: str, role: str, region: str) -> bytes:
        """Read an object; the key in the URI is not decoded.

        Raises:
            JobFailedError: S3 returns an error.
        """
        if not uri.startswith("s3://"):
            raise JobFailedError(
                HTTP_CONNECTION, f"Unable to open input file [{uri}]: [Failed to connect to server]"
            )
        bucket, key = bucket_and_key(uri)
        try:
            response = self._client(role, region).get_object(Bucket=bucket, Key=key)
            content: bytes = response["Body"].read()
        except (ClientError, BotoCoreError) as problem:
            raise read_error(uri, problem) from problem
        return content

    def write(self, output: Output, file: bytes, uri: str, role: str, region: str) -> None:
        """Write one file of an output.

        Raises:
            JobFailedError: S3 returns an error.
        """
        bucket, key = bucket_and_key(uri)
        extra = {"ContentType": output.content_type, **dict(output.storage)}
        client = self._client(role, region)
        try:
            if len(file) <= PART:
                client.put_object(Bucket=bucket, Key=key, Body=file, **extra)
            else:
                _upload_parts(client, bucket, key, file, extra)
        except (ClientError, BotoCoreError) as problem:
            raise write_error(uri, problem) from problem

    def _client(self, role: str, region: str) -> Any:
        # Creating a client takes longer than a call; all jobs of a role share one.
        with self._lock:
            if (role, region) in self._clients:
                self._clients.move_to_end((role, region))
                return self._clients[role, region]
            session = f"EmeSession_{zlib.crc32(f'{role} {region}'.encode()):08x}"
            credentials = self._account.credentials(role, session)
            client = self._account.client("s3", region, credentials)
            self._clients[role, region] = client
            if len(self._clients) > _MAX_CLIENTS:
                self._clients.popitem(last=False)
            return client


def _upload_parts(
    client: Any, bucket: str, key: str, file: bytes, extra: Mapping[str, str]
) -> None:
    """Multipart upload, as MediaConvert does it; S3 needs ``kms:Decrypt`` for encrypted parts."""
    upload = client.create_multipart_upload(Bucket=bucket, Key=key, **extra)["UploadId"]
    target = {"Bucket": bucket, "Key": key, "UploadId": upload}
    try:
        uploaded = []
        for number, start in enumerate(range(0, len(file), PART), 1):
            part = file[start : start + PART]
            tag = client.upload_part(PartNumber=number, Body=part, **target)["ETag"]
            uploaded.append({"PartNumber": number, "ETag": tag})
        client.complete_multipart_upload(MultipartUpload={"Parts": uploaded}, **target)
    except (ClientError, BotoCoreError):
        with suppress(ClientError, BotoCoreError):
            client.abort_multipart_upload(**target)
        raise


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``; the key is not decoded."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def output_paths(output: Output, files: int) -> tuple[str, ...]:
    """The URIs of an output's files: ``s3://bucket/film_720p.mp4``.

    Images of a frame capture are numbered from 0:
    https://docs.aws.amazon.com/mediaconvert/latest/ug/file-group-with-frame-capture-output.html
    """
    if output.settings.capture:
        return tuple(f"{output.base}.{n:07d}.{output.extension}" for n in range(files))
    return (f"{output.base}.{output.extension}",)
