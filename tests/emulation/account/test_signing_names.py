"""botocore's services by the names in their signatures."""

from __future__ import annotations

import pytest
from botocore.loaders import create_loader

from planproof.emulation.account.signing_names import services_with_signing_name


@pytest.mark.parametrize(
    ("name", "services"),
    [
        ("sqs", ("sqs",)),
        ("monitoring", ("cloudwatch",)),
        ("states", ("stepfunctions",)),
        ("dynamodb", ("dynamodb", "dynamodbstreams")),
        ("apigateway", ("apigateway", "apigatewayv2")),  # metadata at the end of the model
        ("rds", ("rds", "docdb", "neptune")),
        ("s3", ("s3control", "s3")),  # operations of S3 match requests of S3 Control
        ("nothing", ()),
    ],
)
def test_names(name: str, services: tuple[str, ...]) -> None:
    assert services_with_signing_name(name) == services


@pytest.mark.parametrize("service", ["logs", "ses", "mediaconvert", "serverlessrepo", "iot-data"])
def test_the_name_is_that_of_the_service_model(service: str) -> None:
    metadata = create_loader().load_service_model(service, "service-2")["metadata"]
    name = metadata.get("signingName") or metadata["endpointPrefix"]
    assert service in services_with_signing_name(name)
