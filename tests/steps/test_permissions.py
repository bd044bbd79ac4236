"""Each permission step passes, fails and is undetermined; no mistake passes."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_bdd.parser import FeatureParser

from planproof.errors import UndeterminedError
from planproof.evidence import Recorder, StepFailedError
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN, Verdict
from tests.builders.parts import queue, queue_arn, resource_policy, role_arn
from tests.builders.policies import statement
from tests.builders.repository import ROOT
from tests.builders.resolved_stacks import broken, verdict
from tests.builders.shipped import shipped as recorded
from tests.builders.stacks import ACCOUNT, DeclaredResource
from tests.steps.permission_steps import (
    FUNCTION_ARN,
    KEY_ARN,
    TABLE_ARN,
    ask,
    both,
    pipeline_of,
    said,
    worker_policy,
)

GOOD, BAD, OPEN = Verdict.PASSED, Verdict.FAILED, Verdict.UNDETERMINED
UPDATES = worker_policy(statement("dynamodb:UpdateItem", TABLE_ARN))
TO_MEDIACONVERT = {"StringEquals": {"iam:PassedToService": "mediaconvert.amazonaws.com"}}


# One action ----------------------------------------------------------------------------------

UPDATE = '"the function" IS to "dynamodb:UpdateItem" on "the assets table"'


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([UPDATES], (GOOD, BAD)),
        ([], (BAD, GOOD)),
        ([UPDATES, worker_policy(statement("*", Effect="Deny"), name="no")], (BAD, GOOD)),
        ([worker_policy(statement("dynamodb:UpdateItem", f"{TABLE_ARN}-other"))], (BAD, GOOD)),
        ([worker_policy(statement("dynamodb:UpdateItem"), role="converter")], (BAD, GOOD)),
        ([worker_policy(policy=UNKNOWN)], (OPEN, OPEN)),
        (
            [
                worker_policy(
                    statement(
                        "dynamodb:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}
                    )
                )
            ],
            (OPEN, OPEN),
        ),
    ],
)
def test_an_action_on_a_resource(
    items: list[DeclaredResource], expected: tuple[Verdict, Verdict]
) -> None:
    assert both(UPDATE, *items) == expected


def test_the_evidence_names_principal_action_and_statement() -> None:
    sources = 'resource "aws_iam_role_policy" "p" {\n  policy = jsonencode({\n    Sid = "Write"\n'
    found = pipeline_of(
        worker_policy(statement("dynamodb:UpdateItem", TABLE_ARN, Sid="Write")),
        sources=f"{sources}  }})\n}}",
    )
    evidence = ask(
        '"the function" is allowed to "dynamodb:UpdateItem" on "the assets table"', found
    )
    one = evidence.evidence[0]
    assert one.address == "aws_iam_role.worker"
    assert one.expected == "dynamodb:UpdateItem allowed on aws_dynamodb_table.assets"
    assert one.found.startswith("allowed: aws_iam_role_policy.p, statement 0 (Write)")
    assert one.where == "terraform/main.tf:3"
    evidence = ask(
        '"the function" is not allowed to "dynamodb:UpdateItem" on "the assets table"', found
    )
    assert evidence.evidence[0].expected.startswith("dynamodb:UpdateItem not allowed on aws_dyn")
    assert broken(evidence)[0][3] == "terraform/main.tf:3"


def test_an_action_may_be_written_in_any_case_and_is_shown_as_aws_spells_it() -> None:
    evidence = ask(
        '"the function" is allowed to "DynamoDB:updateitem" on "the assets table"',
        pipeline_of(UPDATES),
    )
    assert verdict(evidence) is GOOD
    assert evidence.evidence[0].expected.startswith("dynamodb:UpdateItem allowed")


def test_an_action_without_resource_types() -> None:
    step = '"the function" IS to "xray:PutTraceSegments"'
    assert both(step, worker_policy(statement("xray:PutTraceSegments"))) == (GOOD, BAD)
    assert both(step) == (BAD, GOOD)
    # Named with a resource, the statement never applies.
    assert both(step, worker_policy(statement("xray:*", TABLE_ARN))) == (BAD, GOOD)


# A context -----------------------------------------------------------------------------------

HEAD = "| context key | value |"
VPC = "aws:SourceVpc"
SEND = '"S3" IS to "sqs:SendMessage" on "the processing queue" when:'
FROM_FILMS = resource_policy(
    queue("jobs"),
    {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn("jobs"),
        "Condition": {
            "ArnEquals": {"aws:SourceArn": "arn:aws:s3:::films"},
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
        },
    },
)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["aws:SourceArn | the input bucket", "aws:SourceAccount | this account"], (GOOD, BAD)),
        (["aws:SourceArn | aws_s3_bucket.films", "AWS:sourceaccount | this account"], (GOOD, BAD)),
        (["aws:SourceArn | arn:aws:s3:::films", f"aws:SourceAccount | {ACCOUNT}"], (GOOD, BAD)),
        (["aws:SourceArn | the output bucket", "aws:SourceAccount | this account"], (BAD, GOOD)),
        (["aws:SourceArn | the input bucket", "aws:SourceAccount | another account"], (BAD, GOOD)),
        (["aws:SourceArn | the input bucket", "aws:SourceAccount | (absent)"], (BAD, GOOD)),
        (["aws:SourceArn | the input bucket"], (OPEN, OPEN)),
    ],
)
def test_a_service_acts_for_a_resource(rows: list[str], expected: tuple[Verdict, Verdict]) -> None:
    assert both(SEND, FROM_FILMS, table=(HEAD, *rows)) == expected


def test_the_source_of_a_service_is_only_in_the_table() -> None:
    assert both(SEND.removesuffix(" when:"), FROM_FILMS) == (OPEN, OPEN)


def test_the_evidence_has_the_context() -> None:
    evidence = ask(
        SEND.replace("IS", "is allowed"),
        pipeline_of(FROM_FILMS),
        HEAD,
        "aws:SourceArn | the input bucket",
        "aws:SourceAccount | (absent)",
    )
    assert evidence.evidence[0].address == "s3.amazonaws.com"
    assert evidence.evidence[0].expected == (
        "sqs:SendMessage allowed on aws_sqs_queue.jobs "
        "when aws:SourceArn arn:aws:s3:::films, aws:SourceAccount (absent)"
    )


def test_several_rows_of_a_key_are_several_values() -> None:
    wanted = {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["Id", "Status"]}}
    item = worker_policy(statement("dynamodb:UpdateItem", TABLE_ARN, Condition=wanted))
    rows = ["dynamodb:Attributes | Id", "dynamodb:attributes | Status"]
    assert both(f"{UPDATE} when:", item, table=(HEAD, *rows)) == (GOOD, BAD)
    more = [*rows, "dynamodb:Attributes | Owner"]
    assert both(f"{UPDATE} when:", item, table=(HEAD, *more)) == (BAD, GOOD)


def test_a_service_may_be_a_value_by_its_name() -> None:
    item = worker_policy(
        statement("iam:PassRole", role_arn("converter"), Condition=TO_MEDIACONVERT)
    )
    step = '"the function" IS to "iam:PassRole" on "the MediaConvert role" when:'
    assert both(step, item, table=(HEAD, "iam:PassedToService | MediaConvert")) == (GOOD, BAD)
    assert both(step, item, table=(HEAD, "iam:PassedToService | Lambda")) == (BAD, GOOD)


def test_a_context_for_an_action_without_a_resource() -> None:
    condition = {"StringEquals": {"cloudwatch:namespace": "films"}}
    item = worker_policy(statement("cloudwatch:PutMetricData", Condition=condition))
    step = '"the function" IS to "cloudwatch:PutMetricData" when:'
    assert both(step, item, table=(HEAD, "cloudwatch:namespace | films")) == (GOOD, BAD)
    assert both(step, item, table=(HEAD, "cloudwatch:namespace | other")) == (BAD, GOOD)


def test_global_condition_keys_have_values() -> None:
    """A direct request names no source, and one of a function names the function."""
    of_a_source = worker_policy(
        statement("dynamodb:*", Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}})
    )
    assert both(UPDATE, of_a_source) == (BAD, GOOD)
    of_the_function = worker_policy(
        statement("dynamodb:*", Condition={"ArnEquals": {"lambda:SourceFunctionArn": FUNCTION_ARN}})
    )
    assert both(UPDATE, of_the_function) == (GOOD, BAD)
    in_its_role = UPDATE.replace("the function", "the function's role")
    assert both(in_its_role, of_the_function) == (OPEN, OPEN)
    in_account = worker_policy(
        statement(
            "kms:Decrypt", KEY_ARN, Condition={"StringEquals": {"kms:CallerAccount": ACCOUNT}}
        )
    )
    assert both('"the function" IS to "kms:Decrypt" on "the key"', in_account) == (GOOD, BAD)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (["| key | value |", "| aws:SourceArn | x |"], r"heading \| context key \| value \|"),
        (["| aws:SourceArn | the input bucket |"], "needs the heading"),
        ([HEAD], "no row below its heading"),
        ([HEAD, "| SourceArn | x |"], "'SourceArn' is not a condition key.*aws:SourceArn"),
        ([HEAD, "| aws: | x |"], "not a condition key"),
        ([HEAD, "| aws:SourceArn | |"], r"aws:SourceArn has no value.*\(absent\)"),
        ([HEAD, "| aws:SourceArn | absent |"], r"or \(absent\) for a key that is not in the"),
        (
            [HEAD, f"| {VPC} | x |", f"| {VPC.lower()} | (absent) |"],
            "aws:SourceVpc is .absent. and also has a value",
        ),
        (
            [HEAD, "| aws:SourceArn | the inptu bucket |"],
            "'the inptu bucket' .* the nearest is the input bucket",
        ),
        ([HEAD, "| aws:SourceArn | aws_s3_bucket.film |"], "nearest are aws_s3_bucket.films"),
        ([HEAD, "| aws:SourceArn | every S3 bucket |"], "is 2 resources"),
    ],
)
def test_a_malformed_table_is_undetermined(table: list[str], said: str) -> None:
    for verb in ("is allowed", "is not allowed"):
        with pytest.raises(UndeterminedError, match=said):
            ask(f"{UPDATE} when:".replace("IS", verb), pipeline_of(UPDATES), *table)


# Several actions -----------------------------------------------------------------------------

SEVERAL = '"the function" IS on "the assets table" to:'


def test_a_table_of_actions() -> None:
    some = worker_policy(statement(["dynamodb:UpdateItem", "dynamodb:GetItem"], TABLE_ARN))
    table = ("| action |", "| dynamodb:GetItem |", "| dynamodb:UpdateItem |")
    assert both(SEVERAL, some, table=table) == (GOOD, BAD)
    assert both(SEVERAL, UPDATES, table=table) == (BAD, BAD)
    assert both(SEVERAL, table=table) == (BAD, GOOD)
    evidence = ask(SEVERAL.replace("IS", "is allowed"), pipeline_of(UPDATES), *table)
    assert [e.holds for e in evidence.evidence] == [False, True]


@pytest.mark.parametrize("table", [["| actions |", "| dynamodb:GetItem |"], ["| action |"]])
def test_a_table_without_actions_is_undetermined(table: list[str]) -> None:
    with pytest.raises(UndeterminedError, match="the table"):
        ask(SEVERAL.replace("IS", "is not allowed"), pipeline_of(), *table)


def test_a_pattern_is_every_action_that_applies_to_the_resource() -> None:
    step = '"the function" IS to "dynamodb:Delete*" on "the assets table"'
    assert both(step) == (BAD, GOOD)
    assert both(step, worker_policy(statement("dynamodb:DeleteItem", TABLE_ARN))) == (BAD, BAD)
    assert both(step, worker_policy(statement("dynamodb:Delete*", TABLE_ARN))) == (GOOD, BAD)
    evidence = ask(step.replace("IS", "is not allowed"), pipeline_of())
    asked = {e.expected.split()[0] for e in evidence.evidence}
    assert {"dynamodb:DeleteItem", "dynamodb:DeleteTable"} <= asked
    assert "dynamodb:DeleteBackup" not in asked  # which AWS checks on a backup


def test_a_pattern_in_a_table_and_without_a_resource() -> None:
    table = ("| action |", "| dynamodb:Put* |", "| dynamodb:UpdateItem |")
    assert both(SEVERAL, UPDATES, table=table) == (BAD, BAD)
    item = worker_policy(statement("xray:PutTrace*"))
    assert both('"the function" IS to "xray:PutTrace*"', item) == (GOOD, BAD)


# Actions that decide nothing -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "nearest"),
    [
        ("dynamodb:UpdatItem", "dynamodb:UpdateItem"),
        ("dynmodb:UpdateItem", "dynamodb:UpdateItem"),
        ("dynamodb:updateitems", "dynamodb:UpdateItem"),
        ("dynamodb:Updaet*", "dynamodb:Update"),
    ],
)
def test_an_action_that_aws_does_not_have_is_misspelt(action: str, nearest: str) -> None:
    everything = worker_policy(statement("*"))
    found = said(f'"the function" IS to "{action}" on "the assets table"', everything)
    assert f"the nearest is {nearest}" in found
    assert "misspelt" in found


def test_an_action_unlike_any_has_no_suggestion() -> None:
    found = said('"the function" IS to "qqqqqq:Xyzzy" on "the assets table"')
    assert "no such action" in found
    assert "nearest" not in found


def test_a_misspelt_action_in_a_table_leaves_the_others() -> None:
    table = ("| action |", "| dynamodb:UpdatItem |", "| dynamodb:GetItem |")
    assert both(SEVERAL, table=table) == (BAD, OPEN)


def test_an_action_that_does_not_apply_to_the_resource_is_undetermined() -> None:
    found = said('"the function" IS to "sqs:SendMessage" on "the assets table"')
    assert "for each queue, not for aws_dynamodb_table.assets" in found
    found = said('"the function" IS to "s3:ListBucket" on "the input bucket/films/x.mp4"')
    assert "for each bucket, not for aws_s3_bucket.films/films/x.mp4" in found
    found = said('"the function" IS to "xray:PutTraceSegments" on "the assets table"')
    assert 'leave out on "the assets table"' in found


def test_an_action_with_resource_types_needs_a_resource() -> None:
    found = said('"the function" IS to "s3:GetObject"', worker_policy(statement("*")))
    assert 'for each object: add on "…"' in found
    assert "or another kind" in said('"the function" IS to "ec2:CreateTags"')
    found = said('"the function" IS to "s3:*" on "the assets table"')
    assert "s3:* for each bucket, object, " in found
    assert found.endswith(" or another kind, not for aws_dynamodb_table.assets")
    assert found.count(",") == 3


@pytest.mark.parametrize("action", ["*", "dynamodb", "dynamodb:", ":GetItem", "d*:GetItem", ""])
def test_an_invalid_action_is_undetermined(action: str) -> None:
    step = f'"the function" is not allowed to "{action}" on "the assets table"'
    with pytest.raises(UndeterminedError, match="is not an action"):
        ask(step, pipeline_of())


# Several who and several what ----------------------------------------------------------------


def test_each_of_a_type_is_decided() -> None:
    one = worker_policy(statement("sqs:SendMessage", queue_arn("states")))
    step = '"every IAM role" IS to "sqs:SendMessage" on "every SQS queue"'
    assert both(step) == (BAD, GOOD)
    assert both(step, one) == (BAD, BAD)
    evidence = ask(step.replace("IS", "is not allowed"), pipeline_of(one))
    assert len(evidence.evidence) == 8
    assert [b[0] for b in broken(evidence)] == ["aws_iam_role.worker"]
    assert [e.expected for e in evidence.evidence if e.holds is False] == [
        "sqs:SendMessage not allowed on aws_sqs_queue.states"
    ]


@pytest.mark.parametrize(
    "step",
    [
        '"the function" is not allowed to "sns:Publish" on "every SNS topic"',
        '"every aws_iam_user" is not allowed to "dynamodb:GetItem" on "the assets table"',
    ],
)
def test_a_type_without_resources_proves_nothing(step: str) -> None:
    evidence = ask(step, pipeline_of())
    assert not evidence.evidence
    with pytest.raises(StepFailedError, match="nothing is proven"):
        evidence.settle(must_prove=True)


# The shipped stack, as recorded --------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> Stack:
    return recorded()


def held(evidence: Recorder) -> Verdict:
    assert evidence.evidence
    return verdict(evidence)


def test_the_shipped_stack(shipped: Stack) -> None:
    one = ask('"the function" is allowed to "dynamodb:UpdateItem" on "the assets table"', shipped)
    assert held(one) is GOOD
    assert one.evidence[0].where.startswith("terraform/access.tf:")
    delete = '"the function" is VERB to "dynamodb:Delete*" on "the assets table"'
    assert held(ask(delete.replace("VERB", "not allowed"), shipped)) is GOOD
    assert held(ask(delete.replace("VERB", "allowed"), shipped)) is BAD
    logs = '"the function" is allowed to "logs:PutLogEvents" on "the log group of the function"'
    assert held(ask(logs, shipped)) is GOOD
    source = (HEAD, "aws:SourceArn | the input bucket", "aws:SourceAccount | this account")
    send = '"S3" is allowed to "sqs:SendMessage" on "WHICH" when:'
    assert held(ask(send.replace("WHICH", "the processing queue"), shipped, *source)) is GOOD
    assert held(ask(send.replace("WHICH", "the status queue"), shipped, *source)) is BAD
    assert held(ask('"another account" is not allowed to "kms:*" on "the key"', shipped)) is GOOD
    assert held(ask('"the function" is not allowed to "kms:Decrypt" on "the key"', shipped)) is OPEN


def test_the_example_of_the_page_holds(shipped: Stack, tmp_path: Path) -> None:
    page = (ROOT / "docs/writing-requirements.md").read_text("utf-8")
    example = page.split("### Is it allowed?")[1].split("```gherkin\n")[1].split("```")[0]
    (tmp_path / "shown.feature").write_text(example, "utf-8")
    feature = FeatureParser(str(tmp_path), "shown.feature").parse()
    steps = [step for scenario in feature.scenarios.values() for step in scenario.steps]
    assert len(steps) >= 5
    for step in steps:
        rows = step.datatable.raw() if step.datatable else []
        evidence = ask(step.name, shipped, *(f"| {' | '.join(row)} |" for row in rows))
        assert held(evidence) is GOOD, step.name
