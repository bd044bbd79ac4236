"""``python -m planproof.mutation.checks``."""

import sys

from planproof.mutation.checks.command import main

if __name__ == "__main__":
    sys.exit(main())
