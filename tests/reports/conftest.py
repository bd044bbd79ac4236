"""Results of runs: all passed, some failed or undetermined, one waived, one with hostile texts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from planproof.results import (
    DrawnEdge,
    EdgeState,
    Evidence,
    RequirementResult,
    RunResult,
    ScenarioResult,
    Waiver,
    verdict_of,
)
from planproof.values import Verdict
from tests.reports.mutations import attacked, mixed, with_mutation

STARTED = dt.datetime(2027, 1, 27, 9, 30, 12, tzinfo=dt.UTC)

# Title, feature, step, then its evidence: address, attribute, expected, found, file, line.
PROMISES = (
    ("No network of its own", "network", "Then the function has no vpc_config",
     "aws_lambda_function.video", "vpc_config", "none", "none", "function.tf", 24),
    ("MediaConvert has a role to work with", "access",
     "Then MediaConvert may read the input bucket and write the output bucket",
     "aws_iam_role_policy.mediaconvert_media", "policy",
     "s3:GetObject on the input bucket, s3:PutObject on the output bucket",
     "statement ReadInput allows s3:GetObject, statement WriteOutput allows s3:PutObject",
     "access.tf", 131),
    ("The function may pass the MediaConvert role, and no other", "access",
     "Then the function's role may pass that role",
     "aws_iam_role_policy.function_pass_role", "policy.Statement.0",
     "Allow iam:PassRole on arn:aws:iam::111122223333:role/video-mediaconvert-pr42",
     "statement PassMediaConvertRole allows it", "access.tf", 84),
    ("The runtime is supported on the day of the run", "function",
     "Then AWS supports the runtime today", "aws_lambda_function.video", "runtime",
     "a runtime that AWS supports on 2027-01-27", "python3.11, supported until 2027-06-30",
     "function.tf", 31),
    ("Everything can be deleted with the stack", "lifecycle",
     "Then every bucket can be destroyed with what it holds",
     'aws_s3_bucket.media["input"]', "force_destroy", "true", "true", "storage.tf", 12),
    ("Two environments share no name", "environments",
     "Then no physical name is in both stacks", "aws_sqs_queue.processing", "name",
     "another name with the suffix pr43", "video-processing-pr42, video-processing-pr43",
     "queues.tf", 9),
    ("The stack runs in any region", "environments", "Then nothing names eu-west-1",
     "aws_cloudwatch_dashboard.pipeline", "dashboard_body", "no trace of eu-west-1",
     "no trace of eu-west-1", "monitoring.tf", 96),
    ("Terraform builds the package, and its handler imports", "function",
     "Then the handler imports from the built zip", "data.archive_file.function", "output_path",
     "lambda_function.lambda_handler in a clean interpreter", "imported in 0.3 s",
     "function.tf", 11),
    ("An upload becomes a valid MediaConvert job", "behaviour",
     "Then MediaConvert accepts the job", "lambda/", "lambda_function.lambda_handler",
     "valid CreateJob parameters", "valid CreateJob parameters: 2 outputs, 1 poster frame",
     "function.tf", 30),
    ("The notification waits for the queue policy", "ordering",
     "Then the queue policy is made before the notification",
     "aws_s3_bucket_notification.input", "depends_on", "aws_sqs_queue_policy.processing",
     "aws_sqs_queue_policy.processing", "events.tf", 14),
    ("Every service gets the key in the form it wants", "encryption",
     "Then every queue names the key by its id", "aws_sqs_queue.processing",
     "kms_master_key_id", "aws_kms_key.media.id", "aws_kms_key.media.id", "queues.tf", 17),
    ("The function is told which role to pass", "function",
     "Then MEDIACONVERT_ROLE is the MediaConvert role", "aws_lambda_function.video",
     "environment.variables.MEDIACONVERT_ROLE", "aws_iam_role.mediaconvert.arn",
     "arn:aws:iam::111122223333:role/video-mediaconvert-pr42", "function.tf", 47),
    ("Alarms are silent by default and can be heard", "monitoring",
     "Then a topic given by variable reaches every alarm",
     "aws_cloudwatch_metric_alarm.function_errors", "alarm_actions",
     '["arn:aws:sns:eu-west-1:111122223333:oncall"]',
     '["arn:aws:sns:eu-west-1:111122223333:oncall"]', "monitoring.tf", 22),
)  # fmt: skip

WHY = (
    "MediaConvert works under a role that its caller hands over. Without iam:PassRole on that "
    "role every CreateJob call is denied; with iam:PassRole on * the function could hand any role "
    "of the account to any service."
)


def requirement(number: int) -> RequirementResult:
    title, theme, step, address, attribute, expected, found, file, line = PROMISES[number - 1]
    items = (
        Evidence(
            True, address.split(".")[0], "", "at least one of them", address,
            f"terraform/{file}", line - 3, "Given the pipeline of this stack",
        ),
        Evidence(True, address, attribute, expected, found, f"terraform/{file}", line, step),
    )  # fmt: skip
    scenario = ScenarioResult(
        name=title,
        feature=f"features/{theme}.feature",
        line=8 * number,
        verdict=verdict_of(items),
        evidence=items,
        duration=0.21 * number,
    )
    return RequirementResult(
        id=f"REQ-{number:02}",
        title=title,
        scenarios=(scenario,),
        why=WHY if number == 3 else "",
        page=f"docs/requirements/REQ-{number:02}.md",
    )


def run(requirements: tuple[RequirementResult, ...], **members: object) -> RunResult:
    plain = RunResult(
        subject="terraform/",
        source="Terraform 1.11.4, resolved",
        started=STARTED,
        duration=12.34,
        requirements=requirements,
    )
    return replace(plain, **members)  # type: ignore[arg-type]


def with_evidence(item: RequirementResult, reason: str, *found: Evidence) -> RequirementResult:
    """The requirement with this evidence added to its first scenario."""
    first = item.scenarios[0]
    every = first.evidence + found
    changed = replace(first, evidence=every, verdict=verdict_of(every), reason=reason)
    return replace(item, scenarios=(changed, *item.scenarios[1:]))


def good_run() -> RunResult:
    requirements = [requirement(number) for number in range(1, 14)]
    runtime = requirements[3]
    warned = replace(
        runtime.scenarios[0],
        warnings=("python3.11 ends on 2027-06-30, in 154 days: plan the move to python3.13.",),
    )
    requirements[3] = replace(runtime, scenarios=(warned,))
    return run(tuple(requirements))


def broken_run() -> RunResult:
    """11 of 13 passed: REQ-03 fails in two places, REQ-08 is undetermined."""
    requirements = list(good_run().requirements)
    step = "Then the function's role may pass no other role, and to no other service"
    requirements[2] = with_evidence(
        requirements[2],
        "The function's role may pass more than the MediaConvert role.",
        Evidence(
            False, "aws_iam_role_policy.function_pass_role", "policy.Statement.0.Resource",
            "arn:aws:iam::111122223333:role/video-mediaconvert-pr42",
            '["arn:aws:iam::111122223333:role/*"]',
            "terraform/access.tf", 88, step,
        ),
        Evidence(
            False, "aws_iam_role_policy.function_pass_role", "policy.Statement.0.Condition",
            "StringEquals iam:PassedToService = mediaconvert.amazonaws.com",
            "no condition", "terraform/access.tf", 84, step,
        ),
    )  # fmt: skip
    requirements[7] = with_evidence(
        requirements[7],
        "The plan file does not say what the package holds.",
        Evidence(
            None, "data.archive_file.function", "output_base64sha256",
            "the hash of a zip built from lambda/", "unknown until apply",
            "terraform/function.tf", 17, "Then the package is built from lambda/",
        ),
    )  # fmt: skip
    return run(
        tuple(requirements),
        notices=(
            "No Terraform was found, so a recording of 2027-01-20 was judged; its digest matches "
            "the sources.",
        ),
    )


def waived_run() -> RunResult:
    """12 of 13 passed, and one is waived."""
    requirements = list(good_run().requirements)
    broken = with_evidence(
        requirements[4],
        "A bucket cannot be destroyed while it holds objects.",
        Evidence(
            False, 'aws_s3_bucket.media["archive"]', "force_destroy", "true", "false",
            "terraform/storage.tf", 31, "Then every bucket can be destroyed with what it holds",
        ),
    )  # fmt: skip
    waived = replace(broken.scenarios[0], verdict=Verdict.WAIVED)
    requirements[4] = replace(
        broken,
        scenarios=(waived,),
        waiver=Waiver(
            "REQ-05", "The archive is kept for the audit.", dt.date(2027, 3, 31),
            'aws_s3_bucket.media["archive"]',
        ),
    )  # fmt: skip
    return run(tuple(requirements))


NASTY = (
    "</td></tr></table></details><script>alert(1)</script>"
    '<img src="https://evil.example/x" onerror=alert(1)>'
    " | a | b |\n# heading\n- item `code` ``` *bold* _em_ [link](https://evil.example) "
    "]]> &amp; {{ 7*7 }} {% raw %} @octocat #13 $x$ \\| \r\t"
    "\x00\x1b[31mred\x1b[0m\x07\x9b2J \u202egnp.exe \ud800 \uffff \u2028 é 漢字 👩‍💻"
)


def hostile_run() -> RunResult:
    """Every text attacks one of the formats; there are 2,000 long values."""
    items = tuple(
        Evidence(
            holds=False if number % 3 == 0 else None if number % 3 == 1 else True,
            address=f"{NASTY}{number}",
            attribute=NASTY,
            expected=NASTY,
            found=NASTY + "x" * (50_000 if number == 0 else 500),
            file=NASTY,
            line=number,
            step=f"Then {NASTY} {number % 4}",
        )
        for number in range(2_000)
    )
    scenarios = tuple(
        ScenarioResult(
            name=NASTY, feature=NASTY, line=3, verdict=verdict_of(items), evidence=items,
            reason=NASTY, warnings=(NASTY,), duration=0.5,
        )
        for _ in range(2)
    )  # fmt: skip
    nasty = RequirementResult(
        id=f"REQ-1 {NASTY}", title=NASTY, scenarios=scenarios, why=NASTY,
        page="javascript:alert(document.domain)//" + NASTY,
        waiver=Waiver("REQ-1", NASTY, dt.date(2026, 1, 1), NASTY),
    )  # fmt: skip
    calm = replace(requirement(2), title=NASTY, id=f"REQ-1 {NASTY}", why=NASTY)
    return run((nasty, calm), subject=NASTY, source=NASTY, notices=(NASTY,))


FUNCTION = "aws_lambda_function.processor"
PASS = "iam:PassRole on aws_iam_role.mediaconvert for aws_iam_role.function"
DECRYPT = "kms:Decrypt on aws_kms_key.media for aws_iam_role.mediaconvert"


def pipeline() -> tuple[DrawnEdge, ...]:
    """A path with a cycle, two roles, a dead-letter queue and outside nodes; two edges unproven."""

    def proven(source: str, kind: str, target: str, *needs: str) -> DrawnEdge:
        return DrawnEdge(source, target, kind, EdgeState.PROVEN, needs=needs)

    return (
        proven("aws_s3_bucket.input", "notifies", "aws_sqs_queue.processing",
               "sqs:SendMessage on aws_sqs_queue.processing for s3.amazonaws.com"),
        proven("aws_sqs_queue.processing", "is read by", FUNCTION,
               "sqs:ReceiveMessage on aws_sqs_queue.processing for aws_iam_role.function"),
        proven("aws_sqs_queue.processing", "moves failed messages to",
               "aws_sqs_queue.processing_dead_letter"),
        proven(FUNCTION, "sends traces to", "X-Ray", "xray:PutTraceSegments for aws_iam_role.f"),
        proven(FUNCTION, "submits jobs to", "MediaConvert"),
        DrawnEdge(FUNCTION, "aws_iam_role.mediaconvert", "passes", EdgeState.BROKEN,
                  (PASS,), (PASS,)),
        proven("MediaConvert", "works under", "aws_iam_role.mediaconvert"),
        DrawnEdge("aws_s3_bucket.input", "MediaConvert", "is read by", EdgeState.UNDETERMINED,
                  needs=("s3:GetObject on aws_s3_bucket.input", DECRYPT), undecided=(DECRYPT,)),
        proven("MediaConvert", "tells job states to", "aws_cloudwatch_event_rule.job_state"),
        proven("aws_cloudwatch_event_rule.job_state", "delivers events to", "aws_sqs_queue.status"),
        proven("aws_sqs_queue.status", "is read by", FUNCTION),
        proven("aws_cloudwatch_metric_alarm.errors", "notifies", "aws_sns_topic.alarms"),
    )  # fmt: skip


def with_path(result: RunResult, edges: tuple[DrawnEdge, ...]) -> RunResult:
    """The run with these edges in its first scenario."""
    first, *others = result.requirements
    scenario, *more = first.scenarios
    scenarios = (replace(scenario, edges=edges), *more)
    return replace(result, requirements=(replace(first, scenarios=scenarios), *others))


NASTY_NAMES = (
    "<script>alert(1)</script>", 'a "quoted" name', "`ticks` ``` and | bars |", "'", "",
    "aws_sqs_queue." + "very_long_name_" * 20, "arn:aws:sqs:eu-west-1:111122223333:" + "q" * 300,
    'module.a["x.y"].aws_sqs_queue.q["</title>"]', "end", "]:::x --> y", "#35;", "{{ 7*7 }}",
    "%%{init: {}}%%", "\x1b[31m\u202e\ud800", "漢字" * 40, NASTY,
)  # fmt: skip


def hostile_path() -> tuple[DrawnEdge, ...]:
    """Every text attacks one of the formats; there is a cycle and a loop."""
    following = (*NASTY_NAMES[1:], NASTY_NAMES[0])
    edges = [
        DrawnEdge(name, after, after, state, (name, after), (NASTY, name), True, (after,))
        for name, after, state in zip(
            NASTY_NAMES, following, [*EdgeState, EdgeState.BROKEN] * 4, strict=True
        )
    ]
    return (*edges, DrawnEdge(NASTY, NASTY, NASTY, EdgeState.BROKEN, (NASTY,), (NASTY,)))


@pytest.fixture(scope="session")
def drawn() -> RunResult:
    return with_path(broken_run(), pipeline())


@pytest.fixture(scope="session")
def hostile_drawn() -> RunResult:
    return with_path(hostile_run(), hostile_path())


@pytest.fixture(scope="session")
def good() -> RunResult:
    return good_run()


@pytest.fixture(scope="session")
def broken() -> RunResult:
    return broken_run()


@pytest.fixture(scope="session")
def waived() -> RunResult:
    return waived_run()


@pytest.fixture(scope="session")
def hostile() -> RunResult:
    return hostile_run()


@pytest.fixture(scope="session")
def empty() -> RunResult:
    return run(())


@pytest.fixture(scope="session")
def mutated() -> RunResult:
    return with_mutation(good_run(), mixed())


@pytest.fixture(scope="session")
def hostile_mutated() -> RunResult:
    run_ = hostile_run()
    return with_mutation(run_, attacked(NASTY, run_.requirements))
