"""Has Terraform itself evaluate a stack whole: ``terraform test`` with overridden identities.

A plan of a stack that does not exist yet leaves unknown whatever depends on an ARN. Here every
managed resource instance is overridden by a token of the right shape (see
:mod:`planproof.identities`), nothing is created, and Terraform prints the full state.

Source: https://developer.hashicorp.com/terraform/language/tests/mocking
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planproof.errors import PlanproofError
from planproof.identities import Identities
from planproof.plan import Plan
from planproof.stack import Stack
from planproof.state_merge import Evaluation, stack_of
from planproof.terraform_cli import Stream
from planproof.values import Value
from planproof.workspace import Workspace

TEST_FILE = "planproof.tftest.hcl"

# Data sources that compute without asking a cloud: overriding them would lose their answer.
_LOCAL_DATA = frozenset(
    {
        "aws_arn",
        "aws_default_tags",
        "aws_iam_policy_document",
        "aws_ip_ranges",
        "aws_partition",
        "aws_region",
        "aws_regions",
        "aws_service",
        "aws_service_principal",
    }
)


@dataclass(frozen=True, slots=True)
class Variant:
    """One set of variables to resolve a stack with, over those the user gave.

    Attributes:
        name: what reports call it ("default", "another suffix").
        variables: name → value.
    """

    name: str
    variables: Mapping[str, Value] = field(default_factory=dict)


def resolve(
    workspace: Workspace, plan: Plan, variants: Sequence[Variant], arguments: Sequence[str] = ()
) -> dict[str, Stack | PlanproofError]:
    """Resolve a planned stack with each variant's variables, sharing one start of Terraform.

    Args:
        arguments: the ``-var`` and ``-var-file`` arguments that the plan was made with.

    Returns:
        Variant name → the resolved stack, or the error that Terraform met on the way.
    """
    identities, overrides = _overrides(plan)
    results: dict[str, Stack | PlanproofError] = {}
    todo = list(variants)
    while todo:
        states, problem = _evaluate(workspace, overrides, todo, arguments)
        for variant in todo:
            if variant.name in states:
                results[variant.name] = stack_of(
                    variant.name,
                    {**plan.variables, **variant.variables},
                    plan,
                    states[variant.name],
                    identities,
                    overrides,
                    workspace.sources,
                    same_variables=not variant.variables,
                )
        left = [variant for variant in todo if variant.name not in states]
        if left:
            # Terraform skips what follows a failed run: the first one left is the one that failed.
            results[left[0].name] = problem
            left = left[1:]
        todo = left
    return results


def _overrides(plan: Plan) -> tuple[Identities, dict[str, dict[str, str]]]:
    """Address → attributes to override, for every managed instance and every deferred data source
    that would ask a cloud."""
    identities = Identities()
    overrides: dict[str, dict[str, str]] = {}
    for resource in plan.resources.values():
        if resource.mode == "managed":
            unknown = {key for key, value in resource.unknown.items() if value is True}
            overrides[resource.address] = identities.tokens(
                resource.address, resource.type, unknown
            )
        elif resource.unknown and resource.type not in _LOCAL_DATA and _asks_aws(resource.type):
            overrides[resource.address] = {}
    return identities, overrides


def _asks_aws(type_: str) -> bool:
    return type_.startswith("aws_")


def test_file(
    overrides: Mapping[str, Mapping[str, str]],
    managed: Iterable[str],
    variants: Sequence[Variant],
) -> str:
    """The text of the generated ``.tftest.hcl``."""
    resources = set(managed)
    lines: list[str] = []
    for address, values in overrides.items():
        kind = "resource" if address in resources else "data"
        lines.append(f"override_{kind} {{\n  target = {address}\n  values = {{")
        lines += [f"    {key} = {hcl(value)}" for key, value in values.items()]
        lines.append("  }\n}")
    for number, variant in enumerate(variants):
        lines.append(f'run "v{number}" {{\n  command = apply\n  state_key = "v{number}"')
        if variant.variables:
            lines.append("  variables {")
            lines += [f"    {key} = {hcl(value)}" for key, value in variant.variables.items()]
            lines.append("  }")
        lines.append("}")
    return "\n".join([*lines, ""])


def hcl(value: Value) -> str:
    """A value as an HCL expression. JSON is one, but for template markers in strings."""
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _evaluate(
    workspace: Workspace,
    overrides: Mapping[str, Mapping[str, str]],
    variants: Sequence[Variant],
    arguments: Sequence[str],
) -> tuple[dict[str, Evaluation], PlanproofError]:
    """Run ``terraform test`` until the last state is out.

    Returns:
        Variant name → state, and the error for the first variant that has none.
    """
    managed = [address for address in overrides if not _is_data(address)]
    Path(workspace.root / TEST_FILE).write_text(test_file(overrides, managed, variants), "utf-8")
    names = {f"v{number}": variant.name for number, variant in enumerate(variants)}
    command = ("test", "-json", "-verbose", "-no-color", f"-filter={TEST_FILE}", *arguments)
    states: dict[str, Evaluation] = {}
    schemas: dict[str, Any] = {}
    said: list[str] = []
    with Stream(
        workspace.binary, command, cwd=workspace.root, env=workspace.environment()
    ) as stream:
        for line in stream:
            if b'"type":"test_state"' in line[-64:]:
                state, run = _read_state(line, schemas)
                states[names[run]] = Evaluation(state, schemas)
                workspace.progress(f"resolved {len(states)} of {len(variants)}: {names[run]}")
                if len(states) == len(variants):
                    break  # what follows is Terraform taking down what never was
            elif b'"diagnostic"' in line:
                said.append(line.decode("utf-8", "replace"))
        else:
            _, errors = stream.finish()
            return states, workspace.failure("test", "".join(said), errors)
    return states, PlanproofError("nothing failed", "go on")


def _is_data(address: str) -> bool:
    last = address.rsplit("module.", 1)[-1]
    return last.startswith("data.") or ".data." in last.split("[")[0]


_SCHEMAS = b',"provider_schemas":'


def _read_state(line: bytes, schemas: dict[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The state in a ``test_state`` message, and the run it belongs to.

    The message is about 14 MB, nearly all of it provider schemas; they are the same in every
    message, so they are decoded once, into ``schemas`` (type → schema), and cut off else.
    """
    cut = line.rfind(_SCHEMAS)
    if cut < 0:
        message = json.loads(line)
        return message["test_state"], message["@testrun"]
    message = json.loads(line[:cut] + b"}}")
    if not schemas:
        text = line[cut + len(_SCHEMAS) :].decode("utf-8", "replace")
        providers, _ = json.JSONDecoder().raw_decode(text)
        for provider in providers.values():
            for kind in ("resource_schemas", "data_source_schemas"):
                mode = "managed" if kind.startswith("resource") else "data"
                for type_, schema in (provider.get(kind) or {}).items():
                    schemas[f"{mode}.{type_}"] = schema.get("block") or {}
    return message["test_state"], message["@testrun"]
