"""Hears why checks broke, for the proof to say it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from labs.proof.report import short

_alone = threading.Lock()
_listening: list[Breaks] = []  # several labs may be proved at a time


class Breaks(logging.Handler):
    """Hears why checks broke, instead of the log: the proof tells it where the check stands in the file."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record's reason for the thread that it was made in."""
        error = record.exc_info[1] if record.exc_info else None
        reason = f"{type(error).__name__}: {error}" if error else record.getMessage()
        self.heard.reasons = [*getattr(self.heard, "reasons", []), short(reason, 300)]

    def take(self) -> str:
        """Return what this thread heard since the last time."""
        reasons = list(dict.fromkeys(getattr(self.heard, "reasons", [])))
        self.heard.reasons = []
        return "; ".join(reasons)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen, and keep it from the log."""
        log = logging.getLogger("graders")
        with _alone:
            _listening.append(self)
            log.propagate = False
            log.addHandler(self)
        try:
            yield
        finally:
            with _alone:
                _listening.remove(self)
                log.removeHandler(self)
                log.propagate = not _listening
