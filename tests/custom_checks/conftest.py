"""One run of Checkov over every example, shared by the tests of the custom checks."""

from __future__ import annotations

import pytest

from tests.custom_checks.checkov_scan import EXAMPLES, Scan, scan


@pytest.fixture(scope="session")
def examples() -> Scan:
    return scan(EXAMPLES)
