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

    def __init__(self, burst: float = BURST, each_second: float = EACH_SECOND) -> None:
        self._burst, self._rate = burst, each_second
        self._lock = threading.Lock()
        self._kept: OrderedDict[object, tuple[float, float]] = OrderedDict()

    def take(self, who: object, cost: float) -> float:
        """Take tokens; return 0 where there were enough, else the seconds until there will be (none are taken then)."""
        now = time.monotonic()
        with self._lock:
            left, then = self._kept.pop(who, (self._burst, now))
            left = min(self._burst, left + (now - then) * self._rate)
            wait = max(0.0, (cost - left) / self._rate)
            self._kept[who] = (left if wait else left - cost, now)
            if len(self._kept) > MOST_PEOPLE:
                self._kept.popitem(last=False)
        return wait


buckets = Buckets()
