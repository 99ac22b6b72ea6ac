"""Whoever proves several labs at a time hears of each thread's own breaks, and leaves the log as it was."""

from __future__ import annotations

import logging
import threading

from labs.proof.breaks import Breaks


def test_two_that_listen_at_a_time_leave_the_log_as_it_was() -> None:
    log = logging.getLogger("graders")
    first, second = Breaks(), Breaks()
    one, other = first.listening(), second.listening()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert log.propagate is False  # the other one still hears it
    other.__exit__(None, None, None)
    assert log.propagate is True
    assert not {first, second} & set(log.handlers)


def test_a_thread_hears_its_own_breaks_only() -> None:
    first, second = Breaks(), Breaks()
    with first.listening(), second.listening():
        thread = threading.Thread(target=lambda: logging.getLogger("graders").error("of the thread"))
        thread.start()
        thread.join()
        logging.getLogger("graders").error("of ours")
        assert (first.take(), second.take()) == ("of ours", "of ours")
        assert first.take() == ""
