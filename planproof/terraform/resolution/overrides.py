"""Builds the ``terraform test`` files for resolving a stack.

Every managed resource is overridden, since the provider would create it otherwise: each planned
instance, with a value for every computed attribute (see :mod:`planproof.terraform.identities`), and
the resource as a whole. The overrides apply while Terraform plans, so that every expression that
Terraform accepts with the real values it accepts with these.

Source: https://developer.hashicorp.com/terraform/language/tests/mocking
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from planproof.service_facts import resource_type
from planproof.terraform.addresses import configuration_address, module_address
from planproof.terraform.expressions import hcl
from planproof.terraform.identities import (
    GivenValues,
    ProviderLocation,
    Standing,
    Subject,
    empty_value,
    given_values,
    guessed_value,
)
from planproof.terraform.plan import Plan, PlannedResource
from planproof.terraform.provenance import Origin, Tracer
from planproof.terraform.references import (
    REPETITION,
    Configuration,
    enclosing,
    module_of,
    prefix_of,
    reference_parts,
    references_in,
    references_of,
)
from planproof.terraform.resolution.standings import worst_standing
from planproof.values import UNKNOWN, Value, contains_unknown

# Data sources that send no requests, or whose answer is the same in every account that is asked:
# they are not overridden, since their results are real.
_LOCAL_DATA = frozenset(
    {
        "archive_file",
        "aws_arn",
        "aws_caller_identity",
        "aws_default_tags",
        "aws_iam_policy_document",
        "aws_ip_ranges",
        "aws_partition",
        "aws_region",
        "aws_regions",
        "aws_service",
        "aws_service_principal",
        "cloudinit_config",
        "local_file",
        "local_sensitive_file",
        "null_data_source",
        "template_cloudinit_config",
        "template_file",
        "tls_public_key",
    }
)
_BUILT_IN = "terraform_data"
"""The type that Terraform implements itself: nothing is created, and its output is its input."""

Schemas = Mapping[str, Mapping[str, Any]]
"""Mode and type ("managed.aws_s3_bucket") → block of the schema."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """The overrides of one stack with one set of variables.

    Attributes:
        given: address of an instance → the values that it is given.
        data: the addresses that are data sources.
        whole: whole resources, for instances that the plan does not have → their values.
        referenced: configuration address → the attributes that other expressions refer to; "" among
            them for the whole resource.
        defaults: configuration address → attribute → default of the provider that other
            expressions refer to.
        blocks: configuration address → nested blocks that AWS adds and other expressions refer to,
            and the arguments that Terraform requires in them.
    """

    given: Mapping[str, GivenValues]
    data: frozenset[str]
    whole: Mapping[str, Mapping[str, Value]]
    referenced: Mapping[str, set[str]] = field(default_factory=dict)
    defaults: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    blocks: Mapping[str, Mapping[str, Mapping[str, Value]]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        plan: Plan,
        tracer: Tracer,
        schemas: Schemas,
        locations: Mapping[str, ProviderLocation],
        learnt: Mapping[str, Mapping[str, Value]],
    ) -> Overrides:
        """The overrides for a planned stack.

        Args:
            schemas: of all types in the plan.
            locations: provider configuration key → its location.
            learnt: address → arguments that an earlier evaluation taught.
        """
        needed = _referenced_attributes(tracer)
        given: dict[str, GivenValues] = {}
        data: set[str] = set()
        for resource in plan.resources.values():
            if not is_overridden(resource):
                continue
            declared = configuration_address(resource.address)
            schema = schemas.get(f"{resource.mode}.{resource.type}") or {}
            configured = (plan.configuration.get(declared) or {}).get("expressions") or {}
            blocks = schema.get("block_types") or {}
            values = {
                key: value if not contains_unknown(value) else found
                for key, value in resource.known.items()
                for found in (learnt.get(resource.address, {}).get(key, value),)
                # AWS or the provider decides what the sources do not set.
                if value is not UNKNOWN or key in configured or key in blocks
            }
            location = locations.get(tracer.configuration.provider_of(declared))
            region = values.get("region")
            own = (schema.get("attributes") or {}).get("region") or {}
            if location and own.get("optional") and isinstance(region, str):
                # Version 6 of the provider: a resource may have a region of its own.
                location = ProviderLocation(location.partition, region, location.account)
            wanted: set[str] = needed.get(declared, set())
            given[resource.address] = given_values(
                Subject(resource.address, resource.type, values, location),
                schema,
                resource.known,
                None if "" in wanted else frozenset(wanted),
            )
            if resource.mode == "data":
                data.add(resource.address)
        whole = _whole_resources(tracer.configuration, given, schemas)
        defaults = _defaults(plan, schemas, needed)
        blocks = _added_blocks(plan, tracer, schemas, needed)
        return cls(given, frozenset(data), whole, needed, defaults, blocks)

    def evaluate_alike(self, other: Overrides) -> bool:
        """Whether Terraform evaluates all expressions as with other overrides of the same plan:
        those that differ are of attributes that no expression refers to."""
        for address, given in self.given.items():
            wanted = self.referenced.get(configuration_address(address), set())
            before = other.given[address].values
            differ = {key for key, value in given.values.items() if before.get(key) != value}
            if differ and ("" in wanted or differ & wanted):
                return False
        return True

    def are_exact(self, origin: Origin) -> bool:
        """Whether the values are exact that an expression with this origin was given."""
        return origin.complete and all(
            worst_standing(given.standings, path) is Standing.EXACT
            for declared, path, _ in origin.leaves
            for address, given in self.given.items()
            if configuration_address(address) == declared
        )

    def test_lines(self, beside: Overrides | None = None) -> list[str]:
        """The override blocks; without those that another file-level override already has."""
        lines: list[str] = []
        targets: dict[str, Mapping[str, Value]] = {k: v.values for k, v in self.given.items()}
        targets |= self.whole
        known = {} if beside is None else {k: v.values for k, v in beside.given.items()}
        for target, values in targets.items():
            if beside is not None and (
                known.get(target) == values or beside.whole.get(target) == values
            ):
                continue
            kind = "data" if target in self.data else "resource"
            lines += [
                f"override_{kind} {{",
                f"  target = {target}",
                "  override_during = plan",
                "  values = {",
                *(f"    {key} = {hcl(value)}" for key, value in values.items()),
                "  }",
                "}",
            ]
        return lines

    def default_files(self) -> dict[str, str]:
        """Module path → text of an override file that sets the provider's defaults.

        An argument of an overridden resource that is not configured is null, and an expression
        that refers to it (``timeout * 6``) would fail. A block that AWS adds has no values that an
        override could give where the sources do not have it.
        """
        texts: dict[str, list[str]] = {}
        for declared in dict.fromkeys([*self.defaults, *self.blocks]):
            found = self.defaults.get(declared, {})
            type_, name = declared.split(".")[-2:]
            lines = texts.setdefault(module_of(declared), [])
            lines.append(f'resource "{type_}" "{name}" {{')
            lines += [f"  {key} = {hcl(value)}" for key, value in found.items()]
            for key, inner in self.blocks.get(declared, {}).items():
                lines.append(f"  {key} {{")
                lines += [f"    {name} = {hcl(value)}" for name, value in inner.items()]
                lines.append("  }")
            lines.append("}")
        return {module: "\n".join([*lines, ""]) for module, lines in texts.items()}


def is_overridden(resource: PlannedResource) -> bool:
    """Whether a planned resource is overridden: Terraform evaluates the others itself."""
    if resource.mode == "managed":
        return resource.type != _BUILT_IN
    return bool(resource.unknown) and resource.type not in _LOCAL_DATA


def planning_file(variants: Sequence[Mapping[str, Value]]) -> str:
    """A test file with a run (``v0``, ``v1`` …) that plans with each set of variables."""
    return _file([([], variables) for variables in variants], command="plan")


def evaluation_file(runs: Sequence[tuple[Overrides, Mapping[str, Value]]]) -> str:
    """A test file with a run (``v0`` …) that evaluates each set of variables with its overrides."""
    first = runs[0][0]
    bodies = [
        ([] if overrides is first else overrides.test_lines(first), variables)
        for overrides, variables in runs
    ]
    return "\n".join([*first.test_lines(), _file(bodies, command="apply")])


def _file(runs: Sequence[tuple[list[str], Mapping[str, Value]]], command: str) -> str:
    lines: list[str] = []
    for number, (overrides, variables) in enumerate(runs):
        lines += [f'run "v{number}" {{', f"  command = {command}", f'  state_key = "v{number}"']
        if variables:
            lines.append("  variables {")
            lines += [f"    {key} = {hcl(value)}" for key, value in variables.items()]
            lines.append("  }")
        lines += [*overrides, "}"]
    return "\n".join([*lines, ""])


def _whole_resources(
    configuration: Configuration, given: Mapping[str, GivenValues], schemas: Schemas
) -> dict[str, Mapping[str, Value]]:
    """Overrides for whole resources, so that nothing is ever created: every value is null."""
    module_addresses: dict[str, set[str]] = {"": {""}}
    for address in given:
        module = module_address(address)
        module_addresses.setdefault(configuration_address(module), set()).add(module)
    found: dict[str, Mapping[str, Value]] = {}
    for declared in configuration.resources:
        module = module_of(declared)
        local = declared.removeprefix(prefix_of(module))
        type_ = local.split(".")[0]
        if type_ in ("data", _BUILT_IN):
            continue
        path = prefix_of(module).rstrip(".")
        default = set() if _is_keyed(configuration, module) else {path}
        attributes = (schemas.get(f"managed.{type_}") or {}).get("attributes") or {}
        values = {k: empty_value(spec) for k, spec in attributes.items() if spec.get("computed")}
        for outer in sorted(module_addresses.get(path) or default):
            target = f"{outer}.{local}" if outer else local
            if target not in given:
                found[target] = values
    return found


def _is_keyed(configuration: Configuration, module: str) -> bool:
    calls = (configuration.modules.get(path, {}) for path, _ in enclosing(module))
    return any(key in call for call in calls for key in REPETITION)


def _referenced_attributes(tracer: Tracer) -> dict[str, set[str]]:
    """Configuration address → top-level attributes that the configuration refers to; "" among them
    for the whole resource."""
    configuration = tracer.configuration
    by_name: dict[str, list[str]] = {}
    for address in configuration.resources:
        local = address.removeprefix(prefix_of(module_of(address)))
        by_name.setdefault(local, []).append(address)
    found: dict[str, set[str]] = {}
    for reference in _all_references(tracer):
        parts = reference_parts(reference)
        length = 3 if parts[0] == "data" else 2
        for address in by_name.get(".".join(parts[:length]), ()):
            found.setdefault(address, set()).add(parts[length] if len(parts) > length else "")
    return found


def _all_references(tracer: Tracer) -> Iterator[str]:
    configuration = tracer.configuration
    entries: Iterable[Any] = chain(configuration.resources.values(), configuration.modules.values())
    for entry in entries:
        for key in ("expressions", *REPETITION):
            yield from references_of(entry.get(key))
        yield from references_of((entry.get("module") or {}).get("outputs"))
    for text in tracer.unlisted_expressions():
        yield from references_in(text)


def _defaults(
    plan: Plan, schemas: Schemas, needed: Mapping[str, set[str]]
) -> dict[str, dict[str, Value]]:
    """The planned values of arguments that are not configured and not computed: the defaults of the
    provider, where an expression refers to them."""
    values: dict[str, dict[str, Value] | None] = {}
    for resource in plan.resources.values():
        declared = configuration_address(resource.address)
        wanted = needed.get(declared)
        if resource.mode != "managed" or not wanted:
            continue
        entry = plan.configuration.get(declared) or {}
        attributes = (schemas.get(f"managed.{resource.type}") or {}).get("attributes") or {}
        found = {
            key: value
            for key, value in resource.known.items()
            if ("" in wanted or key in wanted)
            and key not in (entry.get("expressions") or {})
            and key in attributes
            and not attributes[key].get("computed")
            and value is not None
            and not contains_unknown(value)
            and _is_plain(value)
        }
        if declared in values and values[declared] != found:
            values[declared] = None  # the instances differ: not a default
        else:
            values.setdefault(declared, found)
    return {declared: found for declared, found in values.items() if found}


def _added_blocks(
    plan: Plan, tracer: Tracer, schemas: Schemas, needed: Mapping[str, set[str]]
) -> dict[str, dict[str, dict[str, Value]]]:
    """See :attr:`Overrides.blocks`: those that AWS always adds."""
    found: dict[str, dict[str, dict[str, Value]]] = {}
    for resource in plan.resources.values():
        declared = configuration_address(resource.address)
        if resource.mode != "managed" or declared in found:
            continue
        blocks = (schemas.get(f"managed.{resource.type}") or {}).get("block_types") or {}
        described = resource_type(resource.type).attributes
        for key in needed.get(declared, set()) & set(blocks):
            is_configured = key in tracer.configuration.expressions(declared)
            if (
                resource.known.get(key) is UNKNOWN
                and described.get(key)
                and not is_configured
                and not tracer.dynamic_blocks(declared, key)
            ):
                inner = (blocks[key].get("block") or {}).get("attributes") or {}
                found.setdefault(declared, {})[key] = {
                    name: guessed_value(declared, resource.type, name, spec)
                    for name, spec in inner.items()
                    if spec.get("required")
                }
    return found


def _is_plain(value: Value) -> bool:
    """Whether a value can be set as an argument: nested blocks and empty lists cannot."""
    if isinstance(value, Mapping):
        return all(isinstance(item, (str, int, float)) for item in value.values())
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, (str, int, float)) for item in value)
    return value is not UNKNOWN
