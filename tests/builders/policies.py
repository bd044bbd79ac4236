"""Policy statements and documents for tests."""

from __future__ import annotations

import json
from typing import Any

S3, SNS, EVENTS = "s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com"
ALARMS = "cloudwatch.amazonaws.com"
ALARMS_CALL = "lambda.alarms.cloudwatch.amazonaws.com"


def statement(action: Any, resource: Any = "*", **elements: Any) -> dict[str, Any]:
    """A statement that allows an action, unless the elements say otherwise."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **elements}


def service_statement(service: str, action: Any, **elements: Any) -> dict[str, Any]:
    """A statement that allows an action to a service."""
    return statement(action, Principal={"Service": service}, **elements)


def policy(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def document(*statements: Any) -> str:
    """A policy as JSON."""
    return json.dumps(policy(*statements))


def allow(action: Any, resource: Any = "*", **elements: Any) -> str:
    """A policy of one statement, as JSON."""
    return document(statement(action, resource, **elements))


def trust(service: str, **elements: Any) -> str:
    """A trust policy for a service, as JSON."""
    allowed = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return document({**allowed, **elements})
