"""``python -m planproof.iam --request FILE.json``."""

import sys

from planproof.iam.command import main

sys.exit(main())
