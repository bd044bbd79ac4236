"""Who is calling, and does a ``Principal`` or ``NotPrincipal`` mean them?

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
from planproof.values import Unknown
from planproof.verdicts import Truth, any_of


class CallerKind(Enum):
    """What kind of principal makes a request, in AWS's words."""

    ANONYMOUS = "anonymous user"
    ROOT = "account root user"
    USER = "IAM user"
    ROLE = "IAM role"
    """A session of the role whose session name is not given."""
    SESSION = "assumed-role session"
    FEDERATED_USER = "federated user session"
    SERVICE = "AWS service"
    FEDERATED = "federated identity"
    """Somebody known to an identity provider, about to assume a role with its token."""


@dataclass(frozen=True, eq=False)
class Caller:
    """The principal of a request, taken apart.

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
        """Whether the caller is a service-linked role, which no organization policy restricts."""
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
    """The caller behind ``Request.principal``.

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
    raise _no_principal(principal)


def _caller_of_arn(text: str) -> Caller:
    arn = parse_arn(text)
    if arn is None or arn.service not in ("iam", "sts") or "*" in text:
        raise _no_principal(text)
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
        raise _no_principal(text)
    account = None if kind is CallerKind.FEDERATED else arn.account
    return Caller(kind, text, account, arn.partition, arn.name)


def _no_principal(text: str) -> RequestError:
    return RequestError(
        f"the principal {text!r} is no principal that can make a request",
        "give the ARN of a user, role, assumed-role session, federated user or root, a service "
        "principal such as s3.amazonaws.com, or none for an anonymous request",
    )


class Named(NamedTuple):
    """How a ``Principal`` element means a caller; each part three-valued.

    ``directly``: the caller's own ARN, its service, its provider, or everyone.
    ``by_role``: the role behind a session, or the user behind a federated user session; what is
    granted so stays within permissions boundary and session policy.
    ``by_account``: the caller's account, which hands the decision to identity-based policies.
    """

    directly: Truth
    by_role: Truth
    by_account: Truth

    @property
    def at_all(self) -> Truth:
        """Whether the element means the caller in any way."""
        return any_of(self)


NOT_NAMED: Final = Named(False, False, False)
UNKNOWN_NAMED: Final = Named(None, None, None)


class PrincipalType(Enum):
    """The keys of a principal map."""

    AWS = "AWS"
    SERVICE = "Service"
    FEDERATED = "Federated"
    CANONICAL_USER = "CanonicalUser"


@dataclass(frozen=True, slots=True)
class PrincipalElement:
    """The ``Principal`` or ``NotPrincipal`` of a statement.

    ``entries`` are pairs of type and value; everyone is ``(AWS, "*")``; a type that is UNKNOWN
    stands for an element that may hold anything.
    """

    entries: tuple[tuple[PrincipalType | Unknown, str | Unknown], ...]

    def names(self, caller: Caller, facts: CallerFacts) -> Named:
        """How the element means the caller."""
        directly: Truth = False
        by_role: Truth = False
        by_account: Truth = False
        for kind, value in self.entries:
            named = _named(kind, value, caller, facts)
            if named is NOT_NAMED:
                continue
            directly = any_of((directly, named.directly))
            by_role = any_of((by_role, named.by_role))
            by_account = any_of((by_account, named.by_account))
        return Named(directly, by_role, by_account)

    def excepts(self, caller: Caller, facts: CallerFacts) -> Truth:
        """Whether ``NotPrincipal`` with ``Deny`` spares the caller.

        AWS may check the account, then the role, then the session, so a caller is only surely
        spared if the element lists all of them, and surely not if it lists none but the account.
        """
        named = self.names(caller, facts)
        if caller.account is None or caller.kind is CallerKind.ROOT or self._everyone:
            return named.at_all
        listed = [named.directly]
        if caller.kind in (CallerKind.ROLE, CallerKind.SESSION, CallerKind.FEDERATED_USER):
            listed.append(named.by_role)
        if all(one is False for one in listed):
            return False
        if all(one is True for one in (*listed, named.by_account)):
            return True
        return None

    @property
    def _everyone(self) -> bool:
        return any(kind is PrincipalType.AWS and value == "*" for kind, value in self.entries)


@dataclass(frozen=True, slots=True)
class CallerFacts:
    """What else is known of a caller: all names of a service, unique id, canonical user id."""

    service_names: frozenset[str] = frozenset()
    user_id: str | None = None
    canonical_user: str | None = None


def _named(
    kind: PrincipalType | Unknown, value: str | Unknown, caller: Caller, facts: CallerFacts
) -> Named:
    if isinstance(kind, Unknown):
        return UNKNOWN_NAMED
    if kind is PrincipalType.SERVICE:
        return _named_service(value, caller, facts)
    if kind is PrincipalType.FEDERATED:
        if caller.kind is not CallerKind.FEDERATED:
            return NOT_NAMED
        return _direct(None if isinstance(value, Unknown) else value in ("*", caller.arn))
    if kind is PrincipalType.CANONICAL_USER:
        return _named_canonical(value, caller, facts)
    if isinstance(value, Unknown):
        return UNKNOWN_NAMED
    if value == "*":
        return _direct(True)
    return _named_aws(value, caller, facts)


def _direct(verdict: Truth) -> Named:
    return NOT_NAMED if verdict is False else Named(verdict, False, False)


def _named_service(value: str | Unknown, caller: Caller, facts: CallerFacts) -> Named:
    if caller.kind is not CallerKind.SERVICE:
        return NOT_NAMED
    if isinstance(value, Unknown):
        return _direct(None)
    name = value.lower()
    return _direct(name in ("*", caller.name) or name in facts.service_names)


def _named_canonical(value: str | Unknown, caller: Caller, facts: CallerFacts) -> Named:
    """A canonical user id stands for an account; which one, the request has to say."""
    if caller.account is None:
        return NOT_NAMED
    known = facts.canonical_user is not None and not isinstance(value, Unknown)
    verdict = value == facts.canonical_user if known else None
    if verdict is False:
        return NOT_NAMED
    if caller.kind is CallerKind.ROOT:
        return Named(verdict, False, False)
    return Named(False, False, verdict)


def _named_aws(value: str, caller: Caller, facts: CallerFacts) -> Named:
    if caller.account is None:
        return NOT_NAMED
    if ACCOUNT_ID.match(value):
        return _of_account(value == caller.account, caller)
    arn = parse_arn(value)
    if arn is None:
        return _named_unique_id(value, caller, facts)
    if arn.account != caller.account or arn.partition != caller.partition:
        return NOT_NAMED
    if arn.service == "iam" and arn.resource == "root":
        return _of_account(True, caller)
    if value == caller.arn:
        if caller.kind is CallerKind.ROLE:
            return Named(False, True, False)
        return Named(True, False, False)
    return _named_session(arn.service, arn.resource, caller)


def _of_account(same: bool, caller: Caller) -> Named:
    if not same:
        return NOT_NAMED
    if caller.kind is CallerKind.ROOT:
        return Named(True, False, False)
    return Named(False, False, True)


def _named_session(service: str, resource: str, caller: Caller) -> Named:
    """Whether a role means its session, or a session means a caller known only by its role."""
    head, _, rest = resource.partition("/")
    if caller.kind is CallerKind.SESSION and (service, head) == ("iam", "role"):
        # Role names are unique in an account, and a session's ARN leaves out the role's path.
        return Named(False, rest.rpartition("/")[2] == caller.name, False)
    if caller.kind is CallerKind.ROLE and (service, head) == ("sts", "assumed-role"):
        return _direct(None if rest.partition("/")[0] == caller.name else False)
    if caller.kind is CallerKind.FEDERATED_USER and (service, head) == ("iam", "user"):
        # The session of an IAM user carries a name of the caller's choice: whose it is, the ARN
        # does not say.
        return Named(False, None, False)
    return NOT_NAMED


def _named_unique_id(value: str, caller: Caller, facts: CallerFacts) -> Named:
    """A unique id such as AROA...: a principal that only its id can be compared with."""
    if not _UNIQUE_ID.match(value) or caller.kind is CallerKind.ROOT:
        return NOT_NAMED
    if facts.user_id is None:
        return Named(None, None, False)
    if value == facts.user_id:
        return Named(True, False, False)
    return Named(False, facts.user_id.partition(":")[0] == value, False)
