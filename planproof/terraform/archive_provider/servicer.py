"""Extends the gRPC service of tf in two respects.

Terraform refines unknown values (not null, a known prefix), which tf cannot decode: it knows only
the plain unknown value
(https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/object-wire-format.md). And a
changed `source` block must replace the resource, as in the real provider; tf supports that only for
attributes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgpack  # type: ignore[import-untyped]
from tf.gen import tfplugin_pb2 as protocol
from tf.provider import ProviderServicer
from tf.types import Unknown
from tf.utils import read_dynamic_value, to_dynamic_value

from planproof.terraform.archive_provider.provider import ArchiveProvider

Method = Callable[[Any, Any], Any]  # (request, context) → response


def servicer() -> Any:
    """Return the gRPC service `tfplugin6.Provider`."""
    service = ProviderServicer(ArchiveProvider())
    service.ValidateDataResourceConfig = _without_refinements(
        service.ValidateDataResourceConfig, "config"
    )
    service.ValidateResourceConfig = _without_refinements(service.ValidateResourceConfig, "config")
    service.PlanResourceChange = _without_refinements(
        _replace_on_changed_source(service.PlanResourceChange), "prior_state", "proposed_new_state"
    )
    return service


def _without_refinements(method: Method, *fields: str) -> Method:
    """Remove the refinements of unknown values from these fields of the request of `method`."""

    def call(request: Any, context: Any) -> Any:
        for name in fields:
            value = getattr(request, name)
            if value.msgpack:
                plain = msgpack.unpackb(value.msgpack, ext_hook=lambda code, data: Unknown)
                value.CopyFrom(to_dynamic_value(plain))
        return method(request, context)

    return call


def _replace_on_changed_source(plan: Method) -> Method:
    """Make `plan` require a replacement where `source` blocks change."""

    def call(request: Any, context: Any) -> Any:
        response = plan(request, context)
        prior = read_dynamic_value(request.prior_state)
        proposed = read_dynamic_value(request.proposed_new_state)
        if prior and proposed and prior["source"] != proposed["source"]:
            step = protocol.AttributePath.Step(attribute_name="source")
            response.requires_replace.append(protocol.AttributePath(steps=[step]))
        return response

    return call
