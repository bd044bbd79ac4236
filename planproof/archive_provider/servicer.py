"""Where does the protocol need more than tf gives?

In one place: a changed `source` block must replace the resource, as it does in the real provider,
and tf can ask that of attributes only.
"""

from __future__ import annotations

from typing import Any

from tf.gen import tfplugin_pb2 as protocol
from tf.provider import ProviderServicer
from tf.utils import read_dynamic_value

from planproof.archive_provider.provider import ArchiveProvider


def servicer() -> Any:
    """Return the gRPC service `tfplugin6.Provider`."""
    service = ProviderServicer(ArchiveProvider())
    plan = service.PlanResourceChange

    def plan_resource_change(request: Any, context: Any) -> Any:
        response = plan(request, context)
        prior = read_dynamic_value(request.prior_state)
        proposed = read_dynamic_value(request.proposed_new_state)
        if prior and proposed and prior["source"] != proposed["source"]:
            step = protocol.AttributePath.Step(attribute_name="source")
            response.requires_replace.append(protocol.AttributePath(steps=[step]))
        return response

    service.PlanResourceChange = plan_resource_change
    return service
