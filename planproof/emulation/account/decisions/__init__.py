"""Authorization in an emulated account, by its current policies.

Not evaluated, besides what :mod:`planproof.iam` leaves out: service control and resource control
policies, because an emulated account belongs to no organization; and cross-account access.
"""

from planproof.emulation.account.decisions.live import LiveDecisions

__all__ = ["LiveDecisions"]
