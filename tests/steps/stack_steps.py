"""Runs steps of the data path, grants and access on the shipped stack with one change."""

from __future__ import annotations

from typing import Any

from planproof.aws.datapath import Authority, DataPath, draw
from planproof.aws.sdk_calls import SdkCalls, calls_of
from planproof.evidence import Recorder
from planproof.terraform.stack import Stack
from planproof.values import Verdict
from steps import data_path, least_privilege, strangers
from steps.support.jobs import job_edges
from steps.support.pipeline import Pipeline
from steps.support.policy_evidence import PolicyEvidence
from tests.builders.resolved_stacks import FakeResolvedStacks, verdict
from tests.builders.shipped import shipped_package

QUEUE = "aws_sqs_queue_policy.processing"
FUNCTION = "aws_iam_policy.function"
TABLE = [
    ["from", "to"],
    ["the input bucket", "the processing queue"],
    ["the processing queue", "the function"],
]


class StackSteps:
    """The steps on one stack, with their fixtures."""

    def __init__(self, stack: Stack, calls: SdkCalls | None = None) -> None:
        read = calls if calls is not None else calls_of(shipped_package())
        self.stack, self.pipeline = stack, Pipeline(stack)
        drawn = draw(stack, lambda _: read, handled=frozenset({"mediaconvert"}))
        self.path: DataPath = drawn.with_edges(job_edges(self.pipeline, read))
        self.authority = Authority(stack)
        self.evidence = Recorder(stack.locate)
        self.stacks: Any = FakeResolvedStacks(stack)

    @property
    def policy_evidence(self) -> PolicyEvidence:
        return PolicyEvidence(self.authority, self.stacks, self.evidence)

    def edges(self, table: list[list[str]]) -> Recorder:
        data_path.edges_are_proven(self.pipeline, self.path, self.policy_evidence, table)
        return self.evidence

    def every_edge(self) -> Recorder:
        data_path.every_edge_is_proven(self.path, self.policy_evidence)
        return self.evidence

    def grants(self) -> Recorder:
        least_privilege.every_grant_is_needed(self.policy_evidence, self.path)
        return self.evidence

    def run(self, step: Any, *arguments: Any) -> Recorder:
        step(self.policy_evidence, *arguments)
        return self.evidence

    def strangers(self) -> dict[str, Verdict]:
        """Verdict by step."""
        found = {}
        for step, arguments in (
            (strangers.no_other_account, ()),
            (strangers.no_unauthenticated_caller, ()),
            (strangers.no_confused_deputy, (self.path,)),
            (strangers.no_needless_service, (self.path,)),
        ):
            self.evidence = Recorder(self.stack.locate)
            found[step.__name__] = verdict(self.run(step, *arguments))
        return found


def first_statement(**elements: Any) -> Any:
    """Change elements of a document's first statement; None removes one."""

    def edit(document: dict[str, Any]) -> None:
        statement = document["Statement"][0]
        statement.update(elements)
        for name in [n for n, value in elements.items() if value is None]:
            del statement[name]

    return edit


def added(**statement: Any) -> Any:
    return lambda document: document["Statement"].append({"Effect": "Allow", **statement})


def failures(evidence: Recorder) -> list[str]:
    return [e.found for e in evidence.evidence if e.holds is False]
