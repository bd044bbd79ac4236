"""Measures how many requests per second the IAM evaluation decides, for roles of several sizes.

In seconds of one core: a role with P policies of S statements, each with three actions,
two resources and, in every third statement, two conditions; 20,000 requests over ten services.

- cold: the JSON text of all policies is parsed and compiled, and one request decided;
- compiled: requests are decided with parsed policies;
- with requests: as compiled, and each request is built from its parts.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

from planproof.iam import Policies, Request, evaluate

ACCOUNT = "111122223333"
SERVICES = ["s3", "sqs", "sns", "dynamodb", "kms", "logs", "lambda", "iam", "events", "states"]
REQUESTS = 20_000


def policy(number: int, statements: int) -> str:
    """The JSON text of one policy."""
    found: list[dict[str, Any]] = []
    for i in range(statements):
        service = SERVICES[(i + number) % len(SERVICES)]
        statement: dict[str, Any] = {
            "Sid": f"S{number}x{i}",
            "Effect": "Deny" if i % 7 == 6 else "Allow",
            "Action": [f"{service}:Get*", f"{service}:List{i}", f"{service}:Put{number}Thing"],
            "Resource": [
                f"arn:aws:{service}:us-east-1:{ACCOUNT}:thing{number}-{i}/*",
                f"arn:aws:{service}:*:{ACCOUNT}:other{i}",
            ],
        }
        if i % 3 == 0:
            statement["Condition"] = {
                "StringEquals": {"aws:PrincipalTag/team": "a"},
                "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::*:role/r{i}*"},
            }
        found.append(statement)
    return json.dumps({"Version": "2012-10-17", "Statement": found})


def request(k: int, policies: int, statements: int) -> Request:
    """The k-th request; a statement covers most of them."""
    number, i = k % policies, (k * 7) % statements
    service = SERVICES[(i + number) % len(SERVICES)]
    return Request(
        action=f"{service}:GetThing{k % 50}",
        resource=f"arn:aws:{service}:us-east-1:{ACCOUNT}:thing{number}-{i}/x{k}",
        principal=f"arn:aws:iam::{ACCOUNT}:role/r0",
        context={"aws:PrincipalTag/team": "a"},
        complete=True,
    )


def measure(policies: int, statements: int) -> str:
    """One row of the table."""
    texts = [policy(number, statements) for number in range(policies)]
    start = time.process_time()
    compiled = Policies(identity=texts)
    evaluate(request(0, policies, statements), compiled)
    cold = time.process_time() - start
    requests = [request(k, policies, statements) for k in range(REQUESTS)]
    for one in requests[:1000]:
        evaluate(one, compiled)
    start = time.process_time()
    effects = Counter(evaluate(one, compiled).effect.value for one in requests)
    rate = REQUESTS / (time.process_time() - start)
    start = time.process_time()
    for k in range(REQUESTS):
        evaluate(request(k, policies, statements), compiled)
    whole = REQUESTS / (time.process_time() - start)
    found = ", ".join(f"{count} {effect}" for effect, count in sorted(effects.items()))
    rates = f"{cold * 1e3:>8.1f} {rate:>11,.0f} {whole:>13,.0f}"
    return f"{policies:>8} {statements:>10} {rates}   {found}"


def main() -> None:
    """Measure the role of ten policies of twenty statements, and smaller and larger ones."""
    print("policies statements  cold ms  compiled/s  with requests   decisions")
    for size in ((1, 20), (10, 5), (10, 20), (10, 80), (10, 320)):
        print(measure(*size))


if __name__ == "__main__":
    main()
