"""The deployed stacks of a run, with the interface of the planned ones."""

from __future__ import annotations

from collections.abc import Mapping

from planproof.evidence import NotDeployedError
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import DEFAULT, Stack


class DeployedStacks(ResolvedStacks):
    """The stacks of a run as Terraform's state describes them after the apply."""

    @classmethod
    def beside(cls, planned: ResolvedStacks, deployed: Mapping[str, Stack]) -> DeployedStacks:
        """The deployed stacks of the same sources as ``planned``, which still has to be closed.

        Args:
            deployed: variant name → the deployed stack.
        """
        return cls(
            request=planned.request,
            source=planned.source,
            plan=planned.plan,
            workspace=planned.workspace,
            by_variant={**deployed},
        )

    def stack(self, variant: str = DEFAULT) -> Stack:
        """The stack deployed with the variables of a variant.

        Raises:
            NotDeployedError: it was not deployed with them.
        """
        stack = self.stacks.get(variant)
        if stack is None:
            raise NotDeployedError(variant)
        return stack
