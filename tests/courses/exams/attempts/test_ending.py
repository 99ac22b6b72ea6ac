"""The end of an attempt: once, with a receipt, at the right time, whoever brings it about."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from courses.models import Attempt, Event, Response
from courses.services import attempts
from courses.services.sweeping import score_what_is_owed, sweep
from labs.models import Job
from tests.courses.exams.attempts.conftest import Sitting, Time, one_save

pytestmark = pytest.mark.django_db


def test_submit_gives_a_receipt_and_a_repeat_the_same(sitting: Sitting, time: Time) -> None:
    time.go(minutes=3)
    first = sitting.post("submit", saves=[one_save(0, 1, ["last words"])])
    told = first.json()
    assert (first.status_code, told["saved"], len(told["receipt"])) == (200, {"0": 1}, 64)
    attempt = sitting.reload()
    assert (attempt.state, attempt.finished_at, attempt.receipt) == (Attempt.State.SUBMITTED, time(), told["receipt"])
    time.go(minutes=1)
    again = sitting.post("submit", saves=[one_save(0, 9, ["changed my mind"])]).json()
    assert (again["receipt"], again["finished_at"]) == (told["receipt"], told["finished_at"])
    assert sitting.kept() == {0: {"answer": ["last words"]}}
    assert Event.objects.filter(attempt=attempt, kind="submitted").count() == 1


def test_a_submit_whose_saves_cannot_be_kept_leaves_the_attempt_open(sitting: Sitting) -> None:
    assert sitting.post("submit", saves=[one_save(99, 1, ["x"])]).status_code == 422
    assert sitting.reload().state == Attempt.State.OPEN


def test_a_submit_in_the_grace_ends_at_the_deadline(sitting: Sitting, time: Time) -> None:
    time.still = sitting.attempt.deadline_at + timedelta(seconds=4)
    assert sitting.post("submit").status_code == 200
    attempt = sitting.reload()
    assert (attempt.state, attempt.finished_at) == (Attempt.State.SUBMITTED, attempt.deadline_at)


def test_a_submit_after_the_grace_finds_it_closed(sitting: Sitting, time: Time) -> None:
    time.still = sitting.attempt.deadline_at + timedelta(seconds=6)
    late = sitting.post("submit", saves=[one_save(0, 1, ["late"])])
    assert (late.status_code, late.json()["state"]) == (410, "expired")
    assert sitting.reload().receipt == late.json()["receipt"]
    assert sitting.kept() == {}


@pytest.mark.parametrize("name", ["pen", "save", "beat", "section", "submit"])
def test_every_endpoint_first_closes_what_has_expired(sitting: Sitting, time: Time, name: str) -> None:
    time.still = sitting.attempt.deadline_at + timedelta(seconds=5, microseconds=1)
    assert sitting.post(name, **{"from": 0}).status_code == 410
    attempt = sitting.reload()
    assert (attempt.state, attempt.finished_at) == (Attempt.State.EXPIRED, attempt.deadline_at)


# --- The sweep ----------------------------------------------------------------------------------------------------


def test_the_sweep_closes_what_nobody_touches(sitting: Sitting, time: Time) -> None:
    sitting.save(one_save(0, 1, ["kept"]))
    time.still = sitting.attempt.deadline_at + timedelta(seconds=6)
    assert sweep(now=time()).closed == 0  # what came in the grace may be waiting for its turn
    time.go(seconds=2)
    assert sweep(now=time()).closed == 1
    assert sweep(now=time()).closed == 0
    attempt = sitting.reload()
    assert (attempt.state, attempt.finished_at) == (Attempt.State.EXPIRED, attempt.deadline_at)
    assert attempts.verify(attempt, attempt.receipt)
    assert Event.objects.filter(attempt=attempt, kind="closed").count() == 1


def test_an_attempt_that_ended_is_in_the_queue_to_be_scored(sitting: Sitting) -> None:
    sitting.post("submit")
    job = Job.objects.get(kind="score")
    assert job.payload == {"attempt": str(sitting.attempt.pk)}
    assert job.state == Job.State.READY


def test_a_scoring_whose_job_was_lost_is_asked_for_again(sitting: Sitting, time: Time) -> None:
    sitting.post("submit")
    Job.objects.all().delete()
    assert score_what_is_owed(now=time.go(seconds=59)) == 0
    assert score_what_is_owed(now=time.go(seconds=2)) == 1
    assert Job.objects.filter(kind="score").count() == 1


def test_the_job_scores_it(sitting: Sitting, time: Time) -> None:
    import courses.tasks  # noqa: F401 - registers the handler
    from labs import jobs

    sitting.post("submit")
    job = Job.objects.get(kind="score")
    assert jobs.run(job.pk, clock=lambda: job.not_before)
    assert sitting.reload().scores.count() == 1


def test_one_that_cannot_be_closed_keeps_no_other_open(
    sit: Any, bob: Any, eve: Any, time: Time, monkeypatch: Any
) -> None:
    from courses.services.attempts import closing

    first, second = sit(bob), sit(eve)
    real = closing._close

    def close(pk: Any, now: Any) -> bool:
        if pk == first.attempt.pk:
            raise RuntimeError("a broken row")
        return real(pk, now)

    monkeypatch.setattr(closing, "_close", close)
    time.go(hours=2)
    assert sweep(now=time()).closed == 1
    assert second.reload().state == Attempt.State.EXPIRED


# --- Receipts -----------------------------------------------------------------------------------------------------


def verify(attempt: Attempt, receipt: str) -> str:
    out = StringIO()
    call_command("receipt", "verify", str(attempt.pk), receipt, stdout=out)
    return out.getvalue()


def test_a_receipt_can_be_verified_years_later(sitting: Sitting) -> None:
    sitting.save(one_save(0, 1, ["a"]))
    receipt = sitting.post("submit").json()["receipt"]
    assert "Genuine" in verify(sitting.attempt, receipt)
    assert "Genuine" in verify(sitting.attempt, f" {receipt.upper()} ")


@pytest.mark.parametrize(
    "change",
    [
        lambda attempt: Response.objects.filter(attempt=attempt).update(answer={"answer": ["b"]}),
        lambda attempt: Response.objects.filter(attempt=attempt).delete(),
        lambda attempt: Attempt.objects.filter(pk=attempt.pk).update(
            finished_at=attempt.finished_at - timedelta(microseconds=1)
        ),
    ],
    ids=["another answer", "no answer", "another time"],
)
def test_a_receipt_does_not_stand_for_what_was_changed_after_it(sitting: Sitting, change: Any) -> None:
    sitting.save(one_save(0, 1, ["a"]))
    receipt = sitting.post("submit").json()["receipt"]
    change(sitting.reload())
    with pytest.raises(CommandError, match="NOT GENUINE"):
        verify(sitting.attempt, receipt)


def test_a_receipt_of_another_or_of_nobody_is_not_genuine(sitting: Sitting, sit: Any, eve: Any) -> None:
    other = sit(eve)
    mine, theirs = (one.post("submit").json()["receipt"] for one in (sitting, other))
    assert mine != theirs
    for false in (theirs, "", "0" * 64, mine[:-1], "ключ"):
        assert not attempts.verify(sitting.reload(), false)


def test_a_receipt_outlives_a_change_of_the_secret_key(sitting: Sitting, settings: Any) -> None:
    receipt = sitting.post("submit").json()["receipt"]
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    assert not attempts.verify(sitting.reload(), receipt)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert attempts.verify(sitting.attempt, receipt)


def test_an_open_attempt_has_no_receipt(sitting: Sitting) -> None:
    with pytest.raises(CommandError, match="still open"):
        verify(sitting.attempt, "0" * 64)
