"""A word to learners, and more time: who gets it, what is refused, and that text stays text."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.classes import acts, limits
from courses.models import ClassMessage, Cohort, Membership
from labs import events
from labs.models import LabSession
from tests.courses.classes.conftest import NOW
from tests.e2e.scenes import lab_of_catalog, make_session


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the pages of sessions hear: (session, type)."""
    heard: list[tuple[str, str]] = []
    monkeypatch.setattr(events, "publish", lambda session, event: heard.append((str(session), event["type"])))
    return heard


@pytest.mark.django_db(transaction=True)
class TestMessages:
    def test_all_get_it_and_open_labs_hear_of_it(
        self, bobs_class: Cohort, ada: Any, bob: Any, eve: Any, told: list[tuple[str, str]]
    ) -> None:
        Membership.objects.create(cohort=bobs_class, user=eve, joined_at=NOW)
        at_work = make_session(bob)
        make_session(eve, state="ended")
        rows = acts.send_message(cohort=bobs_class, text=" Look at\r\nthe hint \x00", actor=ada, now=NOW)
        assert {row.recipient_id for row in rows} == {bob.pk, eve.pk} and len({row.batch for row in rows}) == 1
        assert {row.text for row in ClassMessage.objects.all()} == {"Look at\nthe hint"}
        assert told == [(str(at_work.pk), "message")]

    def test_one_gets_it_and_only_they_read_it(
        self, client: Client, bobs_class: Cohort, ada: Any, bob: Any, eve: Any, told: list[tuple[str, str]]
    ) -> None:
        Membership.objects.create(cohort=bobs_class, user=eve, joined_at=NOW)
        acts.send_message(cohort=bobs_class, text="<script>x</script> & you", actor=ada, now=NOW, user_id=bob.pk)
        client.force_login(eve)
        assert "script&gt;" not in client.get(reverse("new_messages")).content.decode()
        client.force_login(bob)
        toast = client.get(reverse("new_messages")).content.decode()
        assert "&lt;script&gt;x&lt;/script&gt; &amp; you" in toast and "<script>x" not in toast
        page = client.get(reverse("my_messages")).content.decode()
        assert "New</span>" in page and "<script>x" not in page
        assert "toast" not in client.get(reverse("new_messages")).content.decode()  # it was read
        assert "New</span>" not in client.get(reverse("my_messages")).content.decode()

    def test_what_is_no_message_is_refused(self, bobs_class: Cohort, ada: Any, eve: Any) -> None:
        for text in ("", " \n ", "x" * 2001):
            with pytest.raises(acts.NothingToSay):
                acts.send_message(cohort=bobs_class, text=text, actor=ada, now=NOW)
        with pytest.raises(Http404):
            acts.send_message(cohort=bobs_class, text="hello", actor=ada, now=NOW, user_id=eve.pk)
        Membership.objects.update(left_at=NOW)
        with pytest.raises(acts.NothingToSay):
            acts.send_message(cohort=bobs_class, text="hello", actor=ada, now=NOW)

    def test_sending_is_limited(self, bobs_class: Cohort, ada: Any) -> None:
        for _ in range(60):
            acts.send_message(cohort=bobs_class, text="hello", actor=ada, now=NOW)
        with pytest.raises(limits.TooOften):
            acts.send_message(cohort=bobs_class, text="hello", actor=ada, now=NOW)


@pytest.mark.django_db(transaction=True)
class TestMoreTime:
    def test_open_and_paused_labs_get_it_and_none_is_taken_of_the_learners_own(
        self, bobs_class: Cohort, ada: Any, bob: Any, told: list[tuple[str, str]]
    ) -> None:
        now = timezone.now()
        going, paused = make_session(bob, now=now), make_session(bob, lab=lab_of_catalog("launch-web-server"), now=now)
        LabSession.objects.filter(pk=paused.pk).update(state="paused", paused_left=timedelta(minutes=5), paused_at=now)
        exam = make_session(bob, lab=lab_of_catalog("books-table"), now=now)
        LabSession.objects.filter(pk=exam.pk).update(exam=True)
        assert acts.extend(cohort=bobs_class, minutes=20, now=now) == 2
        more = {one.pk: one for one in LabSession.objects.all()}
        assert more[going.pk].expires_at == now + timedelta(minutes=44) and more[going.pk].extensions == 0
        assert more[paused.pk].paused_left == timedelta(minutes=25)
        assert more[exam.pk].expires_at == now + timedelta(minutes=24)
        assert told == [(str(going.pk), "clock"), (str(paused.pk), "clock")]
        assert acts.extend(cohort=bobs_class, minutes=20, now=now, slug="launch-web-server") == 1

    @pytest.mark.parametrize("minutes", [0, -5, 241])
    def test_minutes_make_sense(self, bobs_class: Cohort, bob: Any, minutes: int) -> None:
        make_session(bob)
        with pytest.raises(acts.NoTime):
            acts.extend(cohort=bobs_class, minutes=minutes, now=timezone.now())

    def test_nobody_elses_lab_is_touched(self, bobs_class: Cohort, eve: Any) -> None:
        session = make_session(eve)
        with pytest.raises(acts.NoTime):
            acts.extend(cohort=bobs_class, minutes=5, now=timezone.now())
        with pytest.raises(Http404):
            acts.extend(cohort=bobs_class, minutes=5, now=timezone.now(), user_id=eve.pk)
        assert LabSession.objects.get().expires_at == session.expires_at
