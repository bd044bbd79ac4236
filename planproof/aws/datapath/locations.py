"""The ARN, account, region and partition of the resources of a stack, and which names which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planproof.iam.arn import Arn, parse_arn
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.link_index import targets
from planproof.terraform.links import configured, expression_at, links
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown, Value


def arn_of(part: Resource) -> str | Unknown:
    """The ARN of a resource; UNKNOWN if Terraform does not know it before apply."""
    arn = part.get("arn")
    return arn if isinstance(arn, str) and arn else UNKNOWN


def arn_below(part: Resource, suffix: str) -> str | Unknown:
    """The ARN of something in a resource: ``suffix`` begins with the separator."""
    arn = arn_of(part)
    return f"{arn}{suffix}" if isinstance(arn, str) else UNKNOWN


def scope_below(part: Resource, suffix: str) -> tuple[str, ...]:
    """The same ARN as the scope of a need; none if it is unknown."""
    arn = arn_below(part, suffix)
    return (arn,) if isinstance(arn, str) else ()


def arn_parts(value: Value) -> Arn | None:
    """The parts of an ARN; None for a value that is unknown or no ARN."""
    return parse_arn(value) if isinstance(value, str) else None


def location_of(stack: Stack, part: Resource) -> ProviderLocation | None:
    """Partition, region and account of a resource, by its provider or else by its ARN."""
    location, parts = stack.provider_location(part), arn_parts(arn_of(part))
    if location is not None or parts is None or not (parts.account and parts.region):
        return location
    return ProviderLocation(parts.partition, parts.region, parts.account)


def account_of(stack: Stack, part: Resource) -> str | None:
    """The account of a resource, or None if it is unknown."""
    if (location := location_of(stack, part)) is not None:
        return location.account
    parts = arn_parts(arn_of(part))
    return parts.account or None if parts else None


def named_resources(
    stack: Stack, holder: Resource, path: str, types: Sequence[str], attributes: Sequence[str]
) -> Iterator[Resource]:
    """The resources of some types that an attribute certainly names by one of theirs."""
    for candidate in targets(stack, holder, path, types, attributes):
        if links(stack, holder, path, candidate, attributes):
            yield candidate


def endpoint(location: ProviderLocation | None, service: str) -> str | Unknown:
    """``sqs.eu-west-1.amazonaws.com``, as ``kms:ViaService`` and regional principals spell it.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    """
    if location is None:
        return UNKNOWN
    dns_suffix = "amazonaws.com.cn" if location.partition == "aws-cn" else "amazonaws.com"
    return f"{service}.{location.region}.{dns_suffix}"


def is_configured(stack: Stack, part: Resource, path: str) -> bool:
    """Whether the sources set an attribute at a path into the blocks of a resource.

    AWS uses the default of an attribute that is not set. A ``dynamic`` block counts as set.
    """
    top = path.split(".")[0]
    if not configured(stack, part, top):
        return False
    blocks = stack.configuration.expression(part.declared, top)
    return not isinstance(blocks, list) or expression_at(stack, part, path) is not None
