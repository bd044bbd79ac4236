"""How a KMS key is identified: by its id, its alias or its ARN."""

from __future__ import annotations

import re
from typing import Literal

from check_support.values import Reference, Template, Value

IdentifierKind = Literal["id", "alias", "arn"]

_KEYS = {
    "aws_kms_external_key",
    "aws_kms_key",
    "aws_kms_replica_external_key",
    "aws_kms_replica_key",
}
_ID = re.compile(r"mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEY_ATTRIBUTES: dict[str, IdentifierKind] = {"id": "id", "key_id": "id", "arn": "arn"}
_ALIAS_ATTRIBUTES: dict[str, IdentifierKind] = {
    "arn": "arn",
    "id": "alias",
    "name": "alias",
    "target_key_arn": "arn",
    "target_key_id": "id",
}


def identifier_kind(value: Value) -> IdentifierKind | None:
    """The kind of key identifier that ``value`` is; ``None`` if the source does not decide.

    https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
    """
    if isinstance(value, Reference):
        attribute = value.path[-1] if value.path else ""
        resource_type = value.resource_type.removeprefix("data.")
        if resource_type in _KEYS:
            return _KEY_ATTRIBUTES.get(attribute)
        if resource_type == "aws_kms_alias":
            return _ALIAS_ATTRIBUTES.get(attribute)
        return None
    text = value.beginning if isinstance(value, Template) else value
    if not isinstance(text, str) or not text:
        return None
    if text.startswith("arn:"):
        return "arn"
    if text.startswith("alias/"):
        return "alias"
    return "id" if isinstance(value, str) and _ID.fullmatch(value) else None
