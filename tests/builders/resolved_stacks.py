"""A fake of resolved stacks, for tests of steps."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from planproof.aws.datapath import Authority
from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.results import verdict_of
from planproof.terraform.stack import Stack
from planproof.values import Verdict
from steps.support.policy_evidence import PolicyEvidence

NAMES = SimpleNamespace(
    suffix="environment_suffix", region="aws_region", alarm_topics="alarm_topic_arns"
)


class FakeResolvedStacks:
    """Stacks by the name of their variables; the first is "default"."""

    def __init__(self, *stacks: Stack, terraform_dir: str | None = "terraform") -> None:
        self._stacks = {stack.name: stack for stack in stacks}
        self.request = SimpleNamespace(terraform_dir=terraform_dir and Path(terraform_dir))

    def stack(self, variant: str = "default") -> Stack:
        if variant not in self._stacks:
            raise UndeterminedError(f"the stack was not resolved with {variant}")
        return self._stacks[variant]

    def source_path(self, file: str) -> str:
        return f"terraform/{file}"


def policy_evidence(stack: Stack, evidence: Recorder) -> PolicyEvidence:
    """The policies of a stack, with a recorder."""
    stacks: Any = FakeResolvedStacks(stack)
    return PolicyEvidence(Authority(stack), stacks, evidence)


def verdict(evidence: Recorder) -> Verdict:
    return verdict_of(evidence.evidence)


def broken(evidence: Recorder) -> list[tuple[Any, ...]]:
    """Address, attribute, value found and location of all failed evidence."""
    return [
        (e.address, e.attribute, e.found, e.where) for e in evidence.evidence if e.holds is False
    ]
