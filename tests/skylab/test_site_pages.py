"""Catalog filters, skills, certificates, notices, help, and what is said when something cannot be done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses import selectors as courses
from courses.models import Notice, Window
from courses.services import clock, notices, reminders
from courses.services.notices import Way
from labs.models import LabSession
from skylab.accounts.models import User
from skylab.pages import help_pages
from skylab.pages.skills import WEIGHTS, skills
from tests.e2e.practice_scenes import COURSE, make_practice
from tests.e2e.scenes import grade, lab_of_catalog, make_session
from tests.e2e.score_scenes import make_scores


@pytest.fixture
def bobs(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


class TestCatalog:
    def shown(self, client: Client, **asked: str) -> str:
        return client.get(reverse("catalog"), asked).content.decode()

    def test_filters_leave_what_fits(self, client: Client, db: None) -> None:
        page = self.shown(client, service="s3", kind="lab")
        assert "A private bucket with one reader" in page and "Web and database groups" not in page
        assert "AWS foundations</a></h3>" not in page

    def test_what_is_done_is_found_again(self, bobs: Client, bob: User) -> None:
        lab = lab_of_catalog()
        session = make_session(bob, state="ended", lab=lab)
        assert lab.title in self.shown(bobs, done="begun", kind="lab")
        session.completed_at = timezone.now()
        session.save()
        assert lab.title in self.shown(bobs, done="yes", kind="lab")
        assert lab.title not in self.shown(bobs, done="no", kind="lab")

    def test_nothing_found_says_which_filter_to_take_away(self, bobs: Client) -> None:
        page = self.shown(bobs, service="s3", done="yes")
        assert "Nothing has all of that" in page and "?service=s3" in page and "?done=yes" in page

    @pytest.mark.parametrize("asked", [{"level": "<script>"}, {"time": "-1"}, {"kind": "course' --"}, {"track": "../"}])
    def test_a_filter_that_there_is_not_filters_nothing(self, client: Client, db: None, asked: dict[str, str]) -> None:
        page = self.shown(client, **asked)
        assert "A private bucket with one reader" in page and "<script>" not in page.split("<main")[1]

    def test_one_may_not_ask_what_is_done_by_nobody(self, client: Client, db: None) -> None:
        assert 'name="done"' not in self.shown(client)


class TestSkills:
    def test_practice_labs_and_exams_are_weighed(self, bob: User) -> None:
        now = timezone.now()
        make_practice(bob, now=now)
        lab = lab_of_catalog()
        grade(make_session(bob, lab=lab), lab, ["passed"] * len(lab.tasks))
        mine = next(one for one in skills(bob, now=now) if one.course.slug == COURSE)
        domain = next(one for one in mine.domains if any(row.slug == lab.slug for row in one.labs))
        assert domain.practice and domain.lab_share is not None and domain.exams == ()
        assert next(row for row in domain.labs if row.slug == lab.slug).share == 100
        both = WEIGHTS["practice"] + WEIGHTS["labs"]
        mean = (WEIGHTS["practice"] * domain.practice.percent + WEIGHTS["labs"] * domain.lab_share) / both
        assert abs(domain.percent - mean) <= 1
        assert mine.begun and mine.weakest in mine.domains

    def test_every_bar_has_its_figures_and_its_evidence(self, bobs: Client, bob: User) -> None:
        assert "Nothing of it was tried yet" in bobs.get(reverse("skills")).content.decode()
        make_practice(bob, now=timezone.now())
        page = bobs.get(reverse("skills")).content.decode()
        assert page.count("<progress") == page.count('<li class="card">')
        for title in courses.get_course(COURSE).domains.values():
            assert f'<th scope="row">{title}</th>' in page
        assert reverse("practice") in page and "As a table" in page

    def test_nobody_sees_anothers(self, bob: User, eve: User) -> None:
        make_practice(bob, now=timezone.now())
        assert not any(one.begun for one in skills(eve, now=timezone.now()))


class TestCertificates:
    def test_ones_own_with_their_links_and_nobody_elses(
        self, client: Client, bob: User, eve: User, ada: User, olga: User
    ) -> None:
        made = make_scores(bob, [eve, olga], ada)
        client.force_login(bob)
        page = client.get(reverse("certificates")).content.decode()
        assert reverse("verify", args=[made["credential"]]) in page
        assert reverse("attempt_certificate", args=[made["report"]]) in page
        assert made["revoked"] not in page
        client.force_login(eve)
        page = client.get(reverse("certificates")).content.decode()
        assert "Somebody else sat the exam." in page and made["credential"] not in page

    def test_none_yet_says_how_to_get_one(self, bobs: Client) -> None:
        assert "Pass an exam" in bobs.get(reverse("certificates")).content.decode()


class TestNotices:
    def tell(self, user: User, kind: str = "grade", **more: Any) -> Notice | None:
        told = {"subject": f"About {kind}", "text": "Something.", "url": "/practice/", "key": f"k-{kind}"} | more
        return notices.tell(user=user, kind=kind, now=clock.now(), mail=False, **told)

    def test_the_bell_counts_and_only_what_presses_is_on_every_page(self, bobs: Client, bob: User) -> None:
        self.tell(bob)
        self.tell(bob, "regrade")
        page = bobs.get(reverse("catalog")).content.decode()
        assert "2 not read" in page and "About regrade" in page and "About grade" not in page

    def test_they_are_read_one_by_one_or_all_at_once(self, bobs: Client, bob: User, eve: User) -> None:
        first = self.tell(bob)
        self.tell(bob, "exam")
        hers = self.tell(eve)
        assert first and hers
        answer = bobs.post(reverse("notice_seen", args=[first.pk]), {"next": "/practice/"})
        assert answer["Location"] == "/practice/"
        bobs.post(reverse("notice_seen", args=[hers.pk]))
        bobs.post(reverse("notices_read"))
        assert not Notice.objects.filter(user=bob, seen_at=None).exists()
        assert Notice.objects.filter(user=eve, seen_at=None).count() == 1

    def test_a_kind_may_be_turned_off_but_not_what_presses(self, bobs: Client, bob: User) -> None:
        bobs.post(reverse("notice_preferences"), {"site-exam": "on", "mail-exam": "on"})
        assert notices.ways(bob)["exam"] == Way(True, True) and notices.ways(bob)["lab"] == Way(False, False)
        assert self.tell(bob, "lab") is None and self.tell(bob, "exam") and self.tell(bob, "regrade")
        page = bobs.get(reverse("settings")).content.decode()
        assert 'name="site-lab" aria-label="Labs that end soon: bell">' in page

    def test_an_empty_page_teaches(self, bobs: Client) -> None:
        assert "Nothing to tell you yet" in bobs.get(reverse("notices")).content.decode()


class TestReminders:
    def test_a_lab_that_ends_soon_is_told_once_and_forgotten_when_it_is_over(self, bob: User) -> None:
        now = timezone.now()
        session = make_session(bob, now=now)
        assert reminders.labs_that_end(now=now) == 0  # 24 minutes are left
        soon = now + timedelta(minutes=16)
        assert reminders.labs_that_end(now=soon) == 1
        reminders.labs_that_end(now=soon + timedelta(seconds=2))
        told = Notice.objects.get(user=bob, kind="lab")
        assert "8 minutes" in told.subject and str(session.pk) in told.url
        reminders.labs_that_end(now=soon + timedelta(minutes=11))
        told.refresh_from_db()
        assert told.seen_at
        LabSession.objects.filter(pk=session.pk).update(expires_at=soon + timedelta(minutes=35))  # it was extended
        assert reminders.labs_that_end(now=soon + timedelta(minutes=30)) == 1

    def test_an_exam_that_opens_is_told_to_those_who_take_its_course(self, bob: User, eve: User, ada: User) -> None:
        now = timezone.now()
        make_practice(bob, now=now)
        Window.objects.create(
            exam_slug="foundations-practical",
            opens_at=now + timedelta(minutes=5),
            closes_at=now + timedelta(days=1),
            set_by=ada,
            set_at=now,
        )
        assert reminders.exams_that_open(now=now) == 0
        reminders.exams_that_open(now=now + timedelta(minutes=6))
        reminders.exams_that_open(now=now + timedelta(minutes=7))
        assert [one.user for one in Notice.objects.filter(kind="exam")] == [bob]
        assert reminders.exams_that_open(now=now + timedelta(hours=3)) == 0

    def test_practice_is_told_of_once_a_day_and_not_on_top_of_what_was_not_read(self, bob: User) -> None:
        now = timezone.now()
        make_practice(bob, now=now)
        later = now + timedelta(days=3)
        assert reminders.practice_that_is_due(now=later) == 1
        assert reminders.practice_that_is_due(now=later + timedelta(days=2)) == 0  # the last was not read
        Notice.objects.filter(user=bob).update(seen_at=later)
        assert reminders.practice_that_is_due(now=later + timedelta(hours=3)) == 0
        assert reminders.practice_that_is_due(now=later + timedelta(days=2)) == 1
        assert reminders.practice_that_is_due(now=later + timedelta(days=400)) == 0  # away


class TestHelpAndErrors:
    def test_the_help_is_the_docs_and_its_links_lead_somewhere(self, client: Client, db: None) -> None:
        page = client.get(reverse("help")).content.decode()
        for section in help_pages.sections():
            assert f'id="{section.anchor}"' in page
        assert ".md" not in page and "<img" not in page.split("<main")[1]

    def test_without_docs_it_says_so(self, client: Client, db: None, settings: Any, tmp_path: Any) -> None:
        settings.BASE_DIR = tmp_path
        assert "came without its docs" in client.get(reverse("help")).content.decode()

    @pytest.mark.parametrize(("accept", "words"), [("text/html", "cannot be done at this address"), ("*/*", "")])
    def test_405_has_words_for_browsers(self, client: Client, db: None, accept: str, words: str) -> None:
        answer = client.get(reverse("keep_account"), headers={"accept": accept})
        assert answer.status_code == 405 and answer["Allow"] == "POST"
        assert words in answer.content.decode() and bool(answer.content) == bool(words)

    def test_404_offers_a_search(self, client: Client, db: None) -> None:
        assert 'role="search"' in client.get("/no/such/page/").content.decode().split("<main")[1]
