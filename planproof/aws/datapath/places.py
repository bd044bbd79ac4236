"""Where is a part of a stack, and what is it called by AWS?"""

from __future__ import annotations

from planproof.iam.arn import parse_arn
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.links import configured, expression_at
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown


def arn_of(part: Resource) -> str | Unknown:
    """The ARN of a resource; UNKNOWN before it is built."""
    arn = part.get("arn")
    return arn if isinstance(arn, str) and arn else UNKNOWN


def below(part: Resource, rest: str) -> str | Unknown:
    """The ARN of something in a resource: ``rest`` begins with its separator."""
    arn = arn_of(part)
    return f"{arn}{rest}" if isinstance(arn, str) else UNKNOWN


def place_of(stack: Stack, part: Resource) -> ProviderLocation | None:
    """Partition, region and account of a resource, by its provider or else by its ARN."""
    place = stack.provider_location(part)
    arn = arn_of(part)
    parts = parse_arn(arn) if isinstance(arn, str) else None
    if place is not None or parts is None or not (parts.account and parts.region):
        return place
    return ProviderLocation(parts.partition, parts.region, parts.account)


def account_of(stack: Stack, part: Resource) -> str | None:
    """The account that a resource is in; None where nobody says so."""
    if (place := place_of(stack, part)) is not None:
        return place.account
    arn = arn_of(part)
    parts = parse_arn(arn) if isinstance(arn, str) else None
    return parts.account or None if parts else None


def endpoint(place: ProviderLocation | None, service: str) -> str | Unknown:
    """``sqs.eu-west-1.amazonaws.com``, as ``kms:ViaService`` and regional principals spell it.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    """
    if place is None:
        return UNKNOWN
    return f"{service}.{place.region}.{suffix(place)}"


def written_at(stack: Stack, part: Resource, path: str) -> bool:
    """Whether the sources say anything at a path into the blocks of a resource.

    Where they do not, AWS fills in what is usual. Of a ``dynamic`` block it is not known, so it
    counts as written.
    """
    top = path.split(".")[0]
    if not configured(stack, part, top):
        return False
    blocks = stack.configuration.expression(part.declared, top)
    return not isinstance(blocks, list) or expression_at(stack, part, path) is not None


def suffix(place: ProviderLocation) -> str:
    """The domain of a partition's endpoints."""
    return "amazonaws.com.cn" if place.partition == "aws-cn" else "amazonaws.com"
