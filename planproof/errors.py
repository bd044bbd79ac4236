"""Errors that a user can cause, each one sentence: what is wrong, where, and what to do next."""

from __future__ import annotations


class PlanproofError(Exception):
    """A problem that its reader can mend; printed as it stands, without a traceback.

    Args:
        what: what is wrong, where it is, as a clause without a full stop.
        todo: what to do next, as a clause without a full stop.
        detail: another program's own words (Terraform's message, say), shown below the sentence.
    """

    def __init__(self, what: str, todo: str, *, detail: str = "") -> None:
        self.what = what
        self.todo = todo
        self.detail = detail.strip()
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """The one sentence."""
        return f"{self.what}: {self.todo}."

    def __str__(self) -> str:
        return f"{self.sentence}\n{self.detail}" if self.detail else self.sentence


class UndeterminedError(Exception):
    """The evidence does not decide; says why in one sentence."""
