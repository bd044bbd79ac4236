"""What an account is put together from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from planproof.emulation.account.model import Account, Decisions
from planproof.errors import PlanproofError


class Functions(Protocol):
    """The functions of an account, and the event source mappings that feed them."""

    def start(self) -> None:
        """Begin to take messages."""

    def stop(self) -> None:
        """Take no more, and end every instance."""

    def kill(self, instance: str) -> None:
        """End an instance at once."""

    def waiting(self) -> list[float]:
        """Seconds of account time until each message in a mapped queue becomes visible; 0 or less
        for those that are."""

    def pause(self) -> None:
        """Take no more messages for the time being."""

    def resume(self) -> None:
        """Take messages again."""


@dataclass(frozen=True, slots=True)
class Parts:
    """How the parts are made that are not the account itself.

    Attributes:
        mend: changes moto where it differs from AWS.
        functions: makes what runs the functions.
        decisions: makes what says what is allowed.
    """

    mend: Callable[[Account], None]
    functions: Callable[[Account], Functions]
    decisions: Callable[[Account], Decisions]


def usual_parts() -> Parts:
    """Those of an account that behaves as AWS does."""
    from planproof.emulation.account import moto_patches
    from planproof.emulation.account.decisions import LiveDecisions
    from planproof.emulation.account.lambdas import Lambdas

    return Parts(moto_patches.apply, Lambdas, LiveDecisions)


def named(name: str) -> Any:
    """What ``module:Name`` is the name of.

    Raises:
        PlanproofError: there is nothing of that name.
    """
    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as failure:
        raise PlanproofError(
            f"the emulated account finds no {name!r} ({failure})",
            "name a class as MODULE:CLASS, and its folder with --path",
        ) from failure
