"""Every resource and data source names an aliased provider, whose region is in a local."""

from tests.pipelines.changes import Everywhere
from tests.pipelines.compliance import Change, Edit

EDITS: tuple[Change, ...] = (
    Everywhere(
        "terraform/*.tf",
        r'^((?:resource|data) "aws_\w+" "\w+" \{)(\}?)$',
        r"\1\n  provider = aws.main\n\2",
    ),
    Edit(
        "terraform/versions.tf",
        "  region = var.aws_region\n",
        '  alias  = "main"\n  region = local.home\n',
    ),
    Edit("terraform/home.tf", "", "locals {\n  home = lower(var.aws_region)\n}\n"),
)
