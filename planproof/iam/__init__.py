"""Evaluation of IAM policies as AWS documents it, usable on its own.

    >>> decision = evaluate(Request(action="s3:GetObject", ...), Policies(identity=[...]))
    >>> decision.effect
    <Effect.ALLOWED: 'allowed'>

Pure: no network, no data downloads. Not evaluated: KMS grants, S3 access control lists and Block
Public Access, VPC endpoint policies, and whether a service supports an action or a context key.
"""

from planproof.iam.conditions import Condition
from planproof.iam.decision import Decision, Effect, Reason
from planproof.iam.document import PolicyDocument, PolicyKind
from planproof.iam.errors import PolicyError, RequestError
from planproof.iam.evaluation import evaluate
from planproof.iam.grants import (
    StatementRef,
    pattern_covers,
    pattern_covers_more,
    statements_allowing,
)
from planproof.iam.key_policy import default_key_policy
from planproof.iam.policies import Layer, Policies
from planproof.iam.request import Request
from planproof.iam.statement import Statement, StatementEffect

__all__ = [
    "Condition",
    "Decision",
    "Effect",
    "Layer",
    "Policies",
    "PolicyDocument",
    "PolicyError",
    "PolicyKind",
    "Reason",
    "Request",
    "RequestError",
    "Statement",
    "StatementEffect",
    "StatementRef",
    "default_key_policy",
    "evaluate",
    "pattern_covers",
    "pattern_covers_more",
    "statements_allowing",
]
