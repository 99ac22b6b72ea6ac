"""A zygote whose hazards are open, but for the rows named: what a cell can do when somebody forgets a fix.

python open_zygote.py "M1 M13 M14,M17" --fd N --jail best      # without these; "all": without any
"""

from __future__ import annotations

import sys


def main() -> int:
    """Take the fixes out and be an ordinary zygote."""
    from labs.sandboxes.emulated import zygote

    rows, warm_up = sys.argv.pop(1), zygote.warm_up

    def open_up() -> None:
        from labs.sandboxes.emulated import determinism

        determinism.install()
        zygote._set_environment()
        from labs.sandboxes.emulated import hazards

        for row in [*hazards.FIXES] if rows == "all" else rows.split(","):
            hazards.FIXES.pop(row)
        warm_up()

    zygote.warm_up = open_up
    return zygote.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
