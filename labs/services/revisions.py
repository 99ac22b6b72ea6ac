"""Give a lab that was mended to a session that runs on an older text of it.

The sandbox stays as it is: start blocks are not run again. What was passed stays passed, by the task's id; points that
were earned are kept; values that were drawn keep their names' values. All is judged once more, by the new checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from labs import events
from labs.content import Lab, Task, draw
from labs.models import LabRevision, LabSession
from labs.services.gradings import locked, outdate
from labs.services.live import judge_soon
from labs.services.refusals import NotReady, hold_practice


@dataclass(frozen=True)
class Change:
    """What is another thing for the learner: titles of tasks, and whether the sandbox would begin otherwise."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    text: bool = False
    checks: bool = False
    start: bool = False
    points: tuple[float, float] = (0.0, 0.0)


def difference(before: Lab, after: Lab) -> Change:
    """Return what changes for a learner from one text of a lab to another; both with their names not filled in."""
    old, new = {one.id: one for one in before.tasks}, {one.id: one for one in after.tasks}
    return Change(
        added=tuple(one.title for name, one in new.items() if name not in old),
        removed=tuple(one.title for name, one in old.items() if name not in new),
        changed=tuple(one.title for name, one in new.items() if name in old and _told(one) != _told(old[name])),
        text=before.intro != after.intro or before.title != after.title,
        checks=before.checks_source != after.checks_source,
        start=[one.text for one in before.setup] != [one.text for one in after.setup],
        points=(before.points, after.points),
    )


def _told(task: Task) -> tuple[object, ...]:
    """Return what of a task a learner meets, wherever in the file it stands."""
    checks = [(one.name, one.parameters) for one in task.checks]
    return task.title, task.text, task.points, task.stays, checks, [one.text for one in task.hints]


def give_revision(*, session: LabSession, lab: Lab, now: datetime) -> bool:
    """Have a session go on with another text of its lab; return whether it was on an older one.

    :raises NotReady: it is being built, or is over. :raises InExam: it is part of an exam.
    """
    hold_practice(session)
    with transaction.atomic():
        session = locked(session.pk)
        if session.state not in (LabSession.State.READY, LabSession.State.PAUSED) or lab.slug != session.lab_slug:
            raise NotReady(session)
        if session.lab_revision.revision == lab.revision:
            return False
        revision, _ = LabRevision.objects.get_or_create(
            slug=lab.slug, revision=lab.revision, defaults={"source": lab.source, "checks": lab.checks_source}
        )
        kept = {name: value for name, value in session.parameters.items() if name in lab.parameters}
        LabSession.objects.filter(pk=session.pk).update(
            lab_revision=revision,
            parameters={**draw(lab, session.seed), **kept},
            points=max(lab.points, session.score),  # what was earned never goes down
        )
        outdate(session)  # by the old checks: all is looked at anew
        if session.is_ready and lab.tasks:
            judge_soon(
                session=str(session.pk),
                sandbox_number=session.sandbox_id,
                epoch=session.sandbox.epoch,
                now=now,
                whole=True,
            )
        transaction.on_commit(lambda: events.publish(session.pk, {"type": "state"}))
    return True
