"""The read-only model of a stack: all resources of a directory with one set of variables."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from planproof.terraform.addresses import configuration_address, module_path
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.plan import Plan, ResourceInstance
from planproof.terraform.plan_gaps import Gaps, gaps_of
from planproof.terraform.references import Configuration
from planproof.terraform.source_index import SourceBlock, SourceIndex
from planproof.values import Truth, Value, dig, is_unknown, read_only

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

DEFAULT = "default"
"""The name of the stack with the user's variables."""


@dataclass(frozen=True, slots=True)
class Resource(ResourceInstance):
    """A resource instance or data source with its values.

    Attributes:
        values: attributes as Terraform evaluated them; unknown values are :data:`UNKNOWN`.
        sensitive: True, or a structure like ``values`` with True where a value is sensitive.
        dependencies: configuration addresses of the resources that Terraform creates before it;
            None where that is unknown (from a plan file).
    """

    values: Mapping[str, Value]
    sensitive: Any = None
    dependencies: frozenset[str] | None = None

    def __post_init__(self) -> None:
        for name in ("values", "sensitive"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def get(self, path: str) -> Value:
        """The value at an attribute path, None where there is none (see :func:`values.dig`)."""
        return dig(self.values, path)

    def is_sensitive(self, path: str) -> bool:
        """Whether the value at an attribute path is, contains, or is part of a sensitive value."""
        here = self.sensitive
        for step in path.split(".") if path else ():
            if here is True:
                return True
            if isinstance(here, list):
                if not step.isdigit() and len(here) == 1:
                    here = here[0]
                    if here is True:
                        return True
                elif step.isdigit() and int(step) < len(here):
                    here = here[int(step)]
                    continue
                else:
                    return False
            if not isinstance(here, Mapping):
                return False
            here = here.get(step)
        return _any_true(here)

    @property
    def declared(self) -> str:
        """Configuration address: without instance keys."""
        return configuration_address(self.address)

    def __str__(self) -> str:
        return self.address


def _any_true(structure: Any) -> bool:
    if isinstance(structure, Mapping):
        return any(_any_true(item) for item in structure.values())
    if isinstance(structure, list):
        return any(_any_true(item) for item in structure)
    return structure is True


class Resources(Mapping[str, Resource]):
    """The resources of a stack by address, in the order of the plan; read-only.

    Indexes and other data derived from them are computed on first use and cached here.
    """

    __slots__ = ("_by_address", "_derived")

    def __init__(self, by_address: Mapping[str, Resource]) -> None:
        self._by_address = dict(by_address)
        self._derived: dict[Hashable, Any] = {}

    def __getitem__(self, address: str) -> Resource:
        return self._by_address[address]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_address)

    def __len__(self) -> int:
        return len(self._by_address)

    def of_type(self, mode: str, type_: str) -> tuple[Resource, ...]:
        """The resources of a mode and type."""
        return self._by_type().get((mode, type_), ())

    def types(self, mode: str) -> frozenset[str]:
        """The types of the resources of a mode."""
        return frozenset(type_ for found, type_ in self._by_type() if found == mode)

    def declared_as(self, address: str) -> tuple[Resource, ...]:
        """The instances of a configuration address."""
        index = self.derived("declared", lambda: _grouped(self.values(), lambda r: r.declared))
        return index.get(address, ())

    def present(self) -> tuple[Resource, ...]:
        """All of them, without the claim that a plan has no more."""
        return tuple(self.values())

    def derived(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The cached result of ``compute`` for a key."""
        if key not in self._derived:
            self._derived[key] = compute()
        found: T = self._derived[key]
        return found

    def _by_type(self) -> dict[tuple[str, str], tuple[Resource, ...]]:
        found = self._by_address.values()  # not self.values(): a trace would record the whole stack
        return self.derived("type", lambda: _grouped(found, lambda r: (r.mode, r.type)))


class PartialResources(Resources):
    """The resources of a plan that lacks some; it notes which of the missing ones are looked for.

    A step that looked for a missing resource cannot prove anything; see
    :meth:`planproof.evidence.Recorder.settle`.
    """

    __slots__ = ("_gaps", "_read_for")

    def __init__(self, by_address: Mapping[str, Resource], gaps: Gaps) -> None:
        super().__init__(by_address)
        self._gaps = gaps
        self._read_for: dict[Hashable, frozenset[tuple[str, str]]] = {}

    def __getitem__(self, address: str) -> Resource:
        if kind := self._gaps.missing.get(configuration_address(address)):
            self._gaps.read.add(kind)
        return super().__getitem__(address)

    def __iter__(self) -> Iterator[str]:
        self._gaps.read.update(self._gaps.kinds)
        return super().__iter__()

    def __len__(self) -> int:
        self._gaps.read.update(self._gaps.kinds)
        return super().__len__()

    def of_type(self, mode: str, type_: str) -> tuple[Resource, ...]:
        """The resources of a mode and type."""
        if (mode, type_) in self._gaps.kinds:
            self._gaps.read.add((mode, type_))
        return super().of_type(mode, type_)

    def types(self, mode: str) -> frozenset[str]:
        """The types of the resources of a mode, those of missing resources included."""
        missing = frozenset(type_ for found, type_ in self._gaps.kinds if found == mode)
        return super().types(mode) | missing

    def declared_as(self, address: str) -> tuple[Resource, ...]:
        """The instances of a configuration address."""
        if kind := self._gaps.missing.get(address):
            self._gaps.read.add(kind)
        found = self._by_address.values()
        index = super().derived("declared", lambda: _grouped(found, lambda r: r.declared))
        return index.get(address, ())

    def present(self) -> tuple[Resource, ...]:
        """All of them; what is missing is not looked for."""
        return tuple(self._by_address.values())

    def derived(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The cached result, which depends each time on what was read to compute it."""
        if key in self._read_for:
            self._gaps.read.update(self._read_for[key])
            return super().derived(key, compute)
        before = set(self._gaps.read)
        self._gaps.read.clear()
        try:
            found = super().derived(key, compute)
            self._read_for[key] = frozenset(self._gaps.read)
        finally:
            self._gaps.read.update(before)
        return found


def _grouped(
    resources: Iterable[Resource], key: Callable[[Resource], K]
) -> dict[K, tuple[Resource, ...]]:
    groups: dict[K, list[Resource]] = {}
    for resource in resources:
        groups.setdefault(key(resource), []).append(resource)
    return {name: tuple(group) for name, group in groups.items()}


# Types whose own ``region`` is of something else, with the attribute that replaced it in version 6.
_OTHER_REGIONS = {
    "aws_cloudformation_stack_set_instance": "stack_set_instance_region",
    "aws_config_aggregate_authorization": "authorized_aws_region",
}


def own_region(type_: str, values: Mapping[str, Value]) -> Value:
    """The region that a resource or data source sets for itself, as since version 6 of the AWS
    provider; None where it has none.

    Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/version-6-upgrade
    """
    if not type_.startswith("aws_") or type_ in _OTHER_REGIONS:
        return None
    region = values.get("region")
    return region if is_unknown(region) or (isinstance(region, str) and region) else None


@dataclass(frozen=True, slots=True)
class Stack:
    """An immutable model of a stack, indexed by address and by type.

    Attributes:
        name: of its set of variables ("default", "other suffix").
        variables: of the root module, including defaults.
        configuration: the references between the resources.
        resolved: whether Terraform evaluated all values; False for a plan file alone.
        provider_locations: provider configuration key ("aws", "aws.west") → location.
        sources: file and line of its blocks; None for a plan file alone.
        sensitive_variables: the variables that are declared sensitive.
        gaps: what a plan file leaves open; nothing for a resolved stack.
    """

    name: str
    resources: Resources
    variables: Mapping[str, Value]
    configuration: Configuration
    resolved: bool
    provider_locations: Mapping[str, ProviderLocation] = field(default_factory=dict)
    sources: SourceIndex | None = None
    sensitive_variables: frozenset[str] = frozenset()
    gaps: Gaps = field(default_factory=Gaps)

    def __post_init__(self) -> None:
        if self.gaps.missing and not isinstance(self.resources, PartialResources):
            partial = PartialResources(self.resources, self.gaps)
            object.__setattr__(self, "resources", partial)
        elif not isinstance(self.resources, Resources):
            object.__setattr__(self, "resources", Resources(self.resources))
        for name in ("variables", "provider_locations"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @classmethod
    def from_plan(
        cls,
        plan: Plan,
        *,
        name: str = DEFAULT,
        sources: SourceIndex | None = None,
        file: str = "the plan",
    ) -> Stack:
        """The stack of a plan alone, with its unknown values and its gaps.

        Args:
            file: name of the plan in errors.

        Raises:
            PlanproofError: the plan is damaged.
        """
        resources = {
            p.address: Resource(**p.place, values=p.known, sensitive=p.sensitive)
            for p in plan.resources.values()
        }
        return cls(
            name,
            Resources(resources),
            plan.variables,
            Configuration.of(plan, sources),
            resolved=False,
            sources=sources,
            sensitive_variables=plan.sensitive_variables,
            gaps=gaps_of(plan, file),
        )

    # Lookup ----------------------------------------------------------------------------------

    def __getitem__(self, address: str) -> Resource:
        return self.resources[address]

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources.values())

    def __len__(self) -> int:
        return len(self.resources)

    def get(self, address: str) -> Resource | None:
        """The resource at an address, or None."""
        return self.resources.get(address)

    def managed(self, *types: str) -> tuple[Resource, ...]:
        """Managed resources of these types, in the order of the plan; of all types without any."""
        return self._of("managed", types)

    def managed_where(self, matches: Callable[[str], bool]) -> tuple[Resource, ...]:
        """Managed resources of all types that match, in the order of the plan."""
        types = {type_ for type_ in self.types() if matches(type_)}
        for type_ in types:
            self.resources.of_type("managed", type_)  # a plan may lack some of them
        found = self.resources.present()
        return tuple(r for r in found if r.mode == "managed" and r.type in types)

    def data(self, *types: str) -> tuple[Resource, ...]:
        """Data sources of these types; of all types without any."""
        return self._of("data", types)

    def _of(self, mode: str, types: tuple[str, ...]) -> tuple[Resource, ...]:
        if not types:
            return tuple(r for r in self if r.mode == mode)
        if len(types) == 1:
            return self.resources.of_type(mode, types[0])
        return tuple(r for type_ in types for r in self.resources.of_type(mode, type_))

    def types(self) -> frozenset[str]:
        """The types of the managed resources."""
        return self.resources.types("managed")

    def where(self, type_: str, path: str, value: Value) -> tuple[Resource, ...]:
        """Managed resources of a type whose value at ``path`` equals ``value``."""
        return tuple(r for r in self.managed(type_) if r.get(path) == value)

    def provider_location(self, resource: Resource) -> ProviderLocation | None:
        """The location of a resource, of its provider configuration and its own ``region``; None
        where it is unknown.

        Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/enhanced-region-support
        """
        location = self.provider_locations.get(self.configuration.provider_of(resource.declared))
        region = own_region(resource.type, resource.values)
        if location is None or region is None:
            return location
        if is_unknown(region):
            given = self.configuration.expression(resource.declared, "region")
            return location if given is None else None
        return replace(location, region=region)

    # Sources ---------------------------------------------------------------------------------

    def block(self, resource: Resource) -> SourceBlock | None:
        """The source block of a resource."""
        if self.sources is None:
            return None
        module = module_path(resource.module)
        return self.sources.resource(module, resource.mode, resource.type, resource.name)

    def locate(self, resource: Resource, path: str = "") -> tuple[str, int]:
        """File and line of a resource or of one of its attributes; ("", 0) where unknown."""
        if self.sources is None:
            return "", 0
        module = module_path(resource.module)
        found = self.sources.locate(module, resource.mode, resource.type, resource.name, path)
        return found or ("", 0)

    # Order of creation -----------------------------------------------------------------------

    def created_after(self, later: Resource, earlier: Resource) -> Truth:
        """Whether Terraform creates ``later`` only after ``earlier``; None where undecided.

        A resolved stack has the dependencies from Terraform's state. For a plan file, the
        references in the configuration decide, unless they lead through an expression that a plan
        does not show.
        """
        if later.dependencies is not None:
            return earlier.declared in later.dependencies
        reached, complete = self.configuration.dependencies(later.declared)
        if earlier.declared in reached:
            return True
        if not complete:
            return None
        chain = {later.declared, *reached}
        hidden = (r for declared in chain for r in self.resources.declared_as(declared))
        return None if any(self._may_hide_references(r) for r in hidden) else False

    def _may_hide_references(self, resource: Resource) -> bool:
        """Whether a nested block may be ``dynamic``, whose references a plan does not show."""
        expressions = self.configuration.expressions(resource.declared)
        return any(
            isinstance(value, list) and any(isinstance(item, Mapping) for item in value)
            for key, value in resource.values.items()
            if key not in expressions
        )

    def with_resources(self, resources: Iterable[Resource]) -> Stack:
        """A copy with these resources, which replace those of the same address."""
        changed = {resource.address: resource for resource in resources}
        return replace(self, resources=Resources({**self.resources, **changed}))
