from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.emulation.account.decisions.scene import Scene


@pytest.fixture
def scene() -> Iterator[Scene]:
    with mock_aws():
        yield Scene()
