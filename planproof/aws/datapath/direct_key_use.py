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
    policies = [*authority.identity_policies(principal), *authority.resource_policies(key)]
    for policy in policies:
        if policy.problem:
            yield DirectKeyUse(principal, key, DIRECTLY, (), None, policy.problem, None)
            return
    statements = [s for policy in policies for s in policy.document.statements]
    needs = [need for need in path.needs if need.principal is principal and _is_of(need, key)]
    requests = tuple(_key_requests(principal, key, statements, needs))
    reservation = undetermined_needs(authority, path, principal)
    for service in (None, *_services(authority, key, statements)):
        decided_needs: list[tuple[_KeyRequest, DecidedNeed]] = []
        for request in requests:
            needed = request.services()
            if service not in needed and not (service and UNKNOWN in needed):
                for need in request.needs:
                    other = replace(need, context={**need.context, _VIA: service})
                    decided_needs.append((request, authority.decide(other)))
        if decided_needs:
            yield _key_use(principal, key, _how(service), decided_needs, reservation)


def _is_of(need: Need, key: Resource) -> bool:
    return need.on is key or (isinstance(need.resource, str) and need.resource == key.get("arn"))


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


def _key_use(
    principal: Resource,
    key: Resource,
    how: str,
    decided_needs: Sequence[tuple[_KeyRequest, DecidedNeed]],
    reservation: str,
) -> DirectKeyUse:
    """The worst decision on the requests of one way."""
    for allowed in (True, None):
        found = [(request, d) for request, d in decided_needs if d.allowed is allowed]
        if found:
            actions = tuple(dict.fromkeys(a for request, _ in found for a in request.actions))
            decided = found[0][1]
            text = f"{decided.decision}{reservation if allowed else ''}"
            holds = False if allowed and not reservation else None
            return DirectKeyUse(principal, key, how, actions, holds, text, decided)
    return DirectKeyUse(principal, key, how, (), True, "denied", decided_needs[0][1])
