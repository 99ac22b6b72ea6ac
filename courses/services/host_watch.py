"""Whether sandboxes answer, as a worker sees it, and the time given back to whoever sat before one that did not."""

from __future__ import annotations

import logging
import math
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from courses.models import Attempt, LabPlace
from courses.services.credits import credit
from labs.sandboxes import Unavailable
from labs.selectors import provider_for, ref_of

logger = logging.getLogger(__name__)

SHORTEST: Final = timedelta(seconds=4)  # a cell that is brought back takes less, and its caller waits for it


class HostWatch:
    """Looks at a sandbox in which a candidate works; remembers since when none answers."""

    def __init__(self) -> None:
        self._well_at: datetime | None = None

    def look(self, *, now: datetime) -> int:
        """Look once; return how many attempts got time back, as sandboxes answer again after a while."""
        row = _open().first()
        if row is None or row.session is None:
            self._well_at = None
            return 0
        try:
            provider_for(row.session).is_running(ref_of(row.session.sandbox))
        except Unavailable as error:
            logger.warning("Sandboxes of exams do not answer: %s", error)
            return 0
        begun, self._well_at = self._well_at, now
        if begun is None or now - begun <= SHORTEST:
            return 0
        return give_back(begun=begun, ended=now, now=now)


def give_back(*, begun: datetime, ended: datetime, now: datetime) -> int:
    """Give the time in which no sandbox answered back to whoever worked in one; return how many credits that were."""
    given = 0
    why = f"Sandboxes did not answer from {begun:%H:%M:%S} to {ended:%H:%M:%S} UTC."
    for row in _open().filter(opened_at__lt=ended).select_related("attempt").defer("attempt__form"):
        assert row.opened_at
        seconds = math.ceil((ended - max(begun, row.opened_at)).total_seconds())
        key = f"lab:host:{begun.isoformat()}"
        given += credit(attempt=row.attempt, seconds=seconds, key=key, reason=why, actor=None, now=now) is not None
    return given


def _open() -> QuerySet[LabPlace]:
    return LabPlace.objects.filter(
        state=LabPlace.State.OPEN, attempt__state=Attempt.State.OPEN, session__ready_at__isnull=False
    ).select_related("session__sandbox")
