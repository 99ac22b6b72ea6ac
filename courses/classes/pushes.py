"""Give a mended lab to those of a class who are in the middle of it: first what would change for whom, then for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from django.db import transaction

from courses.classes.who import members_of
from courses.models import ClassMessage, Cohort, RevisionPush
from labs import events
from labs.content import Lab
from labs.models import LabSession
from labs.refusals import Refusal
from labs.selectors import get_lab, lab_of_revision
from labs.services.refusals import NotReady
from labs.services.revisions import Change, difference, give_revision


class ChangedSince(Refusal):
    """The lab is another one than what was looked at."""

    def __init__(self) -> None:
        super().__init__("The lab has changed once more since you looked. Look at what would change, and push it then.")


@dataclass(frozen=True)
class Older:
    """A session on an older text of a lab, and what the present one would change for its learner."""

    session: LabSession
    change: Change


def older(cohort: Cohort, lab: Lab) -> list[Older]:
    """Return the sessions of a class that run on an older text of a lab, by learner."""
    rows = LabSession.objects.filter(
        user__in=members_of(cohort).values("user"),
        lab_slug=lab.slug,
        exam=False,
        state__in=(LabSession.State.READY, LabSession.State.PAUSED),
    ).exclude(lab_revision__revision=lab.revision)
    found = rows.select_related("user", "lab_revision").order_by("user__username")
    return [Older(one, difference(lab_of_revision(one.lab_revision), lab)) for one in found]


def outdated(cohort: Cohort, labs: Sequence[Lab]) -> list[Lab]:
    """Return those of some labs that a learner of the class runs an older text of."""
    rows = LabSession.objects.filter(
        user__in=members_of(cohort).values("user"),
        exam=False,
        state__in=(LabSession.State.READY, LabSession.State.PAUSED),
        lab_slug__in=[one.slug for one in labs],
    )
    pinned = set(rows.values_list("lab_slug", "lab_revision__revision").distinct())
    return [one for one in labs if any(slug == one.slug and text != one.revision for slug, text in pinned)]


def push(*, cohort: Cohort, slug: str, revision: str, actor: Any, now: datetime) -> int:
    """Give the present text of a lab to all of a class who run an older one; return how many those are. Each is told.

    :param revision: of the lab that was looked at. :raises ChangedSince: it is another one by now.
    """
    lab = get_lab(slug)
    if lab.revision != revision:
        raise ChangedSince
    batch, given = uuid4(), 0
    for one in older(cohort, lab):
        session = one.session
        with transaction.atomic():
            before = session.lab_revision.revision
            try:
                if not give_revision(session=session, lab=lab, now=now):
                    continue
            except NotReady:  # it ended, or was begun anew, meanwhile
                continue
            RevisionPush.objects.create(
                batch=batch,
                cohort=cohort,
                session=session,
                before=before,
                after=lab.revision,
                changes=asdict(one.change),
                pushed_by=actor,
                pushed_at=now,
            )
            ClassMessage.objects.create(
                cohort=cohort, recipient=session.user, text=words(lab, one.change), sent_by=actor, sent_at=now
            )
            transaction.on_commit(partial(events.publish, session.pk, {"type": "message"}))
        given += 1
    return given


def words(lab: Lab, change: Change) -> str:
    """Return what a learner is told."""
    told = [f"The lab “{lab.title}” was mended while you work in it. Your sandbox, and what you passed, stay."]
    for what, titles in (("New", change.added), ("Gone", change.removed), ("Changed", change.changed)):
        if titles:
            told.append(f"{what}: {', '.join(f'“{one}”' for one in titles)}.")
    if change.points[0] != change.points[1]:
        told.append(f"It gives {change.points[1]:g} points now, not {change.points[0]:g}.")
    told.append("Reload the page of the lab to read its new text.")
    return "\n".join(told)
