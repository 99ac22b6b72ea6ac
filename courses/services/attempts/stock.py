"""Forms that are ready before anybody asks: while a candidate reads about an exam, theirs is put together.

An exam's start is the one moment in which all come at once. A form takes some milliseconds of a processor, and there is
time for it before: whoever sees the page of an exam that they may start orders one. Each web process has a stock of its
own; who finds it empty has theirs made on the spot.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import secrets
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any, Final

from django.db import connections

from courses.content import Exam
from courses.exams import assembly
from courses.selectors.attempts import used_in
from courses.services import clock

logger = logging.getLogger(__name__)

MOST: Final = 1000  # forms in a process; some 40 KB each
FRESH_SECONDS: Final = 900.0  # after that its balance of items is out of date
Ready = tuple[str, dict[str, Any]]  # seed, form


def assemble(exam: Exam, *, seen: Mapping[str, int], used: Mapping[str, int]) -> Ready:
    """Return a new seed and its form. Raises assembly.PoolTooSmall."""
    seed = secrets.token_hex(32)
    return seed, assembly.assemble(exam, exam.drawable, seed=seed, seen=seen, used=used).as_json()


class Stock:
    """Forms for who comes for the first time, made by a thread of their own, one order after the other."""

    def __init__(self) -> None:
        self._orders: queue.Queue[Exam] = queue.Queue(MOST)
        self._shelf: dict[tuple[str, str], deque[tuple[float, Ready]]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def order(self, exam: Exam) -> None:
        """Have a form made soon. Returns at once; where there are too many orders, or forms, it is forgotten."""
        if exam.shortages or sum(map(len, self._shelf.values())) >= MOST:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="forms", daemon=True)
                self._thread.start()
        try:
            self._orders.put_nowait(exam)
        except queue.Full:
            pass

    def take(self, exam: Exam) -> Ready | None:
        """Return a form that nobody else gets, or None where none is ready."""
        shelf = self._shelf.get(_name(exam))
        while shelf:
            try:
                made, ready = shelf.popleft()
            except IndexError:  # somebody was quicker
                return None
            if time.monotonic() - made < FRESH_SECONDS:
                return ready
        return None

    def join(self) -> None:
        """Wait until all that was ordered is made."""
        self._orders.join()

    def clear(self) -> None:
        """Throw all forms away."""
        self._shelf.clear()

    def _work(self) -> None:
        while True:
            exam = self._orders.get()
            try:
                ready = assemble(exam, seen={}, used=used_in(exam.slug, clock.now()))
                self._shelf[_name(exam)].append((time.monotonic(), ready))
            except Exception:  # the start itself will say what is wrong
                logger.exception("A form of %s could not be made ahead", exam.slug)
            finally:
                if self._orders.empty():
                    connections.close_all()
                self._orders.task_done()


def pool_digest(exam: Exam) -> str:
    """Return the SHA-256 (hex) of the pool as it was read from the files."""
    return hashlib.sha256("".join(sorted(one.item for one in exam.drawable)).encode()).hexdigest()


def _name(exam: Exam) -> tuple[str, str]:
    return exam.revision, pool_digest(exam)


stock = Stock()
