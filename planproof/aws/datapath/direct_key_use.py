"""May a role use a key directly, or through a service that the data path does not use it through?

SQS, S3, DynamoDB and the like call KMS on behalf of the role and send ``kms:ViaService``. Without a
condition on that key the role can also decrypt by itself, or through any other service, what it has
obtained elsewhere. So each action on a key is decided again for each role: without a service,
through a service that no policy names, and through each service that a policy names and no edge
uses. Actions that the data path needs without a service, as of code that calls KMS, are left out.

https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from planproof.aws.datapath.authority import Authority
from planproof.aws.datapath.guarded import actions_of, alike
from planproof.aws.datapath.locations import arn_of, endpoint, location_of
from planproof.aws.datapath.model import DataPath, DecidedNeed, Need
from planproof.aws.datapath.samples import FILLER, sample_values
from planproof.aws.datapath.surplus import undetermined_needs
from planproof.iam import Statement
from planproof.terraform.stack import Resource
from planproof.values import UNKNOWN, Truth

_VIA: Final = "kms:ViaService"
DIRECTLY: Final = "without a service in between"


@dataclass(frozen=True, slots=True, eq=False)
class DirectKeyUse:
    """What a role may do with a key in one way that the data path does not need.

    Attributes:
        how: the way, for a reader: "without a service in between".
        actions: the allowed actions, or else the undetermined ones.
        holds: whether every action is denied.
        found: the decision, for a reader.
        decided: None where the policies are not known.
    """

    principal: Resource
    key: Resource
    how: str
    actions: tuple[str, ...]
    holds: Truth
    found: str
    decided: DecidedNeed | None


@dataclass(frozen=True, slots=True)
class _KeyRequest:
    """Actions that the same statements cover, and the needs to vary."""

    actions: tuple[str, ...]
    needs: tuple[Need, ...]

    def services(self) -> frozenset[object]:
        """The services that the data path needs the actions through."""
        return frozenset(need.context[_VIA] for need in self.needs if _VIA in need.context)


def direct_key_uses(
    authority: Authority, path: DataPath, principal: Resource, key: Resource
) -> Iterator[DirectKeyUse]:
    """Every such way for one role or user and one key of the stack."""
    use = partial(DirectKeyUse, principal, key)
    policies = [*authority.identity_policies(principal), *authority.resource_policies(key)]
    for policy in policies:
        if policy.problem:
            yield use(DIRECTLY, (), None, policy.problem, None)
            return
    statements = [s for policy in policies for s in policy.document.statements]
    arn = arn_of(key)
    needs = [
        n for n in path.needs if n.principal is principal and (n.on is key or n.resource == arn)
    ]
    requests = tuple(_key_requests(principal, key, statements, needs))
    reservation = undetermined_needs(authority, path, principal)
    for service in (None, *_services(authority, key, statements)):
        decided_needs = [
            (request, authority.decide(replace(need, context={**need.context, _VIA: service})))
            for request in requests
            if service not in (used := request.services()) and not (service and UNKNOWN in used)
            for need in request.needs
        ]
        for allowed in (True, None):
            if found := [(request, d) for request, d in decided_needs if d.allowed is allowed]:
                actions = tuple(dict.fromkeys(a for request, _ in found for a in request.actions))
                decided = found[0][1]
                text = f"{decided.decision}{reservation if allowed else ''}"
                holds = False if allowed and not reservation else None
                yield use(_how(service), actions, holds, text, decided)
                break
        else:
            for _, decided in decided_needs[:1]:
                yield use(_how(service), (), True, "denied", decided)


def _services(
    authority: Authority, key: Resource, statements: Sequence[Statement]
) -> tuple[str, ...]:
    """A service that no condition names, and each named one, in the region of the key."""
    location = location_of(authority.stack, key)
    pattern = endpoint(location, "*")
    named: Iterable[str] = ()
    if isinstance(pattern, str):
        named = sample_values(pattern, statements, _VIA.lower())
    # The wildcard of "s3.*.amazonaws.com" stands for the region.
    services = (endpoint(location, name.partition(".")[0]) for name in named)
    return tuple(dict.fromkeys(service for service in services if isinstance(service, str)))


def _how(service: str | None) -> str:
    if service is None:
        return DIRECTLY
    unnamed = service.partition(".")[0] == FILLER
    return "through a service that no policy names" if unnamed else f"through {service}"


def _key_requests(
    principal: Resource, key: Resource, statements: Sequence[Statement], needs: Sequence[Need]
) -> Iterator[_KeyRequest]:
    """Each action on a key: as the data path needs it, or else one request for all actions that
    the same statements cover."""
    by_action: dict[str, list[Need]] = {}
    for need in needs:
        by_action.setdefault(need.action.lower(), []).append(need)
    unneeded: list[str] = []
    for action in actions_of("kms", "key"):
        own = by_action.get(action.lower())
        if own is None:
            unneeded.append(action)
        elif all(need.context.get(_VIA) is not None for need in own):
            yield _KeyRequest((action,), tuple(own))
    for actions, _ in alike(unneeded, statements):
        yield _KeyRequest(actions, (Need(actions[0], principal, arn_of(key), key),))
