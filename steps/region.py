"""Whether the whole stack can be deployed in another region."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_bdd import given, then

from planproof.evidence import Recorder
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.source_index import SourceAttribute, SourceBlock, SourceIndex
from planproof.terraform.stack import Resource, Stack, own_region
from planproof.values import is_unknown
from steps.support.regions import regions_in, regions_written
from steps.support.texts import texts_of
from steps.support.variants import VariableNames, resolve_variant

_KINDS = ("resource", "data", "module", "provider", "locals", "output", "variable")


@given("the same stack in another region", target_fixture="moved")
def stack_in_other_region(
    stacks: ResolvedStacks, variable_names: VariableNames, evidence: Recorder
) -> Stack | None:
    """The stack resolved with another region."""
    purpose = "for the AWS region"
    return resolve_variant(stacks, "another region", variable_names.region, evidence, purpose)


@then("every provider works in the region that was asked for")
def providers_follow(
    moved: Stack, variable_names: VariableNames, stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """The region of each provider, and of each resource that has one of its own, as Terraform
    evaluates it."""
    region = moved.variables[variable_names.region]
    for key, location in moved.provider_locations.items():
        if not _is_used(moved, key):
            continue
        evidence.check(
            location.region == region,
            f"provider {key}",
            "region",
            expected=region,
            found=location.region,
            at=_provider_at(moved, key, stacks),
        )
    for resource in moved.managed():
        own = own_region(resource.type, resource.values)
        if own is None or own == region or (is_unknown(own) and not _sets_region(moved, resource)):
            continue
        holds = None if is_unknown(own) else False
        evidence.check(holds, resource, "region", expected=region, found=own)


@then("nothing in it names the region it came from")
def no_trace(stack: Stack, moved: Stack, variable_names: VariableNames, evidence: Recorder) -> None:
    """No string, JSON documents included, contains the code of the first region."""
    first = {location.region for location in stack.provider_locations.values()}
    first |= {str(stack.variables[variable_names.region])}
    first -= {str(moved.variables[variable_names.region])}
    here, names = moved.variables[variable_names.region], ", ".join(sorted(first))
    count, clean = 0, True
    for resource in moved:
        for path, text in texts_of(moved, resource):
            count += 1
            if is_unknown(text):
                clean = False
                evidence.check(None, resource, path, expected=f"no mention of {names}", found=text)
            elif first & set(regions_in(text)):
                clean = False
                evidence.check(False, resource, path, expected=f"{here}, or no region", found=text)
    if clean:
        expected = f"no string that names {names}"
        found = f"none in {count} strings of {len(moved)} resources"
        holds = bool(count) if first else None
        evidence.check(holds, f"the stack in {here}", expected=expected, found=found)


@then("no region is written into the code, but for the default of its variable")
def no_literal(
    stack: Stack, variable_names: VariableNames, stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """Every expression of the sources is checked, without comments and descriptions."""
    if stack.sources is None:
        found = "a plan file has no sources"
        evidence.check(None, "sources", expected="no literal region", found=found)
        return
    count, clean = 0, True
    for block in _blocks(stack, stack.sources):
        for attribute in _attributes(block, variable_names.region):
            count += 1
            for line, code in regions_written(attribute):
                clean = False
                evidence.check(
                    False,
                    ".".join((block.kind, *block.labels)),
                    expected=f"var.{variable_names.region}",
                    found=code,
                    at=(stacks.source_path(block.file), line),
                )
    if clean:
        found = f"none in {count} expressions"
        evidence.check(bool(count) or None, "sources", expected="no literal region", found=found)


def _provider_at(stack: Stack, key: str, stacks: ResolvedStacks) -> tuple[str, int] | None:
    """File and line of the region of a provider, "aws" or "aws.west", in the root module."""
    name, _, alias = key.partition(".")
    for block in stack.sources.blocks("", "provider") if stack.sources else ():
        written = block.attributes.get("alias")
        if block.labels == (name,) and (written.text.strip('"') if written else "") == alias:
            return stacks.source_path(block.file), block.line_of("region")
    return None


def _sets_region(stack: Stack, resource: Resource) -> bool:
    return stack.configuration.expression(resource.declared, "region") is not None


def _is_used(stack: Stack, key: str) -> bool:
    """Whether a provider is configured or used. The default provider exists in every stack, with
    the region of the environment that Terraform runs in.
    https://developer.hashicorp.com/terraform/language/providers/configuration#default-provider-configurations
    """
    name, _, alias = key.partition(".")
    if alias or stack.sources is None:
        return True
    blocks = stack.sources.blocks("", "provider")
    written = any(b.labels == (name,) and "alias" not in b.attributes for b in blocks)
    return written or any(stack.configuration.provider_of(r.declared) == key for r in stack)


def _blocks(stack: Stack, sources: SourceIndex) -> Iterator[SourceBlock]:
    for module in ("", *stack.configuration.modules):
        for kind in _KINDS:
            yield from sources.blocks(module, kind)


def _attributes(block: SourceBlock, region_variable: str) -> Iterator[SourceAttribute]:
    """Every attribute of a block, except descriptions and the region variable's default."""
    if block.kind == "variable":
        if block.labels != (region_variable,) and "default" in block.attributes:
            yield block.attributes["default"]
        return
    todo = [block]
    while todo:
        here = todo.pop()
        for name, attribute in here.attributes.items():
            if not (name == "description" and block.kind == "output"):
                yield attribute
        todo.extend(here.blocks)
