"""Stacks of common shapes resolve to what AWS gives, and say unknown of the rest.

Each folder beside this file is a stack, with its expected values in ``expected.toml`` (see
``tests/builders/expected_values.py``).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from planproof.errors import PlanproofError
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.plan import Plan
from planproof.terraform.resolution.merge_state import is_probe
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN
from tests.builders.expected_values import Expected, differences, invented_texts, read_expected
from tests.builders.repository import ROOT
from tests.builders.stack_batches import part_of, written_batch
from tests.builders.stacks import resource, stack
from tests.conftest import Resolve

HERE = Path(__file__).parent
STACKS = sorted(path.parent.name for path in HERE.glob("*/expected.toml"))
# The stacks that Terraform resolves in one run: all have as many provider configurations as the
# first, and use its.
BATCHES = (
    ("static", "appsync-identity", "rds-postgres", "vpc-dual-stack"),
    (
        "sns-sqs-fanout",
        "batch-glue",
        "brokers",
        "cloudfront-oac-site",
        "codepipeline",
        "ec2-asg-nlb",
        "elasticache",
        "http-api-cognito",
        "rest-api-lambda",
    ),
    (
        "aurora-serverless",
        "ecs-fargate-alb",
        "eventbridge-pipes",
        "github-oidc",
        "kinesis-firehose",
        "opensearch-domain",
        "route53-failover",
        "step-functions",
        "websocket-api",
    ),
    (
        "acm-dns-validated",
        "cloudfront-waf-edge",
        "dynamodb-global",
        "efs-backup",
        "kms-multi-region",
        "s3-replication",
        "transit-gateway",
    ),
)
# The stacks that Terraform resolves on their own: nested modules with tags of the provider that a
# variable sets, a provider for each region, and JSON syntax.
ALONE = ("eks-irsa", "security-baseline", "tf-json")


def case(batch: tuple[str, ...], name: str) -> Any:
    """A parameter: quick for the first batch; the stacks of a batch are for one worker."""
    slow = () if batch == BATCHES[0] else (pytest.mark.slow,)
    group = pytest.mark.xdist_group(f"stacks-{batch[0]}")
    return pytest.param(batch, name, marks=[*slow, group], id=name)


@dataclass(frozen=True)
class ResolvedBatch:
    """Stacks that Terraform resolved in one run.

    Attributes:
        root: the folder with the folder of each stack.
        prefix: of the addresses of a stack in the plan; with its name for ``{}``.
    """

    root: Path
    stacks: ResolvedStacks
    prefix: str


@pytest.fixture(scope="module")
def resolved_batch(
    resolve: Resolve, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[tuple[str, ...]], ResolvedBatch | PlanproofError]:
    """Resolves a batch once; gives its error to each of its stacks."""

    @functools.cache
    def of_batch(batch: tuple[str, ...]) -> ResolvedBatch | PlanproofError:
        folders = [HERE / name for name in batch]
        try:
            if len(folders) == 1:
                return ResolvedBatch(HERE, resolve(folders[0]), "")
            root = written_batch(folders, tmp_path_factory.mktemp("batch"))
            return ResolvedBatch(root, resolve(root), "module.{}.")
        except PlanproofError as problem:
            return problem

    return of_batch


@pytest.mark.terraform
@pytest.mark.parametrize(
    ("batch", "name"),
    [case(batch, name) for batch in (*BATCHES, *((one,) for one in ALONE)) for name in batch],
)
def test_a_stack_has_the_values_that_aws_gives(
    resolved_batch: Callable[[tuple[str, ...]], ResolvedBatch | PlanproofError],
    batch: tuple[str, ...],
    name: str,
) -> None:
    found = resolved_batch(batch)
    if isinstance(found, PlanproofError):
        raise found
    folder, prefix = found.root / name, found.prefix.format(name)
    plan = found.stacks.plan
    resolved = part_of(found.stacks.stack(), prefix)
    assert plan is not None
    assert managed_addresses(plan, prefix) <= set(resolved.resources)
    assert differences(resolved, read_expected(folder)) == []
    assert invented_texts(resolved, known_words(folder) + json.dumps(plan.raw)) == []


def managed_addresses(plan: Plan, prefix: str) -> set[str]:
    """The addresses, without their prefix, of what the sources make Terraform manage."""
    changes = plan.raw.get("resource_changes") or []
    managed = {c["address"] for c in changes if c["mode"] == "managed" and not is_probe(c)}
    found = {one.removeprefix(prefix) for one in managed if one.startswith(prefix)}
    assert found
    return found


def known_words(folder: Path) -> str:
    """The sources of a stack, and the documented defaults of AWS."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".zip"]
    files += (ROOT / "planproof" / "service_facts").glob("*.toml")
    return "\n".join(path.read_text("utf-8") for path in files)


def test_every_stack_says_what_is_expected_of_it() -> None:
    folders = {path.parent.relative_to(HERE).parts[0] for path in HERE.rglob("*.tf*")}
    assert folders == set(STACKS)
    assert len(STACKS) >= 30


def test_every_stack_is_resolved_once() -> None:
    assert sorted([*ALONE, *chain.from_iterable(BATCHES)]) == STACKS


# Batches ---------------------------------------------------------------------------------------


def sources(region: str, rest: str = "") -> str:
    """A stack with a provider for a region."""
    return f'provider "aws" {{\n  region = "{region}"\n}}\n{rest}'


def batch(tmp_path: Path, *texts: str) -> Path:
    """A batch of stacks with these sources, which are called a, b …"""
    folders = [tmp_path / name for name, _ in zip("abc", texts, strict=False)]
    for folder, text in zip(folders, texts, strict=True):
        folder.mkdir()
        (folder / "main.tf").write_text(text, "utf-8")
    (tmp_path / "batch").mkdir()
    return written_batch(folders, tmp_path / "batch")


def test_the_stacks_of_a_batch_move_to_the_region_of_the_first(tmp_path: Path) -> None:
    other = sources("eu-west-1", 'locals { zone = "eu-west-1b" }\n')
    root = batch(tmp_path, sources("us-east-2"), other)
    assert (root / "main.tf").read_text("utf-8").count("us-east-2") == 1
    assert (root / "b" / "main.tf").read_text("utf-8") == 'locals { zone = "us-east-2b" }\n'


@pytest.mark.parametrize(
    "other",
    [
        "",
        sources("eu-west-1", 'provider "aws" {\n  alias = "x"\n  region = "us-east-1"\n}\n'),
        'provider "aws" {\n  region = var.region\n}\n',
    ],
)
def test_a_stack_with_other_providers_is_refused(other: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="b "):
        batch(tmp_path, sources("us-east-2"), other)


def test_a_part_of_a_batch_has_its_own_addresses_alone() -> None:
    whole = stack(resource("module.a.aws_sqs_queue.q"), resource("module.b.aws_sqs_queue.r"))
    assert list(part_of(whole, "module.a.").resources) == ["aws_sqs_queue.q"]


# The comparison itself -------------------------------------------------------------------------


ADDRESS = "aws_sqs_queue.q"


def stack_of(value: Any) -> Stack:
    """A stack with one queue, which has this value as ``v``."""
    return stack(resource(ADDRESS, v=value))


ASSIGNED = "vpc-05eed0123456789ab"
POLICY = '{"Statement": [{"Resource": "arn:x/0bad0123456789ab"}]}'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("jobs", {"known": {ADDRESS: {"v": "jobs"}}}),
        (ASSIGNED, {"known": {ADDRESS: {"v": "vpc-*"}}}),
        ("arn:x/*", {"known": {ADDRESS: {"v": "arn:x/\\*"}}}),
        ('{"a": ["x"]}', {"known": {ADDRESS: {"v/a/0": "x"}}}),
        ([1, 2], {"known": {ADDRESS: {"v": [1, 2]}}}),
        ([1, 2], {"count": {ADDRESS: {"v": 2}}}),
        ("jobs", {"same": {ADDRESS: {"v": f"{ADDRESS} v"}}}),
        (POLICY, {"unknown": {ADDRESS: ["v/Statement/0/Resource"]}}),
    ],
)
def test_a_value_as_expected_is_no_difference(value: Any, expected: Expected) -> None:
    assert differences(stack_of(value), expected) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("job", {"known": {ADDRESS: {"v": "jobs"}}}),
        ("7", {"known": {ADDRESS: {"v": 7}}}),
        (1, {"known": {ADDRESS: {"v": True}}}),
        ("vpc-real", {"known": {ADDRESS: {"v": "vpc-*"}}}),  # nothing in it is assigned
        (ASSIGNED, {"known": {ADDRESS: {"v": "subnet-*"}}}),
        ('{"a": ["y"]}', {"known": {ADDRESS: {"v/a/0": "x"}}}),
        ([1, 2, 3], {"known": {ADDRESS: {"v": [1, 2]}}}),
        ([1], {"count": {ADDRESS: {"v": 2}}}),
        (UNKNOWN, {"known": {ADDRESS: {"v": "jobs"}}}),
        ("jobs", {"unknown": {ADDRESS: ["v"]}}),
        ("jobs", {"unknown": {ADDRESS: ["w"]}}),
        ("jobs", {"known": {"aws_sqs_queue.other": {"v": "jobs"}}}),
        ("jobs", {"same": {ADDRESS: {"v": f"{ADDRESS} w"}}}),
        (None, {"same": {ADDRESS: {"v": f"{ADDRESS} v"}}}),
    ],
)
def test_any_other_value_is_a_difference(value: Any, expected: Expected) -> None:
    assert len(differences(stack_of(value), expected)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "i-0bad0123456789abc",
        "198.18.4.7/32",
        "k3jx9qpl",
        f"x{POLICY}",
        '{"a": "0bad0123456789ab"}',
        '{"Statement": [{"Resource": "k3jx9qpl"}]}',
    ],
)
def test_a_text_that_stands_for_an_unknown_one_is_found(text: str) -> None:
    assert len(invented_texts(stack_of([{"w": text}]), "jobs standard")) == 1


@pytest.mark.parametrize("text", ["standard", "jobs", ASSIGNED, POLICY])
def test_other_texts_are_not(text: str) -> None:
    assert invented_texts(stack_of([{"w": text}]), "jobs standard") == []


@pytest.mark.parametrize(
    "text", ["[knwon]", "[known]\n[unknown]", "[known.a]\nb = 1", '[unknown]\na = ["b"]']
)
def test_expectations_that_prove_nothing_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "expected.toml").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=tmp_path.name):
        read_expected(tmp_path)
