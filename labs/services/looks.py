"""Look into a session: who is not its owner leaves a trace in the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404

from labs import audit
from labs.models import Grading, LabSession
from labs.selectors import get_session_for


def look_into(*, user: Any, session_id: UUID, now: datetime) -> LabSession:
    """Return a session that the person may read. Raises Http404."""
    found = get_session_for(user, session_id)
    if found.user_id != user.pk:
        audit.looked_into(actor=user, session_id=found.pk, owner=found.user_id, now=now)
    return found


def look_into_practice(*, user: Any, session_id: UUID, now: datetime) -> LabSession:
    """Return a session that the person may read and that is no part of an exam. Raises Http404."""
    found = look_into(user=user, session_id=session_id, now=now)
    if found.exam:
        raise Http404("This session is part of an exam: it is read on its page.")
    return found


def look_at_grading(*, user: Any, grading_id: UUID, now: datetime) -> Grading:
    """Return a judgement of a session that the person may read. Raises Http404."""
    found = Grading.objects.filter(pk=grading_id).first()
    if found is None:
        raise Http404("There is no such grading.")
    look_into_practice(user=user, session_id=found.session_id, now=now)
    return found
