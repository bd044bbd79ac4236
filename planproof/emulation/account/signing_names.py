"""Which services of botocore a request's credential scope may mean.

A scope names the service as it is signed for, which botocore calls otherwise in some cases, and
more than one API may be signed for with one name. Source: botocore's service models
(``signingName`` and ``endpointPrefix``).
"""

from __future__ import annotations

from functools import cache

_OTHERWISE = {
    "access-analyzer": ("accessanalyzer",),
    "airflow": ("mwaa",),
    "aoss": ("opensearchserverless",),
    "apigateway": ("apigateway", "apigatewayv2"),
    "aps": ("amp",),
    "bedrock": ("bedrock", "bedrock-agent", "bedrock-agent-runtime", "bedrock-runtime"),
    "cassandra": ("keyspaces",),
    "cloudcontrolapi": ("cloudcontrol",),
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "elasticmapreduce": ("emr",),
    "es": ("opensearch", "es"),
    "iotdata": ("iot-data",),
    "kinesisanalytics": ("kinesisanalyticsv2", "kinesisanalytics"),
    "mediastore": ("mediastore", "mediastore-data"),
    "mobiletargeting": ("pinpoint",),
    "monitoring": ("cloudwatch",),
    "rds": ("rds", "neptune", "docdb"),
    "s3": ("s3control", "s3"),
    "sagemaker": ("sagemaker", "sagemaker-runtime", "sagemaker-metrics"),
    "servicequotas": ("service-quotas",),
    "ses": ("ses", "sesv2"),
    "sso": ("sso-admin",),
    "states": ("stepfunctions",),
    "tagging": ("resourcegroupstaggingapi",),
    "timestream": ("timestream-write", "timestream-query"),
}


def services_signed_as(name: str) -> tuple[str, ...]:
    """Botocore's names of the services; empty if there is none."""
    otherwise = _OTHERWISE.get(name)
    if otherwise is not None:
        return otherwise
    return (name,) if name in _all() else ()


@cache
def _all() -> frozenset[str]:
    from botocore.loaders import create_loader

    return frozenset(create_loader().list_available_services("service-2"))
