"""What a learner's call sets off: the clock of idleness, a line in the log of open pages, a judgement."""

from __future__ import annotations

from datetime import datetime, timedelta

from labs import events
from labs.models import LabSession, Sandbox
from labs.services.live import judge_soon

TOUCH = timedelta(seconds=10)


def note_call(*, sandbox_number: int, epoch: int, seq: int, now: datetime, mutating: bool = True) -> None:
    """Note a call after it was written to the journal. Costs two look-ups where nothing is due."""
    # The sandbox and its session were made in one transaction: one look-up says whose it is and when it was used last.
    found = (
        LabSession.objects.filter(sandbox_id=sandbox_number).values_list("pk", "sandbox__last_call_at", "exam").first()
    )
    if found is None:
        return
    session, last_call_at = str(found[0]), found[1]
    if last_call_at is None or last_call_at < now - TOUCH:
        Sandbox.objects.filter(pk=sandbox_number).update(last_call_at=now)
    # The judgement first: what the page shows of the call itself may come a moment later.
    if mutating and not found[2]:
        judge_soon(session=session, sandbox_number=sandbox_number, epoch=epoch, now=now)
    events.publish(session, {"type": "call", "seq": seq})
