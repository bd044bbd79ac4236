"""Run the provider, as Terraform does: `python -m planproof.terraform.archive_provider`."""

import os
import sys

from planproof.terraform.archive_provider.serve import main

if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # Terraform waits for the exit, and the interpreter's cleanup takes 50 ms
