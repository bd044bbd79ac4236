"""Builds the ``terraform test`` file with the overrides for resolving a stack.

Every managed resource is overridden, since the provider would create it otherwise: each planned
instance, with tokens for its identity (see :mod:`planproof.terraform.identities`), and the resource
as a whole, for instances that exist only with other variables.

Source: https://developer.hashicorp.com/terraform/language/tests/mocking
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from planproof.terraform.addresses import configuration_address, module_address, without_last_key
from planproof.terraform.identities import Identities
from planproof.terraform.plan import Plan, PlannedResource
from planproof.terraform.provenance import Tracer
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
from planproof.values import UNKNOWN, Value, contains_unknown

# Data sources that send no requests: they are not overridden, since their results are real.
_LOCAL_DATA = frozenset(
    {
        "archive_file",
        "aws_arn",
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


@dataclass(frozen=True, slots=True)
class Instance:
    """A resource instance that Terraform will create, or a data source it will read at apply."""

    address: str
    mode: str
    type: str


def instances_of(plan: Plan) -> list[Instance]:
    """The instances of a plan."""
    return [
        Instance(r.address, r.mode, r.type)
        for r in plan.resources.values()
        if r.mode == "managed" or r.unknown
    ]


@dataclass(frozen=True, slots=True)
class Overrides:
    """The overrides of one stack.

    Attributes:
        tokens: target → attribute → token; a target is an instance or a whole resource.
        repeated: instance → attribute → planned value that other expressions refer to.
        data: the targets that are data sources.
        unseen: configuration addresses of resources in modules without an instance.
    """

    identities: Identities
    tokens: Mapping[str, Mapping[str, str]]
    repeated: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    data: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()

    @classmethod
    def of(cls, instances: Iterable[Instance], configuration: Configuration) -> Overrides:
        """The overrides for a stack.

        Args:
            instances: those of its plan.
            configuration: from the plan or from the sources.
        """
        identities = Identities()
        tokens: dict[str, Mapping[str, str]] = {}
        data: set[str] = set()
        for item in instances:
            if item.mode == "managed":
                tokens[item.address] = identities.tokens(item.address, item.type, None)
            elif item.type not in _LOCAL_DATA:
                tokens[item.address] = {}
                data.add(item.address)
        unseen = _cover_all(configuration, identities, tokens)
        return cls(identities, tokens, {}, frozenset(data), unseen)

    def repeating(self, plan: Plan, tracer: Tracer) -> Overrides:
        """A copy that also repeats the planned values that other expressions refer to."""
        referenced = _referenced_attributes(plan, tracer)
        known = {r.address: _known(r, plan, referenced) for r in plan.resources.values()}
        repeated = {address: values for address, values in known.items() if values}
        return replace(self, repeated=repeated)

    def tokens_of(self, address: str) -> Mapping[str, str] | None:
        """The tokens for an instance; None where it is not overridden."""
        return self.tokens.get(address, self.tokens.get(without_last_key(address)))

    def not_covered(self, changed: frozenset[str], tracer: Tracer) -> str:
        """A module that other variables may give instances that are not overridden.

        Args:
            changed: the variables that differ from the plan's.

        Returns:
            The address of the module, or "" where there is none.
        """
        for address in tracer.configuration.resources:
            module = module_of(address)
            local = address.removeprefix(prefix_of(module))
            if not module or local.startswith("data."):
                continue
            origin = tracer.module_instances(module)
            if address in self.unseen:
                origin |= tracer.resource_instances(address)
            if origin.variables & changed or not origin.complete:
                return prefix_of(module).rstrip(".")
        return ""

    def test_file(self, variants: Sequence[Mapping[str, Value]]) -> str:
        """The text of a ``.tftest.hcl`` with a run (``v0``, ``v1`` …) for each set of variables."""
        lines: list[str] = []
        for target, tokens in self.tokens.items():
            kind = "data" if target in self.data else "resource"
            values = {**self.repeated.get(target, {}), **tokens}
            lines.append(f"override_{kind} {{\n  target = {target}\n  values = {{")
            lines += [f"    {key} = {hcl(value)}" for key, value in values.items()]
            lines.append("  }\n}")
        for number, variables in enumerate(variants):
            lines.append(f'run "v{number}" {{\n  command = apply\n  state_key = "v{number}"')
            if variables:
                lines.append("  variables {")
                lines += [f"    {key} = {hcl(value)}" for key, value in variables.items()]
                lines.append("  }")
            lines.append("}")
        return "\n".join([*lines, ""])

    def defaults(self) -> dict[str, str]:
        """Module path → text of an override file that sets the repeated values.

        The defaults of an overridden resource are null, and an expression that refers to one
        (``timeout * 6``) would fail.
        """
        values: dict[str, dict[str, Value] | None] = {}
        for address, known in self.repeated.items():
            declared = configuration_address(address)
            if declared in values and values[declared] != known:
                values[declared] = None  # the instances differ: not a default
            else:
                values.setdefault(declared, dict(known))
        texts: dict[str, list[str]] = {}
        for declared, found in values.items():
            if found:
                type_, name = declared.split(".")[-2:]
                lines = texts.setdefault(module_of(declared), [])
                lines.append(f'resource "{type_}" "{name}" {{')
                lines += [f"  {key} = {hcl(value)}" for key, value in found.items()]
                lines.append("}")
        return {module: "\n".join([*lines, ""]) for module, lines in texts.items()}


def hcl(value: Value) -> str:
    """A value as an HCL expression: JSON with escaped template markers."""
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _cover_all(
    configuration: Configuration, identities: Identities, tokens: dict[str, Mapping[str, str]]
) -> frozenset[str]:
    """Add overrides for whole resources; returns those in modules without an instance."""
    module_addresses: dict[str, set[str]] = {"": {""}}
    for address in tokens:
        module = module_address(address)
        module_addresses.setdefault(configuration_address(module), set()).add(module)
    unseen: set[str] = set()
    for declared, entry in configuration.resources.items():
        module = module_of(declared)
        local = declared.removeprefix(prefix_of(module))
        if local.startswith("data."):
            continue
        path = prefix_of(module).rstrip(".")
        default = set() if _is_keyed(configuration, module) else {path}
        within = module_addresses.get(path) or default
        if not within:
            unseen.add(declared)
        for outer in sorted(within):
            target = f"{outer}.{local}" if outer else local
            if target in tokens:
                continue  # one instance, without a key
            type_ = local.split(".")[0]
            if "count_expression" in entry and f"{target}[0]" not in tokens:
                first = f"{target}[0]"  # the usual count is 0 or 1
                tokens[first] = identities.tokens(first, type_, None)
            tokens[target] = identities.undecided(target, type_)
    return frozenset(unseen)


def _is_keyed(configuration: Configuration, module: str) -> bool:
    calls = (configuration.modules.get(path, {}) for path, _ in enclosing(module))
    return any(key in call for call in calls for key in REPETITION)


def _referenced_attributes(plan: Plan, tracer: Tracer) -> dict[tuple[str, str], set[str]]:
    """(type, name) → top-level attributes that the configuration refers to."""
    referenced: dict[tuple[str, str], set[str]] = {}
    listed = references_of((plan.raw.get("configuration") or {}).get("root_module"))
    unlisted = map(references_in, tracer.unlisted_expressions())
    for reference in chain(listed, *unlisted):
        parts = reference_parts(reference)
        if len(parts) > 2:
            referenced.setdefault((parts[0], parts[1]), set()).add(parts[2])
    return referenced


def _known(
    resource: PlannedResource, plan: Plan, referenced: Mapping[tuple[str, str], set[str]]
) -> dict[str, Value]:
    """Referenced attributes with a known planned value that are not configured."""
    declared = plan.configuration.get(configuration_address(resource.address)) or {}
    configured = declared.get("expressions") or {}
    found = {}
    for key in referenced.get((resource.type, resource.name), ()):
        value = resource.known.get(key, UNKNOWN)
        known = value is not None and not contains_unknown(value)
        if known and key not in configured and _is_plain(value):
            found[key] = value
    return found


def _is_plain(value: Value) -> bool:
    """Whether a value can be set as an argument: nested blocks and empty lists cannot."""
    if isinstance(value, Mapping):
        return all(isinstance(item, (str, int, float)) for item in value.values())
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, (str, int, float)) for item in value)
    return True
