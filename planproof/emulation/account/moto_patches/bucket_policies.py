"""Who may do what with a bucket is decided by the account alone.

moto goes by a bucket's policy without its conditions: the usual statement that denies whatever is
not encrypted in transit would deny everything to everybody, the owner included. The account has
decided before a request comes here, conditions and all.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-authorizes.html
"""

from __future__ import annotations

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

from planproof.emulation.account.moto_patches.patches import replace


def patch() -> None:
    """Let a bucket have no opinion of its own."""
    replace(FakeBucket, "get_permission", lambda _: lambda *_, **__: PermissionResult.NEUTRAL)
