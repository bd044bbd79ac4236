from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.emulation.account.decisions.policy_account import PolicyAccount


@pytest.fixture
def account() -> Iterator[PolicyAccount]:
    with mock_aws():
        yield PolicyAccount()
