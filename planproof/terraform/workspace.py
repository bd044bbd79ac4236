"""A working copy of a Terraform directory in which Terraform may be run at will."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from planproof.errors import PlanproofError
from planproof.terraform.aws_endpoint import credentials
from planproof.terraform.binary import (
    Binary,
    Progress,
    diagnostics,
    first_place,
    no_progress,
    run,
)
from planproof.terraform.overlay import add_to_root
from planproof.terraform.provider_mirrors import cli_configuration, find_mirrors, usual_mirrors
from planproof.terraform.provider_server import REATTACH, provider_server
from planproof.terraform.source_index import SourceIndex
from planproof.terraform.working_copy import (
    OVERRIDE_FILE,
    PROBE_FILE,
    disarm_provisioners,
    lay_copy,
    source_files,
)

# Of the caller's environment, what could change what Terraform evaluates must not pass.
_HIDDEN = re.compile(
    r"^(AWS_|TF_CLI_ARGS|TF_LOG|TF_WORKSPACE|TF_DATA_DIR|TF_CLI_CONFIG_FILE"
    r"|TF_REATTACH_PROVIDERS)"
)
_CLOUD = re.compile(r"^AWS_")
LOCK_FILE = ".terraform.lock.hcl"


@dataclass(slots=True)
class Workspace:
    """A Terraform directory's working copy.

    Attributes:
        mirrors: filesystem mirrors to search before the usual ones.
        source: the directory as the user named it, never written to.
        binary: what runs it.
        folder: where the copy and Terraform's own data are kept from run to run.
        root: the copy of ``source``.
        sources: file and line of every block, once initialised.
        real_credentials: ask the real cloud instead of an emulated account.
    """

    source: Path
    binary: Binary
    folder: Path
    progress: Progress = no_progress
    real_credentials: bool = False
    endpoint: str = ""
    mirrors: tuple[Path, ...] = ()
    root: Path = field(init=False)
    sources: SourceIndex = field(init=False)
    _stand_in: bool = field(init=False, default=False)
    _reattach: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self.source = self.source.resolve()

    @classmethod
    def cached(cls, source: Path, binary: Binary, cache: Path, **options: Any) -> Workspace:
        """The workspace that ``cache`` keeps for a directory, so that ``init`` is done once."""
        name = hashlib.sha256(str(source.resolve()).encode()).hexdigest()[:12]
        return cls(source, binary, cache / name, **options)

    @contextmanager
    def prepared(self) -> Iterator[Workspace]:
        """Hold the workspace, copied afresh and initialised, against other runs.

        Raises:
            PlanproofError: the directory cannot be copied, or Terraform cannot initialise it.
        """
        with ExitStack() as held:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                lock = held.enter_context((self.folder / "lock").open("w"))
                self._wait_for(lock)
                self._copy()
                self._initialise()
            except OSError as problem:
                raise PlanproofError(
                    f"{self.source_name} cannot be copied to {shown_path(self.folder)} "
                    f"({_reason(problem)})",
                    "make the one readable and the other writable",
                ) from None
            yield self

    def _wait_for(self, lock: IO[str]) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.progress("waiting for another run of the same directory to end")
            fcntl.flock(lock, fcntl.LOCK_EX)

    # Terraform's environment -----------------------------------------------------------------

    def environment(self) -> dict[str, str]:
        """What Terraform runs with: nothing of the caller's AWS settings, unless asked for."""
        keep = self.real_credentials
        environ = {
            name: value
            for name, value in os.environ.items()
            if not _HIDDEN.match(name) or (keep and _CLOUD.match(name))
        }
        environ |= {
            "TF_CLI_CONFIG_FILE": str(self.folder / "terraform.rc"),
            "TF_DATA_DIR": str(self.folder / "data"),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
            # Terraform and its providers live for seconds: collecting garbage costs them a fifth.
            "GOGC": os.environ.get("GOGC") or "400",
            "TF_REGISTRY_DISCOVERY_RETRY": "1",
            "TF_REGISTRY_CLIENT_TIMEOUT": "10",
        }
        if not keep:
            environ |= credentials(self.endpoint)
            environ["AWS_CONFIG_FILE"] = os.devnull
            environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
        if self._reattach:
            environ[REATTACH] = self._reattach
        return environ

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Keep the AWS provider running meanwhile, where one process can serve all that is asked.

        A provider in debug mode has one configuration at a time, so a stack that configures it
        twice (an alias, a module of its own) starts it anew each time, as Terraform does.
        """
        blocks = [
            block
            for module in ("", *self.module_folders())
            for block in self.sources.blocks(module, "provider")
            if block.labels[:1] == ("aws",) and Path(block.file).name != OVERRIDE_FILE
        ]
        links = (self.folder / "data" / "providers").glob(
            f"{self.binary.registry}/hashicorp/aws/*/*"
        )
        found = [p for folder in links for p in sorted(folder.glob("terraform-provider-aws_v*"))]
        if len(blocks) > 1 or any("alias" in b.attributes for b in blocks) or len(found) != 1:
            yield
            return
        with provider_server(found[0], self.environment()) as self._reattach:
            try:
                yield
            finally:
                self._reattach = ""

    def terraform(self, *arguments: str) -> str:
        """Run a Terraform command in the copy and return its standard output.

        Raises:
            PlanproofError: it failed; carries Terraform's own message, with file and line.
        """
        done = run(self.binary, arguments, cwd=self.root, env=self.environment())
        if done.returncode != 0:
            raise self.failure(arguments[0], done.stdout, done.stderr)
        return done.stdout

    def failure(self, command: str, output: str, errors: str) -> PlanproofError:
        """The error that a failed command amounts to."""
        said = "\n\n".join(diagnostics(output)) or errors.strip() or output.strip()
        place = first_place(output)
        return PlanproofError(
            f"{self.binary.product} {command} failed on {self.source_name}{place}",
            f"mend what {self.binary.product} says below and run again",
            detail=self.unplaced(said),
        )

    @property
    def source_name(self) -> str:
        """The directory as a reader knows it: relative to where the run started, if below it."""
        return shown_path(self.source)

    def unplaced(self, text: str) -> str:
        """``text`` with the working copy's paths replaced by the user's own."""
        return text.replace(str(self.root), str(self.source_name))

    # Making the copy -------------------------------------------------------------------------

    def _copy(self) -> None:
        source_files(self.source)
        self.root = lay_copy(self.source, self.folder / "tree")
        lock = self.folder / LOCK_FILE
        if lock.is_file() and not (self.root / lock.name).is_file():
            (self.root / lock.name).write_bytes(lock.read_bytes())
        self._index_sources()
        self._disarm()
        add_to_root(
            self.root, self.folder / "tree", self.sources, emulated=not self.real_credentials
        )

    def _index_sources(self) -> None:
        modules = {"": self.root} | self.module_folders()
        ours = frozenset({OVERRIDE_FILE, PROBE_FILE})
        self.sources = SourceIndex.read(modules, root=self.root, ignored=ours)

    def module_folders(self) -> dict[str, Path]:
        """Module paths and their folders, as ``init`` recorded them."""
        try:
            listed = json.loads((self.folder / "data" / "modules" / "modules.json").read_text())
            found = {entry["Key"]: self.root / entry["Dir"] for entry in listed["Modules"]}
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return {key: path for key, path in found.items() if key and path.is_dir()}

    def _disarm(self) -> None:
        """Let no provisioner run: resolution would really run it.

        Raises:
            PlanproofError: one is in a module that is not ours to change.
        """
        for module, folder in {"": self.root, **self.module_folders()}.items():
            if self.owns(folder):
                disarm_provisioners(folder)
            elif disarm_provisioners(folder, write=False):
                raise PlanproofError(
                    f"the module {module} at {shown_path(folder)} has a provisioner, which would "
                    "really run, and lies outside of all that is copied",
                    "refer to the module by a path relative to its caller, not by a link or an "
                    "absolute path",
                )

    def owns(self, folder: Path) -> bool:
        """Whether a folder is part of the working copy, and no link to what is the user's."""
        return folder.resolve().is_relative_to(self.folder.resolve())

    # terraform init --------------------------------------------------------------------------

    def _initialise(self) -> None:
        """``terraform init``, unless nothing that matters to it changed since the last time."""
        stamp_file = self.folder / "initialised"
        try:
            was = json.loads(stamp_file.read_text())
        except (OSError, ValueError):
            was = {}
        self._stand_in = bool(was.get("stand_in"))
        self._write_cli_configuration()
        if was.get("stamp") == self._stamp() and not self._has_lost_providers():
            return
        stamp_file.unlink(missing_ok=True)
        if not (self.source / LOCK_FILE).is_file():  # ours is of the versions asked for before
            (self.root / LOCK_FILE).unlink(missing_ok=True)
        self.progress(f"{self.binary.product} init")
        self._stand_in = False
        self._write_cli_configuration()
        arguments = ("init", "-input=false", "-no-color")
        done = run(self.binary, arguments, cwd=self.root, env=self.environment())
        if done.returncode != 0 and "hashicorp/archive" in done.stdout + done.stderr:
            self._stand_in = True
            self._write_cli_configuration()
            (self.root / LOCK_FILE).unlink(missing_ok=True)
            done = run(self.binary, arguments, cwd=self.root, env=self.environment())
        if done.returncode != 0:
            raise self._init_failure(done.stdout, done.stderr)
        lock = self.root / LOCK_FILE
        if lock.is_file():
            (self.folder / lock.name).write_bytes(lock.read_bytes())
        self._index_sources()
        self._disarm()
        stamp_file.write_text(json.dumps({"stamp": self._stamp(), "stand_in": self._stand_in}))

    def _init_failure(self, output: str, errors: str) -> PlanproofError:
        said = errors.strip() or output.strip()
        missing = _PROVIDER.search(" ".join(said.split()))
        if missing and _NOT_INSTALLED.search(said):
            return PlanproofError(
                f"the provider {missing[1]} that {self.source_name} requires cannot be had",
                "connect to the Terraform registry or put the provider into a filesystem mirror "
                "named with --provider-mirror",
                detail=self.unplaced(said),
            )
        return self.failure("init", output, errors)

    def _write_cli_configuration(self) -> None:
        mirrors = find_mirrors((*self.mirrors, *usual_mirrors()), self.binary.registry)
        if self._stand_in:
            # The launcher names this interpreter, so it is laid anew for each.
            from planproof.terraform.archive_provider.mirror import lay_mirror

            mirror = lay_mirror(self.folder / "stand-in", host=self.binary.registry)
            mirrors[mirror] = (f"{self.binary.registry}/hashicorp/archive",)
        # The cache is shared, and would come to hold a link into this workspace's stand-in.
        cache = None if self._stand_in else self.folder.parent / "providers"
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)
        text = cli_configuration(mirrors, plugin_cache=cache)
        _write_if_changed(self.folder / "terraform.rc", text)

    def _has_lost_providers(self) -> bool:
        """Whether a provider that ``init`` linked has been taken away since."""
        links = (self.folder / "data" / "providers").glob("*/*/*/*/*")
        return any(not link.exists() for link in links)

    def _stamp(self) -> str:
        """Digest of what ``init`` depends on: binary, CLI configuration, the blocks it reads."""
        digest = hashlib.sha256(str(self.binary).encode())
        digest.update((self.folder / "terraform.rc").read_bytes())
        if self._stand_in:
            for launcher in sorted((self.folder / "stand-in").rglob("terraform-provider-*")):
                digest.update(launcher.read_bytes())
        if (lock := self.source / LOCK_FILE).is_file():
            digest.update(lock.read_bytes())
        tree = self.folder / "tree"  # modules may lie above the root
        paths = [*tree.rglob("*.tf"), *tree.rglob("*.tf.json")]
        for path in sorted(paths):
            text = path.read_text("utf-8", "replace")
            if path.suffix == ".json":
                digest.update(text.encode())
                continue
            for match in _INIT_BLOCKS.finditer(text):
                digest.update(match[0].encode())
        digest.update(str((self.folder / "data").is_dir()).encode())
        return digest.hexdigest()


_NOT_INSTALLED = re.compile(r"Failed to (query available|install) provider")
_PROVIDER = re.compile(r"(?:provider|for)\s+([\w.-]*/?[\w-]+/[\w-]+)")

# What init reads: which providers and modules, from where. Types of resources name providers too.
_INIT_BLOCKS = re.compile(
    r"^.*\b(?:required_version|source|version|backend|cloud|module|provider)\b.*$"
    r'|^\s*(?:resource|data)\s+"?[\w-]+',
    re.MULTILINE,
)


def shown_path(path: Path) -> str:
    """A path as a report may show it: relative to the working directory where it is below it or
    beside it, else its last part, since a machine's own folders are nobody's business."""
    return _shown(path, Path.cwd())


@lru_cache(maxsize=1024)
def _shown(path: Path, here: Path) -> str:
    """Remembered, since every fact of a report has such a path."""
    try:
        return path.resolve().relative_to(here).as_posix() or "."
    except ValueError:
        return path.name


def _reason(problem: OSError) -> str:
    """Why a file operation failed, in the system's words."""
    if isinstance(problem, shutil.Error) and problem.args and isinstance(problem.args[0], list):
        return str(problem.args[0][0][-1])  # copytree collects (source, target, why)
    return problem.strerror or str(problem)


def _write_if_changed(path: Path, text: str) -> None:
    if path.is_file() and path.read_text() == text:
        return
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as temporary:
        temporary.write(text)
    Path(temporary.name).replace(path)
