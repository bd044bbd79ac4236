"""URL-encodes keys in ListObjectVersions, on request.

moto ignores the encoding type. A client that decodes the keys gets wrong keys, and cannot empty a
bucket that holds "a+b.mp4".

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
"""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote_plus

from moto.core.responses import ActionResult, BaseResponse
from moto.s3.responses import S3Response

from planproof.emulation.account.moto_patches.patches import replace

_ENCODED = ("Delimiter", "KeyMarker", "NextKeyMarker", "Prefix")
_LISTS = {"Versions": "Key", "DeleteMarkers": "Key", "CommonPrefixes": "Prefix"}


def patch() -> None:
    """Encode the result of ListObjectVersions if the request says so."""
    replace(S3Response, "serialized", lambda _: _serialized)


def _serialized(response: S3Response, result: ActionResult) -> Any:
    encoding = response.querystring.get("encoding-type", [""])[0]
    if response.data.get("Action") == "ListObjectVersions" and encoding == "url":
        result = ActionResult(_encoded(dict(cast("dict[str, Any]", result.result))))
    return BaseResponse.serialized(response, result)


def _encoded(result: dict[str, Any]) -> dict[str, Any]:
    for name in _ENCODED:
        if result.get(name):
            result[name] = quote_plus(result[name], safe="/")
    for name, key in _LISTS.items():
        if name in result:
            result[name] = [{**item, key: quote_plus(item[key], safe="/")} for item in result[name]]
    return {**result, "EncodingType": "url"}
