"""Measures how the time to draw and judge a data path grows with the stack.

Makes stacks of N pipelines, each of ten resources: bucket, notification, queue, its policy,
function, its role, policy and attachment, log group, event source mapping.

- draw: find every edge;
- judge: decide every permission that the edges need;
- surplus: compare every grant of every role with the needs;
- external: try other accounts and services on every resource-based policy.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from planproof.aws.datapath import Authority, draw
from planproof.aws.datapath.deputies import confused_deputies
from planproof.aws.datapath.outsiders import external_access, resources_with_policies
from planproof.aws.datapath.surplus import role_grants
from planproof.aws.datapath.unneeded_services import unneeded_services
from planproof.aws.sdk_calls import SdkCall, SdkCalls
from planproof.results import EdgeState
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.references import Configuration
from planproof.terraform.stack import Resource, Stack

PLACE = ProviderLocation("aws", "eu-west-1", "123456789012")
SIZES = (1, 10, 100, 500)
CALLS = SdkCalls((SdkCall("sqs", "SendMessage", "main.py", 1),), ())


def document(**statement: Any) -> str:
    """A policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def arn(service: str, name: str) -> str:
    """An ARN of the account."""
    return f"arn:aws:{service}:{PLACE.region}:{PLACE.account}:{name}"


def pipeline(i: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The resources of one pipeline."""
    bucket, queue = f"arn:aws:s3:::b{i}", arn("sqs", f"q{i}")
    role = f"arn:aws:iam::{PLACE.account}:role/r{i}"
    group = arn("logs", f"log-group:/aws/lambda/f{i}")
    yield "aws_s3_bucket", {"bucket": f"b{i}", "id": f"b{i}", "arn": bucket}
    notice = [{"queue_arn": queue, "events": ["s3:ObjectCreated:*"]}]
    yield "aws_s3_bucket_notification", {"bucket": f"b{i}", "queue": notice}
    yield "aws_sqs_queue", {"name": f"q{i}", "id": f"https://sqs/q{i}", "arn": queue}
    sends = document(
        Principal={"Service": "s3.amazonaws.com"},
        Action="sqs:SendMessage",
        Resource=queue,
        Condition={"ArnEquals": {"aws:SourceArn": bucket}},
    )
    yield "aws_sqs_queue_policy", {"queue_url": f"https://sqs/q{i}", "policy": sends}
    trust = document(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
    yield "aws_iam_role", {"name": f"r{i}", "id": f"r{i}", "arn": role, "assume_role_policy": trust}
    statements = [
        {
            "Effect": "Allow",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            "Resource": queue,
        },
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"{group}:*",
        },
    ]
    policy = f"arn:aws:iam::{PLACE.account}:policy/p{i}"
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    yield "aws_iam_policy", {"name": f"p{i}", "arn": policy, "id": policy, "policy": text}
    yield "aws_iam_role_policy_attachment", {"role": f"r{i}", "policy_arn": policy}
    yield "aws_cloudwatch_log_group", {"name": f"/aws/lambda/f{i}", "arn": group}
    function = arn("lambda", f"function:f{i}")
    yield "aws_lambda_function", {"function_name": f"f{i}", "arn": function, "role": role}
    yield (
        "aws_lambda_event_source_mapping",
        {"event_source_arn": queue, "function_name": function},
    )


def stack_of(count: int) -> Stack:
    """A stack of that many pipelines."""
    resources = {}
    for i in range(count):
        for type_, values in pipeline(i):
            address = f"{type_}.x{i}"
            resources[address] = Resource(address, "managed", type_, f"x{i}", None, "", values)
    configuration = Configuration({}, {}, {})
    return Stack("default", resources, {}, configuration, True, {"aws": PLACE})


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds and the result."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def measure(count: int) -> str:
    """One row of the table."""
    stack = stack_of(count)
    authority = Authority(stack)
    drawing, path = timed(lambda: draw(stack, lambda _: CALLS))
    judging, judged = timed(lambda: [authority.judge(edge) for edge in path])
    roles = stack.managed("aws_iam_role")
    weighing, _ = timed(lambda: [list(role_grants(authority, path, role)) for role in roles])
    trying, _ = timed(
        lambda: (
            [
                (
                    list(external_access(authority, part)),
                    list(unneeded_services(authority, path, part)),
                )
                for part in resources_with_policies(authority)
            ],
            list(confused_deputies(authority, path)),
        )
    )
    proven = sum(one.state is EdgeState.PROVEN for one in judged)
    return (
        f"{len(stack):>9} {len(judged):>6} {len(path.needs):>6} {drawing:>8.2f} {judging:>8.2f} "
        f"{weighing:>8.2f} {trying:>9.2f}   {proven} proven"
    )


def main() -> None:
    """Measure stacks of 10 to 5,000 resources."""
    print("resources  edges  needs   draw s  judge s surplus s external s")
    for size in SIZES:
        print(measure(size))


if __name__ == "__main__":
    main()
