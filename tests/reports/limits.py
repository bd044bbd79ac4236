"""Limits that reports keep to."""

import re

COMMENT_LIMIT = 65_536
"""Characters of a comment at GitHub."""
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202e\ud800-\udfff]")
"""Characters that change how a terminal shows a line, or that no file can hold."""
