"""What AWS allows in an emulated account, by the policies that stand in it at this moment.

Not looked at, besides what :mod:`planproof.iam` leaves out: service control and resource control
policies, since an emulated account is in no organization; and access from other accounts.
"""

from planproof.emulation.account.decisions.live import LiveDecisions

__all__ = ["LiveDecisions"]
