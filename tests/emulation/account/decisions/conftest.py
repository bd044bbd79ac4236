from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.emulation.account.decisions.account_with_policies import AccountWithPolicies


@pytest.fixture
def account() -> Iterator[AccountWithPolicies]:
    with mock_aws():
        yield AccountWithPolicies()
