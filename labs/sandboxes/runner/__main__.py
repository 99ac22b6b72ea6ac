"""`python -m labs.sandboxes.runner --socket PATH [--jail MODE] [--parent PID]`: serve runs until the parent ends."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from labs.sandboxes.jail import JailUnavailable


def main() -> int:
    """Return the exit status: 0 ended in order, 3 no jail where one is required."""
    parser = argparse.ArgumentParser(prog="python -m labs.sandboxes.runner")
    parser.add_argument("--socket", type=Path, required=True, help="where to listen (a unix socket, mode 600)")
    parser.add_argument("--jail", choices=["required", "best"], default="required")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="end when this process is no longer ours")
    arguments = parser.parse_args()
    # Our own loggers only: what the AWS CLI logs belongs to a command's stderr, if anywhere.
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("labs")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    # Imported here: the environment of the AWS CLI is made before the AWS CLI is imported.
    from labs.sandboxes.runner.server import Server

    try:
        Server(arguments.socket, jail=arguments.jail, parent=arguments.parent).serve()
    except JailUnavailable as error:
        print(f"labs.sandboxes.runner: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
