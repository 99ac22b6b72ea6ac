"""What happened, for others to hear of: `record` writes a row in the transaction of the service that made it happen.

    record     one row, within the caller's transaction: it is there if and only if what it tells of is
    listens    registers who writes down what they want to do with events (a webhook's delivery, a statement)
    tell       gives rows that were not told yet to all listeners, each row in one transaction with what they write

The bell rings on commit and may be lost: the sweep tells what is left. A listener writes rows and nothing else, since it
runs once for each event, or not at all where the transaction fails.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from labs import jobs
from labs.models import OutboxEvent

logger = logging.getLogger(__name__)

KINDS: Final = {
    "lab.started": "A learner started a lab.",
    "lab.task_passed": "A task was passed for the first time in a session.",
    "lab.completed": "All tasks of a lab were passed.",
    "lab.ended": "A session ended.",
    "exam.started": "An attempt at an exam began.",
    "exam.finished": "An attempt was submitted, or its time was over.",
    "exam.score_released": "An attempt was scored.",
    "exam.score_changed": "A regrade changed a score.",
    "lesson.read": "A lesson was marked as read.",
    "credential.awarded": "A certificate was issued.",
}
TASK: Final = "labs.tell_outbox"
AT_A_TIME: Final = 200
KEEP: Final = timedelta(days=90)

Listener = Callable[[OutboxEvent, datetime], None]
_listeners: list[Listener] = []


def listens(listener: Listener) -> Listener:
    """Register a listener: called with the event and the time, in the transaction that marks it as told."""
    _listeners.append(listener)
    return listener


def record(*, kind: str, user: Any, subject: object, data: Mapping[str, Any], at: datetime) -> OutboxEvent:
    """Write an event. `user` is a person, or their key; `data` holds ids and figures, and nothing that is secret."""
    if kind not in KINDS:
        raise ValueError(f"{kind} is no kind of event: add it to labs.outbox.KINDS.")
    user_id = getattr(user, "pk", user)
    event = OutboxEvent.objects.create(kind=kind, user_id=user_id, subject=str(subject)[:200], data=dict(data), at=at)
    jobs.ring_on_commit(TASK)
    return event


def tell(*, now: datetime) -> int:
    """Tell the listeners what was not told yet, the oldest first; return how much. Safe to run twice at a time."""
    told = 0
    waiting = OutboxEvent.objects.filter(told_at=None).order_by("pk").values_list("pk", flat=True)
    for pk in list(waiting[:AT_A_TIME]):
        try:
            told += _tell(pk, now)
        except Exception:  # one that cannot be told must not keep the others back
            logger.exception("Event %s could not be told; the sweep tries again", pk)
    return told


def _tell(pk: int, now: datetime) -> bool:
    with transaction.atomic():
        # The row is taken first: of two who tell, one does.
        if not OutboxEvent.objects.filter(pk=pk, told_at=None).update(told_at=now):
            return False
        event = OutboxEvent.objects.get(pk=pk)
        for listener in _listeners:
            listener(event, now)
    return True


def forget(*, now: datetime) -> int:
    """Delete what was told long ago; return how many rows."""
    old = OutboxEvent.objects.filter(at__lt=now - KEEP).exclude(told_at=None).values_list("pk", flat=True)[:1000]
    return OutboxEvent.objects.filter(pk__in=list(old)).delete()[0]
