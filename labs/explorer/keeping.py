"""What was read of sandboxes, kept for as long as it is true: a bounded store that threads share."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

__all__ = ["Kept"]


class Kept:
    """The latest things that were made, by key; `seconds` is how long one is good for (None: until it is pushed out)."""

    def __init__(self, most: int, seconds: float | None = None) -> None:
        self._most, self._seconds = most, seconds
        self._made: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Any], *, good: Callable[[Any], bool] = lambda _: True) -> Any:
        """Return what was made for a key, or make it now; what is not `good` is not kept."""
        with self._lock:
            at, found = self._made.get(key, (0.0, None))
            if found is not None and (self._seconds is None or time.monotonic() - at < self._seconds):
                self._made.move_to_end(key)
                return found
        made = make()
        if good(made):
            with self._lock:
                self._made[key] = (time.monotonic(), made)
                while len(self._made) > self._most:
                    self._made.popitem(last=False)
        return made
