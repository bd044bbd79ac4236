"""Reads the credential scope of a request: access key, service and region.

Signatures are not verified: only this machine can reach the account.
https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

_SIGV4 = re.compile(r"^AWS4-HMAC-SHA256\s+(?:.*,\s*)?Credential=([^,\s]+)")
_SIGV2 = re.compile(r"^AWS ([^:\s]+):")


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed a request, for which service and region.

    Attributes:
        access_key_id: of the caller, or "" if the request is not signed.
        signing_name: the service's name in the credential scope: ``monitoring``.
        region: of the service.
    """

    access_key_id: str = ""
    signing_name: str = ""
    region: str = ""


def signature_of(environ: Mapping[str, Any]) -> Signature:
    """The signature in a WSGI request's header or query (presigned); empty if unsigned."""
    header = environ.get("HTTP_AUTHORIZATION", "")
    signed = _SIGV4.match(header)
    if signed is not None:
        return _of_credential(signed[1])
    # Signature Version 2 names no service; only S3 still supports it.
    version_2 = _SIGV2.match(header)
    if version_2 is not None:
        return Signature(version_2[1], "s3", "us-east-1")
    query = environ.get("QUERY_STRING", "")
    if header or ("X-Amz-Credential" not in query and "AWSAccessKeyId" not in query):
        return Signature()
    values = parse_qs(query)
    if "X-Amz-Credential" in values:
        return _of_credential(values["X-Amz-Credential"][0])
    return Signature(values.get("AWSAccessKeyId", [""])[0], "s3", "us-east-1")


def _of_credential(credential: str) -> Signature:
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request":
        return Signature()
    access_key_id, _, region, service, _ = parts
    return Signature(access_key_id, service.lower(), region)
