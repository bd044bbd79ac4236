"""The data source and the resource `archive_file`.

The classes implement the typing protocols of tf.iface. As in hashicorp/archive 2.7, the resource is
not deprecated.
"""

from __future__ import annotations

import traceback
from typing import Any

from tf.schema import Schema
from tf.types import Unknown
from tf.utils import Diagnostics

from planproof.terraform.archive_provider.archive import Hashes, build_archive
from planproof.terraform.archive_provider.arguments import (
    ArchiveError,
    ArchiveSpec,
    Source,
    check_arguments,
)
from planproof.terraform.archive_provider.output import write_archive
from planproof.terraform.archive_provider.schema import COMPUTED, OPTIONAL, archive_file

State = dict[str, Any]  # argument or attribute → value, None if not set, or Unknown


class _ArchiveFile:
    """Common base of data source and resource."""

    @classmethod
    def get_name(cls) -> str:
        """Return the name after the provider's prefix."""
        return "file"

    @classmethod
    def get_schema(cls) -> Schema:
        """Return the schema."""
        return archive_file()

    def validate(self, diags: Diagnostics, type_name: str, config: State) -> None:
        """Report conflicts and invalid values among the known arguments."""
        unknown = {name for name, value in config.items() if value is Unknown}
        known = {name: value for name, value in config.items() if name not in unknown}
        for error in check_arguments(known, unknown):
            _report(diags, error)


class ArchiveFileDataSource(_ArchiveFile):
    """`data "archive_file"`: built whenever Terraform reads it, which may be during a plan."""

    def read(self, ctx: Any, config: State) -> State | None:
        """Build and write the archive; Terraform calls this only with known arguments."""
        return _build(ctx.diagnostics, config)


class ArchiveFileResource(_ArchiveFile):
    """`resource "archive_file"`: built at apply and at every refresh."""

    def plan(self, ctx: Any, current: State | None, planned: State) -> State:
        """Plan an update; tf plans a create, with all computed attributes unknown."""
        arguments = planned.keys() - set(COMPUTED)
        if current is None or any(planned[name] != current[name] for name in arguments):
            return {**planned, **dict.fromkeys(COMPUTED, Unknown)}
        return planned

    def create(self, ctx: Any, planned: State) -> State | None:
        """Build and write the archive."""
        return _build(ctx.diagnostics, planned)

    def read(self, ctx: Any, current: State) -> State | None:
        """Build and write the archive, as the real provider does at a refresh."""
        return _build(ctx.diagnostics, current) or current

    def update(self, ctx: Any, current: State, planned: State) -> State | None:
        """Build and write the archive."""
        return _build(ctx.diagnostics, planned)

    def delete(self, ctx: Any, current: State) -> None:
        """Do nothing: the file stays, as with the real provider."""


class ArchiveProvider:
    """The provider; it has no configuration."""

    def get_model_prefix(self) -> str:
        """Return the prefix of the type names."""
        return "archive_"

    def get_provider_schema(self, diags: Diagnostics) -> Schema:
        """Return the schema of the provider block: empty."""
        return Schema()

    def full_name(self) -> str:
        """Return the provider's source address."""
        return "registry.terraform.io/hashicorp/archive"

    def validate_config(self, diags: Diagnostics, config: State) -> None:
        """Accept the empty provider block."""

    def configure_provider(self, diags: Diagnostics, config: State) -> None:
        """Do nothing."""

    def get_data_sources(self) -> list[type[ArchiveFileDataSource]]:
        """Return the one data source."""
        return [ArchiveFileDataSource]

    def get_resources(self) -> list[type[ArchiveFileResource]]:
        """Return the one resource."""
        return [ArchiveFileResource]

    def get_functions(self) -> list[type[Any]]:
        """Return no functions."""
        return []

    def new_data_source(self, type_: type[ArchiveFileDataSource]) -> ArchiveFileDataSource:
        """Return a data source for one call."""
        return type_()

    def new_resource(self, type_: type[ArchiveFileResource]) -> ArchiveFileResource:
        """Return a resource for one call."""
        return type_()


def _build(diags: Diagnostics, config: State) -> State | None:
    """Build and write the archive; return `config` with its hashes, or None after an error."""
    try:
        data = build_archive(_spec(config))
        write_archive(config["output_path"], data)
    except ArchiveError as error:
        _report(diags, error)
    except Exception as error:  # a defect: a diagnostic for the user, the traceback for the log
        traceback.print_exc()
        detail = f"This is a defect of the stand-in provider: {type(error).__name__}: {error}."
        _report(diags, ArchiveError(None, "The archive could not be built", detail))
    else:
        return {**config, **Hashes.of(data).attributes()}
    return None


def _spec(config: State) -> ArchiveSpec:
    plain = {name: config[name] for name in ("type", "output_path", *OPTIONAL)}
    return ArchiveSpec(
        **plain,
        source=tuple(Source(one["content"], one["filename"]) for one in config["source"] or ()),
        excludes=None if config["excludes"] is None else tuple(config["excludes"]),
        exclude_symlink_directories=bool(config["exclude_symlink_directories"]),
    )


def _report(diags: Diagnostics, error: ArchiveError) -> None:
    path = [error.attribute] if error.attribute else None
    diags.add_error(error.summary, error.detail, path=path)
