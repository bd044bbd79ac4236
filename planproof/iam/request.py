"""A request: principal, action, resource, and the context keys that follow from them.

Sources: IAM User Guide, "AWS global condition context keys" (which keys each kind of
principal has) and "IAM policy elements: Variables and tags" (the table of principal key values);
AWS KMS Developer Guide, "AWS KMS condition keys" (kms:CallerAccount); S3 User Guide, "Bucket policy
examples using condition keys" (s3:ResourceAccount).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Final

from planproof.iam.arn import parse_arn
from planproof.iam.context import Context, ContextValue, Missing, Values, values_of
from planproof.iam.errors import RequestError
from planproof.iam.principals import ACCOUNT_ID, Caller, CallerFacts, CallerKind, parse_caller
from planproof.values import Unknown


@dataclass(frozen=True, eq=False)
class Request:
    """One call of one action on one resource, as AWS authorizes it.

    Attributes:
        action: ``service:Action``, in any case.
        resource: the ARN of the resource, ``"*"`` for an action that has none, or UNKNOWN.
        principal: an ARN (user, role, assumed-role session, federated user, root, identity
            provider), an account id (its root user), a service principal, or None for an anonymous
            request. A role's ARN stands for any session of it.
        resource_account: the account that owns the resource; by default the account in the ARN.
            Needed for ARNs without an account, such as those of S3.
        context: context keys of the request, in any case, with their values; a sequence for a
            multivalued key, None for a key that is not in the request, UNKNOWN for one of which
            nothing is known. These override the keys that the request implies.
        complete: whether ``context`` has every key of the request. If not, a key that is neither
            given nor implied is unknown, and a condition on it leaves the decision undetermined
            wherever it could change it.
        principal_tags: all tags of the principal and its session, or None if they are not known.
        resource_tags: all tags of the resource, or None if they are not known.
        request_tags: all tags in the request itself, or None if they are not known.
        canonical_user: the canonical user id of the principal's account, where a bucket policy
            names one.

    Raises:
        RequestError: action, principal, resource or account is malformed.
    """

    action: str
    resource: str | Unknown = "*"
    principal: str | None = None
    resource_account: str | None = None
    context: Mapping[str, ContextValue | None] = field(default_factory=dict)
    complete: bool = False
    principal_tags: Mapping[str, str | Unknown] | None = None
    resource_tags: Mapping[str, str | Unknown] | None = None
    request_tags: Mapping[str, str | Unknown] | None = None
    canonical_user: str | None = None
    action_key: str = field(init=False, repr=False)
    """The action in lower case, as IAM compares it."""
    service: str = field(init=False, repr=False)
    """The action's service prefix, in lower case."""
    caller: Caller = field(init=False, repr=False)
    """The principal, parsed."""
    owner: str | None = field(init=False, repr=False)
    """The account that owns the resource; None if not known. For an action without a resource,
    the caller's own account."""
    keys: Context = field(init=False, repr=False)
    """Every context key: given, implied, or missing."""

    def __post_init__(self) -> None:
        service, colon, name = self.action.partition(":")
        if not (service and colon and name) or "*" in self.action or "?" in self.action:
            raise RequestError(
                f"the action {self.action!r} is not a single action", 'write "service:Action"'
            )
        named = isinstance(self.resource, str) and self.resource != "*"
        if named and parse_arn(str(self.resource)) is None:
            raise RequestError(
                f"the resource {self.resource!r} is not an ARN",
                'write arn:partition:service:region:account:resource, or "*"',
            )
        if self.resource_account is not None and not ACCOUNT_ID.match(self.resource_account):
            raise RequestError(
                f"the resource account {self.resource_account!r} is not an account id",
                "write twelve digits",
            )
        action = self.action.lower()
        caller = parse_caller(self.principal, action)
        setting = object.__setattr__
        setting(self, "action_key", action)
        setting(self, "service", action.partition(":")[0])
        setting(self, "caller", caller)
        setting(self, "owner", self._owner(caller))
        setting(self, "keys", self._keys())

    def _owner(self, caller: Caller) -> str | None:
        if self.resource_account is not None:
            return self.resource_account
        if self.resource == "*":
            return caller.account
        if isinstance(self.resource, Unknown):
            return None
        arn = parse_arn(self.resource)
        return arn.account if arn is not None and ACCOUNT_ID.match(arn.account) else None

    def replacing(self, entries: Mapping[str, Values | Missing]) -> Request:
        """The same request with these context keys (in lower case) replaced."""
        other = copy.copy(self)
        other.__dict__.pop("facts", None)
        object.__setattr__(other, "keys", self.keys.replacing(entries))
        return other

    @cached_property
    def facts(self) -> CallerFacts:
        """What the context adds to the caller's ARN."""
        names = self.keys.get("aws:principalservicenameslist")
        listed = () if isinstance(names, Missing) else names
        user_id = self.keys.get("aws:userid")
        single = None if isinstance(user_id, Missing) or len(user_id) != 1 else user_id[0]
        return CallerFacts(
            frozenset(name.lower() for name in listed if isinstance(name, str)),
            single if isinstance(single, str) else None,
            self.canonical_user,
        )

    def _keys(self) -> Context:
        own: dict[str, Values | Missing] = {}
        if self.owner is not None and self.resource != "*":
            own["aws:resourceaccount"] = (self.owner,)
        elif not self.complete:
            own["aws:resourceaccount"] = Missing.UNKNOWN
        known: list[str] = []
        for prefix, tags in (
            ("aws:principaltag/", self.principal_tags),
            ("aws:resourcetag/", self.resource_tags),
            (f"{self.service}:resourcetag/", self.resource_tags),
            ("aws:requesttag/", self.request_tags),
        ):
            if tags is not None:
                known.append(prefix)
                own.update({prefix + key.lower(): (value,) for key, value in tags.items()})
        if self.service == "kms" and self.caller.account is not None:
            own["kms:calleraccount"] = (self.caller.account,)
        if self.service == "s3" and self.owner is not None and self.resource != "*":
            own["s3:resourceaccount"] = (self.owner,)
        if self.request_tags is not None:
            own["aws:tagkeys"] = tuple(self.request_tags) or Missing.ABSENT
        for name, given in self.context.items():
            own[name.lower()] = values_of(given)
        unlisted = Missing.ABSENT if self.complete else Missing.UNKNOWN
        return Context((own, _implied(self.caller)), unlisted, tuple(known))


_ABSENT: Final = Missing.ABSENT
_PRESENT: Final = Missing.PRESENT
_ALWAYS_PRESENT: Final = ("aws:currenttime", "aws:epochtime", "aws:securetransport")
_ABSENT_FOR_SERVICE: Final = ("aws:username", "aws:principalorgid", "aws:principalorgpaths")
_SERVICE_KEYS_OF_OTHERS: Final[Mapping[str, Values | Missing]] = {
    "aws:principalisawsservice": ("false",),
    "aws:principalservicename": _ABSENT,
    "aws:principalservicenameslist": _ABSENT,
    # Only a service principal sends the resource that it acts for.
    "aws:sourceaccount": _ABSENT,
    "aws:sourcearn": _ABSENT,
    "aws:sourceorgid": _ABSENT,
    "aws:sourceorgpaths": _ABSENT,
    # Requests to KMS have it; what a service sends there is not documented.
    "kms:calleraccount": _ABSENT,
}


@lru_cache(maxsize=1024)
def _implied(caller: Caller) -> Mapping[str, Values | Missing]:
    """The context keys that follow from the caller."""
    entries: dict[str, Values | Missing] = dict.fromkeys(_ALWAYS_PRESENT, _PRESENT)
    if caller.kind is CallerKind.SERVICE:
        entries["aws:principalisawsservice"] = ("true",)
        entries["aws:principalservicename"] = (caller.name,)
        entries["aws:principalservicenameslist"] = _PRESENT
        entries.update(dict.fromkeys(_ABSENT_FOR_SERVICE, _ABSENT))
        return entries
    entries.update(_SERVICE_KEYS_OF_OTHERS)
    if caller.kind in (CallerKind.ANONYMOUS, CallerKind.FEDERATED):
        entries.update(_implied_unsigned(caller))
        return entries
    entries["aws:principalaccount"] = (caller.account or "",)
    entries["aws:principalarn"] = (caller.arn,)
    if caller.kind is CallerKind.ROOT:
        entries["aws:principaltype"] = ("Account",)
        entries["aws:userid"] = (caller.account or "",)
        entries["aws:username"] = _ABSENT
    elif caller.kind is CallerKind.USER:
        entries["aws:principaltype"] = ("User",)
        entries["aws:username"] = (caller.name,)
        entries["aws:userid"] = _PRESENT
    elif caller.kind is CallerKind.FEDERATED_USER:
        entries["aws:principaltype"] = ("FederatedUser",)
        entries["aws:userid"] = (f"{caller.account}:{caller.name}",)
        entries["aws:username"] = _ABSENT
        entries["aws:tokenissuetime"] = _PRESENT
    else:
        entries["aws:principaltype"] = ("AssumedRole",)
        entries["aws:userid"] = _PRESENT
        entries["aws:username"] = _ABSENT
        entries["aws:tokenissuetime"] = _PRESENT
        if caller.kind is CallerKind.SESSION:
            # The key is the role's ARN, and a session's ARN omits the role's path.
            entries["aws:principalarn"] = _PRESENT
    return entries


def _implied_unsigned(caller: Caller) -> Mapping[str, Values | Missing]:
    """The keys of a request that is not signed with AWS credentials."""
    anonymous = caller.kind is CallerKind.ANONYMOUS
    return {
        "aws:principalaccount": _ABSENT,
        "aws:principalarn": _ABSENT,
        "aws:principalisawsservice": _ABSENT,
        "aws:principalorgid": _ABSENT,
        "aws:principalorgpaths": _ABSENT,
        "aws:username": _ABSENT,
        "aws:tokenissuetime": _ABSENT,
        "aws:principaltype": ("Anonymous",) if anonymous else Missing.UNKNOWN,
        "aws:userid": ("anonymous",) if anonymous else Missing.UNKNOWN,
    }
