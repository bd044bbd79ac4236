"""The modules of boto3 and of its dependencies."""

from __future__ import annotations

import sys

SDK = frozenset({"boto3", "botocore", "s3transfer"})
SDK_DEPENDENCIES = frozenset({"jmespath", "dateutil", "six", "urllib3"})
"""Dependencies of boto3, none of which calls AWS."""

AVAILABLE_MODULES = SDK | SDK_DEPENDENCIES | sys.stdlib_module_names
"""Modules that a function can import without packaging them."""

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
"""Methods of a session, and the kind of the object that each makes."""
