"""What Terraform is told while it resolves a stack, so that nothing is made and nobody is asked.

Every managed resource is overridden, or its provider would really make it: each instance the plan
has, with tokens for its identity (see :mod:`planproof.terraform.identities`), and the
resource as a whole, for instances that only other variables bring about.

Source: https://developer.hashicorp.com/terraform/language/tests/mocking
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from planproof.terraform.addresses import configuration_address, module_address, without_last_key
from planproof.terraform.identities import Identities
from planproof.terraform.plan import Plan, PlannedResource
from planproof.terraform.provenance import Tracer
from planproof.terraform.references import (
    Configuration,
    module_of,
    prefix_of,
    reference_parts,
    references_in,
    references_of,
)
from planproof.values import UNKNOWN, Value, contains_unknown

# Data sources that compute without asking anybody: overriding them would lose their answer.
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
    """A resource instance that Terraform will make, or a data source it will read only then."""

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
        tokens: target → attribute → token. A target is an instance, or a resource as a whole.
        repeated: instance → attribute → what the plan knows and others refer to.
        data: the targets that are data sources.
        unseen: configuration addresses of resources in modules that have no instance so far.
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
            instances: what a plan of it makes.
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
        """The same, repeating what a plan knows where others refer to it."""
        asked = _asked_for(plan, tracer)
        known = {r.address: _known(r, plan, asked) for r in plan.resources.values()}
        repeated = {address: values for address, values in known.items() if values}
        return replace(self, repeated=repeated)

    def given(self, address: str) -> Mapping[str, str] | None:
        """The tokens for an instance; None where it was left to its provider."""
        found = self.tokens.get(address)
        return found if found is not None else self.tokens.get(without_last_key(address))

    def not_covered(self, changed: frozenset[str], tracer: Tracer) -> str:
        """A module of which other variables may bring about an instance that is not overridden.

        Args:
            changed: the variables that differ from the plan's.

        Returns:
            Its address, or "" where all is covered.
        """
        for address in tracer.configuration.resources:
            module = module_of(address)
            local = address.removeprefix(prefix_of(module))
            if not module or local.startswith("data."):
                continue
            moved = tracer.instances(module)
            if address in self.unseen:
                moved |= tracer.copies(address)
            if moved.variables & changed or not moved.complete:
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
        """Module path → text of an override file that writes the repeated values down.

        A provider's default is null while its resource is overridden; where something else
        refers to it, ``timeout * 6`` would fail and a template would say nothing.
        """
        values: dict[str, dict[str, Value] | None] = {}
        for address, known in self.repeated.items():
            declared = configuration_address(address)
            if declared in values and values[declared] != known:
                values[declared] = None  # its instances differ, so it is no default
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
    """A value as an HCL expression. JSON is one, but for template markers in strings."""
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _cover_all(
    configuration: Configuration, identities: Identities, tokens: dict[str, Mapping[str, str]]
) -> frozenset[str]:
    """Add overrides for resources as a whole; returns those in modules without an instance."""
    places: dict[str, set[str]] = {"": {""}}
    for address in tokens:
        place = module_address(address)
        places.setdefault(configuration_address(place), set()).add(place)
    unseen: set[str] = set()
    for declared, entry in configuration.resources.items():
        module = module_of(declared)
        local = declared.removeprefix(prefix_of(module))
        if local.startswith("data."):
            continue
        path = prefix_of(module).rstrip(".")
        found = places.get(path) or ({path} if not _is_keyed(configuration, module) else set())
        if not found:
            unseen.add(declared)
        for place in sorted(found):
            target = f"{place}.{local}" if place else local
            if target in tokens:
                continue  # it has one instance, without a key
            type_ = local.split(".")[0]
            if "count_expression" in entry and f"{target}[0]" not in tokens:
                first = f"{target}[0]"  # most are there once or not at all
                tokens[first] = identities.tokens(first, type_, None)
            tokens[target] = identities.undecided(target, type_)
    return frozenset(unseen)


def _is_keyed(configuration: Configuration, module: str) -> bool:
    while module:
        entry = configuration.modules.get(module, {})
        if "count_expression" in entry or "for_each_expression" in entry:
            return True
        module = module.rpartition(".")[0]
    return False


def _asked_for(plan: Plan, tracer: Tracer) -> dict[tuple[str, str], set[str]]:
    """(type, name) → top-level attributes that something in the configuration refers to."""
    asked: dict[tuple[str, str], set[str]] = {}
    for reference in _all_references(plan, tracer):
        parts = reference_parts(reference)
        if len(parts) > 2:
            asked.setdefault((parts[0], parts[1]), set()).add(parts[2])
    return asked


def _all_references(plan: Plan, tracer: Tracer) -> Iterator[str]:
    yield from references_of((plan.raw.get("configuration") or {}).get("root_module"))
    for text in tracer.unlisted():
        yield from references_in(text)


def _known(
    resource: PlannedResource, plan: Plan, asked: Mapping[tuple[str, str], set[str]]
) -> dict[str, Value]:
    """Attributes that others ask for, that the plan knows, and that nobody configures."""
    declared = plan.configuration.get(configuration_address(resource.address)) or {}
    configured = declared.get("expressions") or {}
    found = {}
    for key in asked.get((resource.type, resource.name), ()):
        value = resource.known.get(key, UNKNOWN)
        known = value is not None and not contains_unknown(value)
        if known and key not in configured and _is_plain(value):
            found[key] = value
    return found


def _is_plain(value: Value) -> bool:
    """Whether a value may be an argument's: nested blocks, and their absence, cannot be written."""
    if isinstance(value, Mapping):
        return all(isinstance(item, (str, int, float)) for item in value.values())
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, (str, int, float)) for item in value)
    return True
