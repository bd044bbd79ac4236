"""Resolves a stack with ``terraform test``: Terraform evaluates it with overridden identities.

In a plan of a stack that does not exist yet, all values that depend on an ARN are unknown. Here the
identity of every managed resource instance is overridden by a token of the right format (see
:mod:`planproof.terraform.identities`); Terraform creates nothing and prints the full state.

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
from planproof.terraform.binary import TerraformProcess
from planproof.terraform.plan import Plan
from planproof.terraform.provenance import Tracer
from planproof.terraform.references import Configuration
from planproof.terraform.resolution.merge_state import Evaluation, resolved_stack
from planproof.terraform.resolution.overrides import Instance, Overrides, instances_of
from planproof.terraform.source_index import SourceIndex
from planproof.terraform.stack import Stack
from planproof.terraform.workspace import Workspace
from planproof.values import Value

TEST_FILE = "planproof.tftest.hcl"
DEFAULTS_FILE = "planproof_defaults_override.tf"


@dataclass(frozen=True, slots=True)
class Variant:
    """A set of variables to resolve a stack with, in addition to the user's.

    Attributes:
        name: its name in reports ("default", "another suffix").
        variables: name → value; override the user's.
    """

    name: str
    variables: Mapping[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Evaluations:
    """The states that Terraform evaluated, not yet merged with the plan.

    Attributes:
        states: variant name → state.
        problems: variant name → error, where there is no state.
    """

    overrides: Overrides
    states: dict[str, Evaluation] = field(default_factory=dict)
    problems: dict[str, PlanproofError] = field(default_factory=dict)

    def stacks(
        self, plan: Plan, variants: Iterable[Variant], sources: SourceIndex
    ) -> dict[str, Stack | PlanproofError]:
        """Variant name → resolved stack, or the error of its evaluation."""
        results: dict[str, Stack | PlanproofError] = {}
        for variant in variants:
            state = self.states.get(variant.name)
            if state is None:
                results[variant.name] = self.problems[variant.name]
                continue
            results[variant.name] = resolved_stack(
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
    """The instances in the output of ``terraform plan -json``, which precedes the plan file."""
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
    """Like :func:`resolve`, but starts while Terraform still converts the plan to JSON.

    The conversion takes a third of the time of the plan. To start, resolution needs only the list
    of instances. The evaluation is repeated if an expression refers to a value that only the plan
    knows.

    Args:
        instances: from the output of ``terraform plan -json``.
        plan: waits for the plan and returns it.
    """
    overrides = Overrides.of(instances, Configuration.of_sources(workspace.sources))
    evaluations = evaluate(workspace, overrides, variants, arguments)
    finished = plan()
    tracer = Tracer(Configuration.of(finished, workspace.sources))
    if overrides.repeating(finished, tracer).repeated:
        return resolve(workspace, finished, variants, arguments)
    return evaluations.stacks(finished, variants, workspace.sources)


def resolve(
    workspace: Workspace, plan: Plan, variants: Sequence[Variant], arguments: Sequence[str] = ()
) -> dict[str, Stack | PlanproofError]:
    """Resolve a planned stack with the variables of each variant, in one run of Terraform.

    Args:
        arguments: the ``-var`` and ``-var-file`` arguments of the plan.

    Returns:
        Variant name → resolved stack, or the error of its evaluation.
    """
    tracer = Tracer(Configuration.of(plan, workspace.sources))
    overrides = Overrides.of(instances_of(plan), tracer.configuration)
    overrides = overrides.repeating(plan, tracer)
    evaluations = evaluate(workspace, overrides, variants, arguments)
    return evaluations.stacks(plan, variants, workspace.sources)


def evaluate(
    workspace: Workspace,
    overrides: Overrides,
    variants: Sequence[Variant],
    arguments: Sequence[str] = (),
) -> Evaluations:
    """Evaluate a stack with the variables of each variant."""
    with _defaults_written(workspace, overrides):
        evaluations = _evaluate_all(workspace, overrides, variants, arguments)
    if overrides.repeated and evaluations.problems:
        # A repeated value may be read-only, and then Terraform does not accept it in the override.
        plain = replace(overrides, repeated={})
        failed = [variant for variant in variants if variant.name in evaluations.problems]
        second = _evaluate_all(workspace, plain, failed, arguments)
        evaluations.states |= second.states
        evaluations.problems = second.problems
    return evaluations


def _evaluate_all(
    workspace: Workspace,
    overrides: Overrides,
    variants: Sequence[Variant],
    arguments: Sequence[str],
) -> Evaluations:
    evaluations = Evaluations(overrides)
    tracer = Tracer(Configuration.of_sources(workspace.sources))
    todo: list[Variant] = []
    for variant in variants:
        if module := overrides.not_covered(frozenset(variant.variables), tracer):
            evaluations.problems[variant.name] = PlanproofError(
                f"with {variant.name}, {module} may have other instances, "
                "whose resources would really be created",
                "do not let the count or for_each of the module depend on these variables",
            )
        else:
            todo.append(variant)
    while todo:
        states, problem = _evaluate(workspace, overrides, todo, arguments)
        evaluations.states |= states
        missing = [variant for variant in todo if variant.name not in states]
        if missing:
            # Terraform skips the runs after a failed one: the first without a state has failed.
            evaluations.problems[missing[0].name] = problem
        todo = missing[1:]
    return evaluations


@contextmanager
def _defaults_written(workspace: Workspace, overrides: Overrides) -> Iterator[None]:
    """Write the repeated defaults into the working copy for the time of the ``with`` block."""
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
    """Run ``terraform test`` until it has printed the last state.

    Returns:
        Variant name → state, and the error for the first variant without one.
    """
    text = overrides.test_file([variant.variables for variant in variants])
    Path(workspace.root / TEST_FILE).write_text(text, "utf-8")
    names = {f"v{number}": variant.name for number, variant in enumerate(variants)}
    command = ("test", "-json", "-verbose", "-no-color", f"-filter={TEST_FILE}", *arguments)
    states: dict[str, Evaluation] = {}
    schemas: dict[str, Any] = {}
    errors: list[str] = []
    with TerraformProcess(
        workspace.binary, command, cwd=workspace.root, env=workspace.environment()
    ) as process:
        for line in process:
            if b'"type":"test_state"' in line[-64:]:
                state, run = _read_state(line, schemas)
                states[names[run]] = Evaluation(state, schemas)
                workspace.progress(f"resolved {len(states)} of {len(variants)}: {names[run]}")
                if len(states) == len(variants):
                    break  # Terraform then only destroys resources that do not exist
            elif b'"diagnostic"' in line:
                errors.append(line.decode("utf-8", "replace"))
        else:
            _, standard_error = process.finish()
            return states, workspace.failure("test", "".join(errors), standard_error)
    return states, PlanproofError("no variant failed", "use the states")


_SCHEMAS = b',"provider_schemas":'


def _read_state(line: bytes, schemas: dict[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The state in a ``test_state`` message, and the name of its run.

    The message has about 14 MB, nearly all of it provider schemas, the same in every message. They
    are decoded from the first message, into ``schemas`` (type → schema), and skipped in the others.
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
