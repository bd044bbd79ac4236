"""Calls whose code names their resource, and calls whose code does not."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.datapath import Authority, JudgedEdge
from planproof.aws.datapath.surplus import role_grants
from planproof.aws.sdk_calls import SdkCalls
from planproof.evidence import Recorder
from planproof.results import EdgeState
from planproof.values import UNKNOWN
from steps.data_path import record_edge
from tests.aws.datapath.judging import judged, path_of
from tests.builders.packages import read
from tests.builders.parts import (
    KEY_ARN,
    arn,
    bucket,
    function,
    inline_policy,
    key,
    queue,
    role,
    table,
)
from tests.builders.policies import statement
from tests.builders.resolved_stacks import policy_evidence
from tests.builders.stacks import ACCOUNT, REGION, SECOND_ACCOUNT, DeclaredResource, declare, stack

START = (
    "import os, boto3\n"
    "s3, db, sqs = boto3.client('s3'), boto3.client('dynamodb'), boto3.client('sqs')\n"
)
READS = "s3.get_object(Bucket=os.environ['IN'], Key='k')\n"
WRITES = "s3.put_object(Bucket=os.environ['OUT'], Key='k')\n"
IN, OUT = "arn:aws:s3:::films/*", "arn:aws:s3:::reels/*"
READING, WRITING = statement("s3:GetObject", IN), statement("s3:PutObject", OUT)
PROVEN, BROKEN, OPEN = EdgeState.PROVEN, EdgeState.BROKEN, EdgeState.UNDETERMINED


def code(source: str) -> SdkCalls:
    calls = read(START + source)
    assert calls.unread == ()
    return calls


def job(variables: Any) -> DeclaredResource:
    return function(environment=[{"variables": variables}])


BUCKETS = (bucket("films"), bucket("reels"), job({"IN": "films", "OUT": "reels"}))


def edges(source: str, *parts: DeclaredResource) -> dict[str, JudgedEdge]:
    """The edges of the code's calls, by their targets."""
    found = judged(stack(role("r"), *parts), code(source))
    return {str(one.edge.target): one for one in found.values() if one.edge.kind == "calls"}


def states(source: str, *parts: DeclaredResource) -> dict[str, EdgeState]:
    return {name: edge.state for name, edge in edges(source, *parts).items()}


def needed_grants(source: str, *parts: DeclaredResource) -> dict[str, bool | None]:
    """Whether the path needs each grant of the role, by action."""
    found = stack(role("r"), *parts)
    path = path_of(found, code(source))
    return {
        grant.granted: grant.holds
        for grant in role_grants(Authority(found), path, found["aws_iam_role.r"])
        if grant.granted.startswith(("s3", "dynamodb", "sqs"))
    }


# Which bucket is read and which is written --------------------------------------------------------

FILMS, REELS = "aws_s3_bucket.films", "aws_s3_bucket.reels"


def test_each_bucket_needs_the_actions_of_its_calls() -> None:
    found = edges(READS + WRITES, *BUCKETS, inline_policy(READING, WRITING))
    assert {name: edge.state for name, edge in found.items()} == {FILMS: PROVEN, REELS: PROVEN}
    assert [need.action for need in found[FILMS].edge.needs] == ["s3:GetObject"]
    assert [need.action for need in found[REELS].edge.needs] == ["s3:PutObject"]


@pytest.mark.parametrize(
    ("given", "films", "reels"), [([READING], PROVEN, BROKEN), ([WRITING], BROKEN, PROVEN)]
)
def test_a_lost_grant_breaks_its_own_bucket(
    given: list[Any], films: EdgeState, reels: EdgeState
) -> None:
    assert states(READS + WRITES, *BUCKETS, inline_policy(*given)) == {FILMS: films, REELS: reels}


def test_a_grant_on_the_other_bucket_is_excess() -> None:
    wide = inline_policy(statement("s3:GetObject", [IN, OUT]), WRITING)
    assert needed_grants(READS + WRITES, *BUCKETS, wide) == {
        "s3:GetObject": False,
        "s3:PutObject": True,
    }
    exact = inline_policy(READING, WRITING)
    assert needed_grants(READS + WRITES, *BUCKETS, exact) == {
        "s3:GetObject": True,
        "s3:PutObject": True,
    }


def test_a_resource_that_no_call_addresses_has_no_edge() -> None:
    assert states(READS, *BUCKETS, inline_policy(READING)) == {FILMS: PROVEN}


def test_a_constant_names_a_resource_too() -> None:
    source = "s3.get_object(Bucket='reels', Key='k')"
    assert states(source, *BUCKETS) == {REELS: BROKEN}
    assert states(source, *BUCKETS, inline_policy(statement("s3:GetObject", OUT))) == {
        REELS: PROVEN
    }


def test_a_copy_reads_one_and_writes_the_other() -> None:
    source = (
        "s3.copy_object(CopySource={'Bucket': os.environ['IN']}, Bucket=os.environ['OUT'], Key='k')"
    )
    assert states(source, *BUCKETS, inline_policy(READING, WRITING)) == {
        FILMS: PROVEN,
        REELS: PROVEN,
    }
    swapped = inline_policy(statement("s3:GetObject", OUT), statement("s3:PutObject", IN))
    assert states(source, *BUCKETS, swapped) == {FILMS: BROKEN, REELS: BROKEN}


def test_a_segment_of_a_url_names_a_queue() -> None:
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}"
    source = f"sqs.send_message(QueueUrl=f\"{url}/{{os.environ['Q']}}\")"
    parts = (queue("work"), queue("rest"), job({"Q": "work", "R": "rest"}))
    assert states(source, *parts) == {"aws_sqs_queue.work": BROKEN}
    # A segment that names nothing may be anything: the queues that the environment names.
    parts = (queue("work"), queue("rest"), job({"Q": "x", "W": "work", "R": "rest"}))
    assert set(states(source, *parts)) == {"aws_sqs_queue.work", "aws_sqs_queue.rest"}


# Unnamed targets ----------------------------------------------------------------------------------

UNTOLD = "def handler(event, context):\n    s3.get_object(Bucket=event['b'], Key='k')\n"


@pytest.mark.parametrize(
    ("given", "films", "reels"),
    [
        ([IN, OUT], PROVEN, PROVEN),
        ([IN], PROVEN, OPEN),
        ([OUT], OPEN, PROVEN),
        (["arn:aws:s3:::x/*"], BROKEN, BROKEN),
    ],
)
def test_a_call_on_an_unnamed_bucket_may_address_each_bucket(
    given: list[str], films: EdgeState, reels: EdgeState
) -> None:
    grant = inline_policy(statement("s3:GetObject", given))
    found = edges(UNTOLD, *BUCKETS, grant)
    assert {name: edge.state for name, edge in found.items()} == {FILMS: films, REELS: reels}
    for edge in found.values():
        assert len(edge.decided_needs) == 1
        assert (edge.missing != ()) is (edge.state is BROKEN)
    # All that may be meant counts as used.
    if films is not BROKEN:
        assert needed_grants(UNTOLD, *BUCKETS, grant) == {"s3:GetObject": True}


def test_an_undetermined_call_names_the_other_target() -> None:
    edge = edges(UNTOLD, *BUCKETS, inline_policy(READING))[REELS]
    assert "aws_s3_bucket.films" in str(edge.decided_needs[0].decision)


def test_a_single_candidate_is_required() -> None:
    one = (bucket("films"), job({"IN": "films"}))
    assert states(UNTOLD, *one) == {FILMS: BROKEN}


def test_a_named_target_stays_required_beside_an_unnamed_one() -> None:
    grant = inline_policy(statement("s3:GetObject", OUT))
    assert states(READS + UNTOLD, *BUCKETS, grant) == {FILMS: BROKEN, REELS: PROVEN}


def test_one_unknown_variable_of_two_is_undetermined() -> None:
    source = (
        "import sys\nname = os.environ['IN'] if sys.argv else os.environ['OUT']\n"
        "s3.get_object(Bucket=name, Key='k')"
    )
    assert states(source, *BUCKETS, inline_policy(READING)) == {FILMS: PROVEN, REELS: OPEN}
    assert states(source, *BUCKETS) == {FILMS: BROKEN, REELS: BROKEN}


def test_the_key_of_each_candidate_is_needed() -> None:
    source = "def handler(event, context):\n    db.get_item(TableName=event['t'], Key={})\n"
    own = [{"enabled": True, "kms_key_arn": KEY_ARN}]
    parts = (
        *(table("one", server_side_encryption=own), table("two"), key()),
        job({"A": "one", "B": "two"}),
    )
    both = statement(
        "dynamodb:GetItem", [arn("dynamodb", "table/one"), arn("dynamodb", "table/two")]
    )
    one, two = "aws_dynamodb_table.one", "aws_dynamodb_table.two"
    assert states(source, *parts, inline_policy(both)) == {one: OPEN, two: PROVEN}
    with_key = inline_policy(both, statement("kms:Decrypt", KEY_ARN))
    assert states(source, *parts, with_key) == {one: PROVEN, two: PROVEN}


# Unset variables, and targets outside the stack ---------------------------------------------------


@pytest.mark.parametrize("variables", [{}, {"OUT": "reels"}, {"IN": ""}, None])
def test_an_unset_variable_breaks_the_edge(variables: Any) -> None:
    parts = (*BUCKETS[:2], job(variables), inline_policy(READING))
    (edge,) = edges(READS, *parts).values()
    assert edge.state is BROKEN
    (missing,) = edge.missing
    assert missing.endswith(" IN")
    # Its use is unknown, so the needs of the role are, too.
    assert needed_grants(READS, *parts) == {"s3:GetObject": None}


def test_a_default_in_the_code_is_used() -> None:
    source = "s3.get_object(Bucket=os.environ.get('IN', 'reels'), Key='k')"
    for variables, target in (({}, REELS), ({"IN": "films"}, FILMS)):
        parts = (*BUCKETS[:2], job(variables))
        assert states(source, *parts) == {target: BROKEN}
        allowed = inline_policy(statement("s3:GetObject", [IN, OUT]))
        assert states(source, *parts, allowed) == {target: PROVEN}


def test_an_unknown_default_is_undetermined() -> None:
    source = "def f(event, context):\n    s3.get_object(Bucket=os.getenv('IN', event), Key='k')"
    parts = (*BUCKETS[:2], job({"A": "films", "B": "reels"}), inline_policy(READING))
    assert states(source, *parts) == {FILMS: PROVEN, REELS: OPEN}


def test_lambda_sets_the_name_of_the_function() -> None:
    source = "boto3.client('lambda').invoke(FunctionName=os.environ['AWS_LAMBDA_FUNCTION_NAME'])"
    assert states(source, job({})) == {"aws_lambda_function.job": BROKEN}
    itself = inline_policy(statement("lambda:InvokeFunction", arn("lambda", "function:job")))
    assert states(source, job({}), itself) == {"aws_lambda_function.job": PROVEN}


OUTSIDE = [
    ("s3.get_object(Bucket={}, Key='k')", "theirs", "s3:GetObject", "arn:aws:s3:::theirs/*"),
    (
        "s3.get_object(Bucket={}, Key='k')",
        "arn:aws:s3:::theirs",
        "s3:GetObject",
        "arn:aws:s3:::theirs/*",
    ),
    ("db.scan(TableName={})", "theirs", "dynamodb:Scan", arn("dynamodb", "table/theirs")),
    (
        "db.scan(TableName={})",
        arn("dynamodb", "table/theirs", account=SECOND_ACCOUNT),
        "dynamodb:Scan",
        arn("dynamodb", "table/theirs", account=SECOND_ACCOUNT),
    ),
    (
        "boto3.client('lambda').invoke(FunctionName={})",
        "theirs",
        "lambda:InvokeFunction",
        arn("lambda", "function:theirs"),
    ),
    (
        "boto3.client('ssm').get_parameter(Name={})",
        "/theirs/a",
        "ssm:GetParameter",
        arn("ssm", "parameter/theirs/a"),
    ),
]


@pytest.mark.parametrize(("call", "name", "action", "resource"), OUTSIDE)
@pytest.mark.parametrize("is_variable", [True, False])
def test_a_target_outside_the_stack(
    call: str, name: str, action: str, resource: str, is_variable: bool
) -> None:
    source = call.format("os.environ['X']" if is_variable else repr(name))
    parts = (*BUCKETS[:2], job({"X": name if is_variable else "y", "IN": "films"}))
    (edge,) = edges(source, *parts).values()
    assert (edge.edge.target, edge.edge.outside) == (name, True)
    (need,) = edge.edge.needs
    assert (need.action, need.scope) == (action, (resource,))
    allowed = inline_policy(statement(action, resource))
    (edge,) = edges(source, *parts, allowed).values()
    # Whoever owns it may refuse; a parameter has no policy of its own.
    assert edge.state is (PROVEN if action == "ssm:GetParameter" else OPEN)
    denied = inline_policy(statement(action, resource, Effect="Deny"))
    (edge,) = edges(source, *parts, denied).values()
    assert edge.missing == (f"{action} on {need.subject} for aws_iam_role.r",)


def test_an_unknown_environment_is_resolved_by_its_references() -> None:
    source = "db.scan(TableName=os.environ['T'])"
    refers = {"environment": [{"variables": {"references": ["aws_dynamodb_table.one.name"]}}]}
    for variables in (UNKNOWN, {"T": UNKNOWN}):
        one = function(environment=[{"variables": variables}], refers=refers)
        parts = (table("one"), table("two"), one)
        assert states(source, *parts) == {"aws_dynamodb_table.one": BROKEN}
        allowed = inline_policy(statement("dynamodb:Scan", arn("dynamodb", "table/one")))
        assert states(source, *parts, allowed) == {"aws_dynamodb_table.one": PROVEN}


# Groups and optional needs ------------------------------------------------------------------------

TABLES = (table("one"), job({"T": "one"}))
ONE = arn("dynamodb", "table/one")
TRANSACTION = "def f(items):\n    db.transact_write_items(TransactItems=items)\n"
PLAIN = "db.transact_write_items(TransactItems=[{'Put': {'TableName': os.environ['T']}}])"
ANY_WRITE = (
    "dynamodb:ConditionCheckItem, dynamodb:DeleteItem, dynamodb:PutItem or dynamodb:UpdateItem"
)


def test_of_a_group_one_action_is_enough() -> None:
    for action in ("PutItem", "DeleteItem"):
        grant = inline_policy(statement(f"dynamodb:{action}", ONE))
        assert states(TRANSACTION, *TABLES, grant) == {"aws_dynamodb_table.one": PROVEN}
    (edge,) = edges(TRANSACTION, *TABLES).values()
    assert edge.missing == (f"{ANY_WRITE} on aws_dynamodb_table.one for aws_iam_role.r",)


def test_every_action_of_a_group_is_used() -> None:
    actions = ["dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:GetItem"]
    grant = inline_policy(statement(actions, ONE))
    assert needed_grants(TRANSACTION, *TABLES, grant) == {
        "dynamodb:PutItem": True,
        "dynamodb:DeleteItem": True,
        "dynamodb:GetItem": False,
    }
    assert needed_grants(PLAIN, *TABLES, grant)["dynamodb:DeleteItem"] is False


def test_a_plain_transaction_needs_what_it_does() -> None:
    other = inline_policy(statement("dynamodb:DeleteItem", ONE))
    assert states(PLAIN, *TABLES, other) == {"aws_dynamodb_table.one": BROKEN}
    assert states(PLAIN, *TABLES, inline_policy(statement("dynamodb:PutItem", ONE))) == {
        "aws_dynamodb_table.one": PROVEN
    }


UPLOAD = "s3.upload_file('f', os.environ['OUT'], 'k')"


def test_aborting_an_upload_is_optional() -> None:
    parts = (bucket("reels"), job({"OUT": "reels"}))
    assert states(UPLOAD, *parts, inline_policy(WRITING)) == {REELS: PROVEN}
    abort = statement("s3:AbortMultipartUpload", OUT)
    assert states(UPLOAD, *parts, inline_policy(abort)) == {REELS: BROKEN}
    assert needed_grants(UPLOAD, *parts, inline_policy(WRITING, abort)) == {
        "s3:PutObject": True,
        "s3:AbortMultipartUpload": True,
    }
    own = "s3.abort_multipart_upload(Bucket=os.environ['OUT'], Key='k', UploadId='u')"
    assert states(own, *parts, inline_policy(WRITING)) == {REELS: BROKEN}


@pytest.mark.parametrize(
    ("source", "given", "expected"),
    [
        (TRANSACTION, [statement("dynamodb:PutItem", ONE)], [f"True {ANY_WRITE}"]),
        (TRANSACTION, [], [f"False {ANY_WRITE}"]),
        (UPLOAD, [WRITING], ["True s3:PutObject"]),
        (
            UPLOAD,
            [WRITING, statement("s3:AbortMultipartUpload", OUT)],
            ["True s3:AbortMultipartUpload", "True s3:PutObject"],
        ),
    ],
)
def test_a_group_is_one_piece_of_evidence_and_optional_needs_are_none(
    source: str, given: list[Any], expected: list[str]
) -> None:
    both = job({"T": "one", "OUT": "reels"})
    found = stack(
        role("r"), table("one"), bucket("reels"), both, *[inline_policy(*given)] * bool(given)
    )
    authority, evidence = Authority(found), Recorder(found.locate)
    for edge in path_of(found, code(source)).of("calls"):
        record_edge(authority.judge(edge), policy_evidence(found, evidence))
    stmt = [f"{one.holds} {one.expected.partition(' allowed')[0]}" for one in evidence.evidence]
    assert stmt == expected


def test_names_of_other_types_of_resources() -> None:
    machine = arn("states", "stateMachine:m")
    cases = [
        (
            declare("aws_sfn_state_machine.m", name="m", id=machine, arn=machine),
            "boto3.client('stepfunctions').start_execution(stateMachineArn=os.environ['X'])",
            machine,
            statement("states:StartExecution", machine),
        ),
        (
            declare("aws_ssm_parameter.p", name="/a/b", id="/a/b", arn=arn("ssm", "parameter/a/b")),
            "boto3.client('ssm').get_parameter(Name=os.environ['X'])",
            "/a/b",
            statement("ssm:GetParameter", arn("ssm", "parameter/a/b")),
        ),
    ]
    for part, source, value, grant in cases:
        parts = (part, job({"X": value}))
        target = part.resource.address
        assert states(source, *parts, inline_policy(grant)) == {target: PROVEN}
        assert states(source, *parts, inline_policy({**grant, "Effect": "Deny"})) == {
            target: BROKEN
        }
