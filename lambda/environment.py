"""What this deployment is: the names that Terraform put into the function's environment."""

from __future__ import annotations

import os
from dataclasses import dataclass

REQUIRED = ("INPUT_BUCKET", "OUTPUT_BUCKET", "ASSETS_TABLE", "MEDIACONVERT_ROLE")


@dataclass(frozen=True)
class Environment:
    """Names of buckets and table, the ARN of the role that MediaConvert assumes, the log level."""

    input_bucket: str
    output_bucket: str
    assets_table: str
    mediaconvert_role: str
    log_level: str

    @classmethod
    def read(cls) -> Environment:
        """Read the environment at the time of the call, so that importing needs none of it.

        Raises:
            RuntimeError: variables are missing. The whole invocation fails then: it is the
                deployment that is wrong, and the alarm on Lambda errors should say so.
        """
        missing = [name for name in REQUIRED if not os.environ.get(name)]
        if missing:
            raise RuntimeError(
                f"The function's environment lacks {', '.join(missing)}; "
                "set every one of them on the Lambda function."
            )
        return cls(
            input_bucket=os.environ["INPUT_BUCKET"],
            output_bucket=os.environ["OUTPUT_BUCKET"],
            assets_table=os.environ["ASSETS_TABLE"],
            mediaconvert_role=os.environ["MEDIACONVERT_ROLE"],
            log_level=os.environ.get("LOG_LEVEL", "INFO"),
        )
