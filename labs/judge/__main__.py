"""`python -m labs.judge --socket PATH [--jail MODE] [--parent PID]`: judge until the parent ends."""

from __future__ import annotations

import sys

from labs.judge.server import Server
from labs.sandboxes import jailed


def main() -> int:
    """Return the exit status: 0 ended in order, 3 no jail where one is required."""
    return jailed.main("labs.judge", Server)


if __name__ == "__main__":
    sys.exit(main())
