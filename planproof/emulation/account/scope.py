"""Who signed a request, and for which service and region.

Signatures themselves are not checked: the account is reachable from its own machine only.
https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

_CREDENTIAL = re.compile(r"^AWS4-HMAC-SHA256\s+(?:.*,\s*)?Credential=([^,\s]+)")
_VERSION_2 = re.compile(r"^AWS ([^:\s]+):")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a request says of its signature.

    Attributes:
        key: the access key, or "" where nothing is signed.
        signed_as: the service's name in signatures: ``monitoring``.
        region: of the service.
    """

    key: str = ""
    signed_as: str = ""
    region: str = ""


def scope_of(environ: Mapping[str, Any]) -> Scope:
    """The scope in a WSGI request's header or, presigned, its query; empty if there is none."""
    header = environ.get("HTTP_AUTHORIZATION", "")
    signed = _CREDENTIAL.match(header)
    if signed is not None:
        return _of_credential(signed[1])
    # Signature Version 2 names no service; S3 alone still answers it.
    old = _VERSION_2.match(header)
    if old is not None:
        return Scope(old[1], "s3", "us-east-1")
    query = environ.get("QUERY_STRING", "")
    if header or ("X-Amz-Credential" not in query and "AWSAccessKeyId" not in query):
        return Scope()
    values = parse_qs(query)
    if "X-Amz-Credential" in values:
        return _of_credential(values["X-Amz-Credential"][0])
    return Scope(values.get("AWSAccessKeyId", [""])[0], "s3", "us-east-1")


def _of_credential(credential: str) -> Scope:
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request":
        return Scope()
    key, _, region, service, _ = parts
    return Scope(key, service.lower(), region)
