"""AWS Lambda in an emulated account: event source mappings, and functions that run.

moto keeps what is deployed: functions, their code, their mappings. What is missing there is that
anything happens, and that is here: :class:`~planproof.emulation.account.lambdas.service.Lambdas`.
"""

from planproof.emulation.account.lambdas.invocations import InvocationResult
from planproof.emulation.account.lambdas.service import Lambdas

__all__ = ["InvocationResult", "Lambdas"]
