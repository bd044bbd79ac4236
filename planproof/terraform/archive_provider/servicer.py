"""Where does the protocol need more than tf gives?

In two places. Terraform says of many an unknown value what it knows all the same, that it is not
null or how it starts, and tf knows only the bare unknown value
(https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/object-wire-format.md). And
a changed `source` block must replace the resource, as it does in the real provider, where tf can
ask that of attributes only.
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

Method = Callable[[Any, Any], Any]  # request and context to response


def servicer() -> Any:
    """Return the gRPC service `tfplugin6.Provider`."""
    service = ProviderServicer(ArchiveProvider())
    service.ValidateDataResourceConfig = _bare(service.ValidateDataResourceConfig, "config")
    service.ValidateResourceConfig = _bare(service.ValidateResourceConfig, "config")
    service.PlanResourceChange = _bare(
        _replacing(service.PlanResourceChange), "prior_state", "proposed_new_state"
    )
    return service


def _bare(method: Method, *fields: str) -> Method:
    """Let `method` see every unknown value in these fields of its request as a bare one."""

    def answer(request: Any, context: Any) -> Any:
        for name in fields:
            value = getattr(request, name)
            if value.msgpack:
                plain = msgpack.unpackb(value.msgpack, ext_hook=lambda code, data: Unknown)
                value.CopyFrom(to_dynamic_value(plain))
        return method(request, context)

    return answer


def _replacing(plan: Method) -> Method:
    """Let `plan` ask for a replacement where `source` blocks change."""

    def answer(request: Any, context: Any) -> Any:
        response = plan(request, context)
        prior = read_dynamic_value(request.prior_state)
        proposed = read_dynamic_value(request.proposed_new_state)
        if prior and proposed and prior["source"] != proposed["source"]:
            step = protocol.AttributePath.Step(attribute_name="source")
            response.requires_replace.append(protocol.AttributePath(steps=[step]))
        return response

    return answer
