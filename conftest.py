"""Load the step definitions in steps/, and extend planproof for the video pipeline.

Every module of steps/ is a pytest plugin. The hooks below name the sets of variables that the
stack is resolved and deployed with, and add mutants and an emulated service."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from planproof.mutation.stack.model import Mutant
from planproof.terraform.resolution.run import Variant
from planproof.terraform.stack import Stack
from planproof.values import Value
from steps.support.network_mutants import network_mutants
from steps.support.variants import VariableNames

pytest_plugins = tuple(
    f"steps.{path.stem}"
    for path in sorted((Path(__file__).parent / "steps").glob("*.py"))
    if not path.name.startswith("_")
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options for stacks that name these variables differently."""
    group = parser.getgroup("pipeline", "names in the stack under test")
    group.addoption(
        "--suffix-variable",
        default="environment_suffix",
        metavar="NAME",
        help="variable with the suffix of physical names (default: environment_suffix)",
    )
    group.addoption(
        "--region-variable",
        default="aws_region",
        metavar="NAME",
        help="variable with the AWS region (default: aws_region)",
    )
    group.addoption(
        "--alarm-topics-variable",
        default="alarm_topic_arns",
        metavar="NAME",
        help="variable with the ARNs of the SNS topics of alarms (default: alarm_topic_arns)",
    )


def variable_names_of(config: pytest.Config) -> VariableNames:
    """The variable names from the command line."""
    return VariableNames(
        config.getoption("--suffix-variable"),
        config.getoption("--region-variable"),
        config.getoption("--alarm-topics-variable"),
    )


@pytest.fixture(scope="session")
def variable_names(pytestconfig: pytest.Config) -> VariableNames:
    """The variable names from the command line, for steps."""
    return variable_names_of(pytestconfig)


def pytest_planproof_variants(
    config: pytest.Config, variables: Mapping[str, Value]
) -> list[Variant]:
    """The sets of variables that the stack is also resolved with.

    A set is left out where the stack does not declare its variable; the step that needs it then
    fails and names the variable.
    """
    names = variable_names_of(config)
    configured = variables.get(names.region)
    region = configured if isinstance(configured, str) else "us-east-1"
    other = "us-east-1" if region == "eu-west-1" else "eu-west-1"
    topic = f"arn:aws:sns:{region}:123456789012:alarms"
    variants = (
        Variant("another suffix", {names.suffix: "pr4711"}),
        Variant("another region", {names.region: other}),
        Variant("alarm topics", {names.alarm_topics: [topic]}),
    )
    return [variant for variant in variants if set(variant.variables) <= set(variables)]


def pytest_planproof_mutants(stacks: Mapping[str, Stack]) -> list[Mutant]:
    """Mutants that add what the pipeline must not have: parts of a network."""
    return list(network_mutants(stacks["default"]))


def pytest_planproof_services() -> list[str]:
    """The services of the emulated account that moto does not have."""
    return ["steps.mediaconvert:MediaConvert"]


def pytest_planproof_deployments(
    config: pytest.Config, variables: Mapping[str, Value]
) -> list[Variant]:
    """The sets of variables that the stack is also deployed with, in the same account.

    Alarm topics change no physical name, so a second deployment can have them only together with
    another suffix.
    """
    variants = {variant.name: variant for variant in pytest_planproof_variants(config, variables)}
    suffix, topics = variants.get("another suffix"), variants.pop("alarm topics", None)
    if suffix is not None and topics is not None:
        both = {**suffix.variables, **topics.variables}
        variants |= {name: Variant(name, both) for name in (suffix.name, topics.name)}
    return list(variants.values())
