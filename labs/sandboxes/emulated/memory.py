"""Keeping a cell's own memory small: what it writes should lie together, not in the gaps of what it shares.

After a fork, the first write to a page copies it. Python's allocator fills gaps first: the warm-up leaves half-empty pools
all over the heap, and each object that a cell makes in one of them costs a page. So the zygote fills the gaps before it
forks, with objects that nobody touches again; cells then allocate in fresh pools, many objects to a page.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from typing import Any, Final

__all__ = ["fill_gaps"]

# One line for each size class of pymalloc: class, size, pools, blocks in use, blocks available.
_CLASS: Final = re.compile(r"^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*$", re.M)
_BYTES_OVERHEAD: Final = sys.getsizeof(b"")
_kept: list[Any] = []


def fill_gaps() -> int:
    """Fill the free blocks of all started pools and return how many bytes that took. Not for a process with threads."""
    filled = 0
    for size, available in _gaps():
        if size < 48:
            # The smallest bytes object is larger; these are a bare object and a float.
            make: Any = object if size == 16 else lambda: float("1.5")
        else:
            length = size - _BYTES_OVERHEAD
            make = lambda length=length: bytes(length)  # noqa: E731
        _kept.append([make() for _ in range(available)])
        filled += size * available
    return filled


def _gaps() -> list[tuple[int, int]]:
    """Return each size class and how many blocks of it are free in started pools."""
    with tempfile.TemporaryFile() as report:
        saved = os.dup(2)
        try:
            os.dup2(report.fileno(), 2)
            sys._debugmallocstats()
        finally:
            os.dup2(saved, 2)
            os.close(saved)
        report.seek(0)
        text = report.read().decode()
    return [(int(found[2]), int(found[5])) for found in _CLASS.finditer(text)]
