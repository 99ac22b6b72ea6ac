"""What operators set by hand: windows and accommodations, each by its service, and attempts to read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from bench.papers import SLUG
from courses.models import Accommodation, Window
from courses.selectors.attempts import window_of
from tests.courses.exams.attempts.conftest import Sitting, Time

pytestmark = pytest.mark.django_db
AT = "/operate/admin/courses"


@pytest.fixture
def desk(olga: Any) -> Client:
    olga.is_staff = olga.is_superuser = True
    olga.save()
    client = Client()
    client.force_login(olga)
    return client


def test_a_grant_reaches_who_sits_now(desk: Client, sitting: Sitting, olga: Any) -> None:
    before = sitting.attempt.deadline_at
    form = {
        "user": sitting.attempt.user_id,
        "exam_slug": SLUG,
        "multiplier": "1.5",
        "minutes": "5",
        "reason": "extra time",
    }
    assert desk.post(f"{AT}/accommodation/add/", form).status_code == 302
    assert sitting.reload().deadline_at == before + timedelta(minutes=20)
    assert Accommodation.objects.get().granted_by == olga
    nothing = desk.post(f"{AT}/accommodation/add/", form | {"multiplier": "1", "minutes": "0"})
    assert b"Give a factor" in nothing.content
    chosen = {"action": "withdraw", "_selected_action": [Accommodation.objects.get().pk]}
    desk.post(f"{AT}/accommodation/", chosen)
    assert Accommodation.objects.get().withdrawn_at
    assert sitting.reload().deadline_at == before + timedelta(minutes=20)


def test_the_newest_window_counts(desk: Client, time: Time) -> None:
    for day in ("01", "02"):
        form = {"exam_slug": SLUG, "opens_at_0": f"2026-03-{day}", "opens_at_1": "09:00", "closes_at_0": "2026-03-09"}
        assert desk.post(f"{AT}/window/add/", form | {"closes_at_1": "12:00"}).status_code == 302
        time.go(seconds=1)
    assert Window.objects.count() == 2
    opens = window_of(SLUG).opens
    assert opens and opens.day == 2


def test_an_attempt_is_shown_without_its_form(desk: Client, sitting: Sitting) -> None:
    page = desk.get(f"{AT}/attempt/{sitting.attempt.pk}/change/").content.decode()
    assert "started" in page
    assert sitting.attempt.seed not in page
