"""How does Terraform see the stand-in: schema, data source and resource `archive_file`.

The schema is that of hashicorp/archive 2.7, where the resource is no longer deprecated.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

from tf.blocks import SetNestedBlock
from tf.iface import (
    Config,
    CreateContext,
    DataSource,
    DeleteContext,
    PlanContext,
    Provider,
    ReadContext,
    ReadDataContext,
    Resource,
    State,
    UpdateContext,
)
from tf.schema import Attribute, Block, Schema
from tf.types import Bool, Number, Set, String, Unknown
from tf.utils import Diagnostics

from planproof.archive_provider.archive import Hashes, build_archive
from planproof.archive_provider.arguments import (
    ArchiveError,
    ArchiveSpec,
    Source,
    check_arguments,
)

COMPUTED = {
    "id": "The SHA-1 of the archive.",
    "output_md5": "MD5 of the archive.",
    "output_sha": "SHA-1 of the archive.",
    "output_sha256": "SHA-256 of the archive.",
    "output_base64sha256": "SHA-256 of the archive, Base64.",
    "output_sha512": "SHA-512 of the archive.",
    "output_base64sha512": "SHA-512 of the archive, Base64.",
}


class _StringSet(Set):
    """A set of strings that may be unknown: tf's own comparison takes Unknown for a list."""

    def __init__(self) -> None:
        super().__init__(String())

    def semantically_equal(self, a_decoded: Any, b_decoded: Any) -> bool:
        if a_decoded is Unknown or b_decoded is Unknown:
            return a_decoded is b_decoded
        return bool(super().semantically_equal(a_decoded, b_decoded))


def _schema() -> Schema:
    def optional(name: str, description: str, type: Any = None) -> Attribute:
        replace = name != "exclude_symlink_directories"
        type = type or String()
        return Attribute(name, type, description, optional=True, requires_replace=replace)

    return Schema(
        version=0,
        description="An archive of content, a file, or a directory of files.",
        attributes=[
            Attribute("type", String(), "zip or tar.gz.", required=True, requires_replace=True),
            Attribute(
                "output_path",
                String(),
                "Where the archive is written.",
                required=True,
                requires_replace=True,
            ),
            optional("source_file", "The one file to archive."),
            optional("source_dir", "The directory whose files to archive."),
            optional("source_content", "The content of the one file in the archive."),
            optional("source_content_filename", "The name for source_content in the archive."),
            optional("excludes", "Patterns of paths below source_dir to leave out.", _StringSet()),
            optional(
                "exclude_symlink_directories", "Leave out symbolic links to directories.", Bool()
            ),
            optional("output_file_mode", 'Octal mode of every file in the archive: "0644".'),
            Attribute("output_size", Number(), "Size of the archive in bytes.", computed=True),
            *(Attribute(name, String(), text, computed=True) for name, text in COMPUTED.items()),
        ],
        block_types=[
            SetNestedBlock(
                "source",
                Block(
                    [
                        Attribute("content", String(), "Content of the file.", required=True),
                        Attribute("filename", String(), "Its name in the archive.", required=True),
                    ]
                ),
            )
        ],
    )


def _validate(diags: Diagnostics, config: Config) -> None:
    unknown = {name for name, value in config.items() if value is Unknown}
    given = {name for name, value in config.items() if value is not None and value != []}
    known = {name: value for name, value in config.items() if name in given - unknown}
    for error in check_arguments(
        known, unknown, type=known.get("type"), mode=known.get("output_file_mode")
    ):
        _report(diags, error)


def _report(diags: Diagnostics, error: ArchiveError) -> None:
    path = [error.attribute] if error.attribute else None
    diags.add_error(error.summary, error.detail, path=path)


def _make(diags: Diagnostics, config: dict[str, Any]) -> State | None:
    """Build and write the archive; return `config` with the computed attributes, None on error."""
    try:
        data = build_archive(_spec(config))
        _write(config["output_path"], data)
    except ArchiveError as error:
        _report(diags, error)
        return None
    return {**config, **Hashes.of(data).attributes()}


def _spec(config: dict[str, Any]) -> ArchiveSpec:
    excludes = config["excludes"]
    return ArchiveSpec(
        type=config["type"],
        source_file=config["source_file"],
        source_dir=config["source_dir"],
        source_content=config["source_content"],
        source_content_filename=config["source_content_filename"],
        source=tuple(Source(one["content"], one["filename"]) for one in config["source"] or ()),
        excludes=None if excludes is None else tuple(excludes),
        exclude_symlink_directories=bool(config["exclude_symlink_directories"]),
        output_file_mode=config["output_file_mode"],
        output_path=config["output_path"],
    )


def _write(path: str, data: bytes) -> None:
    """Write the archive so that a reader sees the old one or the new one, whole."""
    target = os.path.realpath(path)
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.exists(target) and not os.path.isfile(target):
            raise ArchiveError(
                "output_path", "Cannot write archive", f"output_path: '{path}' is not a file."
            )
        if os.path.exists(target):
            with open(target, "rb") as file:
                if file.read() == data:
                    return
        temporary = tempfile.mktemp(prefix=".archive-", dir=os.path.dirname(target))
        try:
            with open(temporary, "xb") as file:
                file.write(data)
            os.replace(temporary, target)
        except BaseException:
            if os.path.exists(temporary):
                os.unlink(temporary)
            raise
    except OSError as error:
        detail = f"output_path: '{path}' cannot be written: {error.strerror}."
        raise ArchiveError("output_path", "Cannot write archive", detail) from None


class ArchiveFileDataSource(DataSource):
    """`data "archive_file"`: the archive is built whenever the data source is read."""

    def __init__(self, provider: Provider) -> None:
        pass

    @classmethod
    def get_name(cls) -> str:
        return "file"

    @classmethod
    def get_schema(cls) -> Schema:
        return _schema()

    def validate(self, diags: Diagnostics, type_name: str, config: Config) -> None:
        _validate(diags, config)

    def read(self, ctx: ReadDataContext, config: Config) -> State | None:
        return _make(ctx.diagnostics, config)


class ArchiveFileResource(Resource):
    """`resource "archive_file"`: the archive is built at apply, and again at every refresh."""

    def __init__(self, provider: Provider) -> None:
        pass

    @classmethod
    def get_name(cls) -> str:
        return "file"

    @classmethod
    def get_schema(cls) -> Schema:
        return _schema()

    def validate(self, diags: Diagnostics, type_name: str, config: Config) -> None:
        _validate(diags, config)

    def plan(self, ctx: PlanContext, current: State | None, planned: State) -> State:
        inputs = [name for name in planned if name not in COMPUTED and name != "output_size"]
        if current is None or any(planned[name] != current[name] for name in inputs):
            planned = {**planned, **dict.fromkeys((*COMPUTED, "output_size"), Unknown)}
        return planned

    def create(self, ctx: CreateContext, planned: State) -> State | None:
        return _make(ctx.diagnostics, planned)

    def read(self, ctx: ReadContext, current: State) -> State | None:
        return _make(ctx.diagnostics, current) or current

    def update(self, ctx: UpdateContext, current: State, planned: State) -> State | None:
        return _make(ctx.diagnostics, planned)

    def delete(self, ctx: DeleteContext, current: State) -> None:
        return None  # the real provider leaves the file as well


class ArchiveProvider(Provider):
    """The provider as a whole; it takes no configuration."""

    def get_model_prefix(self) -> str:
        return "archive_"

    def get_provider_schema(self, diags: Diagnostics) -> Schema:
        return Schema()

    def full_name(self) -> str:
        return "registry.terraform.io/hashicorp/archive"

    def validate_config(self, diags: Diagnostics, config: Config) -> None:
        pass

    def configure_provider(self, diags: Diagnostics, config: Config) -> None:
        pass

    def get_data_sources(self) -> list[type[DataSource]]:
        return [ArchiveFileDataSource]

    def get_resources(self) -> list[type[Resource]]:
        return [ArchiveFileResource]
