"""The provider: each data source returns its arguments, of whatever type they are."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from tf.provider import ProviderServicer
from tf.schema import Attribute, Schema
from tf.utils import Diagnostics

SCHEMA_FILE = "PLANPROOF_GIVEN_DATA"
"""Environment variable with the path of a JSON file: type → names of its attributes."""
_SECRET = re.compile(r"secret|password|token|private_key|credential|plaintext", re.IGNORECASE)
State = dict[str, Any]


def servicer() -> Any:
    """The gRPC service `tfplugin6.Provider`."""
    types = json.loads(Path(os.environ[SCHEMA_FILE]).read_text("utf-8"))
    return ProviderServicer(GivenDataProvider(types))


class _Dynamic:
    """The type of an attribute that takes any value."""

    def encode(self, value: Any) -> Any:
        """Return the value unchanged."""
        return value

    def decode(self, value: Any) -> Any:
        """Return the value unchanged."""
        return value

    def semantically_equal(self, a_decoded: Any, b_decoded: Any) -> bool:
        """Compare two values."""
        return bool(a_decoded == b_decoded)

    def tf_type(self) -> bytes:
        """Return the type as JSON, in the notation of cty."""
        return b'"dynamic"'


class _GivenData:
    """A type of data source; the subclasses say which."""

    name = ""
    attributes: tuple[str, ...] = ()

    @classmethod
    def get_name(cls) -> str:
        """Return the whole name of the type."""
        return cls.name

    @classmethod
    def get_schema(cls) -> Schema:
        """Return the schema: an optional argument for each attribute."""
        return Schema(
            version=0,
            description="Values given with --data.",
            attributes=[
                Attribute(
                    name,
                    _Dynamic(),
                    optional=True,
                    sensitive=bool(_SECRET.search(name))
                    or (cls.name, name) == ("aws_ssm_parameter", "value"),
                )
                for name in cls.attributes
            ],
        )

    def validate(self, diags: Diagnostics, type_name: str, config: State) -> None:
        """Accept every value."""

    def read(self, ctx: Any, config: State) -> State:
        """Return the arguments."""
        return config


class GivenDataProvider:
    """The provider of some types of data sources."""

    def __init__(self, types: dict[str, list[str]]) -> None:
        self._classes = [
            type("GivenData", (_GivenData,), {"name": name, "attributes": tuple(attributes)})
            for name, attributes in types.items()
        ]

    def get_model_prefix(self) -> str:
        """Return the prefix of the type names: none."""
        return ""

    def get_provider_schema(self, diags: Diagnostics) -> Schema:
        """Return the schema of the provider block: empty."""
        return Schema()

    def full_name(self) -> str:
        """Return the provider's source address."""
        return "registry.terraform.io/hashicorp/planproof"

    def validate_config(self, diags: Diagnostics, config: State) -> None:
        """Accept the empty provider block."""

    def configure_provider(self, diags: Diagnostics, config: State) -> None:
        """Do nothing."""

    def get_data_sources(self) -> list[type[_GivenData]]:
        """Return the data sources."""
        return self._classes

    def get_resources(self) -> list[type[Any]]:
        """Return no resources."""
        return []

    def get_functions(self) -> list[type[Any]]:
        """Return no functions."""
        return []

    def new_data_source(self, type_: type[_GivenData]) -> _GivenData:
        """Return a data source for one call."""
        return type_()
