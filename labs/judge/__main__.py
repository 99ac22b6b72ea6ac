"""`python -m labs.judge --socket PATH [--jail MODE] [--parent PID]`: judge until the parent ends."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from labs.judge.server import Server
from labs.sandboxes.jail import JailUnavailable


def main() -> int:
    """Return the exit status: 0 ended in order, 3 no jail where one is required."""
    parser = argparse.ArgumentParser(prog="python -m labs.judge")
    parser.add_argument("--socket", type=Path, required=True, help="where to listen (a unix socket, mode 600)")
    parser.add_argument("--jail", choices=["required", "best"], default="required")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="end when this process is no longer ours")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("labs").setLevel(logging.INFO)
    try:
        Server(arguments.socket, mode=arguments.jail, parent=arguments.parent).serve()
    except JailUnavailable as error:
        print(f"labs.judge: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
