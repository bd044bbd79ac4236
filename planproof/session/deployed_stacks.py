"""A run's answers on what was deployed, for the steps that ask the same of what is planned."""

from __future__ import annotations

from dataclasses import dataclass, field

from planproof.evidence import NotDeployedError
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import DEFAULT, Stack


@dataclass(slots=True)
class DeployedStacks(ResolvedStacks):
    """The same questions, answered from the state that Terraform left.

    Attributes:
        deployed: variant name → the deployed stack.
    """

    deployed: dict[str, Stack] = field(default_factory=dict)

    @classmethod
    def beside(cls, planned: ResolvedStacks, deployed: dict[str, Stack]) -> DeployedStacks:
        """The stacks deployed from the sources of other stacks; these stay their owner's
        to close."""
        return cls(
            request=planned.request,
            source=planned.source,
            plan=planned.plan,
            workspace=planned.workspace,
            deployed=deployed,
            _stacks={**deployed},
        )

    def stack(self, variant: str = DEFAULT) -> Stack:
        """The stack deployed with a variant's variables.

        Raises:
            NotDeployedError: it was not deployed with them.
        """
        found = self.deployed.get(variant)
        if found is None:
            raise NotDeployedError(variant)
        return found
