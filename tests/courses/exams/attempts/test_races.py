"""Many at once, with real threads and real transactions: one row, one receipt, no answer lost. Drill D20 does it 100 times."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from bench.papers import SLUG
from courses.exams.wire import OneSave
from courses.models import Attempt, Event, ItemVersion, Response, Save
from courses.services import accommodations, attempts, clock
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 16


def started(user: Any) -> tuple[Attempt, int]:
    attempt = attempts.start(user=user, slug=SLUG, now=clock.now())
    return attempt, attempts.take_pen(attempt=attempt, tab="t", now=clock.now()).pen_epoch


@pytest.mark.parametrize("turn", range(5))
def test_starts_at_once_are_one_attempt_and_submits_at_once_one_receipt(bob: Any, turn: int) -> None:
    """D20, in small."""
    begun = together(*[lambda: attempts.start(user=bob, slug=SLUG, now=clock.now()).pk] * THREADS)
    assert len(set(begun)) == 1, begun
    attempt, epoch = started(bob)
    last = [OneSave(0, 1, "the same", {"answer": ["a"]}, False, 0)]

    def submit() -> str:
        ended, _ = attempts.submit(attempt=attempt, tab="t", epoch=epoch, saves=last, now=clock.now())
        return ended.receipt

    receipts = together(*[submit] * THREADS)
    assert len(set(receipts)) == 1, receipts
    attempt.refresh_from_db()
    assert receipts[0] == attempt.receipt
    assert attempts.verify(attempt, attempt.receipt)
    assert Attempt.objects.count() == Event.objects.filter(kind="submitted").count() == 1
    assert Save.objects.count() == Response.objects.count() == 1


def test_saves_at_once_leave_the_highest_and_keep_all(bob: Any) -> None:
    attempt, epoch = started(bob)

    def save(sequence: int) -> Callable[[], Any]:
        one = OneSave(0, sequence, f"k{sequence}", {"answer": [str(sequence)]}, False, 0)
        return lambda: attempts.save(attempt=attempt, tab="t", epoch=epoch, saves=[one], now=clock.now())[1]

    told = together(*[save(number) for number in range(1, THREADS + 1)])
    assert all(isinstance(one, dict) and one[0] >= number for number, one in enumerate(told, 1)), told
    assert Response.objects.get().sequence == THREADS
    assert Save.objects.count() == THREADS


def test_a_save_beside_the_sweep_is_in_the_receipt_or_refused(bob: Any) -> None:
    from datetime import timedelta

    attempt, epoch = started(bob)
    at = attempt.deadline_at
    one = OneSave(0, 1, "k", {"answer": ["in the grace"]}, False, 0)

    def save() -> Any:
        return attempts.save(attempt=attempt, tab="t", epoch=epoch, saves=[one], now=at + timedelta(seconds=4.9))[1]

    found = together(save, lambda: attempts.close_expired(now=at + timedelta(seconds=7.1)))
    attempt.refresh_from_db()
    assert attempt.state == Attempt.State.EXPIRED
    assert attempts.verify(attempt, attempt.receipt)
    assert Response.objects.count() == (0 if isinstance(found[0], attempts.Closed) else 1)


def test_candidates_who_start_together_share_the_items(django_user_model: Any) -> None:
    users = [django_user_model.objects.create_user(username=f"c{n}", password=None) for n in range(8)]
    begun = together(*[lambda user=user: attempts.start(user=user, slug=SLUG, now=clock.now()) for user in users])
    assert all(isinstance(one, Attempt) for one in begun), begun
    assert ItemVersion.objects.count() <= 40


def test_a_grant_beside_a_start_is_never_lost(bob: Any, ada: Any) -> None:
    for minutes in range(1, 4):
        Attempt.objects.filter(state="open").update(state="submitted")
        before = minutes * (minutes - 1) // 2
        found = together(
            lambda: attempts.start(user=bob, slug=SLUG, now=clock.now()).pk,
            lambda minutes=minutes: accommodations.grant(
                user=bob, minutes=minutes, reason="r", actor=ada, now=clock.now()
            ),
        )
        attempt = Attempt.objects.get(pk=found[0])
        assert (attempt.deadline_at - attempt.started_at).total_seconds() == 60 * (30 + before + minutes)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own")
def test_sqlite_takes_its_lock_at_once_and_waits_for_it(bob: Any) -> None:
    """A transaction that reads first and writes later would fail without waiting: BEGIN IMMEDIATE."""
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone()[0] >= 20_000
    attempt, epoch = started(bob)
    inside, go_on = threading.Event(), threading.Event()

    def hold() -> str:
        with transaction.atomic():
            Attempt.objects.get(pk=attempt.pk)  # a read is enough to hold the lock
            inside.set()
            go_on.wait(30)
        return "held"

    def save() -> Any:
        inside.wait(30)
        threading.Timer(0.3, go_on.set).start()
        one = OneSave(0, 1, "k", {"answer": ["a"]}, False, 0)
        return attempts.save(attempt=attempt, tab="t", epoch=epoch, saves=[one], now=clock.now())[1]

    assert together(hold, save) == ["held", {0: 1}]


def test_a_save_is_on_the_disk_before_it_is_called_saved() -> None:
    """What production runs with: the tests' own database does not wait for the disk."""
    from skylab.env import database

    assert "synchronous=FULL" in database("sqlite:///x")["OPTIONS"]["init_command"]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)
