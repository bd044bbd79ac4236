"""One run's questions to Terraform: made once, asked by every step."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from planproof.errors import PlanproofError, UndeterminedError
from planproof.evidence import sensitive_texts
from planproof.terraform.aws_endpoint import BackgroundEndpoint
from planproof.terraform.binary import Binary, BinaryNotFoundError, Progress, find_binary
from planproof.terraform.binary import no_progress as silent
from planproof.terraform.plan import Plan
from planproof.terraform.recording import Recording, read_recording, source_digest
from planproof.terraform.resolution.run import Variant, planned_instances, resolve, resolve_beside
from planproof.terraform.source_index import SourceIndex
from planproof.terraform.stack import DEFAULT, Resource, Stack
from planproof.terraform.working_copy import source_files
from planproof.terraform.workspace import Workspace, shown_path
from planproof.values import UNKNOWN, Value, is_unknown

DEFAULT_BINARY = "terraform"
VariantsOf = Callable[[Mapping[str, Value]], Sequence[Variant]]
"""Given the variables of the stack, the further variants a suite wants resolved. It is asked twice:
before there is a plan, when some values are still UNKNOWN, and with the plan's."""
Prepared = Callable[[Workspace, Mapping[str, Value]], None]
"""Is told, once, of the workspace and the variables of the stack, as soon as both are known."""


@dataclass(slots=True)
class RunRequest:
    """What the user asked to have judged.

    Attributes:
        terraform_dir: the sources, or None where only a plan file is given.
        plan_file: output of ``terraform show -json``, instead of planning here.
        binary: name or path of the binary.
        variables: ``NAME=VALUE`` as for ``terraform plan -var``.
        variable_files: as for ``terraform plan -var-file``.
        recording: where a recorded resolution may be found.
        cache: where working copies are kept.
        mirrors: further provider mirrors.
        real_credentials: let Terraform ask the real cloud.
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

    def arguments(self) -> tuple[str, ...]:
        """The variable arguments for Terraform."""
        files = [f"-var-file={path.resolve()}" for path in self.variable_files]
        return (*files, *(f"-var={text}" for text in self.variables))


@dataclass(slots=True)
class ResolvedStacks:
    """The answers, by variant name.

    Attributes:
        source: one phrase on how the values were found.
        notices: what every report must say at its top.
        timings: phase → seconds.
    """

    request: RunRequest
    progress: Progress = silent
    source: str = ""
    notices: list[str] = field(default_factory=list)
    plan: Plan | None = None
    workspace: Workspace | None = None
    recorded: Recording | None = None
    timings: dict[str, float] = field(default_factory=dict)
    _stacks: dict[str, Stack | PlanproofError] = field(default_factory=dict)
    _secrets: frozenset[str] | None = None
    _open: ExitStack = field(default_factory=ExitStack)

    def prepare(
        self, variants_of: VariantsOf = lambda _: (), prepared: Prepared = lambda *_: None
    ) -> None:
        """Do all the work that takes seconds.

        Args:
            prepared: begins what may be done beside it; not called where there is no Terraform.

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
        self._from_terraform(binary, variants_of, prepared)

    def close(self) -> None:
        """Let go of the workspace and the emulated account."""
        self._open.close()

    # What steps ask --------------------------------------------------------------------------

    @property
    def subject(self) -> str:
        """What is judged, as a report may show it."""
        path = self.request.plan_file or self.request.terraform_dir
        return shown_path(path) if path else ""

    @property
    def stacks(self) -> Mapping[str, Stack]:
        """All stacks that could be resolved, by variant name."""
        return {k: v for k, v in self._stacks.items() if isinstance(v, Stack)}

    def with_stacks(self, stacks: Mapping[str, Stack]) -> ResolvedStacks:
        """A copy in which these stacks replace those of the same name. It owns nothing, and masks
        what is sensitive in the original."""
        return replace(
            self,
            _stacks={**self._stacks, **stacks},
            _secrets=self.secrets(),
            _open=ExitStack(),
        )

    def stack(self, variant: str = DEFAULT) -> Stack:
        """The stack resolved with a variant's variables.

        Raises:
            UndeterminedError: it could not be, and why.
        """
        found = self._stacks.get(variant)
        if isinstance(found, Stack):
            return found
        if found is not None:
            said = f" ({' '.join(found.detail.split())[:300]})" if found.detail else ""
            raise UndeterminedError(f"with {variant}, {found.what}{said}")
        if self.request.plan_file is not None:
            raise UndeterminedError(
                f"a plan file holds one set of variables, so {variant} cannot be looked at"
            )
        raise UndeterminedError(f"the stack was not resolved with {variant}")

    def locate(self, resource: Resource, path: str = "") -> tuple[str, int]:
        """File, relative to where the run started, and line of a resource or its attribute."""
        for stack in self.stacks.values():
            file, line = stack.locate(resource, path)
            if file:
                return self.source_path(file), line
        return "", 0

    def source_path(self, file: str) -> str:
        """A file of the sources, as a report shows it."""
        base = self.request.terraform_dir
        if base is None:
            return file
        shown = shown_path(base)
        parts = [p for p in f"{shown}/{file}".split("/") if p != "."]
        clean: list[str] = []
        for part in parts:
            if part == ".." and clean and clean[-1] != "..":
                clean.pop()
            else:
                clean.append(part)
        return "/".join(clean)

    def secrets(self) -> frozenset[str]:
        """Sensitive texts that must be masked wherever they turn up."""
        if self._secrets is None:
            self._secrets = sensitive_texts(self.stacks.values())
        return self._secrets

    # How the answers are found ---------------------------------------------------------------

    def _from_plan_file(self, path: Path) -> None:
        self.plan = Plan.load(path)
        directory, sources = self.request.terraform_dir, None
        if directory is not None:
            source_files(directory)
            sources = SourceIndex.read({"": directory}, root=directory)
        self._stacks[DEFAULT] = Stack.from_plan(self.plan, sources=sources)
        self.source = f"plan file of Terraform {self.plan.terraform_version or '?'}"
        self.notices.append(
            "Judged from a plan file alone: what the plan leaves unknown is undetermined."
        )

    def _from_recording(self, missing: BinaryNotFoundError) -> None:
        directory = self.request.terraform_dir
        named = self.request.binary != DEFAULT_BINARY
        if directory is None or self.request.recording is None or named:
            raise missing
        if self.request.arguments() or any(name.startswith("TF_VAR_") for name in os.environ):
            raise PlanproofError(
                f"{missing.what}, and the recorded resolution is of no other variables than the "
                "defaults",
                f"{missing.todo}, or give no variables",
            )
        source_files(directory)
        self.recorded = read_recording(self.request.recording, directory, missing)
        self._stacks.update(self.recorded.stacks(directory))
        self.source = f"recorded resolution of {self.recorded.made_with}"
        self.notices.append(
            f"No Terraform binary was found: these are recorded values, made with "
            f"{self.recorded.made_with} from these very sources (digest "
            f"{self.recorded.digest[:12]})."
        )

    def _from_terraform(self, binary: Binary, variants_of: VariantsOf, prepared: Prepared) -> None:
        directory = self.request.terraform_dir
        if directory is None:
            raise ValueError("a request names a directory or a plan file")
        endpoint = None if self.request.real_credentials else BackgroundEndpoint()
        if endpoint is not None:
            self._open.callback(endpoint.stop)
        workspace = Workspace.cached(
            directory,
            binary,
            self.request.cache,
            progress=self.progress,
            real_credentials=self.request.real_credentials,
            mirrors=tuple(self.request.mirrors),
        )
        self.workspace = self._open.enter_context(workspace.prepared())
        if endpoint is not None:
            workspace.endpoint = endpoint.url
        self._check_variables(workspace)
        with workspace.provider_running():
            self._resolve(workspace, variants_of, prepared)
        self.source = f"{binary}, every value resolved, sources {source_digest(directory)[:12]}"
        names = [text.partition("=")[0] for text in self.request.variables]
        names += [path.name for path in self.request.variable_files]
        if names:
            self.source += f", with {', '.join(names)}"

    def _resolve(self, workspace: Workspace, variants_of: VariantsOf, prepared: Prepared) -> None:
        arguments = self.request.arguments()
        early = guessed_variables(workspace.sources, self.request)
        certain = not any(is_unknown(value) for value in early.values())
        if certain:
            prepared(workspace, early)
        with self._timed("plan"):
            self.progress(f"{workspace.binary.product} plan")
            said = workspace.terraform(
                "plan", "-input=false", "-no-color", "-json", f"-out={PLAN_FILE}", *arguments
            )
        guessed = list(variants_of(early))
        variants = [Variant(DEFAULT), *guessed]
        sets = "one set" if len(variants) == 1 else f"{len(variants)} sets"
        self.progress(f"resolving the stack with {sets} of variables")
        with ThreadPoolExecutor(1) as pool, self._timed("resolve"):
            shown = pool.submit(self._show, workspace)
            self._stacks.update(
                resolve_beside(
                    workspace, planned_instances(said), variants, arguments, shown.result
                )
            )
            self.plan = shown.result()
        if not certain:
            prepared(workspace, self.plan.variables)
        self._make_up_for(guessed, variants_of(self.plan.variables), workspace)
        default = self._stacks[DEFAULT]
        if isinstance(default, PlanproofError):
            raise default

    def _show(self, workspace: Workspace) -> Plan:
        with self._timed("show"):
            return Plan.parse(workspace.terraform("show", "-json", PLAN_FILE))

    def _make_up_for(
        self, guessed: Sequence[Variant], wanted: Sequence[Variant], workspace: Workspace
    ) -> None:
        """Resolve again what was asked for on a wrong guess of the variables."""
        for variant in guessed:
            if variant not in wanted:
                del self._stacks[variant.name]
        missing = [variant for variant in wanted if variant not in guessed]
        if missing and self.plan is not None:
            arguments = self.request.arguments()
            self._stacks.update(resolve(workspace, self.plan, missing, arguments))

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.timings[phase] = time.monotonic() - started

    def _check_variables(self, workspace: Workspace) -> None:
        declared = {b.labels[0] for b in workspace.sources.blocks("", "variable") if b.labels}
        for text in self.request.variables:
            name, given, _ = text.partition("=")
            if not given:
                raise PlanproofError(f"--var {text!r} has no value", "write it as --var NAME=VALUE")
            if name not in declared:
                known = ", ".join(sorted(declared)) or "none"
                raise PlanproofError(
                    f"{workspace.source_name} declares no variable {name!r}",
                    f"use one that it declares ({known})",
                )
        for path in self.request.variable_files:
            if not path.is_file():
                raise PlanproofError(
                    f"the variable file {path} does not exist", "name a .tfvars file that does"
                )


PLAN_FILE = "planproof.tfplan"


def guessed_variables(sources: SourceIndex, request: RunRequest) -> dict[str, Value]:
    """The variables as far as they can be told without a plan: plain defaults, and ``--var``.

    Whatever takes more to tell, a variable file above all, is :data:`UNKNOWN`.
    """
    values: dict[str, Value] = {}
    files = bool(request.variable_files) or any(
        path.name.endswith((".auto.tfvars", ".auto.tfvars.json"))
        or path.name in ("terraform.tfvars", "terraform.tfvars.json")
        for path in (request.terraform_dir or Path()).iterdir()
    )
    for block in sources.blocks("", "variable"):
        if not block.labels:
            continue
        name, default = block.labels[0], block.attributes.get("default")
        told = default is not None and not files and f"TF_VAR_{name}" not in os.environ
        try:
            values[name] = json.loads(default.text) if told and default else UNKNOWN
        except ValueError:
            values[name] = UNKNOWN
    for text in request.variables:
        name, _, value = text.partition("=")
        values[name] = value
    return values
