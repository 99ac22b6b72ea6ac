"""Time as a function sees it: the call's, which goes on when the function sleeps, calls AWS or looks at the clock.

No machine's clock: the same call replayed must see the same times, and to sleep costs nobody anything. Each look takes
some microseconds, so that a loop that waits for a time ends.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Any, Final

from labs.sandboxes.emulated.determinism import CLOCK, Datetime

__all__ = ["Clock"]

_LOOK: Final = 20e-6
CALL: Final = 0.002  # what a call of AWS takes


class Clock:
    """The function's time, from `at` on; `late` is called when more than `timeout` seconds of it have gone."""

    def __init__(self, at: float, timeout: float, late: Callable[[], None]) -> None:
        self._begun, self._timeout, self._late = at, timeout, late
        self.gone = 0.0

    def install(self) -> None:
        """Be the time of this process. There is no way back."""
        real_gmtime, real_localtime, real_strftime = time.gmtime, time.localtime, time.strftime
        CLOCK.now = None
        time.time = self.time
        time.time_ns = lambda: int(self.time() * 1e9)
        time.monotonic = time.perf_counter = time.process_time = time.thread_time = self.elapsed
        for name in ("monotonic_ns", "perf_counter_ns", "process_time_ns", "thread_time_ns"):
            setattr(time, name, lambda: int(self.elapsed() * 1e9))
        time.sleep = self.sleep
        time.gmtime = lambda seconds=None: real_gmtime(self.time() if seconds is None else seconds)
        time.localtime = lambda seconds=None: real_localtime(self.time() if seconds is None else seconds)
        time.strftime = lambda form, when=None: real_strftime(form, time.localtime() if when is None else when)
        time.ctime = lambda seconds=None: time.asctime(time.localtime(seconds))
        CLOCK.time = self.time  # type: ignore[method-assign]
        datetime.datetime = Datetime  # type: ignore[misc]

    def time(self) -> float:
        """Return the time in unix seconds."""
        now = self._begun + self.gone
        self.spend(_LOOK)
        return now

    def elapsed(self) -> float:
        """Return the seconds since the function began, and a little."""
        return self.time() - self._begun + 1.0

    def sleep(self, seconds: Any) -> None:
        """Let time go by."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self.spend(float(seconds))

    def spend(self, seconds: float) -> None:
        """Let time go by, perhaps too much."""
        self.gone += seconds
        if self.gone >= self._timeout:
            self.gone = self._timeout
            self._late()

    def left(self) -> float:
        """Return how many seconds the function has left."""
        return max(0.0, self._timeout - self.gone)
