"""AWS Lambda in an emulated account: polls queues and runs functions.

moto stores functions, their code and their event source mappings.
:class:`~planproof.emulation.account.lambdas.service.Lambdas` runs them.
"""

from planproof.emulation.account.lambdas.invocations import InvocationResult
from planproof.emulation.account.lambdas.service import Lambdas

__all__ = ["InvocationResult", "Lambdas"]
