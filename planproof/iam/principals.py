"""The caller of a request, and whether ``Principal`` or ``NotPrincipal`` matches it.

Sources: IAM User Guide, "AWS JSON policy elements: Principal" and "... NotPrincipal".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from planproof.iam.arn import parse_arn
from planproof.iam.errors import RequestError
from planproof.values import Truth, Unknown, any_of


class CallerKind(Enum):
    """What kind of principal makes a request, in AWS's words."""

    ANONYMOUS = "anonymous user"
    ROOT = "account root user"
    USER = "IAM user"
    ROLE = "IAM role"
    """A session of the role, with an unknown session name."""
    SESSION = "assumed-role session"
    FEDERATED_USER = "federated user session"
    SERVICE = "AWS service"
    FEDERATED = "federated identity"
    """An identity of an identity provider, about to assume a role with its token."""


@dataclass(frozen=True, eq=False)
class Caller:
    """The principal of a request, parsed.

    ``name`` is the user's, role's, federated user's, service's or provider's name without a path;
    ``arn`` the principal as given; ``session`` the role session name, where known.
    """

    kind: CallerKind
    arn: str = ""
    account: str | None = None
    partition: str = "aws"
    name: str = ""
    session: str | None = None

    @property
    def is_role(self) -> bool:
        """Whether the caller acts with a role's permissions."""
        return self.kind in (CallerKind.ROLE, CallerKind.SESSION)

    @cached_property
    def is_service_linked(self) -> bool:
        """Whether the caller is a service-linked role; organization policies do not restrict it."""
        return self.is_role and (
            ":role/aws-service-role/" in self.arn or self.name.startswith("AWSServiceRoleFor")
        )


ACCOUNT_ID: Final = re.compile(r"\d{12}\Z", re.ASCII)
_PROVIDERS: Final = frozenset({"accounts.google.com", "graph.facebook.com", "www.amazon.com"})
_HOST: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+\Z", re.ASCII | re.IGNORECASE)
_WEB_IDENTITY: Final = "sts:assumerolewithwebidentity"
_UNIQUE_ID: Final = re.compile(r"A[A-Z]{2}A[A-Z0-9]{8,}\Z", re.ASCII)


@lru_cache(maxsize=1024)
def parse_caller(principal: str | None, action: str) -> Caller:
    """The caller that ``Request.principal`` describes.

    Args:
        principal: an ARN (root, user, role, assumed-role, federated-user, saml-provider,
            oidc-provider), an account id (its root user), a service principal, an identity
            provider's name, or None for an anonymous request.
        action: the action in lower case; a name such as cognito-identity.amazonaws.com is a
            provider where a role is assumed with a token, otherwise a service.

    Raises:
        RequestError: the text is none of these.
    """
    if principal is None:
        return Caller(CallerKind.ANONYMOUS)
    if ACCOUNT_ID.match(principal):
        return Caller(CallerKind.ROOT, f"arn:aws:iam::{principal}:root", principal)
    if principal.startswith("arn:"):
        return _caller_of_arn(principal)
    if _HOST.match(principal):
        federated = action == _WEB_IDENTITY or principal.lower() in _PROVIDERS
        kind = CallerKind.FEDERATED if federated else CallerKind.SERVICE
        return Caller(kind, principal, name=principal.lower())
    raise _invalid_principal(principal)


def _caller_of_arn(text: str) -> Caller:
    arn = parse_arn(text)
    if arn is None or arn.service not in ("iam", "sts") or "*" in text:
        raise _invalid_principal(text)
    head, _, rest = arn.resource.partition("/")
    kinds = {
        ("iam", "user"): CallerKind.USER,
        ("iam", "role"): CallerKind.ROLE,
        ("iam", "saml-provider"): CallerKind.FEDERATED,
        ("iam", "oidc-provider"): CallerKind.FEDERATED,
        ("sts", "federated-user"): CallerKind.FEDERATED_USER,
    }
    if (arn.service, arn.resource) == ("iam", "root"):
        return Caller(CallerKind.ROOT, text, arn.account, arn.partition)
    if (arn.service, head) == ("sts", "assumed-role"):
        role, _, session = rest.partition("/")
        if role and session:
            return Caller(CallerKind.SESSION, text, arn.account, arn.partition, role, session)
    kind = kinds.get((arn.service, head))
    if kind is None or not rest:
        raise _invalid_principal(text)
    account = None if kind is CallerKind.FEDERATED else arn.account
    return Caller(kind, text, account, arn.partition, arn.name)


def _invalid_principal(text: str) -> RequestError:
    return RequestError(
        f"the principal {text!r} is not a principal that can make a request",
        "give the ARN of a user, role, assumed-role session, federated user or root, a service "
        "principal such as s3.amazonaws.com, or none for an anonymous request",
    )


class PrincipalMatch(NamedTuple):
    """How a ``Principal`` element matches a caller.

    Attributes:
        direct: by the caller's own ARN, its service, its provider, or ``*``.
        through_role: by the role of a session, or the user of a federated user session; permissions
            boundary and session policy limit such a grant.
        through_account: by the caller's account, which delegates the decision to identity-based
            policies.
    """

    direct: Truth
    through_role: Truth
    through_account: Truth

    @property
    def overall(self) -> Truth:
        """Whether the element matches the caller in any of these ways."""
        return any_of(self)


NO_MATCH: Final = PrincipalMatch(False, False, False)
UNKNOWN_MATCH: Final = PrincipalMatch(None, None, None)


class PrincipalType(Enum):
    """The keys of a principal map."""

    AWS = "AWS"
    SERVICE = "Service"
    FEDERATED = "Federated"
    CANONICAL_USER = "CanonicalUser"


@dataclass(frozen=True, slots=True)
class PrincipalElement:
    """The ``Principal`` or ``NotPrincipal`` of a statement.

    ``entries`` are pairs of type and value; every principal is ``(AWS, "*")``; an UNKNOWN type
    stands for an element that may contain any entry.
    """

    entries: tuple[tuple[PrincipalType | Unknown, str | Unknown], ...]

    def match(self, caller: Caller, facts: CallerFacts) -> PrincipalMatch:
        """How the element matches the caller."""
        direct: Truth = False
        through_role: Truth = False
        through_account: Truth = False
        for kind, value in self.entries:
            match = _match(kind, value, caller, facts)
            if match is NO_MATCH:
                continue
            direct = any_of((direct, match.direct))
            through_role = any_of((through_role, match.through_role))
            through_account = any_of((through_account, match.through_account))
        return PrincipalMatch(direct, through_role, through_account)

    def exempts(self, caller: Caller, facts: CallerFacts) -> Truth:
        """Whether ``NotPrincipal`` with ``Deny`` exempts the caller.

        AWS may check the account, then the role, then the session, so a caller is certainly exempt
        only if the element lists all of them, and certainly not if it lists at most the account.
        """
        match = self.match(caller, facts)
        everyone = (PrincipalType.AWS, "*") in self.entries
        if caller.account is None or caller.kind is CallerKind.ROOT or everyone:
            return match.overall
        listed = [match.direct]
        if caller.kind in (CallerKind.ROLE, CallerKind.SESSION, CallerKind.FEDERATED_USER):
            listed.append(match.through_role)
        if all(part is False for part in listed):
            return False
        if all(part is True for part in (*listed, match.through_account)):
            return True
        return None


@dataclass(frozen=True, slots=True)
class CallerFacts:
    """Further facts about a caller: all names of a service, unique id, canonical user id."""

    service_names: frozenset[str] = frozenset()
    user_id: str | None = None
    canonical_user: str | None = None


def _match(
    kind: PrincipalType | Unknown, value: str | Unknown, caller: Caller, facts: CallerFacts
) -> PrincipalMatch:
    if isinstance(kind, Unknown):
        return UNKNOWN_MATCH
    if kind is PrincipalType.SERVICE:
        return _match_service(value, caller, facts)
    if kind is PrincipalType.FEDERATED:
        if caller.kind is not CallerKind.FEDERATED:
            return NO_MATCH
        return _direct(None if isinstance(value, Unknown) else value in ("*", caller.arn))
    if kind is PrincipalType.CANONICAL_USER:
        return _match_canonical(value, caller, facts)
    if isinstance(value, Unknown):
        return UNKNOWN_MATCH
    if value == "*":
        return _direct(True)
    return _match_aws(value, caller, facts)


def _direct(matches: Truth) -> PrincipalMatch:
    return NO_MATCH if matches is False else PrincipalMatch(matches, False, False)


def _match_service(value: str | Unknown, caller: Caller, facts: CallerFacts) -> PrincipalMatch:
    if caller.kind is not CallerKind.SERVICE:
        return NO_MATCH
    if isinstance(value, Unknown):
        return _direct(None)
    name = value.lower()
    return _direct(name in ("*", caller.name) or name in facts.service_names)


def _match_canonical(value: str | Unknown, caller: Caller, facts: CallerFacts) -> PrincipalMatch:
    """A canonical user id stands for an account, which only the request can tell."""
    if caller.account is None:
        return NO_MATCH
    known = facts.canonical_user is not None and not isinstance(value, Unknown)
    matches = value == facts.canonical_user if known else None
    if matches is False:
        return NO_MATCH
    if caller.kind is CallerKind.ROOT:
        return PrincipalMatch(matches, False, False)
    return PrincipalMatch(False, False, matches)


def _match_aws(value: str, caller: Caller, facts: CallerFacts) -> PrincipalMatch:
    if caller.account is None:
        return NO_MATCH
    if ACCOUNT_ID.match(value):
        return _match_account(value == caller.account, caller)
    arn = parse_arn(value)
    if arn is None:
        return _match_unique_id(value, caller, facts)
    if arn.account != caller.account or arn.partition != caller.partition:
        return NO_MATCH
    if arn.service == "iam" and arn.resource == "root":
        return _match_account(True, caller)
    if value == caller.arn:
        if caller.kind is CallerKind.ROLE:
            return PrincipalMatch(False, True, False)
        return PrincipalMatch(True, False, False)
    return _match_session(arn.service, arn.resource, caller)


def _match_account(same: bool, caller: Caller) -> PrincipalMatch:
    if not same:
        return NO_MATCH
    if caller.kind is CallerKind.ROOT:
        return PrincipalMatch(True, False, False)
    return PrincipalMatch(False, False, True)


def _match_session(service: str, resource: str, caller: Caller) -> PrincipalMatch:
    """Whether a role matches its session, or a session a caller known only by its role."""
    head, _, rest = resource.partition("/")
    if caller.kind is CallerKind.SESSION and (service, head) == ("iam", "role"):
        # Role names are unique in an account, and a session's ARN omits the role's path.
        return PrincipalMatch(False, rest.rpartition("/")[2] == caller.name, False)
    if caller.kind is CallerKind.ROLE and (service, head) == ("sts", "assumed-role"):
        return _direct(None if rest.partition("/")[0] == caller.name else False)
    if caller.kind is CallerKind.FEDERATED_USER and (service, head) == ("iam", "user"):
        # The name of a federated user session is chosen freely, so its ARN does not tell which
        # IAM user it belongs to.
        return PrincipalMatch(False, None, False)
    return NO_MATCH


def _match_unique_id(value: str, caller: Caller, facts: CallerFacts) -> PrincipalMatch:
    """A unique id such as AROA..., which matches only the caller's own unique id."""
    if not _UNIQUE_ID.match(value) or caller.kind is CallerKind.ROOT:
        return NO_MATCH
    if facts.user_id is None:
        return PrincipalMatch(None, None, False)
    if value == facts.user_id:
        return PrincipalMatch(True, False, False)
    return PrincipalMatch(False, facts.user_id.partition(":")[0] == value, False)
