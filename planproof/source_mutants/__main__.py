"""``python -m planproof.source_mutants``."""

import sys

from planproof.source_mutants.command import main

if __name__ == "__main__":
    sys.exit(main())
