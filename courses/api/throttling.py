"""A limit for each person that nobody meets who sits an exam: it stops a script, and a page that has gone wild.

It is kept in the memory of each web process: exams must not depend on the broker, nor on each other.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Final

# A page saves every 0.6 s at most, some hundred bytes each; what a device kept offline comes at once.
BURST: Final = 400.0  # kilobytes, where a request counts as one at least
EACH_SECOND: Final = 8.0
MOST_PEOPLE: Final = 20_000


class Buckets:
    """A token bucket for each person, the longest unused forgotten first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[object, tuple[float, float]] = OrderedDict()

    def take(self, who: object, cost: float) -> float:
        """Take tokens; return 0 where there were enough, else the seconds until there will be (none are taken then)."""
        now = time.monotonic()
        with self._lock:
            left, then = self._kept.pop(who, (BURST, now))
            left = min(BURST, left + (now - then) * EACH_SECOND)
            wait = max(0.0, (cost - left) / EACH_SECOND)
            self._kept[who] = (left if wait else left - cost, now)
            if len(self._kept) > MOST_PEOPLE:
                self._kept.popitem(last=False)
        return wait


buckets = Buckets()
