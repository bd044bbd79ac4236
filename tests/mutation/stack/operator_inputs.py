"""Small inputs for operators, and the changes that their mutants make."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from planproof.mutation.stack.model import Mutant, MutationInput, Operator, changed
from tests.builders.parts import queue_arn
from tests.builders.policies import document, statement
from tests.builders.stacks import ACCOUNT, DeclaredResource, declare, stack

P = "aws_iam_policy.p"
JOBS_QUEUE = "aws_sqs_queue.jobs"


def send_statement(**elements: Any) -> dict[str, Any]:
    return statement("sqs:SendMessage", queue_arn("jobs"), **elements)


def managed_policy(*statements: dict[str, Any], **values: Any) -> DeclaredResource:
    return declare(P, policy=document(*statements), **values)


def inputs(*items: DeclaredResource, attributes: Iterable[str] = ()) -> MutationInput:
    evidence_paths = frozenset((JOBS_QUEUE, attribute) for attribute in attributes)
    return MutationInput({"default": stack(*items)}, evidence_paths)


def only(operator: Operator, given: MutationInput) -> Mutant:
    (found,) = operator(given)
    return found


def ids(operator: Operator, given: MutationInput) -> list[str]:
    return [mutant.id for mutant in operator(given)]


def statements_of(mutant: Mutant, given: MutationInput) -> list[dict[str, Any]]:
    """The statements of the policy in a mutant, which must be its only change."""
    after = mutant.rewrite(given.stack)
    assert changed(given.stack, after) == {(P, "policy")}
    document = json.loads(after[P].get("policy"))
    assert document.keys() == {"Version", "Statement"}
    found: list[dict[str, Any]] = document["Statement"]
    return found


QUEUES = (
    declare("aws_sqs_queue.jobs", arn=queue_arn("jobs"), id="https://sqs/jobs", name="jobs"),
    declare("aws_sqs_queue.other", arn=queue_arn("other"), id="https://sqs/other", name="other"),
)


SERVICE = {"Service": "s3.amazonaws.com"}
ACCOUNT_ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OTHER_ROOT = "arn:aws:iam::999999999999:root"
SOURCE = {"aws:SourceArn": "arn:aws:s3:::b.x", "aws:SourceAccount": ACCOUNT}
CONDITION = {"StringEquals": SOURCE, "Bool": {"aws:SecureTransport": "false"}}


def one(**elements: Any) -> MutationInput:
    """A policy of one statement with these elements; None removes an element."""
    whole = {"Sid": "S", **send_statement(), **elements}
    return inputs(managed_policy({k: v for k, v in whole.items() if v is not None}), *QUEUES)


def changes(operator: Operator, given: MutationInput) -> dict[str, dict[str, Any]]:
    """Operator and qualifier of each mutant → its changed elements, None for removed ones."""
    (before,) = json.loads(given.stack[P].get("policy"))["Statement"]
    found = {}
    for mutant in operator(given):
        (after,) = statements_of(mutant, given)
        names = before.keys() | after.keys()
        found[mutant.id.replace(f" {P}.policy[S]", "")] = {
            name: after.get(name) for name in sorted(names) if before.get(name) != after.get(name)
        }
    return found


def conditions(operator: Operator, condition: dict[str, Any]) -> dict[str, Any]:
    found = changes(operator, one(Condition=condition))
    assert all(change.keys() == {"Condition"} for change in found.values())
    return {name: change["Condition"] for name, change in found.items()}
