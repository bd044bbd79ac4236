"""``python -m planproof.emulation.account``: runs an emulated account until interrupted."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run an account; returns 2 for an error that the user has to fix first."""
    options = _parser().parse_args(arguments)
    sys.path[:0] = options.path
    # Imported late, so that --help and option errors are immediate.
    from planproof.emulation.account.child import run
    from planproof.errors import PlanproofError

    try:
        run(options.port, options.service, options.components, options.folder, options.channel)
    except PlanproofError as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m planproof.emulation.account",
        description="Run an emulated AWS account on this machine until interrupted.",
    )
    parser.add_argument(
        "--port", type=int, default=0, help="port to listen on (default: a free port)"
    )
    parser.add_argument(
        "--service",
        action="append",
        default=[],
        metavar="MODULE:CLASS",
        help="class of an AWS service that moto lacks; may be repeated",
    )
    parser.add_argument(
        "--path",
        action="append",
        default=[],
        metavar="FOLDER",
        help="folder of such modules; may be repeated",
    )
    # For AccountProcess. An account with a channel ends when that is closed, that is, with its
    # parent process, and removes its folder.
    parser.add_argument("--components", default="", help=argparse.SUPPRESS)
    parser.add_argument("--folder", default="", help=argparse.SUPPRESS)
    parser.add_argument("--channel", type=int, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
