"""Which modules are boto3, and which does it bring along?"""

from __future__ import annotations

import sys

SDK = frozenset({"boto3", "botocore", "s3transfer"})
SDK_NEEDS = frozenset({"jmespath", "dateutil", "six", "urllib3"})
"""What boto3 needs, none of which calls AWS."""

GIVEN = SDK | SDK_NEEDS | sys.stdlib_module_names
"""Modules that a function has without a package of its own."""

SESSION_MAKERS = frozenset(
    {
        "boto3.Session",
        "boto3.session.Session",
        "boto3._get_default_session",
        "botocore.session.Session",
        "botocore.session.get_session",
    }
)
MAKERS = {"client": "client", "resource": "resource", "create_client": "client"}
"""Methods of a session, and the kind of what they make."""
