"""Run the provider, as Terraform does: `python -m planproof.terraform.given_data`."""

import os
import sys

from planproof.terraform.archive_provider.serve import main
from planproof.terraform.given_data.provider import servicer

if __name__ == "__main__":
    code = main(servicer)
    sys.stderr.flush()
    os._exit(code)
