"""Time: one clock, deadlines that only credits change, outages given back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from bench.papers import SLUG
from courses.exams import timing
from courses.exams.timing import Extra, Span
from courses.models import Attempt, Credit, Event, Pulse, Window
from courses.services import accommodations, attempts, clock, outages
from courses.services.sweeping import sweep
from tests.courses.exams.attempts.conftest import Sitting, Time, one_save

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
extras = st.lists(
    st.builds(Extra, st.decimals(1, 3, places=2), st.integers(0, 60)),
    max_size=4,
)


# --- The rules ----------------------------------------------------------------------------------------------------


@given(st.integers(1, 240), extras, st.integers(-30, 500))
def test_shares_add_up_to_the_deadline_in_any_order(minutes: int, given_: list[Extra], closes: int) -> None:
    span = Span(None, START + timedelta(minutes=closes))
    plain = timing.terms(minutes, [], span, START).deadline
    for order in (given_, given_[::-1]):
        shares = timing.shares(minutes, order, span, START)
        assert all(share >= timedelta(0) for share in shares)
        assert plain + sum(shares, timedelta(0)) == timing.terms(minutes, order, span, START).deadline


@given(st.integers(1, 240), extras)
def test_more_never_gives_less(minutes: int, given_: list[Extra]) -> None:
    for cut in range(len(given_)):
        assert timing.allowed(minutes, given_[:cut]) <= timing.allowed(minutes, given_)


def test_the_worked_example() -> None:
    both = [Extra(Decimal("1.5")), Extra(minutes=15)]
    assert timing.allowed(130, both) == timing.allowed(130, both[::-1]) == timedelta(minutes=210)


# --- The clock ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_clock_is_the_databases_and_goes_on_within_a_transaction() -> None:
    first = clock.now()
    assert first.tzinfo == UTC
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT now(), pg_sleep(0.01)")
            began = cursor.fetchone()[0]
            assert clock.now() > began
        else:
            cursor.execute("SELECT julianday('now')")
            assert abs((cursor.fetchone()[0] - 2440587.5) * 86400 - first.timestamp()) < 60
    assert clock.now() >= first


@pytest.mark.django_db
def test_the_time_of_this_process_decides_nothing(bob: Any, monkeypatch: Any) -> None:
    """D13: a web or worker process whose clock is wrong closes nothing early, and nothing late."""
    import django.utils.timezone

    attempt = attempts.start(user=bob, slug=SLUG, now=clock.now())
    for wrong in (timedelta(hours=-2), timedelta(hours=2)):
        monkeypatch.setattr(django.utils.timezone, "now", lambda wrong=wrong: datetime.now(UTC) + wrong)
        monkeypatch.setattr("time.time", lambda wrong=wrong: datetime.now(UTC).timestamp() + wrong.total_seconds())
        assert sweep(now=clock.now()).closed == 0
        found = attempts.take_pen(attempt=attempt, tab="t", now=clock.now())
        assert found.state == Attempt.State.OPEN


# --- What a client says of time -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_no_field_of_a_client_moves_the_deadline(sitting: Sitting, time: Time) -> None:
    """D14. The names are those that this site, and others, know."""
    before = sitting.attempt.deadline_at
    lies = {
        name: value
        for name in (
            "deadline",
            "deadline_at",
            "now",
            "begin",
            "started_at",
            "time",
            "finished_at",
            "seconds",
            "credit",
        )
        for value in ("2099-01-01T00:00:00Z",)
    } | {"state": "open", "section": 99, "minutes": 9999, "multiplier": 9, "extra": 10**9}
    for name in ("pen", "save", "beat", "section", "submit"):
        told = sitting.post(name, **lies, saves=[one_save(0, 1, ["a"]) | lies] if name == "save" else [], **{"from": 0})
        if name == "pen":
            sitting.epoch = told.json()["epoch"]
        assert told.status_code == 200, told.content
        assert sitting.reload().deadline_at == before
    assert not Credit.objects.exists()
    assert sitting.attempt.finished_at == time()


# --- More time, live ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_live_grant_is_on_the_screen_with_the_next_beat(sitting: Sitting, ada: Any, time: Time) -> None:
    before = sitting.attempt.deadline_at
    time.go(minutes=20)
    accommodations.grant(
        user=sitting.attempt.user, exam_slug=SLUG, minutes=15, reason="a fire alarm", actor=ada, now=time()
    )
    accommodations.grant(
        user=sitting.attempt.user, multiplier=Decimal("1.5"), reason="extra time", actor=ada, now=time()
    )
    told = sitting.post("beat").json()
    assert told["deadline"] == int((before + timedelta(minutes=30)).timestamp() * 1000)
    assert [one["text"] for one in told["notices"]] == ["15 min were added to your time."] * 2
    events = Event.objects.filter(attempt=sitting.attempt, kind="credited")
    assert [(one.actor, one.data["seconds"], one.data["reason"]) for one in events.order_by("pk")] == [
        (ada, 900, "a fire alarm"),
        (ada, 900, "extra time"),
    ]
    assert "fire" not in str(told)  # reasons may be about a person's health


@pytest.mark.django_db
def test_a_live_grant_extends_the_window_too(bob: Any, ada: Any, sit: Any, time: Time) -> None:
    at = time()
    Window.objects.create(exam_slug=SLUG, opens_at=at, closes_at=at + timedelta(minutes=10), set_by=ada, set_at=at)
    sitting = sit(bob)
    assert sitting.attempt.deadline_at == at + timedelta(minutes=10)
    accommodations.grant(user=bob, multiplier=Decimal(2), reason="extra time", actor=ada, now=time())
    assert sitting.reload().deadline_at == at + timedelta(minutes=40)


@pytest.mark.django_db
def test_a_credit_of_one_cause_is_given_once_and_not_after_the_end(sitting: Sitting, ada: Any, time: Time) -> None:
    given = [
        attempts.credit(attempt=sitting.attempt, seconds=60, key="alarm", reason="r", actor=ada, now=time())
        for _ in range(3)
    ]
    assert [one is not None for one in given] == [True, False, False]
    assert sitting.post("submit").status_code == 200
    assert attempts.credit(attempt=sitting.attempt, seconds=60, key="b", reason="r", actor=ada, now=time()) is None
    assert sitting.reload().deadline_at == sitting.attempt.started_at + timedelta(minutes=31)


@pytest.mark.parametrize(
    ("multiplier", "minutes", "reason"),
    [("1", 0, "r"), ("0.5", 0, "r"), ("11", 0, "r"), ("1", 1441, "r"), ("2", 0, " ")],
)
@pytest.mark.django_db
def test_grants_that_make_no_sense_are_refused(bob: Any, ada: Any, multiplier: str, minutes: int, reason: str) -> None:
    with pytest.raises(accommodations.CannotGrant):
        accommodations.grant(
            user=bob, multiplier=Decimal(multiplier), minutes=minutes, reason=reason, actor=ada, now=START
        )


# --- Outages ------------------------------------------------------------------------------------------------------


def live(time: Time, seconds: float, kind: str = outages.WEB) -> None:
    """Have a process live from now on for so long; the clock stands at its last beat."""
    heart = outages.Heart(kind)
    for _ in range(int(seconds // 2)):
        heart.beat(now=time())
        time.go(seconds=2)
    heart.beat(now=time())


@pytest.mark.django_db
def test_an_outage_that_our_telemetry_shows_is_given_back(sitting: Sitting, time: Time) -> None:
    before = sitting.attempt.deadline_at
    live(time, 60)
    time.go(minutes=7)
    live(time, 60)
    assert sweep(now=time()).credited == 1
    assert sweep(now=time()).credited == 0
    told = sitting.post("beat").json()
    assert told["deadline"] == int((before + timedelta(minutes=7)).timestamp() * 1000)
    assert told["notices"][0]["text"] == "Something of ours did not work for a while. 7 min were given back to you."
    assert Event.objects.get(kind="credited").actor is None


@pytest.mark.django_db
def test_a_restart_is_no_outage_and_neither_is_one_process_of_several(sitting: Sitting, time: Time) -> None:
    live(time, 20)
    time.go(seconds=8)
    other = outages.Heart(outages.WEB)
    other.beat(now=time())
    live(time, 8)
    time.go(seconds=2)
    other.beat(now=time())
    assert sweep(now=time()).credited == 0


@pytest.mark.django_db
def test_who_started_in_the_middle_of_it_gets_the_rest(sitting: Sitting, sit: Any, eve: Any, time: Time) -> None:
    live(time, 10)
    time.go(minutes=4)
    late = sit(eve)
    time.go(minutes=2)
    live(time, 10)
    sweep(now=time())
    assert [one.reload().deadline_at - one.attempt.started_at for one in (sitting, late)] == [
        timedelta(minutes=36),
        timedelta(minutes=32),
    ]


@pytest.mark.django_db
def test_a_deadline_within_an_outage_is_held_against_nobody(sitting: Sitting, time: Time) -> None:
    sitting.save(one_save(0, 1, ["before"]))
    time.still = sitting.attempt.deadline_at - timedelta(minutes=1)
    live(time, 10)
    left = sitting.attempt.deadline_at - time()
    time.go(minutes=30)
    assert sweep(now=time()).closed == 0  # no web process lives: nobody could save
    heart = outages.Heart(outages.WEB)
    heart.beat(now=time())
    assert sweep(now=time()).credited == 1
    assert sitting.reload().state == Attempt.State.OPEN
    assert sitting.attempt.deadline_at - time() == left
    assert sitting.save(one_save(0, 2, ["after"])).status_code == 200


@pytest.mark.django_db
def test_the_first_request_after_an_outage_finds_its_time_given_back(sitting: Sitting, time: Time) -> None:
    """Before the web process' own beat, and before the sweep: it serves, so the outage is over."""
    time.still = sitting.attempt.deadline_at - timedelta(minutes=1)
    live(time, 10)
    time.go(minutes=30)
    assert sitting.save(one_save(0, 1, ["back again"])).status_code == 200
    assert sitting.reload().deadline_at > time()
    outages.Heart(outages.WEB).beat(now=time())
    assert sweep(now=time()).credited == 0  # the same outage


@pytest.mark.django_db
def test_a_machine_that_slept_all_night_waits_for_its_site(sitting: Sitting, time: Time) -> None:
    live(time, 10)
    time.go(hours=9)
    outages.Heart(outages.WORKER).beat(now=time())  # the worker is up first
    assert sweep(now=time()).closed == 0
    outages.Heart(outages.WEB).beat(now=time())
    sweep(now=time())
    assert sitting.reload().deadline_at > time()


@pytest.mark.django_db
def test_a_site_that_does_not_come_back_closes_its_exams_in_the_end(sitting: Sitting, time: Time) -> None:
    live(time, 10)
    time.go(outages.HOLD.total_seconds() + 60)
    assert sweep(now=time()).closed == 1


@pytest.mark.django_db
def test_without_telemetry_deadlines_hold(sitting: Sitting, time: Time) -> None:
    assert not Pulse.objects.exists()
    time.go(hours=1)
    assert sweep(now=time()).closed == 1


@pytest.mark.django_db
def test_one_command_gives_back_what_telemetry_did_not_show(
    sitting: Sitting, olga: Any, time: Time, sit: Any, eve: Any
) -> None:
    over = sit(eve)
    time.go(minutes=5)
    over.post("submit")
    time.go(minutes=10)
    begun, ended = (time() - timedelta(minutes=12)).isoformat(), (time() - timedelta(minutes=2)).isoformat()
    words = {"begun": begun, "ended": ended, "by": "olga", "reason": "The proxy was down"}

    def run(**changed: str) -> str:
        out = StringIO()
        said = words | changed
        call_command(
            "exam_credit",
            "--from",
            said["begun"],
            "--to",
            said["ended"],
            "--by",
            said["by"],
            "--reason",
            said["reason"],
            stdout=out,
        )
        return out.getvalue()

    first = run()
    assert "1 attempts were given time back" in first
    assert f"not changed: {over.attempt.pk}" in first
    assert "0 attempts" in run()
    assert sitting.reload().deadline_at == sitting.attempt.started_at + timedelta(minutes=40)
    event = Event.objects.get(attempt=sitting.attempt, kind="credited")
    assert (event.actor, event.data["reason"]) == (olga, "The proxy was down")
    for wrong in ({"by": "eve"}, {"by": "nobody"}, {"begun": ended, "ended": begun}):
        with pytest.raises(CommandError):
            run(**wrong)


def test_lives_that_ended_long_ago_are_forgotten(time: Time) -> None:
    live(time, 10)
    assert outages.forget(now=time.go(days=29)) == 0
    assert outages.forget(now=time.go(days=2)) == 1
