"""Small plan files by hand, with what each version of Terraform and OpenTofu writes.

They follow the documentation of the format and its history; no binary but the one of the project
made them: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from planproof.terraform.addresses import configuration_address, module_address

TERRAFORM = "registry.terraform.io/hashicorp/aws"
OPENTOFU = "registry.opentofu.org/hashicorp/aws"


@dataclass(frozen=True)
class Version:
    """What a version of Terraform or OpenTofu writes.

    Attributes:
        provider: "aws" in Terraform 0.12, with a registry since.
        marks: whether changes have ``after_sensitive``, since 0.15.
        more: members of the plan that every plan of the version has.
    """

    name: str
    format: str
    provider: str = TERRAFORM
    marks: bool = True
    more: Mapping[str, Any] = field(default_factory=dict)


_CHECKS: Mapping[str, Any] = {"checks": [], "timestamp": "2025-01-01T00:00:00Z"}
_FLAGS: Mapping[str, Any] = {**_CHECKS, "errored": False, "applyable": True, "complete": True}
_DRIFT: Mapping[str, Any] = {
    "resource_drift": [
        {
            "address": "aws_sqs_queue.drifted",
            "mode": "managed",
            "type": "aws_sqs_queue",
            "name": "drifted",
            "change": {"actions": ["delete"], "before": {"name": "x"}, "after": None},
        }
    ],
    "relevant_attributes": [{"resource": "aws_sqs_queue.q", "attribute": ["arn"]}],
}
VERSIONS = (
    Version("0.12.31", "0.1", provider="aws", marks=False),
    Version("0.13.7", "0.1", marks=False),
    Version("0.14.11", "0.1", marks=False),
    Version("0.15.5", "0.1"),
    Version("1.0.11", "0.2", more={"resource_drift": _DRIFT["resource_drift"]}),
    Version("1.1.9", "1.0", more=_DRIFT),
    Version("1.2.9", "1.1", more=_DRIFT),
    Version("1.5.7", "1.2", more={**_DRIFT, **_CHECKS}),
    Version("1.7.5", "1.2", more={**_CHECKS, "errored": False}),
    Version("1.8.5", "1.2", more=_FLAGS),
    Version("1.11.4", "1.2", more=_FLAGS),
    Version(
        "1.14.0", "1.2", more={**_FLAGS, "action_invocations": [{"type": "aws_lambda_invoke"}]}
    ),
    Version("1.16.0", "1.3", more={**_FLAGS, "something_new": {"a": [1]}}),
    Version("1.6.0", "1.2", OPENTOFU, more={**_CHECKS, "errored": False}),
    Version("1.9.1", "1.2", OPENTOFU, more={**_CHECKS, "errored": False}),
    Version("1.11.0", "1.2", OPENTOFU, more={**_CHECKS, "errored": False}),
)
OLD = next(version for version in VERSIONS if version.name == "1.7.5")  # has no "complete"
NEW = next(version for version in VERSIONS if version.name == "1.11.4")
TOFU = VERSIONS[-1]


def _parts(address: str) -> dict[str, Any]:
    *before, type_, name = configuration_address(address).split(".")
    mode = before[-1] if before and before[-1] in ("data", "ephemeral") else "managed"
    found: dict[str, Any] = {"address": address, "mode": mode, "type": type_, "name": name}
    if address.endswith("]"):
        key = address[address.rindex("[") + 1 : -1]
        found["index"] = int(key) if key.isdigit() else key.strip('"')
    return found


def change(address: str, actions: Sequence[str] = ("create",), **more: Any) -> dict[str, Any]:
    """An entry of ``resource_changes``.

    Args:
        more: ``after``, ``unknown``, ``sensitive`` and ``reason``, else members of the entry.
    """
    after = None if list(actions) in (["delete"], ["forget"]) else more.pop("after", {})
    entry = {
        **_parts(address),
        "change": {
            "actions": list(actions),
            "before": None,
            "after": after,
            "after_unknown": more.pop("unknown", {"arn": True, "id": True}),
            "after_sensitive": more.pop("sensitive", {}),
        },
        **more,
    }
    if module := module_address(address):
        entry["module_address"] = module
    return entry


def declared(address: str, **more: Any) -> dict[str, Any]:
    """An entry of the configuration; ``count`` and ``for_each`` give the expression of it."""
    for name in ("count", "for_each"):
        if name in more:
            more[f"{name}_expression"] = more.pop(name)
    expressions = more.pop("expressions", {})
    return {**_parts(address), "provider_config_key": "aws", "expressions": expressions, **more}


def state(*resources: Mapping[str, Any]) -> dict[str, Any]:
    """A ``prior_state`` with the values of resources: the entries of ``address`` and ``values``."""
    entries = [{**_parts(r["address"]), "values": r.get("values", {})} for r in resources]
    return {"format_version": "1.0", "values": {"root_module": {"resources": entries}}}


def plan_file(
    version: Version,
    configuration: Sequence[Mapping[str, Any]],
    changes: Sequence[Mapping[str, Any]],
    *,
    modules: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A plan file of a version.

    Args:
        configuration: the resources of the root module.
        modules: its ``module_calls``.
        more: members of the plan; None leaves one out.
    """
    entries = [{**entry, "provider_name": version.provider} for entry in changes]
    if not version.marks:
        entries = [{**entry, "change": dict(entry["change"])} for entry in entries]
        for entry in entries:
            entry["change"].pop("after_sensitive", None)
    root: dict[str, Any] = {"resources": list(configuration)}
    if modules is not None:
        root["module_calls"] = modules
    plan = {
        "format_version": version.format,
        "terraform_version": version.name,
        "planned_values": {"root_module": {}},
        "resource_changes": entries,
        "configuration": {"provider_config": {"aws": {"name": "aws"}}, "root_module": root},
        **version.more,
        **more,
    }
    return {key: value for key, value in plan.items() if value is not None}
