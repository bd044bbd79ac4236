"""May a role use a key past the services that the data path uses it through?

SQS, S3, DynamoDB and the like ask KMS in the role's name, and say so by ``kms:ViaService``. A
policy that does not ask for it lets whoever has the role decrypt by itself what it has got hold of
otherwise, or through any other service. So each action on a key is asked again for each role: with
no service in between, through one that no policy has in mind, and through each that a policy names
and no edge goes through. What the data path has a role do with a key by itself, as code that calls
KMS does, is for that role alone to say.

https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from planproof.aws.datapath.asked import FILLER, values_asked
from planproof.aws.datapath.authority import Authority
from planproof.aws.datapath.model import DataPath, Need, Ruling
from planproof.aws.datapath.places import account_of, arn_of, endpoint, place_of
from planproof.aws.datapath.surplus import may_need_more
from planproof.iam import Statement
from planproof.iam.actions import all_actions, resource_types
from planproof.terraform.stack import Resource
from planproof.values import UNKNOWN

_VIA: Final = "kms:ViaService"
DIRECTLY: Final = "without a service in between"


@dataclass(frozen=True, slots=True, eq=False)
class KeyUse:
    """What a role may do with a key on one way past the services that it needs it through.

    Attributes:
        how: the way, for a reader: "without a service in between".
        actions: what is allowed, or may be; () where nothing is.
        holds: whether all was refused; None where that cannot be told.
        found: what was decided, for a reader.
        ruling: the decision; None where the policies are not known.
    """

    principal: Resource
    key: Resource
    how: str
    actions: tuple[str, ...]
    holds: bool | None
    found: str
    ruling: Ruling | None


@dataclass(frozen=True, slots=True)
class _Question:
    """Actions that the same statements are about, and the requests they are asked with."""

    actions: tuple[str, ...]
    asked: tuple[Need, ...]

    def needed_through(self) -> frozenset[object]:
        """The services that edges go through."""
        return frozenset(need.context[_VIA] for need in self.asked if _VIA in need.context)


def past_services(
    authority: Authority, path: DataPath, principal: Resource, key: Resource
) -> Iterator[KeyUse]:
    """Every way past the services, for one role or user and one key of the stack."""
    policies = [*authority.identity(principal), *authority.resource(key)]
    for policy in policies:
        if policy.problem:
            yield KeyUse(principal, key, DIRECTLY, (), None, policy.problem, None)
            return
    statements = [s for policy in policies for s in policy.document.statements]
    needs = [need for need in path.needs if need.principal is principal and _is_of(need, key)]
    questions = tuple(_questions(authority, principal, key, statements, needs))
    open_ = may_need_more(authority, path, principal)
    for service in (None, *_services(authority, key, statements)):
        rulings: list[tuple[_Question, Ruling]] = []
        for question in questions:
            needed = question.needed_through()
            if service not in needed and not (service and UNKNOWN in needed):
                for need in question.asked:
                    past = replace(need, context={**need.context, _VIA: service})
                    rulings.append((question, authority.decide(past)))
        if rulings:
            yield _used(principal, key, _how(service), rulings, open_)


def _is_of(need: Need, key: Resource) -> bool:
    return need.on is key or (isinstance(need.resource, str) and need.resource == key.get("arn"))


def _services(
    authority: Authority, key: Resource, statements: Sequence[Statement]
) -> tuple[str, ...]:
    """A service that nobody has in mind, and those that conditions name, as the region of a key
    has them."""
    place = place_of(authority.stack, key)
    shape = endpoint(place, "*")
    found = values_asked(shape, statements, _VIA.lower()) if isinstance(shape, str) else ()
    # The wildcard of "s3.*.amazonaws.com" means the region.
    ours = (endpoint(place, service.partition(".")[0]) for service in found)
    return tuple(dict.fromkeys(service for service in ours if isinstance(service, str)))


def _how(service: str | None) -> str:
    if service is None:
        return DIRECTLY
    unnamed = service.partition(".")[0] == FILLER
    return "through a service that nobody named" if unnamed else f"through {service}"


def _questions(
    authority: Authority,
    principal: Resource,
    key: Resource,
    statements: Sequence[Statement],
    needs: Sequence[Need],
) -> Iterator[_Question]:
    """Each action on a key, as the data path needs it; what it does not need, once for what
    statements tell apart."""
    by_action: dict[str, list[Need]] = {}
    for need in needs:
        by_action.setdefault(need.action.lower(), []).append(need)
    alike: dict[tuple[object, ...], list[str]] = {}
    for action in _actions_on_keys():
        own = by_action.get(action.lower())
        if own is None:
            verdicts = tuple(s.covers_action(action.lower()) for s in statements)
            alike.setdefault(verdicts, []).append(action)
        elif all(need.context.get(_VIA) is not None for need in own):
            yield _Question((action,), tuple(own))
    caller = {"kms:CallerAccount": account_of(authority.stack, principal) or UNKNOWN}
    for actions in alike.values():
        need = Need(actions[0], principal, arn_of(key), key, caller)
        yield _Question(tuple(actions), (need,))


@lru_cache(maxsize=1)
def _actions_on_keys() -> tuple[str, ...]:
    """The actions of KMS that AWS checks on a key."""
    kms = (action for action in all_actions() if action.startswith("kms:"))
    return tuple(action for action in kms if "key" in resource_types(action))


def _used(
    principal: Resource,
    key: Resource,
    how: str,
    rulings: Sequence[tuple[_Question, Ruling]],
    open_: str,
) -> KeyUse:
    """What became of the requests on one way: the worst of them."""
    for allowed in (True, None):
        found = [(question, ruling) for question, ruling in rulings if ruling.allowed is allowed]
        if found:
            actions = tuple(dict.fromkeys(a for question, _ in found for a in question.actions))
            ruling = found[0][1]
            said = f"{ruling.decision}{open_ if allowed else ''}"
            holds = False if allowed and not open_ else None
            return KeyUse(principal, key, how, actions, holds, said, ruling)
    return KeyUse(principal, key, how, (), True, "refused", rulings[0][1])
