"""Resolves a stack with ``terraform test``: Terraform evaluates it with given identities.

In a plan of a stack that does not exist yet, all values that depend on an ARN are unknown. Here
Terraform plans the stack once with each set of variables, every computed attribute of every
managed resource is given a value (see :mod:`planproof.terraform.identities`), and Terraform
evaluates all expressions; it creates nothing and prints the full state. Where that teaches a name
that others depend on, it evaluates again.

Source: https://developer.hashicorp.com/terraform/language/tests/mocking
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from planproof.errors import PlanproofError
from planproof.terraform.binary import TerraformProcess
from planproof.terraform.plan import Plan
from planproof.terraform.provenance import Place, Tracer
from planproof.terraform.references import Configuration
from planproof.terraform.resolution.merge_state import (
    Evaluation,
    planned_locations,
    resolved_stack,
)
from planproof.terraform.resolution.overrides import (
    Overrides,
    evaluation_file,
    planning_file,
)
from planproof.terraform.resolution.replacements import Replacements
from planproof.terraform.source_index import SourceIndex
from planproof.terraform.stack import Stack
from planproof.terraform.workspace import Workspace, write_whole
from planproof.values import Value

TEST_FILE = "planproof.tftest.hcl"
DEFAULTS_FILE = "planproof_defaults_override.tf"
_REPLACEMENTS = 8
"""Evaluations more, at most, for expressions that fail and are replaced."""
_PASSES = 4
"""Evaluations at most: names may depend on names, but chains of more are not ordinary."""


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
class _Run:
    """One set of variables on its way to a resolved stack.

    Attributes:
        variables: those to give to Terraform's test.
        evaluation: what Terraform printed with the overrides, or with such as evaluate alike.
    """

    variant: Variant
    variables: Mapping[str, Value]
    plan: Plan | None = None
    overrides: Overrides | None = None
    evaluation: Evaluation | None = None
    stack: Stack | None = None
    problem: PlanproofError | None = None

    def merge(self, sources: SourceIndex, replaced: frozenset[Place]) -> None:
        """Set the stack from the plan, the evaluation and the overrides."""
        if self.plan is not None and self.evaluation is not None and self.overrides is not None:
            self.stack = resolved_stack(
                self.variant.name, self.plan, self.evaluation, self.overrides, sources, replaced
            )


def resolve(
    workspace: Workspace,
    plan: Callable[[], Plan],
    variants: Sequence[Variant],
    arguments: Sequence[str] = (),
    notices: list[str] | None = None,
) -> dict[str, Stack | PlanproofError]:
    """Resolve a planned stack with the variables of each variant.

    Args:
        plan: waits for the plan and returns it. Terraform converts it to JSON meanwhile, which
            takes a third of the time of the plan.
        arguments: the ``-var`` and ``-var-file`` arguments of the plan.
        notices: gets a sentence for each expression that cannot be evaluated.

    Returns:
        Variant name → resolved stack, or the error of its evaluation.
    """
    ephemeral = _ephemeral_defaults(workspace, arguments)
    runs = [_Run(variant, {**ephemeral, **variant.variables}) for variant in variants]
    other = [run for run in runs if run.variant.variables]
    schemas = {} if other else _kept_schemas(workspace)
    if not schemas:
        schemas = _plan(workspace, other or runs[:1], arguments)
        _keep_schemas(workspace, schemas)
    finished = plan()
    tracer = Tracer(Configuration.of(finished, workspace.sources))
    for run in runs:
        if not run.variant.variables:
            run.plan, run.problem = finished, None
        elif run.plan is not None:
            run.plan = replace(
                run.plan,
                configuration=finished.configuration,
                modules=finished.modules,
                providers=finished.providers,
                variables={**finished.variables, **run.variant.variables},
                sensitive_variables=finished.sensitive_variables,
            )

    def is_exact(address: str, text: str) -> bool:
        origin = tracer.text(address, text)
        return all(run.overrides.are_exact(origin) for run in runs if run.overrides is not None)

    replacements = Replacements(workspace, schemas, is_exact)
    _evaluate_until_settled(replacements, runs, tracer, arguments)
    if notices is not None:
        notices += replacements.notices
    results: dict[str, Stack | PlanproofError] = {}
    for run in runs:
        name = run.variant.name
        missing = run.problem or PlanproofError(f"{name} was not evaluated", "run again")
        results[name] = run.stack or missing
    return results


def _plan(workspace: Workspace, runs: Sequence[_Run], arguments: Sequence[str]) -> dict[str, Any]:
    """Plan the stack with the variables of each run; returns the schemas of the providers."""
    schemas: dict[str, Any] = {}
    todo = list(runs)
    while todo:
        text = planning_file([run.variables for run in todo])
        messages = _Messages(workspace, text, len(todo), arguments, schemas)
        for number, message in messages:
            todo[number].plan = Plan.of_changes(message["resource_changes"])
        done = {id(run) for run in todo if run.plan is not None}
        missing = [run for run in todo if id(run) not in done]
        if missing:
            # Terraform skips the runs after a failed one: the first without a plan has failed.
            missing[0].problem = messages.problem
        todo = missing[1:]
    return schemas


def _kept_schemas(workspace: Workspace) -> dict[str, Any]:
    """The schemas of the providers, from an earlier run; empty where there are none."""
    with suppress(OSError, ValueError):
        if file := workspace.schema_file():
            found = json.loads(file.read_bytes())
            return found if isinstance(found, dict) else {}
    return {}


def _keep_schemas(workspace: Workspace, schemas: Mapping[str, Any]) -> None:
    file = workspace.schema_file()
    if file is not None and schemas and not file.exists():
        with suppress(OSError):
            write_whole(file, json.dumps(schemas))


def _evaluate_until_settled(
    replacements: Replacements, runs: Sequence[_Run], tracer: Tracer, arguments: Sequence[str]
) -> None:
    """Evaluate all runs; again those that taught an argument from which another value follows."""
    schemas, sources = replacements.schemas, replacements.workspace.sources
    todo = [run for run in runs if run.plan is not None]
    for _ in range(_PASSES):
        changed = []
        for run in todo:
            if run.plan is None:
                continue
            learnt = {r.address: r.values for r in run.stack} if run.stack else {}
            overrides = Overrides.of(run.plan, tracer, schemas, planned_locations(run.plan), learnt)
            before, run.overrides = run.overrides, overrides
            if before is None or not overrides.evaluate_alike(before):
                changed.append(run)
            elif before.given != overrides.given:
                run.merge(sources, frozenset(replacements.places))
        todo = changed
        if not todo:
            return
        _evaluate(replacements, todo, arguments)
        todo = [run for run in todo if run.problem is None]


def _evaluate(replacements: Replacements, runs: Sequence[_Run], arguments: Sequence[str]) -> None:
    workspace, schemas = replacements.workspace, replacements.schemas
    todo = list(runs)
    for _ in range(len(runs) + _REPLACEMENTS):
        if not todo:
            return
        pairs = [(run.overrides, run.variables) for run in todo if run.overrides]
        with _defaults_written(workspace, pairs[0][0]), replacements.written():
            messages = _Messages(
                workspace, evaluation_file(pairs), len(todo), arguments, dict(schemas)
            )
            done = set()
            for number, state in messages:
                run = todo[number]
                run.evaluation = Evaluation(state, schemas, not workspace.real_credentials)
                run.merge(workspace.sources, frozenset(replacements.places))
                run.problem = None
                done.add(number)
                workspace.progress(
                    f"resolved {len(done)} of {len(todo)}: {todo[number].variant.name}"
                )
        todo = [run for number, run in enumerate(todo) if number not in done]
        if todo:
            todo[0].problem = messages.problem
            todo[0].stack = None
            if not replacements.add(messages.diagnostics()):
                todo = todo[1:]


def _ephemeral_defaults(workspace: Workspace, arguments: Sequence[str]) -> dict[str, Value]:
    """The defaults of ephemeral variables: Terraform's tests do not use them by themselves."""
    found: dict[str, Value] = {}
    for block in workspace.sources.blocks("", "variable"):
        default = block.attributes.get("default")
        given = any(argument.startswith(f"-var={block.labels[0]}=") for argument in arguments)
        if default is not None and "ephemeral" in block.attributes and not given:
            with suppress(ValueError):
                found[block.labels[0]] = json.loads(default.text)
    return found


@contextmanager
def _defaults_written(workspace: Workspace, overrides: Overrides) -> Iterator[None]:
    """Write the provider's defaults into the working copy for the time of the ``with`` block."""
    written: list[Path] = []
    folders = {"": workspace.root, **workspace.module_folders()}
    try:
        for module, text in overrides.default_files().items():
            folder = folders.get(module)
            if folder is not None and workspace.owns(folder):
                path = folder / DEFAULTS_FILE
                written.append(path)
                path.write_text(text, "utf-8")
        yield
    finally:
        for path in written:
            path.unlink(missing_ok=True)


@dataclass(slots=True)
class _Messages:
    """Runs ``terraform test`` until it has printed the last plan or state.

    Iterating yields the number of each run, and its plan or state.

    Attributes:
        schemas: filled from the first message, where empty.
        problem: the error for the first run without a message, once all are read.
    """

    workspace: Workspace
    text: str
    count: int
    arguments: Sequence[str]
    schemas: dict[str, Any]
    problem: PlanproofError | None = None
    _errors: list[str] = field(default_factory=list)

    def diagnostics(self) -> Iterator[Mapping[str, Any]]:
        """What Terraform reported."""
        for line in self._errors:
            with suppress(ValueError):
                yield json.loads(line).get("diagnostic") or {}

    def __iter__(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        test = self.workspace.root / TEST_FILE
        test.write_text(self.text, "utf-8")
        try:
            yield from self._read()
        finally:
            test.unlink(missing_ok=True)

    def _read(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        workspace = self.workspace
        command = ("test", "-json", "-verbose", "-no-color", f"-filter={TEST_FILE}")
        found = 0
        with TerraformProcess(
            workspace.binary,
            (*command, *self.arguments),
            cwd=workspace.root,
            env=workspace.environment(),
        ) as process:
            for line in process:
                if b'"type":"test_state"' in line[-64:] or b'"type":"test_plan"' in line[-64:]:
                    message, run = _read_message(line, self.schemas)
                    found += 1
                    yield int(run.removeprefix("v")), message
                    if found == self.count:
                        return  # Terraform then only destroys resources that do not exist
                elif b'"diagnostic"' in line:
                    self._errors.append(line.decode("utf-8", "replace"))
            _, standard_error = process.finish()
            self.problem = workspace.failure("test", "".join(self._errors), standard_error)


_SCHEMAS = b',"provider_schemas":'


def _read_message(line: bytes, schemas: dict[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The plan or state in a message, and the name of its run.

    The message has about 14 MB, nearly all of it provider schemas, the same in every message. They
    are decoded from the first message, into ``schemas`` (type → schema), and skipped in the others.
    """
    cut = line.rfind(_SCHEMAS)
    if cut < 0:
        message = json.loads(line)
        return message[message["type"]], message["@testrun"]
    message = json.loads(line[:cut] + b"}}")
    if not schemas:
        text = line[cut + len(_SCHEMAS) :].decode("utf-8", "replace")
        providers, _ = json.JSONDecoder().raw_decode(text)
        for provider in providers.values():
            for kind in ("resource_schemas", "data_source_schemas"):
                mode = "managed" if kind.startswith("resource") else "data"
                for type_, schema in (provider.get(kind) or {}).items():
                    schemas[f"{mode}.{type_}"] = schema.get("block") or {}
    return message.get("test_state") or message["test_plan"], message["@testrun"]
