"""Buckets, queues, roles, policies, the rule, the function's log and the alias have prefixes, and
the provider generates the rest of their names."""

from tests.pipelines.changes import Everywhere
from tests.pipelines.compliance import Change, Edit

EDITS: tuple[Change, ...] = (
    Everywhere("terraform/queues.tf", r'^  name( +)= "(.*)"$', r'  name_prefix\1= "\2-"'),
    Everywhere("terraform/events.tf", r'^  name( +)= "(.*)"$', r'  name_prefix\1= "\2-"'),
    Everywhere(
        "terraform/access.tf",
        r'^  name( +)= "video-(.).*"$',
        r'  name_prefix\1= "\2-${var.environment_suffix}-"',
    ),
    Everywhere(
        "terraform/storage.tf",
        r'^  bucket( +)= "video-(.).*"$',
        r'  bucket_prefix\1= "\2-${var.environment_suffix}-"',
    ),
    Everywhere(
        "terraform/encryption.tf",
        r'^  name( +)= "alias/(.*)"$',
        r'  name_prefix\1= "alias/\2-"',
    ),
    Edit(
        "terraform/events.tf",
        '  target_id = "status-queue-${var.environment_suffix}"\n',
    ),
)
