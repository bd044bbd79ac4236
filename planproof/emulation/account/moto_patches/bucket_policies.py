"""Turns off moto's evaluation of bucket policies; the account evaluates them.

moto ignores the conditions of a bucket policy: the usual statement that denies requests without TLS
would deny every request, the owner's included. The account has authorized a request, conditions
included, before moto handles it.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-authorizes.html
"""

from __future__ import annotations

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

from planproof.emulation.account.moto_patches.patches import replace


def patch() -> None:
    """Let no bucket policy allow or deny a request."""
    replace(FakeBucket, "get_permission", lambda _: lambda *_, **__: PermissionResult.NEUTRAL)
