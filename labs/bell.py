"""What we tell Redis: said by a thread of its own, so that a broker that is slow or gone never keeps anybody waiting.

Nothing of it is needed for truth: the sweep finds a job whose bell was lost, and a page that missed an event asks
again. So after a failure all that waits to be said is dropped, and nothing here raises.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)
Message = Callable[[], None]

CAPACITY = 1000


class Bell:
    """A queue and its thread, which is started by the first message. One of them in a process: `tell`."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Message] = queue.Queue(CAPACITY)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._well = True

    def tell(self, message: Message) -> None:
        """Have the message said soon; it is called once, in another thread. Returns at once, and never raises."""
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                    self._thread.start()
        try:
            self._queue.put_nowait(message)
        except queue.Full:
            logger.warning("The broker does not keep up: a message was dropped")

    def flush(self, seconds: float) -> bool:
        """Wait until all was said (or dropped), for so many seconds at most; return whether it was."""
        deadline = time.monotonic() + seconds
        with self._queue.all_tasks_done:
            while self._queue.unfinished_tasks:
                left = deadline - time.monotonic()
                if left <= 0 or not self._queue.all_tasks_done.wait(left):
                    return False
        return True

    def _run(self) -> None:
        while True:
            message = self._queue.get()
            try:
                message()
                self._well = True
            except Exception as error:
                if self._well:  # one line an outage, not one a message
                    logger.warning("The broker does not answer, and jobs wait for the sweep: %s", error)
                self._well = False
                self._drop()
            finally:
                self._queue.task_done()

    def _drop(self) -> None:
        try:
            while True:
                self._queue.get_nowait()
                self._queue.task_done()
        except queue.Empty:
            pass


_bell = Bell()


def tell(message: Message) -> None:
    """Have the message said soon by this process' bell."""
    _bell.tell(message)


def flush(seconds: float) -> bool:
    """Wait until this process' bell has said all, for so many seconds at most."""
    return _bell.flush(seconds)


def _after_fork() -> None:
    global _bell
    _bell = Bell()  # the parent's thread did not come along


os.register_at_fork(after_in_child=_after_fork)
atexit.register(lambda: flush(0.2))
