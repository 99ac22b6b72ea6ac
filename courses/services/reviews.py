"""What practice leaves in memory: each review moves a card. Safe to repeat, and to do twice at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from courses.exams import recall
from courses.exams.recall import Grade
from courses.models import PracticeResponse, ReviewCard
from courses.selectors.practice import item_card, task_card
from labs.models import Grading, HintReveal, LabSession, TaskResult


def note_answer(response: PracticeResponse) -> None:
    """Move the card of the item that was answered."""
    card = item_card(response.course_slug, response.item_id)
    _note(response.user_id, card, Grade.GOOD if response.correct else Grade.AGAIN, response.answered_at)


def catch_up(*, user: AbstractBaseUser, now: datetime) -> int:
    """Move the cards of labs that have ended since, and make those of answers that have none yet; return how many.

    Labs are judged by processes that know nothing of courses; so what came of them is fetched when it is needed.
    """
    cards: dict[str, datetime] = dict(ReviewCard.objects.filter(user_id=user.pk).values_list("card", "reviewed_at"))
    return _old_answers(user.pk, cards) + _ended_labs(user.pk, cards, now)


def _old_answers(user_id: Any, cards: dict[str, datetime]) -> int:
    rows = PracticeResponse.objects.filter(user_id=user_id)
    answered = rows.values_list("course_slug", "item_id").distinct()
    lacking = {item_card(course, item): (course, item) for course, item in answered}
    moved = 0
    for card, (course, item) in lacking.items():
        if card not in cards:
            for response in rows.filter(course_slug=course, item_id=item).order_by("attempt"):
                note_answer(response)
            moved += 1
    return moved


def _ended_labs(user_id: Any, cards: dict[str, datetime], now: datetime) -> int:
    """Judge each task once for each session: passed at any time is right, and with hints it was hard.

    A card begins with a task that was missed. One that was never judged, skipped, or broken at our side says nothing.
    """
    ended = LabSession.objects.filter(user_id=user_id, ended_at__lte=now).order_by("ended_at")
    moved = 0
    for session in ended:
        at = session.ended_at
        if at is None:
            continue
        outcomes: dict[str, str] = {}
        rows = TaskResult.objects.filter(grading__session=session, grading__state=Grading.State.DONE)
        for task, outcome in rows.order_by("grading__finished_at", "pk").values_list("task_id", "outcome"):
            if outcomes.get(task) != "passed":
                outcomes[task] = outcome
        hinted = set(HintReveal.objects.filter(session=session).values_list("task_id", flat=True))
        for task, outcome in outcomes.items():
            card = task_card(session.lab_slug, task)
            known = cards.get(card)
            if (
                outcome not in ("passed", "failed")
                or (known is None and outcome == "passed")
                or (known and known >= at)
            ):
                continue
            cards[card] = at
            solved = Grade.HARD if task in hinted else Grade.GOOD
            _note(user_id, card, solved if outcome == "passed" else Grade.AGAIN, at)
            moved += 1
    return moved


def _note(user_id: Any, card: str, grade: Grade, at: datetime) -> None:
    """Write a review. Of two at once the second waits for the first, and adds to it."""
    for _ in range(5):
        row = ReviewCard.objects.filter(user_id=user_id, card=card).first()
        if row is None:
            state = recall.review(None, grade, at)
            try:
                with transaction.atomic():
                    ReviewCard.objects.create(
                        user_id=user_id,
                        card=card,
                        state=state,
                        right=grade is not Grade.AGAIN,
                        due_at=recall.due(state),
                        reviewed_at=at,
                    )
                return
            except IntegrityError:
                continue
        counted = recall.counts(row.state, grade, at)
        state = recall.review(row.state, grade, at) if counted else row.state
        changed = ReviewCard.objects.filter(pk=row.pk, reviewed_at=row.reviewed_at, reviews=row.reviews).update(
            state=state,
            right=grade is not Grade.AGAIN if counted else row.right,
            due_at=recall.due(state),
            reviewed_at=max(at, row.reviewed_at),
            reviews=row.reviews + counted,
        )
        if changed:
            return
    # Somebody who answers one item from six places at once: one review less is no harm, a refused answer would be.
