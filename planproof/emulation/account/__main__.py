"""``python -m planproof.emulation.account``: an emulated account until it is interrupted."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run an account; 2 where the user has to mend something first."""
    options = _parser().parse_args(arguments)
    sys.path[:0] = options.path
    # Only here, so that --help and a wrong option answer at once.
    from planproof.emulation.account.child import run
    from planproof.errors import PlanproofError

    try:
        run(options.port, options.service, options.parts, options.folder)
    except PlanproofError as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m planproof.emulation.account",
        description="An emulated AWS account on this machine, until it is interrupted.",
    )
    parser.add_argument("--port", type=int, default=0, help="to listen on (default: a free one)")
    parser.add_argument(
        "--service",
        action="append",
        default=[],
        metavar="MODULE:CLASS",
        help="an AWS service that moto lacks; may be given more than once",
    )
    parser.add_argument(
        "--path",
        action="append",
        default=[],
        metavar="FOLDER",
        help="where such modules are found; may be given more than once",
    )
    # By these a run starts it: what it is made of, and the folder that ends with it. An account
    # with a folder ends when its standard input does, that is, when whoever started it is gone.
    parser.add_argument("--parts", default="", help=argparse.SUPPRESS)
    parser.add_argument("--folder", default="", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
