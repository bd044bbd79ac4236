"""What is decided on the plan of the shipped stack is decided on the deployed stack: every need of
its data path, with all grants and without any one of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from planproof.aws.datapath import Authority
from tests.aws.datapath.shipped_grants import (
    BREAKS,
    POLICIES,
    draw_path,
    shipped_path,
    without_grant,
)
from tests.builders.shipped import shipped
from tests.emulation.account.decisions.shipped_stack import Deployed, changed


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    with mock_aws():
        yield Deployed(shipped())


def test_data_path_is_allowed(deployed: Deployed) -> None:
    authority = Authority(shipped())
    needs = [need for need in shipped_path().needs if need.required]
    assert len(needs) > 30
    for need in needs:
        assert authority.decide(need).allowed is True, str(need)
        assert deployed.refused(need) is None, str(need)


@pytest.mark.parametrize("grant", BREAKS, ids="-".join)
def test_missing_grant_is_denied_by_plan_and_account(
    grant: tuple[str, str, str], deployed: Deployed
) -> None:
    broken = without_grant(shipped(), *grant)
    address, attribute = grant[0], POLICIES[grant[0]]
    authority = Authority(broken)
    planned, live = set(), set()
    deployed.put(address, changed(broken, address, attribute))
    try:
        for need in (need for need in draw_path(broken).needs if need.required):
            if authority.decide(need).allowed is not True:
                planned.add(f"{need} {need.resource}")
            if deployed.refused(need) is not None:
                live.add(f"{need} {need.resource}")
    finally:
        deployed.put(address, changed(shipped(), address, attribute))
    assert live == planned
    assert bool(live) == bool(BREAKS[grant])
