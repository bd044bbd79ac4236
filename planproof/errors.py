"""Errors for the user: each is one sentence with the problem, its place and what to do next."""

from __future__ import annotations


class PlanproofError(Exception):
    """A problem that the user can fix; printed without a traceback.

    Args:
        what: what is wrong and where, as a clause without a full stop.
        todo: what to do next, as a clause without a full stop.
        detail: output of another program, such as Terraform; shown below the sentence.
    """

    def __init__(self, what: str, todo: str, *, detail: str = "") -> None:
        self.what = what
        self.todo = todo
        self.detail = detail.strip()
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """The problem and what to do next."""
        return f"{self.what}: {self.todo}."

    def __str__(self) -> str:
        return f"{self.sentence}\n{self.detail}" if self.detail else self.sentence


class UndeterminedError(Exception):
    """A requirement cannot be decided; the text is the reason, in one sentence."""
