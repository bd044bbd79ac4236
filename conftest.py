"""Loads the vocabulary in steps/ and says with which variables the stack is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from planproof.mutation.stack.model import Mutant
from planproof.terraform.resolution.run import Variant
from planproof.terraform.stack import Stack
from planproof.values import Value
from steps.support.network_mutants import network_mutants

pytest_plugins = tuple(
    f"steps.{path.stem}"
    for path in sorted((Path(__file__).parent / "steps").glob("*.py"))
    if not path.name.startswith("_")
)


@dataclass(frozen=True, slots=True)
class VariableNames:
    """Which variable of the stack is which.

    Attributes:
        suffix: the variable that keeps environments apart.
        region: the variable that holds the AWS region.
        alarm_topics: the variable that holds the SNS topics of alarms.
    """

    suffix: str
    region: str
    alarm_topics: str


def pytest_addoption(parser: pytest.Parser) -> None:
    """Other stacks name their variables otherwise."""
    group = parser.getgroup("pipeline", "names in the stack under test")
    group.addoption(
        "--suffix-variable",
        default="environment_suffix",
        metavar="NAME",
        help="variable that keeps environments apart (default: environment_suffix)",
    )
    group.addoption(
        "--region-variable",
        default="aws_region",
        metavar="NAME",
        help="variable that holds the AWS region (default: aws_region)",
    )
    group.addoption(
        "--alarm-topics-variable",
        default="alarm_topic_arns",
        metavar="NAME",
        help="variable that holds the SNS topic ARNs of alarms (default: alarm_topic_arns)",
    )


def variable_names_of(config: pytest.Config) -> VariableNames:
    """The names as the options give them."""
    return VariableNames(
        config.getoption("--suffix-variable"),
        config.getoption("--region-variable"),
        config.getoption("--alarm-topics-variable"),
    )


@pytest.fixture(scope="session")
def variable_names(pytestconfig: pytest.Config) -> VariableNames:
    """Which variable of the stack is which."""
    return variable_names_of(pytestconfig)


def pytest_planproof_variants(
    config: pytest.Config, variables: Mapping[str, Value]
) -> list[Variant]:
    """The sets of variables that requirements speak of; where the stack has no such variable,
    there is no such set, and the requirement says so."""
    names = variable_names_of(config)
    region = variables.get(names.region)
    known = region if isinstance(region, str) else "us-east-1"
    other = "us-east-1" if known == "eu-west-1" else "eu-west-1"
    topic = f"arn:aws:sns:{known}:123456789012:alarms"
    wanted = (
        Variant("another suffix", {names.suffix: "pr4711"}),
        Variant("another region", {names.region: other}),
        Variant("alarm topics", {names.alarm_topics: [topic]}),
    )
    return [v for v in wanted if set(v.variables) <= set(variables)]


def pytest_planproof_mutants(stacks: Mapping[str, Stack]) -> list[Mutant]:
    """What the pipeline must not have, put into it."""
    return list(network_mutants(stacks["default"]))


def pytest_planproof_services() -> list[str]:
    """What the emulated account needs beside moto's services."""
    return ["steps.mediaconvert:MediaConvert"]


def pytest_planproof_deployments(
    config: pytest.Config, variables: Mapping[str, Value]
) -> list[Variant]:
    """The sets of variables that live beside the user's own in one account.

    Topics for alarms change no name, so they are given to the copy that has another suffix.
    """
    found = {variant.name: variant for variant in pytest_planproof_variants(config, variables)}
    if "another suffix" in found:
        shared = [found[name] for name in ("another suffix", "alarm topics") if name in found]
        both = {name: value for variant in shared for name, value in variant.variables.items()}
        found |= {variant.name: Variant(variant.name, both) for variant in shared}
    else:
        found.pop("alarm topics", None)
    return list(found.values())
