"""Which call fails first when one permission of the deployed pipeline is revoked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_bdd import given, parsers, then

from planproof.emulation.account.model import Entry
from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.terraform.stack import Resource
from steps.support.deployed_scenario import DeployedScenario
from steps.support.iam_names import PHRASES, SERVICES
from steps.support.pipeline import Pipeline
from steps.support.revoked_grants import DeployedPolicies
from steps.support.traffic import text_of

_KEYS = ("aws_kms_key", "aws_kms_replica_key", "aws_kms_external_key")


@pytest.fixture
def policies(deployed_scenario: DeployedScenario) -> Iterator[DeployedPolicies]:
    """The deployed policies; changes are undone after the scenario."""
    changed = DeployedPolicies(deployed_scenario.traffic.client)
    yield changed
    changed.restore()


@given(parsers.parse('"{who}" may no longer "{action}" on "{what}"'))
def grant_revoked(
    deployed_scenario: DeployedScenario,
    pipeline: Pipeline,
    policies: DeployedPolicies,
    who: str,
    action: str,
    what: str,
) -> None:
    """Change the deployed policy, not the Terraform sources."""
    target = None if what in SERVICES else _part(pipeline, what)
    service = SERVICES.get(who)
    if service is None:
        role = _part(pipeline, who)
        arn = text_of(target, "arn") if target is not None else ""
        policies.revoke_from_role(role, action, arn)
    elif target is None:
        raise UndeterminedError(f"{what!r} has no policy that could grant {who} anything")
    elif target.type == "aws_iam_role":
        policies.revoke_from_trust(target, service, action)
    elif target.type == "aws_sqs_queue":
        policies.revoke_from_queue(target, service, action)
    elif target.type in _KEYS:
        policies.revoke_from_key(target, service, action)
    else:
        raise UndeterminedError(
            f"a grant to {who} on {target} cannot be revoked: name an IAM role, an SQS queue or a "
            "KMS key"
        )


@then(parsers.parse('AWS refused "{who}" "{action}", and nothing else before'))
def refused_there(
    deployed_scenario: DeployedScenario,
    pipeline: Pipeline,
    evidence: Recorder,
    who: str,
    action: str,
) -> None:
    """The first refusal in the account is this one, with the error message of AWS."""
    refused = deployed_scenario.traffic.refusals(deployed_scenario.since)
    first = refused[0] if refused else None
    right = first is not None and _is_of(first, action) and _is_by(first, pipeline, who)
    # The emulated account also refuses what the policies do not decide; AWS might allow it.
    undecided = right and first is not None and bool(first.detail.get("undetermined"))
    evidence.check(
        None if undecided else right,
        pipeline.function if who in SERVICES else _part(pipeline, who),
        expected=f"{action} refused to {who} before anything else, with AWS's own error",
        found=f"{first.who}: {first.detail.get('message')}" if first else "nothing refused",
    )


def _is_of(entry: Entry, action: str) -> bool:
    """Whether the entry is a refusal of the action, by its action and its error message. The
    messages of SQS have the action in lower case; Lambda's say that the role cannot be assumed."""
    message = str(entry.detail.get("message", ""))
    names_action = f"not authorized to perform: {action}".lower() in message.lower()
    return entry.detail.get("action") == action and (names_action or "cannot be assumed" in message)


def _is_by(entry: Entry, pipeline: Pipeline, who: str) -> bool:
    if who in SERVICES:
        named = f"User: {SERVICES[who]} " in str(entry.detail.get("message", ""))
        return named or SERVICES[who] in (entry.who, entry.detail.get("principal"))
    name = text_of(_part(pipeline, who), "name")
    return f"/{name}/" in entry.who or f"/{name}/" in str(entry.detail.get("principal", ""))


def _part(pipeline: Pipeline, words: str) -> Resource:
    if words not in PHRASES:
        raise UndeterminedError(
            f"{words!r} names no principal or resource: write one of "
            f"{', '.join((*PHRASES, *SERVICES))}"
        )
    return PHRASES[words](pipeline)
