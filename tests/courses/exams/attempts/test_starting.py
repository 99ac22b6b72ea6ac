"""Who may start, on which terms, and what is frozen when they do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from bench.papers import SLUG
from courses.models import Accommodation, Attempt, Credit, Event, ExamVersion, ItemVersion, Window
from courses.selectors import attempts as selectors
from courses.selectors.exams import get_exam
from courses.services import attempts
from courses.services.attempts import starting
from tests.courses.exams.attempts.conftest import Sitting, Time

pytestmark = pytest.mark.django_db
Sit = Callable[..., Sitting]


def begin(user: Any, time: Time) -> Attempt:
    return attempts.start(user=user, slug=SLUG, now=time())


def end(attempt: Attempt, time: Time) -> None:
    taken = attempts.take_pen(attempt=attempt, tab="t", now=time())
    attempts.submit(attempt=attempt, tab="t", epoch=taken.pen_epoch, now=time())


def open_window(time: Time, by: Any, *, opens: float = -60, closes: float = 60) -> None:
    at = time()
    Window.objects.create(
        exam_slug=SLUG,
        opens_at=at + timedelta(minutes=opens),
        closes_at=at + timedelta(minutes=closes),
        set_by=by,
        set_at=at,
    )


def allow(user: Any, by: Any, time: Time, multiplier: str = "1", minutes: int = 0, slug: str = SLUG) -> Accommodation:
    return Accommodation.objects.create(
        user=user,
        exam_slug=slug,
        multiplier=Decimal(multiplier),
        minutes=minutes,
        reason="x",
        granted_by=by,
        granted_at=time(),
    )


def test_a_start_freezes_exam_items_and_form(bob: Any, time: Time) -> None:
    attempt = begin(bob, time)
    assert (attempt.number, attempt.state, attempt.section) == (1, "open", 0)
    assert attempt.started_at == time()
    assert attempt.deadline_at == time() + timedelta(minutes=30)
    exam = get_exam(SLUG)
    assert attempt.exam_id == exam.revision
    assert ExamVersion.objects.get().definition == exam.as_json()
    form = selectors.form_of(attempt)
    assert [len(section.places) for section in form.sections] == [10, 4]
    found = selectors.items_of(attempt)
    assert set(found) == {place.item for place in form.places}
    by_revision = {item.revision: item for item in exam.pool}
    for revision, item in found.items():
        assert (item.stem, item.spec) == (by_revision[revision].stem, by_revision[revision].spec)
    assert len(attempt.grader_version) == 64
    assert len(attempt.seed) == 64


def test_the_seed_gives_the_form_again(bob: Any, time: Time) -> None:
    from courses.exams import assembly

    attempt, exam = begin(bob, time), get_exam(SLUG)
    assert assembly.assemble(exam, exam.drawable, seed=attempt.seed).as_json() == attempt.form


def test_a_change_of_the_catalog_changes_no_attempt(bob: Any, time: Time, hold_exam: Callable[..., None]) -> None:
    attempt = begin(bob, time)
    before = selectors.paper_of(attempt)
    hold_exam(pool=24, minutes=5)
    assert selectors.paper_of(Attempt.objects.get()) == before
    assert selectors.exam_of(Attempt.objects.select_related("exam").get()).minutes == 30


def test_an_open_attempt_is_resumed_never_a_second_one(bob: Any, time: Time) -> None:
    first = begin(bob, time)
    time.go(minutes=5)
    assert begin(bob, time) == first
    assert Attempt.objects.count() == 1
    assert Event.objects.filter(kind="started").count() == 1


def test_one_that_expired_is_closed_and_a_new_one_begun(bob: Any, time: Time) -> None:
    first = begin(bob, time)
    time.go(hours=1)
    second = begin(bob, time)
    assert second.number == 2
    first.refresh_from_db()
    assert first.state == Attempt.State.EXPIRED


def test_what_was_seen_comes_last(bob: Any, time: Time) -> None:
    first = begin(bob, time)
    end(first, time)
    second = begin(bob, time)
    ids = [{place.item_id for place in selectors.form_of(one).places} for one in (first, second)]
    assert not ids[0] & ids[1]


def test_items_are_kept_once(bob: Any, eve: Any, time: Time) -> None:
    for user in (bob, eve):
        begin(user, time)
    kept = ItemVersion.objects.count()
    assert kept == 40  # the whole pool, once
    assert ExamVersion.objects.count() == 1


# --- Attempts and cool-down ---------------------------------------------------------------------------------------


def test_no_more_attempts_than_allowed(bob: Any, time: Time, hold_exam: Callable[..., None]) -> None:
    hold_exam(attempts="{maximum: 2}")
    for _ in range(2):
        end(begin(bob, time), time)
    with pytest.raises(attempts.NoMoreAttempts, match="twice"):
        begin(bob, time)


def test_the_cool_down_counts_from_the_end_of_the_sitting(bob: Any, time: Time, hold_exam: Callable[..., None]) -> None:
    hold_exam(attempts="{cool_down_days: 14}")
    first = begin(bob, time)
    time.go(days=3)  # nobody came by to close it
    with pytest.raises(attempts.CoolingDown) as refused:
        begin(bob, time)
    assert refused.value.until == first.deadline_at + timedelta(days=14)
    time.still = refused.value.until - timedelta(microseconds=1)
    with pytest.raises(attempts.CoolingDown):
        begin(bob, time)
    time.go(microseconds=1)
    assert begin(bob, time).number == 2


# --- Window and accommodations ------------------------------------------------------------------------------------


def test_a_window_bounds_the_start_and_cuts_the_time(bob: Any, ada: Any, time: Time) -> None:
    open_window(time, ada, opens=10, closes=60)
    with pytest.raises(attempts.NotYetOpen):
        begin(bob, time)
    time.go(minutes=50)
    told = selectors.admission(bob, get_exam(SLUG), time())
    assert told.terms.cut
    attempt = begin(bob, time)
    assert attempt.deadline_at == told.terms.deadline == time() + timedelta(minutes=10)


def test_after_the_window_nobody_starts(bob: Any, ada: Any, time: Time) -> None:
    open_window(time, ada)
    time.go(minutes=60)
    with pytest.raises(attempts.WindowOver):
        begin(bob, time)


def test_extra_time_extends_the_window(bob: Any, ada: Any, time: Time) -> None:
    open_window(time, ada, closes=20)
    allow(bob, ada, time, "1.5", 5)
    told = selectors.admission(bob, get_exam(SLUG), time())
    assert told.terms.allowed == timedelta(minutes=50)
    assert told.terms.closes == time() + timedelta(minutes=40)
    attempt = begin(bob, time)
    assert attempt.deadline_at == time() + timedelta(minutes=40)
    assert sum(Credit.objects.values_list("seconds", flat=True)) == 20 * 60


def test_accommodations_stack_the_factors_first(bob: Any, ada: Any, time: Time) -> None:
    allow(bob, ada, time, minutes=10)
    allow(bob, ada, time, "1.5")
    allow(bob, ada, time, "1.1", slug="")
    allow(bob, ada, time, "3", slug="another")
    attempt = begin(bob, time)
    assert attempt.deadline_at == time() + timedelta(minutes=30 * 1.65 + 10)
    given = sum(Credit.objects.filter(attempt=attempt).values_list("seconds", flat=True))
    assert attempt.deadline_at == time() + timedelta(minutes=30, seconds=given)


def test_one_that_was_withdrawn_counts_no_more(bob: Any, ada: Any, time: Time) -> None:
    row = allow(bob, ada, time, "2")
    row.withdrawn_at = time()
    row.save()
    assert begin(bob, time).deadline_at == time() + timedelta(minutes=30)


# --- The endpoint -------------------------------------------------------------------------------------------------


def test_the_endpoint_leads_to_the_attempt(client: Client, bob: Any, time: Time) -> None:
    client.force_login(bob)
    answers = [client.post(f"/exams/{SLUG}/start/") for _ in range(2)]
    where = f"/exams/attempts/{Attempt.objects.get().pk}/"
    assert [(one.status_code, one["Location"]) for one in answers] == [(302, where)] * 2


def test_fields_that_nobody_asked_for_change_nothing(client: Client, bob: Any, time: Time) -> None:
    """Moodle CVE-2025-62401: a start without its "begin" had no timer."""
    client.force_login(bob)
    body = {"begin": 0, "started_at": "2020-01-01", "deadline_at": "2099-01-01", "minutes": 999, "user": 1, "seed": "x"}
    client.post(f"/exams/{SLUG}/start/?deadline=2099-01-01", json.dumps(body), content_type="application/json")
    assert Attempt.objects.get().deadline_at == time() + timedelta(minutes=30)
    assert Attempt.objects.get().user == bob


def test_strangers_to_the_rules_are_told(client: Client, bob: Any, ada: Any, time: Time) -> None:
    assert client.post(f"/exams/{SLUG}/start/").status_code == 302  # to the sign-in
    client.force_login(bob)
    assert client.get(f"/exams/{SLUG}/start/").status_code == 405
    assert client.post("/exams/nothing/start/").status_code == 404
    open_window(time, ada, opens=10)
    refused = client.post(f"/exams/{SLUG}/start/")
    assert refused.status_code == 409
    assert "can be started from" in refused.content.decode()
    assert not Attempt.objects.exists()


def test_who_loses_the_race_for_the_first_row_resumes_it(bob: Any, time: Time, monkeypatch: Any) -> None:
    """Where two look before either has written, the constraint lets one through, and the other finds its row."""
    before = selectors.admission(bob, get_exam(SLUG), time())
    first = begin(bob, time)
    found = iter([before, selectors.admission(bob, get_exam(SLUG), time())])
    monkeypatch.setattr(starting, "admission", lambda *_: next(found))
    time.go(seconds=1)
    assert begin(bob, time) == first
    assert Attempt.objects.count() == 1


def test_a_form_is_ready_for_who_has_read_about_the_exam(client: Client, bob: Any, eve: Any, time: Time) -> None:
    attempts.stock.clear()
    client.force_login(bob)
    client.get(f"/exams/{SLUG}/")
    attempts.stock.join()
    ready = attempts.stock.take(get_exam(SLUG))
    assert ready
    assert attempts.stock.take(get_exam(SLUG)) is None  # nobody else gets it
    client.get(f"/exams/{SLUG}/")
    attempts.stock.join()
    first, second = begin(bob, time), begin(eve, time)
    assert first.form != second.form
    end(first, time)
    client.get(f"/exams/{SLUG}/")
    attempts.stock.join()
    assert attempts.stock.take(get_exam(SLUG)) is None  # made for newcomers: Bob has seen items


def test_a_form_of_other_files_is_not_given_out(bob: Any, time: Time, hold_exam: Callable[..., None]) -> None:
    attempts.stock.order(get_exam(SLUG))
    attempts.stock.join()
    hold_exam(pool=60)
    assert attempts.stock.take(get_exam(SLUG)) is None


def test_an_exam_that_lacks_items_cannot_be_started(bob: Any, time: Time, hold_exam: Callable[..., None]) -> None:
    hold_exam(pool=12)
    with pytest.raises(attempts.MayNotStart, match="lacks questions"):
        begin(bob, time)
