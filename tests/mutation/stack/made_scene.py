"""Small stacks for operators, and what is told of their mutants."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from planproof.mutation.stack.model import Mutant, Operator, Scene, changed
from tests.builders.stacks import ACCOUNT, DeclaredResource, declare, stack

P = "aws_iam_policy.p"
SPOKEN = "aws_sqs_queue.jobs"


def queue(name: str) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


def statement(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue("jobs"), **elements}


def policy(*items: dict[str, Any], **values: Any) -> DeclaredResource:
    """A policy of these statements."""
    return declare(P, policy=json.dumps({"Version": "2012-10-17", "Statement": items}), **values)


def scene(*items: DeclaredResource, spoken: Iterable[str] = (), seed: int = 0) -> Scene:
    said = frozenset((SPOKEN, attribute) for attribute in spoken)
    return Scene({"default": stack(*items)}, said, seed)


def only(operator: Operator, made_of: Scene) -> Mutant:
    (found,) = operator(made_of)
    return found


def ids(operator: Operator, made_of: Scene) -> list[str]:
    return [mutant.id for mutant in operator(made_of)]


def said(mutant: Mutant, of: Scene) -> list[dict[str, Any]]:
    """The statements of the policy in a mutant; nothing but these may be different in it."""
    after = mutant.rewrite(of.stack)
    assert changed(of.stack, after) == {(P, "policy")}
    document = json.loads(after[P].get("policy"))
    assert document.keys() == {"Version", "Statement"}
    found: list[dict[str, Any]] = document["Statement"]
    return found


QUEUES = (
    declare("aws_sqs_queue.jobs", arn=queue("jobs"), id="https://sqs/jobs", name="jobs"),
    declare("aws_sqs_queue.other", arn=queue("other"), id="https://sqs/other", name="other"),
)


SERVICE = {"Service": "s3.amazonaws.com"}
ACCOUNT_ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OTHER_ROOT = "arn:aws:iam::999999999999:root"
SOURCE = {"aws:SourceArn": "arn:aws:s3:::b.x", "aws:SourceAccount": ACCOUNT}
CONDITION = {"StringEquals": SOURCE, "Bool": {"aws:SecureTransport": "false"}}


def one(**elements: Any) -> Scene:
    """A policy of one statement, some of whose elements are given, and others taken away."""
    whole = {"Sid": "S", **statement(), **elements}
    return scene(policy({k: v for k, v in whole.items() if v is not None}), *QUEUES)


def changes(operator: Operator, here: Scene) -> dict[str, dict[str, Any]]:
    """What tells a mutant apart → the elements that are other ones, None for those gone."""
    (before,) = json.loads(here.stack[P].get("policy"))["Statement"]
    found = {}
    for mutant in operator(here):
        (after,) = said(mutant, here)
        names = before.keys() | after.keys()
        found[mutant.id.replace(f" {P}.policy[S]", "")] = {
            name: after.get(name) for name in sorted(names) if before.get(name) != after.get(name)
        }
    return found


def conditions(operator: Operator, condition: dict[str, Any]) -> dict[str, Any]:
    found = changes(operator, one(Condition=condition))
    assert all(change.keys() == {"Condition"} for change in found.values())
    return {name: change["Condition"] for name, change in found.items()}
