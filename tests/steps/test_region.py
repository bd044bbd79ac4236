"""Mentions of a region in resolved values and in the sources."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from planproof.evidence import Recorder
from planproof.terraform.source_index import scan_text
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN, Verdict
from steps.region import no_literal, no_trace, providers_follow, stack_in_other_region
from steps.support.regions import regions_in, regions_written
from tests.builders.resolved_stacks import NAMES, FakeResolvedStacks, broken, verdict
from tests.builders.stacks import DeclaredResource, declare, stack

HERE, THERE = "us-east-1", "eu-west-1"
DEFAULT = stack(variables={"aws_region": HERE}, region=HERE)


def moved(*items: DeclaredResource, region: str = THERE) -> Stack:
    return stack(*items, name="another region", variables={"aws_region": THERE}, region=region)


def traces(*items: DeclaredResource) -> Recorder:
    evidence = Recorder()
    no_trace(DEFAULT, moved(*items), NAMES, evidence)
    return evidence


@pytest.mark.parametrize(
    "value", ["films-eu-west-1", "us-east-12", "bus-east-1", "", None, True, 7]
)
def test_no_trace(value: object) -> None:
    evidence = traces(declare("aws_x.y", name="x", value=value))
    assert verdict(evidence) is Verdict.PASSED
    assert "of 1 resources" in evidence.evidence[0].found


@pytest.mark.parametrize(
    "value",
    [
        HERE,
        f"arn:aws:sqs:{HERE}:123456789012:q",
        f"https://sqs.{HERE}.amazonaws.com/",
        "us-east-1a",
    ],
)
def test_a_trace(value: str) -> None:
    assert broken(traces(declare("aws_x.y", value=value))) == [("aws_x.y", "value", value, "")]


def test_a_trace_deep_inside() -> None:
    nested = traces(declare("aws_x.y", rule=[{"a": 1}, {"names": {"k": HERE}}]))
    assert broken(nested)[0][:2] == ("aws_x.y", "rule.1.names.k")
    key = traces(declare("aws_x.y", document=json.dumps({HERE: 1})))
    assert verdict(key) is Verdict.FAILED


def test_a_trace_in_a_document_has_its_path() -> None:
    body = json.dumps({"widgets": [{"properties": {"region": HERE}}]})
    evidence = traces(declare("aws_cloudwatch_dashboard.d", dashboard_body=body))
    assert broken(evidence)[0][1] == "dashboard_body.widgets.0.properties.region"


def test_an_unknown_value_may_hold_a_trace() -> None:
    hidden = declare("aws_x.y", value=UNKNOWN, name="x", refers={"value": ["random_id.r.hex"]})
    assert verdict(traces(hidden)) is Verdict.UNDETERMINED
    asked = declare("data.aws_x.y", value=UNKNOWN, name="x", refers={"value": ["var.x"]})
    assert verdict(traces(asked)) is Verdict.PASSED
    computed = declare("aws_x.y", value=UNKNOWN, name="x", computed=("value",))
    assert verdict(traces(computed)) is Verdict.PASSED


def test_a_stack_without_any_text_proves_nothing() -> None:
    assert verdict(traces()) is Verdict.FAILED


def test_a_stack_that_did_not_move_proves_nothing() -> None:
    evidence = Recorder()
    same = stack(declare("aws_x.y", name="x"), variables={"aws_region": HERE}, region=HERE)
    no_trace(DEFAULT, same, NAMES, evidence)
    assert verdict(evidence) is Verdict.UNDETERMINED


def test_providers() -> None:
    evidence = Recorder()
    providers_follow(moved(), NAMES, FakeResolvedStacks(DEFAULT), evidence)
    assert verdict(evidence) is Verdict.PASSED
    evidence = Recorder()
    providers_follow(moved(region=HERE), NAMES, FakeResolvedStacks(DEFAULT), evidence)
    assert broken(evidence) == [("provider aws", "region", HERE, "")]


PROVIDERS = """provider "aws" {
  alias  = "near"
  region = "us-east-1"
}
provider "aws" {
  region = "us-east-1"
}
"""


@pytest.mark.parametrize(("key", "line"), [("aws", 6), ("aws.near", 3), ("aws.far", 0)])
def test_a_provider_has_the_line_of_its_region(key: str, line: int) -> None:
    stayed = stack(
        name="another region", variables={"aws_region": THERE}, region=HERE, sources=PROVIDERS
    )
    stayed = replace(stayed, provider_locations={key: stayed.provider_locations["aws"]})
    evidence = Recorder()
    providers_follow(stayed, NAMES, FakeResolvedStacks(DEFAULT), evidence)
    place = f"terraform/main.tf:{line}" if line else ""
    assert broken(evidence) == [(f"provider {key}", "region", HERE, place)]


@pytest.mark.parametrize(
    ("sources", "builds", "expected"),
    [
        pytest.param('provider "aws" {}', False, Verdict.FAILED, id="configured"),
        pytest.param("", True, Verdict.FAILED, id="builds something"),
        pytest.param(
            'provider "aws" {\n  alias = "main"\n}', True, Verdict.FAILED, id="beside another"
        ),
        # Nothing is left that would prove anything.
        pytest.param('provider "aws" {\n  alias = "main"\n}', False, None, id="another"),
    ],
)
def test_an_unused_provider_is_skipped(
    sources: str, builds: bool, expected: Verdict | None
) -> None:
    items = [declare("aws_x.y")] if builds else []
    evidence = Recorder()
    variables = {"aws_region": THERE}
    there = stack(*items, sources=sources, variables=variables)
    providers_follow(there, NAMES, FakeResolvedStacks(DEFAULT), evidence)
    assert (verdict(evidence) if evidence.evidence else None) is expected


def test_the_moved_stack() -> None:
    other = moved()
    assert stack_in_other_region(FakeResolvedStacks(DEFAULT, other), NAMES, Recorder()) is other
    evidence = Recorder()
    assert stack_in_other_region(FakeResolvedStacks(stack()), NAMES, evidence) is None
    assert broken(evidence)[0][0] == "var.aws_region"


# The code ----------------------------------------------------------------------------------------

CLEAN = """# Built in us-east-1 by default.
variable "aws_region" {
  description = "such as us-east-1"
  default     = "us-east-1"
}
output "region" {
  description = "us-east-1 unless told"
  value       = var.aws_region
}
resource "aws_x" "y" {
  endpoint = "https://sqs.${var.aws_region}.amazonaws.com/" # not us-east-1
  body = jsonencode({
    // us-east-1
    region = var.aws_region /* us-east-1 */
  })
}
"""


def written(text: str, names: object = NAMES) -> Recorder:
    found = stack(sources=text)
    evidence = Recorder()
    no_literal(found, names, FakeResolvedStacks(found), evidence)
    return evidence


def test_no_literal() -> None:
    assert verdict(written(CLEAN)) is Verdict.PASSED


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ('provider "aws" {\n  region = "us-east-1"\n}', "provider.aws", 2),
        ('locals {\n  x = "arn:aws:sqs:eu-west-2:1:q"\n}', "locals", 2),
        ('variable "other" {\n  default = "us-east-1"\n}', "variable.other", 2),
        (
            'resource "aws_x" "y" {\n  b {\n    c = ["a", "us-east-1a"]\n  }\n}',
            "resource.aws_x.y",
            3,
        ),
        ('data "aws_x" "y" {\n  c = <<EOF\na\nus-east-1\nEOF\n}', "data.aws_x.y", 4),
        ('module "m" {\n  c = { us-gov-west-1 = 1 }\n}', "module.m", 2),
        ('output "o" {\n  value = "${var.x["us-east-1"]}"\n}', "output.o", 2),
    ],
)
def test_a_literal(text: str, name: str, line: int) -> None:
    ((address, _, _, where),) = broken(written(CLEAN + text))
    assert (address, where) == (name, f"terraform/main.tf:{CLEAN.count(chr(10)) + line}")


def test_the_variable_may_have_another_name() -> None:
    text = 'variable "place" {\n  default = "us-east-1"\n}\nlocals {\n  x = var.place\n}\n'
    assert verdict(written(text)) is Verdict.FAILED
    named = type(NAMES)(suffix="s", region="place", alarm_topics="t")
    assert verdict(written(text, named)) is Verdict.PASSED


def test_without_sources_nothing_is_proven() -> None:
    evidence = Recorder()
    no_literal(stack(), NAMES, FakeResolvedStacks(terraform_dir=None), evidence)
    assert verdict(evidence) is Verdict.UNDETERMINED
    assert verdict(written("")) is Verdict.UNDETERMINED


@pytest.mark.parametrize(
    "code",
    [
        "us-east-1", "ap-southeast-4", "us-gov-west-1", "us-isob-east-1", "eu-isoe-west-1",
        "cn-northwest-1", "il-central-1", "mx-central-1", "eusc-de-east-1", "ca-west-1",
    ],
)  # fmt: skip
def test_region_codes(code: str) -> None:
    assert regions_in(f"arn:aws:sqs:{code}:x") == [code]


@pytest.mark.parametrize(
    "text", ["us-east", "east-1", "t3-large-1", "video-input-1", "a1-b-east-1"]
)
def test_no_region_codes(text: str) -> None:
    assert regions_in(text) == []


@pytest.mark.parametrize(
    ("expression", "line"),
    [
        ('"https://a" == "us-east-1"', 2),
        ('"${replace("https://s3.us-east-1.amazonaws.com", "#", "")}"', 2),
        ('f(<<E\n// ${g("#")}\nE\n, "us-east-1") # eu-west-1', 5),
    ],
)
def test_a_slash_in_a_string_begins_no_comment(expression: str, line: int) -> None:
    (block,) = scan_text(f"locals {{\n  x = {expression}\n}}", "main.tf")
    assert list(regions_written(block.attributes["x"])) == [(line, "us-east-1")]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (THERE, Verdict.PASSED),
        (None, Verdict.PASSED),
        (HERE, Verdict.FAILED),
        (UNKNOWN, Verdict.UNDETERMINED),
    ],
)
def test_the_own_region_of_a_resource(own: object, expected: Verdict) -> None:
    evidence = Recorder()
    it = moved(declare("aws_sqs_queue.q", region=own))
    providers_follow(it, NAMES, FakeResolvedStacks(it), evidence)
    assert verdict(evidence) is expected
