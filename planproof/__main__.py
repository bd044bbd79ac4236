"""``python -m planproof``: the ``planproof`` command."""

from __future__ import annotations

import sys

from planproof.cli import main

sys.exit(main())
