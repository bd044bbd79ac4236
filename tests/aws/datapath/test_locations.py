"""The account of a resource."""

from __future__ import annotations

from planproof.aws.datapath.locations import account_of
from tests.builders.parts import role
from tests.builders.stacks import ACCOUNT, declare, stack


def test_the_account_of_a_resource() -> None:
    arn = "arn:aws:iam::111122223333:role/r"
    elsewhere = stack(declare("aws_iam_role.r", arn=arn), declare("aws_x.y"), region=None)
    assert account_of(elsewhere, elsewhere["aws_iam_role.r"]) == "111122223333"
    assert account_of(elsewhere, elsewhere["aws_x.y"]) is None
    here = stack(role("r"))
    assert account_of(here, here["aws_iam_role.r"]) == ACCOUNT
