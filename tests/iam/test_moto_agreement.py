"""moto decides the same, within the part of the policy language that it evaluates correctly.

That part is: actions and resources in their own case, with ``*`` where a whole ARN segment, an
action or a part of a resource may vary; no question marks, variables, conditions or NotResource.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from moto.iam.access_control import IAMPolicy, PermissionResult

from planproof.iam import Effect, Policies, Request, evaluate

ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "sqs:SendMessage", "iam:PassRole"]
ACTION_PATTERNS = [*ACTIONS, "*", "s3:*", "s3:Get*", "s3:*Object", "sqs:*Message", "iam:*Role*"]
RESOURCES = [
    "arn:aws:s3:::bucket",
    "arn:aws:s3:::bucket/a/b",
    "arn:aws:s3:::other/a",
    "arn:aws:sqs:eu-west-1:111122223333:queue",
    "arn:aws:iam::111122223333:role/path/r",
]
RESOURCE_PATTERNS = [
    *RESOURCES,
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::bucket/*",
    "arn:aws:s3:::*/a",
    "arn:aws:s3:::b*t/*/b",
    "arn:aws:sqs:*:111122223333:queue",
    "arn:aws:sqs:eu-west-1:*:q*",
    "arn:aws:sqs:*",
    "arn:aws:iam::*:role/*",
    "arn:aws:iam::111122223333:role/*/r",
]
EXPECTED = {
    PermissionResult.PERMITTED: Effect.ALLOWED,
    PermissionResult.DENIED: Effect.EXPLICITLY_DENIED,
    PermissionResult.NEUTRAL: Effect.IMPLICITLY_DENIED,
}


def one_or_more(values: list[str]) -> st.SearchStrategy[Any]:
    some = st.lists(st.sampled_from(values), min_size=1, max_size=3)
    return st.one_of(st.sampled_from(values), some)


STATEMENT = st.builds(
    lambda effect, element, actions, resources: {
        "Effect": effect,
        element: actions,
        "Resource": resources,
    },
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sampled_from(["Action", "Action", "NotAction"]),
    one_or_more(ACTION_PATTERNS),
    one_or_more(RESOURCE_PATTERNS),
)


@settings(max_examples=400)
@given(
    st.lists(STATEMENT, min_size=1, max_size=4),
    st.sampled_from(ACTIONS),
    st.sampled_from(RESOURCES),
)
def test_moto_agrees(statements: list[dict[str, Any]], action: str, resource: str) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    theirs = IAMPolicy(document).is_action_permitted(action, resource)
    request = Request(
        action=action,
        resource=resource,
        principal="arn:aws:iam::111122223333:role/r",
        resource_account="111122223333",
    )
    ours = evaluate(request, Policies(identity=[document]))
    assert ours.effect is EXPECTED[theirs], str(ours)
