"""SDKs parse the JSON responses of services."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.parsers import create_parser
from botocore.session import get_session

from planproof.emulation.account.json_responses import body_of, is_plain
from planproof.emulation.account.wire import ParsedRequest, success_response


def reading(service: str, operation: str) -> ParsedRequest:
    model = get_session().get_service_model(service)
    protocol = str(model.metadata["protocol"])
    return ParsedRequest(service, model.operation_model(operation), protocol, {})


def read_back(found: ParsedRequest, result: dict[str, Any]) -> dict[str, Any]:
    """The response, as botocore parses it."""
    response = success_response(found, result)
    assert found.model is not None
    parsed = create_parser(found.protocol).parse(
        {
            "status_code": response.status,
            "headers": {k.lower(): v for k, v in response.headers},
            "body": response.body,
        },
        found.model.output_shape,
    )
    del parsed["ResponseMetadata"]
    return dict(parsed)


@pytest.mark.parametrize(
    ("service", "operation", "result"),
    [
        pytest.param(
            "mediaconvert",
            "GetJob",
            {
                "Job": {
                    "Id": "1772366400000-abc123",
                    "CreatedAt": datetime(2026, 3, 1, 12, tzinfo=UTC),
                    "UserMetadata": {"AssetId": "1"},
                    "Settings": {
                        "Inputs": [{"FileInput": "s3://in/grüße.mp4"}],
                        "OutputGroups": [{"Outputs": [{"NameModifier": "_720p"}]}],
                    },
                }
            },
            id="names of their own, lists, maps, times",
        ),
        pytest.param(
            "dynamodb",
            "GetItem",
            {"Item": {"AssetId": {"S": "1"}, "Size": {"N": "3"}, "Raw": {"B": b"\x00\xff"}}},
            id="bytes",
        ),
        pytest.param("mediaconvert", "CancelJob", {}, id="nothing"),
    ],
)
def test_response_round_trip(service: str, operation: str, result: dict[str, Any]) -> None:
    found = reading(service, operation)
    assert found.model is not None
    assert is_plain(found.model.output_shape)
    assert read_back(found, result) == result


def test_unknown_members_are_left_out() -> None:
    shape = reading("mediaconvert", "GetJob").model.output_shape  # type: ignore[union-attr]
    assert body_of(shape, {"Job": {"Id": "1", "Secret": "x"}, "More": 1}) == b'{"job": {"id": "1"}}'


def test_headers_and_payloads_are_not_plain() -> None:
    assert not is_plain(reading("lambda", "Invoke").model.output_shape)  # type: ignore[union-attr]
    assert not is_plain(reading("s3", "GetObject").model.output_shape)  # type: ignore[union-attr]
