"""Where does the deployed pipeline stop if one grant is taken away from it?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_bdd import given, parsers, then

from planproof.emulation.account.model import Entry
from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.terraform.stack import Resource
from steps.pipeline import Pipeline
from steps.support.deployed_scenario import Scene
from steps.support.lost_grants import Policies
from steps.support.parties import PHRASES, SERVICES
from steps.support.traffic import text_of

_KEYS = ("aws_kms_key", "aws_kms_replica_key", "aws_kms_external_key")


@pytest.fixture
def policies(on_stage: Scene) -> Iterator[Policies]:
    """The deployed policies, which are put back when the scenario has ended."""
    changed = Policies(on_stage.traffic.client)
    yield changed
    changed.restore()


@given(parsers.parse('"{who}" may no longer "{action}" on "{what}"'))
def taken_away(
    on_stage: Scene, pipeline: Pipeline, policies: Policies, who: str, action: str, what: str
) -> None:
    """From the policy as it is deployed; Terraform is not asked."""
    target = None if what in SERVICES else _part(pipeline, what)
    service = SERVICES.get(who)
    if service is None:
        role = _part(pipeline, who)
        arn = text_of(target, "arn") if target is not None else ""
        policies.take_from_role(role, action, arn)
    elif target is None:
        raise UndeterminedError(f"{what!r} has no policy that {who} could be taken out of")
    elif target.type == "aws_iam_role":
        policies.take_from_trust(target, service, action)
    elif target.type == "aws_sqs_queue":
        policies.take_from_queue(target, service, action)
    elif target.type in _KEYS:
        policies.take_from_key(target, service, action)
    else:
        raise UndeterminedError(
            f"how {who} loses something on {target} has not been defined: name a role, a queue "
            "or a key"
        )


@then(parsers.parse('AWS refused "{who}" "{action}", and nothing else before'))
def refused_there(
    on_stage: Scene, pipeline: Pipeline, evidence: Recorder, who: str, action: str
) -> None:
    """The first refusal is this one, in the words of AWS."""
    refused = on_stage.traffic.refusals(on_stage.since)
    first = refused[0] if refused else None
    right = first is not None and _is_of(first, action) and _is_by(first, pipeline, who)
    # What the policies leave open is refused, too, but that AWS would do so is not known.
    open_ = right and first is not None and bool(first.detail.get("undetermined"))
    evidence.check(
        None if open_ else right,
        pipeline.function if who in SERVICES else _part(pipeline, who),
        expected=f"{action} refused to {who} before anything else, with AWS's own error",
        found=f"{first.who}: {first.detail.get('message')}" if first else "nothing refused",
    )


def _is_of(entry: Entry, action: str) -> bool:
    """Whether it is that action, and AWS's own error says so. SQS spells its actions in lower
    case there, and Lambda says of a role that it cannot be assumed."""
    message = str(entry.detail.get("message", ""))
    worded = f"not authorized to perform: {action}".lower() in message.lower()
    return entry.detail.get("action") == action and (worded or "cannot be assumed" in message)


def _is_by(entry: Entry, pipeline: Pipeline, who: str) -> bool:
    if who in SERVICES:
        told = f"User: {SERVICES[who]} " in str(entry.detail.get("message", ""))
        return told or SERVICES[who] in (entry.who, entry.detail.get("principal"))
    name = text_of(_part(pipeline, who), "name")
    return f"/{name}/" in entry.who or f"/{name}/" in str(entry.detail.get("principal", ""))


def _part(pipeline: Pipeline, words: str) -> Resource:
    if words not in PHRASES:
        raise UndeterminedError(
            f"it is not known what {words!r} is: write one of {', '.join((*PHRASES, *SERVICES))}"
        )
    return PHRASES[words](pipeline)
