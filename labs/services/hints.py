"""Open a hint."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from labs.content import Hint
from labs.models import HintReveal, LabSession
from labs.selectors import lab_of
from labs.services.gradings import locked
from labs.services.refusals import NoMoreHints, NotReady, UnknownTask, hold_practice


def reveal_hint(*, session: LabSession, task_id: str, now: datetime) -> Hint:
    """Open the next hint of a task, and return it. The one after the last is the solution, as commands.

    :raises UnknownTask: the lab has no such task.
    :raises NoMoreHints: all are open.
    :raises NotReady: the session is over.
    :raises InExam: it is part of an exam.
    """
    hold_practice(session)
    try:
        task = lab_of(session).task(task_id)
    except KeyError:
        raise UnknownTask(task_id) from None
    solution = "\n".join(block.text for block in task.solutions)
    hints = [*task.hints, Hint(f"```\n{solution}\n```", task.line, task.solution_cost)]
    with transaction.atomic():
        session = locked(session.pk)  # two clicks open two hints, not one twice
        if not session.is_open:
            raise NotReady(session)
        index = session.hints.filter(task_id=task_id).count()
        if index >= len(hints):
            raise NoMoreHints
        HintReveal.objects.create(
            session=session, task_id=task_id, index=index, cost=hints[index].cost, revealed_at=now
        )
    return hints[index]
