"""Run the provider, as Terraform does: `python -m planproof.archive_provider`."""

import sys

from planproof.archive_provider.serve import main

if __name__ == "__main__":
    sys.exit(main())
