"""A working copy of a Terraform directory, in which Terraform runs."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from planproof.errors import PlanproofError
from planproof.terraform.aws_endpoint import endpoint_environment
from planproof.terraform.binary import (
    DEFAULT_TIMEOUT,
    TIMEOUT,
    WAYS_ON,
    Binary,
    Progress,
    error_diagnostics,
    first_position,
    no_progress,
    run,
    unread_data,
)
from planproof.terraform.given_data.blocks import (
    DATA_FILE,
    PROVIDER,
    REQUIREMENT,
    GivenData,
    attributes_of,
    modules_of,
    replace_blocks,
)
from planproof.terraform.overlay import write_overlay
from planproof.terraform.provider_mirrors import cli_configuration, default_mirrors, find_mirrors
from planproof.terraform.provider_server import REATTACH, provider_server
from planproof.terraform.source_index import SourceIndex
from planproof.terraform.working_copy import (
    OVERRIDE_FILE,
    PROBE_FILE,
    copy_sources,
    remove_blocks,
    remove_provisioners,
    source_files,
)

# Variables of the caller's environment that could change what Terraform evaluates.
_REMOVED_VARIABLES = re.compile(
    r"^(AWS_|TF_CLI_ARGS|TF_LOG|TF_WORKSPACE|TF_DATA_DIR|TF_CLI_CONFIG_FILE"
    r"|TF_REATTACH_PROVIDERS)"
)
LOCK_FILE = ".terraform.lock.hcl"


@dataclass(slots=True)
class Workspace:
    """A Terraform directory's working copy.

    Attributes:
        source: the user's directory; never written to.
        binary: the Terraform binary to run.
        folder: holds the copy and Terraform's data from run to run.
        real_credentials: use the real cloud instead of an emulated account.
        endpoint: URL of the emulated account.
        mirrors: filesystem mirrors to search before the default ones.
        timeout: seconds that a plan may wait for an answer.
        data: values of data sources that the user gives, by address.
        root: the copy of ``source``.
        sources: file and line of every block, once initialised.
    """

    source: Path
    binary: Binary
    folder: Path
    progress: Progress = no_progress
    real_credentials: bool = False
    endpoint: str = ""
    mirrors: tuple[Path, ...] = ()
    timeout: float = DEFAULT_TIMEOUT
    data: GivenData = field(default_factory=dict)
    root: Path = field(init=False)
    sources: SourceIndex = field(init=False)
    _archive_stand_in: bool = field(init=False, default=False)
    _reattach: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self.source = self.source.resolve()

    @classmethod
    def cached(cls, source: Path, binary: Binary, cache: Path, **options: Any) -> Workspace:
        """The workspace of a directory below ``cache``, which keeps the result of ``init``."""
        name = hashlib.sha256(str(source.resolve()).encode()).hexdigest()[:12]
        return cls(source, binary, cache / name, **options)

    @contextmanager
    def prepared(self) -> Iterator[Workspace]:
        """Lock the workspace, copy the sources afresh and initialise it.

        Raises:
            PlanproofError: the directory cannot be copied, or Terraform cannot initialise it.
        """
        with ExitStack() as resources:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                lock = resources.enter_context((self.folder / "lock").open("w"))
                self._acquire(lock)
                self._copy()
                self._initialise()
                self._replace_given_data(resources)
            except OSError as problem:
                raise PlanproofError(
                    f"{self.source_name} cannot be copied to {shown_path(self.folder)} "
                    f"({_reason(problem)})",
                    "make the directory readable and the copy's folder writable",
                ) from None
            yield self

    def _acquire(self, lock: IO[str]) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.progress("waiting for another run of the same directory to end")
            fcntl.flock(lock, fcntl.LOCK_EX)

    # Terraform's environment -----------------------------------------------------------------

    def environment(self) -> dict[str, str]:
        """Environment variables for Terraform; AWS settings only with ``real_credentials``."""
        keep_aws = self.real_credentials
        environ = {
            name: value
            for name, value in os.environ.items()
            if not _REMOVED_VARIABLES.match(name) or (keep_aws and name.startswith("AWS_"))
        }
        environ |= {
            "TF_CLI_CONFIG_FILE": str(self.folder / "terraform.rc"),
            "TF_DATA_DIR": str(self.folder / "data"),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
            # Terraform and its providers run for seconds; garbage collection takes a fifth of that.
            "GOGC": os.environ.get("GOGC") or "400",
            "TF_REGISTRY_DISCOVERY_RETRY": "1",
            "TF_REGISTRY_CLIENT_TIMEOUT": "10",
            "GIT_TERMINAL_PROMPT": "0",  # a module's repository that asks for a password
            TIMEOUT: f"{self.timeout:g}",
        }
        if not keep_aws:
            environ |= endpoint_environment(self.endpoint)
            environ["AWS_CONFIG_FILE"] = os.devnull
            environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
        if self._reattach:
            environ[REATTACH] = self._reattach
        return environ

    @contextmanager
    def provider_running(self) -> Iterator[None]:
        """Keep one AWS provider process running for all commands, where one is enough.

        A provider in debug mode has one configuration at a time. For a stack with more than one AWS
        provider configuration, Terraform starts a process for each command, as usual.
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
            PlanproofError: the command failed; has Terraform's message, with file and line.
        """
        done = run(self.binary, arguments, cwd=self.root, env=self.environment())
        if done.returncode != 0:
            raise self.failure(arguments[0], done.stdout, done.stderr)
        return done.stdout

    def failure(self, command: str, output: str, errors: str) -> PlanproofError:
        """The error for a failed command."""
        message = "\n\n".join(error_diagnostics(output)) or errors.strip() or output.strip()
        position = first_position(output)
        if command in ("plan", "test") and (unread := unread_data(output)):
            return self._unread(unread, message)
        return PlanproofError(
            f"{self.binary.product} {command} failed on {self.source_name}{position}",
            f"fix what {self.binary.product} reports below and run again",
            detail=self.with_source_paths(message),
        )

    def _unread(self, unread: Sequence[tuple[str, str]], message: str) -> PlanproofError:
        """The error for data sources that could not be read."""
        shown = [f"{address} ({position})" if position else address for address, position in unread]
        more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
        verb, them = ("is", "it") if len(shown) == 1 else ("are", "them")
        reason = (
            f"{verb} not what AWS could answer"
            if self.real_credentials
            else f"{verb} not known: an empty account does not have {them}"
        )
        return PlanproofError(
            f"{', '.join(shown[:3])}{more} {reason}",
            WAYS_ON.format(unread[0][0]),
            detail=self.with_source_paths(message),
        )

    @property
    def source_name(self) -> str:
        """The directory as messages show it; see :func:`shown_path`."""
        return shown_path(self.source)

    def with_source_paths(self, text: str) -> str:
        """Replace the paths of the working copy in a text by those of the user's directory."""
        return text.replace(str(self.root), str(self.source_name))

    # Making the copy -------------------------------------------------------------------------

    def _copy(self) -> None:
        source_files(self.source)
        self.root = copy_sources(self.source, self.folder / "tree")
        lock = self.folder / LOCK_FILE
        if lock.is_file() and not (self.root / lock.name).is_file():
            (self.root / lock.name).write_bytes(lock.read_bytes())
        self._index_sources()
        self._adapt_copy()

    def _adapt_copy(self) -> None:
        """Remove from the copy what must not run, and add the files that Terraform needs here."""
        if self.data:
            (self.root / DATA_FILE).write_text(REQUIREMENT, "utf-8")
        self._remove_provisioners()
        folders = self.module_folders().items()
        for folder in (self.root, *(folder for _, folder in folders if self.owns(folder))):
            remove_blocks(folder, ("import", "check"))
        write_overlay(
            self.root,
            self.folder / "tree",
            self.sources,
            emulated=not self.real_credentials,
            modules={module: folder for module, folder in folders if self.owns(folder)},
        )

    def _replace_given_data(self, resources: ExitStack) -> None:
        """Replace the data sources that the user gives values for, once all modules are there."""
        if not self.data:
            return
        folders = {"": self.root, **self.module_folders()}
        owned = {module: folder for module, folder in folders.items() if self.owns(folder)}
        # Downloaded modules are kept from run to run: a changed one is downloaded again.
        downloaded = self.folder / "data" / "modules"
        if any(owned[m].is_relative_to(downloaded) for m in modules_of(self.data) if m in owned):
            resources.callback(shutil.rmtree, downloaded, ignore_errors=True)
            resources.callback((self.folder / "initialised").unlink, missing_ok=True)
        replace_blocks(self.data, owned)

    def _index_sources(self) -> None:
        modules = {"": self.root, **self.module_folders()}
        added = frozenset({OVERRIDE_FILE, PROBE_FILE, DATA_FILE})
        self.sources = SourceIndex.read(modules, root=self.root, ignored=added)

    def module_folders(self) -> dict[str, Path]:
        """Module path → folder, as ``init`` recorded it."""
        try:
            listed = json.loads((self.folder / "data" / "modules" / "modules.json").read_text())
            found = {entry["Key"]: self.root / entry["Dir"] for entry in listed["Modules"]}
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return {key: path for key, path in found.items() if key and path.is_dir()}

    def _remove_provisioners(self) -> None:
        """Remove the provisioners from the copy: resolution would run them.

        Raises:
            PlanproofError: a module outside the copy has one.
        """
        for module, folder in {"": self.root, **self.module_folders()}.items():
            if self.owns(folder):
                remove_provisioners(folder)
            elif remove_provisioners(folder, write=False):
                raise PlanproofError(
                    f"the module {module} at {shown_path(folder)} has a provisioner that would "
                    "really run, since the module is not in one of the folders that are copied",
                    "refer to the module by a path relative to its caller, not by an absolute path "
                    "or a symbolic link",
                )

    def schema_file(self) -> Path | None:
        """Where the schemas of exactly these providers are kept for all workspaces of a cache; None
        where their versions do not tell: a provider here has a schema of its own."""
        lock = self.root / LOCK_FILE
        if self.data or not lock.is_file():
            return None
        digest = hashlib.sha256(str(self.binary).encode() + lock.read_bytes()).hexdigest()
        return self.folder.parent / "schemas" / f"{digest[:24]}.json"

    def owns(self, folder: Path) -> bool:
        """Whether a folder is part of the working copy, not a link to a folder of the user."""
        return folder.resolve().is_relative_to(self.folder.resolve())

    # terraform init --------------------------------------------------------------------------

    def _initialise(self) -> None:
        """Run ``terraform init``, unless nothing that it depends on changed since the last run."""
        stamp_file = self.folder / "initialised"
        try:
            previous = json.loads(stamp_file.read_text())
        except (OSError, ValueError):
            previous = {}
        self._archive_stand_in = bool(previous.get("stand_in"))
        self._write_cli_configuration()
        if previous.get("stamp") == self._stamp() and not self._provider_is_missing():
            return
        stamp_file.unlink(missing_ok=True)
        if not (self.source / LOCK_FILE).is_file():  # that of the copy is outdated
            (self.root / LOCK_FILE).unlink(missing_ok=True)
        self.progress(f"{self.binary.product} init")
        done = self._run_init(stand_in=False)
        if done.returncode != 0 and "hashicorp/archive" in done.stdout + done.stderr:
            (self.root / LOCK_FILE).unlink(missing_ok=True)
            done = self._run_init(stand_in=True)
        if done.returncode != 0:
            raise self._init_failure(done.stdout, done.stderr)
        lock = self.root / LOCK_FILE
        if lock.is_file():
            (self.folder / lock.name).write_bytes(lock.read_bytes())
        self._index_sources()
        self._adapt_copy()
        stamp_file.write_text(
            json.dumps({"stamp": self._stamp(), "stand_in": self._archive_stand_in})
        )

    def _run_init(self, *, stand_in: bool) -> subprocess.CompletedProcess[str]:
        self._archive_stand_in = stand_in
        self._write_cli_configuration()
        arguments = ("init", "-input=false", "-no-color")
        return run(self.binary, arguments, cwd=self.root, env=self.environment())

    def _init_failure(self, output: str, errors: str) -> PlanproofError:
        message = errors.strip() or output.strip()
        missing = _PROVIDER.search(" ".join(message.split()))
        if missing and _NOT_INSTALLED.search(message):
            return PlanproofError(
                f"the provider {missing[1]} that {self.source_name} requires could not be "
                "installed",
                "connect to the Terraform registry, or put the provider into a filesystem mirror "
                "and name it with --provider-mirror",
                detail=self.with_source_paths(message),
            )
        return self.failure("init", output, errors)

    def _write_cli_configuration(self) -> None:
        mirrors = find_mirrors((*self.mirrors, *default_mirrors()), self.binary.registry)
        if self._archive_stand_in:
            # Written each time, since the launcher names the interpreter of this run.
            from planproof.terraform.archive_provider.mirror import write_mirror

            mirror = write_mirror(self.folder / "stand-in", host=self.binary.registry)
            mirrors[mirror] = (f"{self.binary.registry}/hashicorp/archive",)
        if self.data:
            from planproof.terraform.archive_provider.mirror import write_mirror
            from planproof.terraform.given_data.provider import SCHEMA_FILE

            schema = self.folder / "given-data.json"
            schema.write_text(json.dumps(attributes_of(self.data)), "utf-8")
            mirror = write_mirror(
                self.folder / "given-data",
                versions=("1.0.0",),
                host=self.binary.registry,
                name=PROVIDER,
                package="planproof.terraform.given_data",
                environment={SCHEMA_FILE: str(schema.resolve())},
            )
            mirrors[mirror] = (f"{self.binary.registry}/hashicorp/{PROVIDER}",)
        # The shared cache would get a link to the stand-in of this workspace.
        own = self._archive_stand_in or bool(self.data)
        cache = None if own else self.folder.parent / "providers"
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)
        text = cli_configuration(mirrors, plugin_cache=cache)
        _write_if_changed(self.folder / "terraform.rc", text)

    def _provider_is_missing(self) -> bool:
        """Whether a provider that ``init`` linked has been removed since."""
        links = (self.folder / "data" / "providers").glob("*/*/*/*/*")
        return any(not link.exists() for link in links)

    def _stamp(self) -> str:
        """Digest of all that ``init`` depends on: binary, CLI configuration, blocks it reads."""
        digest = hashlib.sha256(str(self.binary).encode())
        digest.update((self.folder / "terraform.rc").read_bytes())
        for folder, used in (("stand-in", self._archive_stand_in), ("given-data", self.data)):
            found = (self.folder / folder).rglob("terraform-provider-*") if used else ()
            for launcher in sorted(found):
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

# Source lines that ``init`` depends on. Resource types imply providers.
_INIT_BLOCKS = re.compile(
    r"^.*\b(?:required_version|source|version|backend|cloud|module|provider)\b.*$"
    r'|^\s*(?:resource|data)\s+"?[\w-]+',
    re.MULTILINE,
)


def shown_path(path: Path) -> str:
    """A path for reports and messages: relative to the working directory if it is below it, else
    its last part, so that no report names a machine's folders."""
    return _shown(path, Path.cwd())


@lru_cache(maxsize=1024)
def _shown(path: Path, here: Path) -> str:
    """Cached: every fact of a report has such a path."""
    try:
        return path.resolve().relative_to(here).as_posix() or "."
    except ValueError:
        return path.name


def _reason(problem: OSError) -> str:
    """The operating system's message for a failed file operation."""
    if isinstance(problem, shutil.Error) and problem.args and isinstance(problem.args[0], list):
        return str(problem.args[0][0][-1])  # copytree collects (source, target, reason)
    return problem.strerror or str(problem)


def _write_if_changed(path: Path, text: str) -> None:
    if path.is_file() and path.read_text() == text:
        return
    write_whole(path, text)


def write_whole(path: Path, text: str) -> None:
    """Write a file that another process never sees in part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as temporary:
        temporary.write(text)
    Path(temporary.name).replace(path)
