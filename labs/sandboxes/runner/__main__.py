"""`python -m labs.sandboxes.runner --socket PATH [--jail MODE] [--parent PID]`: serve runs until the parent ends."""

from __future__ import annotations

import sys

from labs.sandboxes import jailed
from labs.sandboxes.runner.server import Server


def main() -> int:
    """Return the exit status: 0 ended in order, 3 no jail where one is required."""
    return jailed.main("labs.sandboxes.runner", Server)


if __name__ == "__main__":
    sys.exit(main())
