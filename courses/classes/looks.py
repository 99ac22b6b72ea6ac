"""An instructor looks into a copy of a learner's sandbox: written down before it happens, and told to the learner."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404

from courses.classes import limits
from courses.classes.who import get_member
from courses.models import Cohort, Notice, SandboxLook
from courses.services.notices import tell
from labs.models import LabSession
from labs.selectors import lab_of
from labs.services.copies import Copy, look_into_copy
from labs.services.refusals import NotReady, hold_practice


def session_of(cohort: Cohort, session_id: UUID) -> LabSession:
    """Return a lab session of a learner who is in the class now. Raises Http404."""
    found = LabSession.objects.select_related("user", "sandbox", "lab_revision").filter(pk=session_id).first()
    if found is None:
        raise Http404("There is no such session.")
    get_member(cohort, found.user_id)
    return found


def look(*, cohort: Cohort, session: LabSession, actor: Any, now: datetime) -> Copy:
    """Look into a copy of a learner's sandbox. The row stands before the look, whatever comes of it.

    :raises NotReady, InExam, Away: as look_into_copy() does. :raises TooOften: more than 60 looks in ten minutes.
    """
    hold_practice(session)
    if not session.is_ready:
        raise NotReady(session)
    limits.hold(what="look", who=actor.pk, most=60, seconds=600)
    row = SandboxLook.objects.create(cohort=cohort, session=session, looked_by=actor, began_at=now)
    tell(
        user=session.user,
        key=f"look:{row.pk}",
        kind=Notice.Kind.LAB,
        subject=f"{actor.username} looked into a copy of your lab",
        text=f"To help with “{lab_of(session).title}”. It was a copy that could only be read: nothing in your sandbox "
        "was touched, and the copy is gone. Each look is kept on the page of your class.",
        url="/classes/",
        now=now,
        mail=False,
    )
    try:
        return look_into_copy(session=session)
    finally:
        SandboxLook.objects.filter(pk=row.pk).update(ended_at=now)


def looks_into(user: Any, cohort: Cohort) -> list[SandboxLook]:
    """Return who looked into a learner's labs in a class, the latest first."""
    rows = SandboxLook.objects.filter(cohort=cohort, session__user=user.pk).select_related("looked_by", "session")
    return list(rows.order_by("-began_at")[:50])
