from __future__ import annotations

from collections.abc import Iterator

import pytest

from planproof.emulation.account.process import AccountProcess
from steps.deployed import DeployedScenario
from steps.support.pipeline import Pipeline
from tests.builders.shipped import ROOT
from tests.steps.deployed.driver import Deployment, Driver


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    """One account for all tests of a process: each leaves it as it was found."""
    with AccountProcess(["steps.mediaconvert:MediaConvert"], [str(ROOT)]) as account:
        yield Deployment(account)


@pytest.fixture
def driver(deployment: Deployment) -> Iterator[Driver]:
    pipeline = Pipeline(deployment.stack())
    scenario = DeployedScenario(deployment, pipeline)
    yield Driver(deployment, scenario, pipeline)
    scenario.clean_up()
