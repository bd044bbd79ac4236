"""S3 in the name of a job's role, so that every policy on the way has its say."""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from planproof.emulation.account.model import Account
from steps.mediaconvert.failures import HTTP_CONNECTION, JobFailedError, not_read, not_written
from steps.mediaconvert.recipes import Output

PART: Final = 8 * 1024 * 1024
"""Bytes of a part; what is not larger is written at once."""
_MOST_CLIENTS: Final = 16


class Storage:
    """Reads inputs and writes outputs.

    Args:
        account: whose S3 it is.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._clients: OrderedDict[tuple[str, str], Any] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, uri: str, role: str, region: str) -> bytes:
        """An object. The key is what stands after the bucket, as it stands there.

        Raises:
            JobFailedError: S3 does not hand it out.
        """
        if not uri.startswith("s3://"):
            raise JobFailedError(
                HTTP_CONNECTION, f"Unable to open input file [{uri}]: [Failed to connect to server]"
            )
        bucket, key = parts(uri)
        try:
            found = self._client(role, region).get_object(Bucket=bucket, Key=key)
            content: bytes = found["Body"].read()
        except (ClientError, BotoCoreError) as problem:
            raise not_read(uri, problem) from problem
        return content

    def write(self, output: Output, file: bytes, uri: str, role: str, region: str) -> None:
        """Write one file of an output.

        Raises:
            JobFailedError: S3 does not take it.
        """
        bucket, key = parts(uri)
        extra = {"ContentType": output.content_type, **dict(output.storage)}
        client = self._client(role, region)
        try:
            if len(file) <= PART:
                client.put_object(Bucket=bucket, Key=key, Body=file, **extra)
            else:
                _in_parts(client, bucket, key, file, extra)
        except (ClientError, BotoCoreError) as problem:
            raise not_written(uri, problem) from problem

    def _client(self, role: str, region: str) -> Any:
        # Making a client takes longer than a call; one serves all jobs of a role.
        with self._lock:
            if (role, region) in self._clients:
                self._clients.move_to_end((role, region))
                return self._clients[role, region]
            session = f"EmeSession_{zlib.crc32(f'{role} {region}'.encode()):08x}"
            credentials = self._account.credentials(role, session)
            client = self._account.client("s3", region, credentials)
            self._clients[role, region] = client
            if len(self._clients) > _MOST_CLIENTS:
                self._clients.popitem(last=False)
            return client


def _in_parts(client: Any, bucket: str, key: str, file: bytes, extra: Mapping[str, str]) -> None:
    """As MediaConvert writes what is large; it takes ``kms:Decrypt`` to join encrypted parts."""
    upload = client.create_multipart_upload(Bucket=bucket, Key=key, **extra)["UploadId"]
    where = {"Bucket": bucket, "Key": key, "UploadId": upload}
    try:
        made = []
        for number, start in enumerate(range(0, len(file), PART), 1):
            part = file[start : start + PART]
            tag = client.upload_part(PartNumber=number, Body=part, **where)["ETag"]
            made.append({"PartNumber": number, "ETag": tag})
        client.complete_multipart_upload(MultipartUpload={"Parts": made}, **where)
    except (ClientError, BotoCoreError):
        with suppress(ClientError, BotoCoreError):
            client.abort_multipart_upload(**where)
        raise


def parts(uri: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``; nothing of the key is decoded."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def paths(output: Output, files: int) -> tuple[str, ...]:
    """Where the files of an output go: ``s3://bucket/film_720p.mp4``.

    Images of a frame capture are counted from 0:
    https://docs.aws.amazon.com/mediaconvert/latest/ug/file-group-with-frame-capture-output.html
    """
    if output.recipe.capture:
        return tuple(f"{output.base}.{n:07d}.{output.extension}" for n in range(files))
    return (f"{output.base}.{output.extension}",)
