"""The policies that apply to a request, indexed by action and resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from planproof.iam.document import PolicyDocument, PolicyKind
from planproof.iam.errors import PolicyError
from planproof.iam.statement import Statement
from planproof.values import Truth, Unknown

Document = PolicyDocument | Mapping[str, Any] | str | Unknown
"""A parsed document, the mapping or JSON text of one, or UNKNOWN."""


class Layer(Enum):
    """The policy types, as AWS names them."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"


_KINDS: Final = {
    Layer.IDENTITY: PolicyKind.IDENTITY,
    Layer.RESOURCE: PolicyKind.RESOURCE,
    Layer.BOUNDARY: PolicyKind.IDENTITY,
    Layer.SESSION: PolicyKind.IDENTITY,
    Layer.SERVICE_CONTROL: PolicyKind.IDENTITY,
    Layer.RESOURCE_CONTROL: PolicyKind.RESOURCE,
}
_MAX_CACHED_ACTIONS: Final = 4096
_MIN_SEARCHED_STATEMENTS: Final = 4


Candidates = Sequence[tuple[Statement, Truth]]
"""Statements that may apply, each with whether it covers the action."""


class PolicySet:
    """Documents of one layer, any of which can allow, indexed by action and resource."""

    __slots__ = ("_allowing", "_denying", "documents", "layer")

    def __init__(self, layer: Layer, documents: Sequence[PolicyDocument]) -> None:
        self.layer = layer
        self.documents = tuple(documents)
        statements = [one for document in self.documents for one in document.statements]
        self._allowing = _ByAction([one for one in statements if one.may_allow])
        self._denying = _ByAction([one for one in statements if one.may_deny])

    def allowing(self, action: str, resource: str | Unknown) -> Candidates:
        """The statements that may allow the (lower-case) action on the resource."""
        return self._allowing.candidates(action, resource)

    def denying(self, action: str, resource: str | Unknown) -> Candidates:
        """The statements that may deny the (lower-case) action on the resource."""
        return self._denying.candidates(action, resource)


class _ByAction:
    """Statements by the action that they cover, cached per action."""

    __slots__ = ("_found", "_statements")

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._statements = statements
        self._found: dict[str, _ByResource] = {}

    def candidates(self, action: str, resource: str | Unknown) -> Candidates:
        found = self._found.get(action)
        if found is None:
            found = _ByResource(
                [
                    (statement, covered)
                    for statement in self._statements
                    if (covered := statement.covers_action(action)) is not False
                ]
            )
            if len(self._found) < _MAX_CACHED_ACTIONS:
                self._found[action] = found
        return found.candidates(resource)


class _ByResource:
    """Statements that cover one action, by the literal prefix of their resources."""

    __slots__ = ("_any_resource", "_buckets", "_lengths", "_statements")

    def __init__(self, statements: Candidates) -> None:
        self._statements = statements
        self._any_resource: list[tuple[Statement, Truth]] = []
        by_prefix: dict[str, list[tuple[tuple[Statement, Truth], str | None]]] = {}
        for candidate in statements:
            index = candidate[0].resource_index
            if index is None:
                self._any_resource.append(candidate)
            for prefix, source in index or ():
                by_prefix.setdefault(prefix, []).append((candidate, source))
        self._buckets = {prefix: _Bucket(found) for prefix, found in by_prefix.items()}
        self._lengths = sorted({len(prefix) for prefix in self._buckets})

    def candidates(self, resource: str | Unknown) -> Candidates:
        if not isinstance(resource, str):
            return self._statements
        found = self._any_resource
        for length in self._lengths:
            bucket = self._buckets.get(resource[:length])
            if bucket is not None and (bucket.search is None or bucket.search(resource)):
                found = found + bucket.statements
        # A statement with several matching patterns is found several times, and must count once.
        return list(dict.fromkeys(found)) if len(found) > 1 else found


class _Bucket:
    """The statements whose resources share a literal prefix.

    ``search`` returns whether any of their patterns matches an ARN; None where there are few
    statements or a pattern has no regular expression.
    """

    __slots__ = ("search", "statements")

    def __init__(self, found: Sequence[tuple[tuple[Statement, Truth], str | None]]) -> None:
        self.statements = list(dict.fromkeys(one for one, _ in found))
        self.search: Callable[[str], object] | None = None
        sources = [source for _, source in found if source is not None]
        if len(found) >= _MIN_SEARCHED_STATEMENTS and len(sources) == len(found):
            self.search = re.compile("|".join(f"(?:{one})" for one in sources), re.DOTALL).match


@dataclass(frozen=True, eq=False)
class Policies:
    """Every policy that applies to a request.

    A document is a :class:`PolicyDocument`, a mapping, JSON text, or UNKNOWN. Mappings and text
    get names such as ``identity[0]``; parse them first to give them better ones.

    Attributes:
        identity: the policies of the principal: a user's own and its groups', or a role's.
        resource: the policy of the resource: bucket, queue or key policy, a role's trust policy;
            None if it has none; several where a service supports several, such as CloudWatch Logs.
        boundaries: the permissions boundary of the principal; each document must allow.
        session: the session policy or policies; None if the session was created without one.
        service_control: for each level from the root of the organization down to the principal's
            account the service control policies attached there; each level must allow. Empty
            outside an organization and for its management account.
        resource_control: the same for the account that owns the resource. They only deny, since
            AWS attaches RCPFullAWSAccess to every level.

    Raises:
        PolicyError: a document is not valid in its layer.
    """

    identity: Iterable[Document] = ()
    resource: Document | Sequence[Document] | None = None
    boundaries: Iterable[Document] = ()
    session: Document | Sequence[Document] | None = None
    service_control: Iterable[Iterable[Document]] = ()
    resource_control: Iterable[Iterable[Document]] = ()
    sets: PolicySets = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("identity", "boundaries"):
            object.__setattr__(self, name, _document_list(getattr(self, name), name))
        for name in ("service_control", "resource_control"):
            levels = getattr(self, name)
            found = tuple(_document_list(level, f"{name}[{i}]") for i, level in enumerate(levels))
            object.__setattr__(self, name, found)
        object.__setattr__(self, "sets", self._compile())

    def _compile(self) -> PolicySets:
        levels = enumerate(self.service_control)
        controls = enumerate(self.resource_control)
        boundaries = [
            _compiled(Layer.BOUNDARY, [document], f"boundaries[{i}]", number=False)
            for i, document in enumerate(self.boundaries)
        ]
        return PolicySets(
            identity=_compiled(Layer.IDENTITY, self.identity, "identity"),
            resource=_optional(Layer.RESOURCE, self.resource, "resource"),
            boundaries=tuple(boundaries),
            session=_optional(Layer.SESSION, self.session, "session"),
            service_control=tuple(
                _compiled(Layer.SERVICE_CONTROL, level, f"service_control[{i}]")
                for i, level in levels
            ),
            resource_control=tuple(
                _compiled(Layer.RESOURCE_CONTROL, level, f"resource_control[{i}]")
                for i, level in controls
            ),
        )


@dataclass(frozen=True, slots=True, eq=False)
class PolicySets:
    """The layers of :class:`Policies`, compiled."""

    identity: PolicySet
    resource: PolicySet | None
    boundaries: tuple[PolicySet, ...]
    session: PolicySet | None
    service_control: tuple[PolicySet, ...]
    resource_control: tuple[PolicySet, ...]


def _document_list(documents: object, name: str) -> tuple[Any, ...]:
    if isinstance(documents, PolicyDocument | Mapping | str | Unknown) or documents is None:
        raise PolicyError(name, "", "is one document", "give a list of documents")
    if not isinstance(documents, Iterable):
        raise PolicyError(name, "", "is not a list of documents", "give a list of documents")
    return tuple(documents)


def _optional(
    layer: Layer, given: Document | Sequence[Document] | None, name: str
) -> PolicySet | None:
    if given is None:
        return None
    if isinstance(given, PolicyDocument | Mapping | str | Unknown):
        return _compiled(layer, [given], name, number=False)
    return _compiled(layer, given, name)


def _compiled(
    layer: Layer, documents: Iterable[Document], name: str, *, number: bool = True
) -> PolicySet:
    kind = _KINDS[layer]
    parsed = []
    for i, document in enumerate(documents):
        if not isinstance(document, PolicyDocument):
            label = f"{name}[{i}]" if number else name
            document = PolicyDocument.parse(document, label, PolicyKind.ANY)
        document.must_be(kind)
        parsed.append(document)
    return PolicySet(layer, parsed)
