"""AWS's error codes and messages for denied requests, by service.

Sources: IAM User Guide, "Troubleshoot access denied error messages"
(https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html); S3 User Guide,
"Troubleshoot access denied (403 Forbidden) errors in Amazon S3"; the common errors of each
service's API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from planproof.aws.api_actions import model_data
from planproof.emulation.account.decisions.checks import PermissionCheck
from planproof.emulation.account.model import Denial
from planproof.iam import Decision, Effect, Layer

_ARTICLES: Final[Mapping[Layer, str]] = {
    Layer.IDENTITY: "an identity-based policy",
    Layer.RESOURCE: "a resource-based policy",
    Layer.BOUNDARY: "a permissions boundary",
    Layer.SESSION: "a session policy",
    Layer.SERVICE_CONTROL: "a service control policy",
    Layer.RESOURCE_CONTROL: "a resource control policy",
}
_TRUST: Final = "role trust policy"
_ORDER: Final = (
    Layer.SERVICE_CONTROL,
    Layer.IDENTITY,
    Layer.BOUNDARY,
    Layer.SESSION,
    Layer.RESOURCE,
)
"""AWS names one layer that does not allow the request; which one is not documented."""
_CODES: Final[Mapping[str, str]] = {
    "ec2": "UnauthorizedOperation",
    "iam": "AccessDenied",
    "s3": "AccessDenied",
    "sns": "AuthorizationError",
    "sqs": "AccessDenied",
    "sts": "AccessDenied",
}
_BY_PROTOCOL: Final[Mapping[str, str]] = {
    "ec2": "UnauthorizedOperation",
    "query": "AccessDenied",
    "rest-xml": "AccessDenied",
}
_IN_KMS: Final = " (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException)"
_KEY_CODES: Final[Mapping[str, tuple[str, str]]] = {
    "dynamodb": ("AccessDeniedException", f"KMS key access denied error: {{}}{_IN_KMS}"),
    "kinesis": ("KMSAccessDeniedException", "{}"),
    "s3": ("AccessDenied", "{}"),
    "secretsmanager": ("AccessDeniedException", "Access to KMS is not allowed"),
    "sns": ("KMSAccessDenied", f"{{}}{_IN_KMS}"),
    "sqs": ("KMS.AccessDeniedException", f"{{}}{_IN_KMS}"),
}
"""Code and message where the caller may not use the KMS key of a resource."""


def denial(
    service: str, check: PermissionCheck, principal: str, decision: Decision, *, via: str = ""
) -> Denial:
    """A denial in AWS's words.

    Args:
        service: botocore's name of the service that answers.
        principal: ARN of a session, or a service principal.
        via: the service that uses a KMS key on the caller's behalf, or "".
    """
    action, resource = check.action, check.resource_text
    sentence = _sentence(action, resource, principal, decision)
    code, template = _KEY_CODES.get(via, (code_of(service), "{}")) if via else ("", "{}")
    return Denial(
        action,
        resource,
        principal,
        template.format(sentence),
        code or code_of(service),
        decision.effect is Effect.UNDETERMINED,
        f"{check.reason}: {decision}" if check.reason else str(decision),
    )


@lru_cache(maxsize=256)
def code_of(service: str) -> str:
    """Error code of a service for a request that IAM does not allow."""
    if service in _CODES:
        return _CODES[service]
    model = model_data(service, "service-2") or {"metadata": {}}
    return _BY_PROTOCOL.get(model["metadata"].get("protocol", ""), "AccessDeniedException")


def _sentence(action: str, resource: str, principal: str, decision: Decision) -> str:
    spelled = _spelled(action)
    about = f'"{resource}"' if action.startswith("s3:") and resource != "*" else resource
    return (
        f"User: {principal} is not authorized to perform: {spelled} on resource: {about} "
        f"{_reason(spelled, decision, trust=action == 'sts:AssumeRole')}"
    )


def _spelled(action: str) -> str:
    """An action as its service spells it in error messages."""
    service, _, name = action.partition(":")
    if service == "sqs":
        return action.lower()
    return f"SNS:{name}" if service == "sns" else action


def _reason(action: str, decision: Decision, *, trust: bool) -> str:
    layers = [reason.layer for reason in decision.because]
    if decision.effect is Effect.EXPLICITLY_DENIED:
        layer = next((one for one in layers if one is not None), Layer.IDENTITY)
        if trust and layer is Layer.RESOURCE:
            return f"with an explicit deny in the {_TRUST}"
        return f"with an explicit deny in {_ARTICLES[layer]}"
    layer = next((one for one in _ORDER if one in layers), Layer.IDENTITY)
    name = _TRUST if trust and layer is Layer.RESOURCE else layer.value
    return f"because no {name} allows the {action} action"
