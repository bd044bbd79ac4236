"""The schema of `archive_file`.

It is that of hashicorp/archive 2.7, the same for data source and resource. A change of any argument
except exclude_symlink_directories replaces the resource.
"""

from __future__ import annotations

from typing import Any

from tf.blocks import SetNestedBlock
from tf.schema import Attribute, Block, Schema
from tf.types import Bool, Number, String

OPTIONAL = {
    "source_file": "The one file to archive.",
    "source_dir": "The directory whose files to archive.",
    "source_content": "The content of the one file in the archive.",
    "source_content_filename": "The name of source_content in the archive.",
    "output_file_mode": 'Octal mode of every file in the archive, such as "0644".',
}
HASHES = {
    "id": "SHA-1 of the archive.",
    "output_md5": "MD5 of the archive.",
    "output_sha": "SHA-1 of the archive.",
    "output_sha256": "SHA-256 of the archive.",
    "output_base64sha256": "SHA-256 of the archive, in Base64.",
    "output_sha512": "SHA-512 of the archive.",
    "output_base64sha512": "SHA-512 of the archive, in Base64.",
}
COMPUTED = (*HASHES, "output_size")


class StringSet:
    """A set of strings, None, or Unknown, which tf's own set type does not compare correctly."""

    def encode(self, value: Any) -> Any:
        """Return the value unchanged."""
        return value

    def decode(self, value: Any) -> Any:
        """Return the value unchanged: a list, in Terraform's order."""
        return value

    def semantically_equal(self, a_decoded: Any, b_decoded: Any) -> bool:
        """Compare two values; Terraform sorts the elements of a set."""
        return bool(a_decoded == b_decoded)

    def tf_type(self) -> bytes:
        """Return the type as JSON, in the notation of cty."""
        return b'["set","string"]'


def archive_file() -> Schema:
    """Return the schema."""
    return Schema(
        version=0,
        description="An archive of content, a file, or a directory of files.",
        attributes=[
            _argument("type", "zip or tar.gz.", required=True),
            _argument("output_path", "Where the archive is written.", required=True),
            *(_argument(name, text) for name, text in OPTIONAL.items()),
            _argument("excludes", "Patterns of paths below source_dir to leave out.", StringSet()),
            Attribute(
                "exclude_symlink_directories",
                Bool(),
                "Leave out symbolic links to directories.",
                optional=True,
            ),
            Attribute("output_size", Number(), "Size of the archive in bytes.", computed=True),
            *(Attribute(name, String(), text, computed=True) for name, text in HASHES.items()),
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


def _argument(
    name: str, description: str, type: Any = None, *, required: bool = False
) -> Attribute:
    return Attribute(
        name,
        type or String(),
        description,
        required=required,
        optional=not required,
        requires_replace=True,
    )
