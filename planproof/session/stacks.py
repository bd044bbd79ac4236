"""Resolves the stack of a run, once for each set of variables."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from posixpath import normpath

from planproof.errors import PlanproofError, UndeterminedError
from planproof.evidence import sensitive_texts
from planproof.terraform.aws_answers import offer_domains
from planproof.terraform.aws_endpoint import BackgroundEndpoint
from planproof.terraform.binary import (
    DEFAULT_TIMEOUT,
    Binary,
    BinaryNotFoundError,
    Progress,
    find_binary,
    kill_running,
    no_progress,
)
from planproof.terraform.given_data.blocks import read_given_data
from planproof.terraform.plan import Plan
from planproof.terraform.plan_gaps import Gaps
from planproof.terraform.recording import read_recording, source_digest
from planproof.terraform.resolution.run import Variant, resolve
from planproof.terraform.source_index import SourceIndex
from planproof.terraform.stack import DEFAULT, Resource, Stack
from planproof.terraform.working_copy import source_files
from planproof.terraform.workspace import Workspace, shown_path
from planproof.values import UNKNOWN, Value, is_unknown

DEFAULT_BINARY = "terraform"
_PLAN_FILE = "planproof.tfplan"
VariantsOf = Callable[[Mapping[str, Value]], Sequence[Variant]]
"""Given the variables of the stack, returns the further variants to resolve. It is called twice:
before the plan, when some values are still UNKNOWN, and with the values of the plan."""
OnWorkspace = Callable[[Workspace, Mapping[str, Value]], None]
"""Called once, with the workspace and the variables of the stack, as soon as both are known."""


@dataclass(slots=True)
class RunRequest:
    """The stack that the user wants judged, and how to resolve it.

    Attributes:
        terraform_dir: the sources; None for a plan file without its sources.
        cache: folder of the working copies.
        plan_file: output of ``terraform show -json``, instead of a plan made here.
        binary: name or path of the Terraform binary.
        variables: ``NAME=VALUE`` as for ``terraform plan -var``.
        variable_files: as for ``terraform plan -var-file``.
        recording: the recorded resolution, used where there is no Terraform binary.
        mirrors: provider mirrors to search first.
        real_credentials: let Terraform call the real AWS APIs.
        data: ``ADDRESS=JSON``, the values of data sources.
        data_files: JSON files with an object of such values.
        timeout: seconds that a plan may wait for an answer.
    """

    terraform_dir: Path | None
    cache: Path
    plan_file: Path | None = None
    binary: str = DEFAULT_BINARY
    variables: Sequence[str] = ()
    variable_files: Sequence[Path] = ()
    recording: Path | None = None
    mirrors: Sequence[Path] = ()
    real_credentials: bool = False
    data: Sequence[str] = ()
    data_files: Sequence[Path] = ()
    timeout: float = DEFAULT_TIMEOUT

    def arguments(self) -> tuple[str, ...]:
        """The ``-var-file`` and ``-var`` arguments for Terraform."""
        files = [f"-var-file={path.resolve()}" for path in self.variable_files]
        return (*files, *(f"-var={text}" for text in self.variables))


@dataclass(slots=True)
class ResolvedStacks:
    """The stack of a run, resolved with each set of variables.

    Attributes:
        source: how the values were found, as a phrase for reports.
        notices: what every report must state first.
        plan: the plan of the default variables; None for a recording.
        by_variant: variant name → the stack, or the error of its resolution.
        masked: sensitive texts to mask; None: those of the stacks.
    """

    request: RunRequest
    progress: Progress = no_progress
    source: str = ""
    notices: list[str] = field(default_factory=list)
    plan: Plan | None = None
    workspace: Workspace | None = None
    by_variant: dict[str, Stack | PlanproofError] = field(default_factory=dict)
    masked: frozenset[str] | None = None
    _resources: ExitStack = field(init=False, default_factory=ExitStack)

    def prepare(
        self, variants_of: VariantsOf = lambda _: (), on_workspace: OnWorkspace = lambda *_: None
    ) -> None:
        """Resolve the stacks; takes seconds.

        Args:
            on_workspace: called without waiting for the resolution; not called where Terraform
                does not run.

        Raises:
            PlanproofError: the stack cannot be judged at all.
        """
        if self.request.plan_file is not None:
            self._from_plan_file(self.request.plan_file)
            return
        try:
            binary = find_binary(self.request.binary)
        except BinaryNotFoundError as missing:
            self._from_recording(missing)
            return
        self._from_terraform(binary, variants_of, on_workspace)

    def close(self) -> None:
        """Release the workspace and stop the AWS endpoint."""
        self._resources.close()

    # For steps and reports -------------------------------------------------------------------

    @property
    def subject(self) -> str:
        """The Terraform directory or plan file, as a report shows it."""
        path = self.request.plan_file or self.request.terraform_dir
        return shown_path(path) if path else ""

    @property
    def stacks(self) -> Mapping[str, Stack]:
        """Variant name → stack, of those that could be resolved."""
        return {k: v for k, v in self.by_variant.items() if isinstance(v, Stack)}

    def with_stacks(self, stacks: Mapping[str, Stack]) -> ResolvedStacks:
        """A copy with other stacks in place of those of the same name.

        It masks the sensitive texts of the original, and need not be closed.
        """
        by_variant = {**self.by_variant, **stacks}
        return replace(self, by_variant=by_variant, masked=self.secrets())

    @property
    def gaps(self) -> Gaps:
        """What a plan file leaves open; nothing where Terraform resolved the stack."""
        default = self.by_variant.get(DEFAULT)
        return default.gaps if isinstance(default, Stack) else Gaps()

    def stack(self, variant: str = DEFAULT) -> Stack:
        """The stack resolved with the variables of a variant.

        Raises:
            UndeterminedError: it could not be resolved; with the reason.
        """
        resolved = self.by_variant.get(variant)
        if isinstance(resolved, Stack):
            return resolved
        if resolved is not None:
            detail = f" ({' '.join(resolved.detail.split())[:300]})" if resolved.detail else ""
            raise UndeterminedError(f"with {variant}, {resolved.what}{detail}")
        if self.request.plan_file is not None:
            raise UndeterminedError(
                f"a plan file has one set of variables only, so {variant} cannot be judged"
            )
        raise UndeterminedError(f"the stack was not resolved with {variant}")

    def locate(self, resource: Resource, path: str = "") -> tuple[str, int]:
        """File and line of a resource or its attribute; the file relative to where the run
        started, or ("", 0)."""
        for stack in self.stacks.values():
            file, line = stack.locate(resource, path)
            if file:
                return self.source_path(file), line
        return "", 0

    def source_path(self, file: str) -> str:
        """Path of a source file as a report shows it.

        Args:
            file: relative to the root module.
        """
        base = self.request.terraform_dir
        return file if base is None else normpath(f"{shown_path(base)}/{file}")

    def secrets(self) -> frozenset[str]:
        """Sensitive texts that must be masked in everything that is shown or written."""
        if self.masked is None:
            self.masked = sensitive_texts(self.stacks.values())
        return self.masked

    # Resolution ------------------------------------------------------------------------------

    def _from_plan_file(self, path: Path) -> None:
        self.plan = Plan.load(path)
        directory, sources = self.request.terraform_dir, None
        if directory is not None:
            source_files(directory)
            sources = SourceIndex.read({"": directory}, root=directory)
        self.by_variant[DEFAULT] = Stack.from_plan(self.plan, sources=sources, file=str(path))
        self.notices += self.gaps.notices
        self.source = f"plan file of {product_of(self.plan)}"
        self.notices.append(
            "Judged from a plan file only: values that the plan does not know are undetermined."
        )

    def _from_recording(self, missing: BinaryNotFoundError) -> None:
        directory = self.request.terraform_dir
        named = self.request.binary != DEFAULT_BINARY
        if directory is None or self.request.recording is None or named:
            raise missing
        if self.request.arguments() or any(name.startswith("TF_VAR_") for name in os.environ):
            raise PlanproofError(
                f"{missing.what}, and the recorded resolution has the default variables only",
                f"{missing.todo}, or set no variables",
            )
        source_files(directory)
        recording = read_recording(self.request.recording, directory, missing)
        self.by_variant.update(recording.stacks(directory))
        self.source = f"recorded resolution of {recording.made_with}"
        self.notices.append(
            f"No Terraform binary was found: these are recorded values, resolved with "
            f"{recording.made_with} from the same sources (digest {recording.digest[:12]})."
        )

    def _from_terraform(
        self, binary: Binary, variants_of: VariantsOf, on_workspace: OnWorkspace
    ) -> None:
        directory = self.request.terraform_dir
        if directory is None:
            raise ValueError("a request names a directory or a plan file")
        endpoint = None if self.request.real_credentials else BackgroundEndpoint()
        if endpoint is not None:
            self._resources.callback(endpoint.stop)
        workspace = Workspace.cached(
            directory,
            binary,
            self.request.cache,
            progress=self.progress,
            real_credentials=self.request.real_credentials,
            mirrors=tuple(self.request.mirrors),
            timeout=self.request.timeout,
            data=read_given_data(self.request.data, self.request.data_files),
        )
        self.workspace = self._resources.enter_context(workspace.prepared())
        if endpoint is not None:
            workspace.endpoint = endpoint.url
            offer_domains(endpoint.url, self._texts(workspace))
        self._check_variables(workspace)
        with workspace.provider_running():
            try:
                self._resolve(workspace, variants_of, on_workspace)
            finally:
                (workspace.root / _PLAN_FILE).unlink(missing_ok=True)
        self.source = f"{binary}, every value resolved, sources {source_digest(directory)[:12]}"
        names = [text.partition("=")[0] for text in self.request.variables]
        names += [path.name for path in self.request.variable_files]
        if names:
            self.source += f", with {', '.join(names)}"

    def _texts(self, workspace: Workspace) -> Iterator[str]:
        """Where the names of hosted zones may be written: the sources and the variables."""
        yield from self.request.variables
        yield from (value for name, value in os.environ.items() if name.startswith("TF_VAR_"))
        files = [*workspace.root.glob("*.tfvars*"), *self.request.variable_files]
        for folder in (workspace.root, *workspace.module_folders().values()):
            files += [*folder.glob("*.tf"), *folder.glob("*.tf.json")]
        for path in files:
            with suppress(OSError):
                yield path.read_text("utf-8", "replace")

    def _resolve(
        self, workspace: Workspace, variants_of: VariantsOf, on_workspace: OnWorkspace
    ) -> None:
        arguments = self.request.arguments()
        early = variables_before_plan(workspace.sources, self.request)
        complete = not any(is_unknown(value) for value in early.values())
        if complete:
            on_workspace(workspace, early)
        self.progress(f"{workspace.binary.product} plan")
        workspace.terraform(
            "plan", "-input=false", "-no-color", "-json", f"-out={_PLAN_FILE}", *arguments
        )
        early_variants = list(variants_of(early))
        variants = [Variant(DEFAULT), *early_variants]
        sets = "one set" if len(variants) == 1 else f"{len(variants)} sets"
        self.progress(f"resolving the stack with {sets} of variables")
        with ThreadPoolExecutor(1) as pool:
            plan = pool.submit(_read_plan, workspace)
            try:
                self.by_variant.update(
                    resolve(workspace, plan.result, variants, arguments, self.notices)
                )
            except KeyboardInterrupt:
                kill_running()  # else leaving the block waits for the thread's command
                raise
        self.plan = plan.result()
        if not complete:
            on_workspace(workspace, self.plan.variables)
        self._correct_variants(early_variants, variants_of(self.plan.variables), workspace)
        default = self.by_variant[DEFAULT]
        if isinstance(default, PlanproofError):
            raise default

    def _correct_variants(
        self, early: Sequence[Variant], final: Sequence[Variant], workspace: Workspace
    ) -> None:
        """Resolve the variants that differ now that all variables are known."""
        for variant in early:
            if variant not in final:
                del self.by_variant[variant.name]
        missing = [variant for variant in final if variant not in early]
        if missing and self.plan is not None:
            plan, arguments = self.plan, self.request.arguments()
            self.by_variant.update(
                resolve(workspace, lambda: plan, missing, arguments, self.notices)
            )

    def _check_variables(self, workspace: Workspace) -> None:
        declared = {b.labels[0] for b in workspace.sources.blocks("", "variable") if b.labels}
        for text in self.request.variables:
            name, equals, _ = text.partition("=")
            if not equals:
                raise PlanproofError(f"--var {text!r} has no value", "write it as --var NAME=VALUE")
            if name not in declared:
                known = ", ".join(sorted(declared)) or "none"
                raise PlanproofError(
                    f"{workspace.source_name} declares no variable {name!r}",
                    f"use a variable that it declares ({known})",
                )
        for path in self.request.variable_files:
            if not path.is_file():
                raise PlanproofError(f"the variable file {path} does not exist", "check --var-file")


def product_of(plan: Plan) -> str:
    """Product and version of the binary that made a plan; OpenTofu has a registry of its own."""
    changes = plan.raw.get("resource_changes") or ()
    names = (str(change.get("provider_name")) for change in changes)
    product = "OpenTofu" if any("registry.opentofu.org" in name for name in names) else "Terraform"
    return f"{product} {plan.terraform_version or '?'}"


def _read_plan(workspace: Workspace) -> Plan:
    """The plan that was just made; its file is removed, since it has sensitive values in it."""
    try:
        return Plan.parse(workspace.terraform("show", "-json", _PLAN_FILE))
    finally:
        (workspace.root / _PLAN_FILE).unlink(missing_ok=True)


def variables_before_plan(sources: SourceIndex, request: RunRequest) -> dict[str, Value]:
    """The variables as far as they are known without a plan: literal defaults, and ``--var``.

    All others are :data:`UNKNOWN`, for example if there is a variable file.
    """
    values: dict[str, Value] = {}
    has_files = bool(request.variable_files) or any(
        path.name.endswith((".auto.tfvars", ".auto.tfvars.json"))
        or path.name in ("terraform.tfvars", "terraform.tfvars.json")
        for path in (request.terraform_dir or Path()).iterdir()
    )
    for block in sources.blocks("", "variable"):
        if not block.labels:
            continue
        name, default = block.labels[0], block.attributes.get("default")
        values[name] = UNKNOWN
        if default is not None and not has_files and f"TF_VAR_{name}" not in os.environ:
            with suppress(ValueError):
                values[name] = json.loads(default.text)
    for text in request.variables:
        name, _, value = text.partition("=")
        values[name] = value
    return values
