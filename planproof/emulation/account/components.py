"""The components of an account, which tests may replace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from planproof.emulation.account.model import Account, Decisions
from planproof.errors import PlanproofError

if TYPE_CHECKING:
    from planproof.emulation.account.lambdas import Lambdas


@dataclass(frozen=True, slots=True)
class Components:
    """Factories of the components of an account.

    Attributes:
        patch_moto: changes moto where it differs from AWS.
    """

    patch_moto: Callable[[Account], None]
    functions: Callable[[Account], Lambdas]
    decisions: Callable[[Account], Decisions]


def default_components() -> Components:
    """The components of an account that behaves as AWS does."""
    from planproof.emulation.account import moto_patches
    from planproof.emulation.account.decisions import LiveDecisions
    from planproof.emulation.account.lambdas import Lambdas

    return Components(moto_patches.apply, Lambdas, LiveDecisions)


def import_object(name: str) -> Any:
    """Import an object by ``module:Name``.

    Raises:
        PlanproofError: it does not exist.
    """
    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as failure:
        raise PlanproofError(
            f"the emulated account cannot import {name!r} ({failure})",
            "give the class as MODULE:CLASS, and its folder with --path",
        ) from failure
