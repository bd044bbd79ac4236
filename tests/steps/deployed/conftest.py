from __future__ import annotations

from collections.abc import Iterator

import pytest

from planproof.emulation.account.process import AccountProcess
from steps.deployed import Scene
from steps.pipeline import Pipeline
from tests.builders.shipped import ROOT
from tests.steps.deployed.play import Deployment, Play


@pytest.fixture(scope="session")
def standing() -> Iterator[Deployment]:
    """One account for all tests of a process: each leaves it as it was found."""
    with AccountProcess(["steps.mediaconvert:MediaConvert"], [str(ROOT)]) as account:
        yield Deployment(account)


@pytest.fixture
def play(standing: Deployment) -> Iterator[Play]:
    pipeline = Pipeline(standing.stack())
    scene = Scene(standing, pipeline)
    yield Play(standing, scene, pipeline)
    scene.end()
