"""Has Terraform itself evaluate a stack whole: ``terraform test`` with overridden identities.

A plan of a stack that does not exist yet leaves unknown whatever depends on an ARN. Here every
managed resource instance is overridden by a token of the right shape (see
:mod:`planproof.terraform.identities`), nothing is created, and Terraform prints the full state.

Source: https://developer.hashicorp.com/terraform/language/tests/mocking
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from planproof.errors import PlanproofError
from planproof.terraform.binary import Stream
from planproof.terraform.plan import Plan
from planproof.terraform.provenance import Tracer
from planproof.terraform.references import Configuration
from planproof.terraform.resolution.merge_state import Evaluation, stack_of
from planproof.terraform.resolution.overrides import Instance, Overrides, instances_of
from planproof.terraform.source_index import SourceIndex
from planproof.terraform.stack import Stack
from planproof.terraform.workspace import Workspace
from planproof.values import Value

TEST_FILE = "planproof.tftest.hcl"
DEFAULTS_FILE = "planproof_defaults_override.tf"


@dataclass(frozen=True, slots=True)
class Variant:
    """One set of variables to resolve a stack with, over those the user gave.

    Attributes:
        name: what reports call it ("default", "another suffix").
        variables: name → value.
    """

    name: str
    variables: Mapping[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Evaluations:
    """What Terraform evaluated, not yet held against the plan.

    Attributes:
        states: variant name → state.
        problems: variant name → what Terraform met.
    """

    overrides: Overrides
    states: dict[str, Evaluation] = field(default_factory=dict)
    problems: dict[str, PlanproofError] = field(default_factory=dict)

    def stacks(
        self, plan: Plan, variants: Iterable[Variant], sources: SourceIndex
    ) -> dict[str, Stack | PlanproofError]:
        """Variant name → the resolved stack, or the error that Terraform met on the way."""
        results: dict[str, Stack | PlanproofError] = {}
        for variant in variants:
            state = self.states.get(variant.name)
            if state is None:
                results[variant.name] = self.problems[variant.name]
                continue
            results[variant.name] = stack_of(
                variant.name,
                {**plan.variables, **variant.variables},
                plan,
                state,
                self.overrides,
                sources,
                same_variables=not variant.variables,
            )
        return results


def planned_instances(output: str) -> list[Instance]:
    """The instances in what ``terraform plan -json`` prints, before the plan itself can be read."""
    instances = []
    for line in output.splitlines():
        if '"type":"planned_change"' in line:
            change = json.loads(line)["change"]
            if change["action"] not in ("delete", "remove", "forget"):
                resource = change["resource"]
                mode = "data" if change["action"] == "read" else "managed"
                instances.append(Instance(resource["addr"], mode, resource["resource_type"]))
    return instances


def resolve_beside(
    workspace: Workspace,
    instances: Iterable[Instance],
    variants: Sequence[Variant],
    arguments: Sequence[str],
    plan: Callable[[], Plan],
) -> dict[str, Stack | PlanproofError]:
    """The same as :func:`resolve`, begun while the plan is still being read.

    Reading a plan takes Terraform a third as long as making it. What resolution needs of it at
    once is the list of instances; only where something refers to what the plan alone knows is
    the evaluation done over, with that repeated.

    Args:
        instances: as ``terraform plan -json`` printed them.
        plan: waits for the plan and returns it.
    """
    overrides = Overrides.of(instances, Configuration.of_sources(workspace.sources))
    found = evaluate(workspace, overrides, variants, arguments)
    made = plan()
    tracer = Tracer(Configuration.of(made, workspace.sources))
    if overrides.repeating(made, tracer).repeated:
        return resolve(workspace, made, variants, arguments)
    return found.stacks(made, variants, workspace.sources)


def resolve(
    workspace: Workspace, plan: Plan, variants: Sequence[Variant], arguments: Sequence[str] = ()
) -> dict[str, Stack | PlanproofError]:
    """Resolve a planned stack with each variant's variables, sharing one start of Terraform.

    Args:
        arguments: the ``-var`` and ``-var-file`` arguments that the plan was made with.

    Returns:
        Variant name → the resolved stack, or the error that Terraform met on the way.
    """
    tracer = Tracer(Configuration.of(plan, workspace.sources))
    overrides = Overrides.of(instances_of(plan), tracer.configuration)
    overrides = overrides.repeating(plan, tracer)
    found = evaluate(workspace, overrides, variants, arguments)
    return found.stacks(plan, variants, workspace.sources)


def evaluate(
    workspace: Workspace,
    overrides: Overrides,
    variants: Sequence[Variant],
    arguments: Sequence[str] = (),
) -> Evaluations:
    """Have Terraform evaluate a stack with each variant's variables."""
    with _defaults_written(workspace, overrides):
        found = _evaluate_all(workspace, overrides, variants, arguments)
    if overrides.repeated and found.problems:
        # What the plan knows may be the provider's to say alone, and then cannot be written down.
        plain = replace(overrides, repeated={})
        left = [variant for variant in variants if variant.name in found.problems]
        again = _evaluate_all(workspace, plain, left, arguments)
        found.states |= again.states
        found.problems = again.problems
    return found


def _evaluate_all(
    workspace: Workspace,
    overrides: Overrides,
    variants: Sequence[Variant],
    arguments: Sequence[str],
) -> Evaluations:
    found = Evaluations(overrides)
    tracer = Tracer(Configuration.of_sources(workspace.sources))
    todo: list[Variant] = []
    for variant in variants:
        if module := overrides.not_covered(frozenset(variant.variables), tracer):
            found.problems[variant.name] = PlanproofError(
                f"with {variant.name}, {module} may have other instances, "
                "and what is in them would really be made",
                "let the instances of the module depend on something else",
            )
        else:
            todo.append(variant)
    while todo:
        states, problem = _evaluate(workspace, overrides, todo, arguments)
        found.states |= states
        left = [variant for variant in todo if variant.name not in states]
        if left:
            # Terraform skips what follows a failed run: the first one left is the one that failed.
            found.problems[left[0].name] = problem
        todo = left[1:]
    return found


@contextmanager
def _defaults_written(workspace: Workspace, overrides: Overrides) -> Iterator[None]:
    """Write repeated defaults into the working copy, and leave no trace of them."""
    written: list[Path] = []
    folders = {"": workspace.root, **workspace.module_folders()}
    try:
        for module, text in overrides.defaults().items():
            folder = folders.get(module)
            if folder is not None and workspace.owns(folder):
                path = folder / DEFAULTS_FILE
                written.append(path)
                path.write_text(text, "utf-8")
        yield
    finally:
        for path in written:
            path.unlink(missing_ok=True)


def _evaluate(
    workspace: Workspace,
    overrides: Overrides,
    variants: Sequence[Variant],
    arguments: Sequence[str],
) -> tuple[dict[str, Evaluation], PlanproofError]:
    """Run ``terraform test`` until the last state is out.

    Returns:
        Variant name → state, and the error for the first variant that has none.
    """
    text = overrides.test_file([variant.variables for variant in variants])
    Path(workspace.root / TEST_FILE).write_text(text, "utf-8")
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
