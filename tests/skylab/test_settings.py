"""Settings: kept, and true on every page; one's data; and leaving, with fourteen days to think."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.models import Attempt, Credential, Notice
from courses.services import notices
from labs import jobs
from labs.models import Job, LabSession
from skylab.accounts import export, services, zones
from skylab.accounts.models import User
from tests.e2e.scenes import make_session
from tests.e2e.score_scenes import make_scores

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
CHOICES = {"time_zone": "Asia/Tokyo", "language": "", "theme": "dark", "terminal": "box"}


@pytest.fixture
def bobs(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


class TestSettings:
    def test_what_was_chosen_is_kept_and_on_every_page(self, bobs: Client, bob: User) -> None:
        answer = bobs.post(reverse("settings"), CHOICES, follow=True)
        assert "Your settings are saved" in answer.content.decode()
        bob.refresh_from_db()
        assert (bob.time_zone, bob.theme, bob.terminal, bob.shortcuts) == ("Asia/Tokyo", "dark", "box", False)
        page = bobs.get(reverse("catalog")).content.decode()
        for told in ('data-theme="dark"', 'data-theme-kept="dark"', 'data-zone="Asia/Tokyo"', 'data-shortcuts="off"'):
            assert told in page

    @pytest.mark.parametrize(
        "wrong", [{"time_zone": "Mars/Base"}, {"theme": "plaid"}, {"terminal": ""}, {"language": "tlh"}], ids=str
    )
    def test_nonsense_is_sent_back_and_nothing_is_kept(self, bobs: Client, bob: User, wrong: dict[str, str]) -> None:
        answer = bobs.post(reverse("settings"), {**CHOICES, **wrong})
        assert answer.status_code == 422 and "errorlist" in answer.content.decode()
        bob.refresh_from_db()
        assert (bob.time_zone, bob.theme) == ("", "")

    def test_nobody_gives_themselves_a_role(self, bobs: Client, bob: User) -> None:
        bobs.post(reverse("settings"), {**CHOICES, "role": "operator", "is_staff": "on", "username": "root"})
        bob.refresh_from_db()
        assert (bob.role, bob.is_staff, bob.username) == ("learner", False, "bob")

    def test_who_is_signed_out_has_none(self, client: Client, db: None) -> None:
        for name in ("settings", "notices", "export_data", "delete_account", "skills", "certificates"):
            assert client.get(reverse(name)).status_code == 302
        for name in ("settings_theme", "notice_preferences", "keep_account", "notices_read"):
            assert client.post(reverse(name)).status_code == 302

    def test_the_theme_of_the_menu_is_kept_for_the_account(self, bobs: Client, bob: User) -> None:
        assert bobs.post(reverse("settings_theme"), {"theme": "contrast"}).status_code == 204
        assert bobs.post(reverse("settings_theme"), {"theme": "x" * 50}).status_code == 204
        bob.refresh_from_db()
        assert bob.theme == "contrast"


class TestZones:
    def told(self, client: Client, **cookies: str) -> str:
        for name, value in cookies.items():
            client.cookies[name.replace("_", "-")] = value
        return client.get(reverse("notices")).content.decode()

    @pytest.fixture(autouse=True)
    def something_told(self, bob: User) -> None:
        notices.tell(user=bob, key="k", subject="s", text="t", now=datetime(2026, 7, 1, 22, 30, tzinfo=UTC), mail=False)

    def test_the_settings_zone_is_before_the_browsers_and_that_before_utc(self, bobs: Client, bob: User) -> None:
        assert "1 July 2026, 22:30" in self.told(bobs)
        assert "2 July 2026, 00:30" in self.told(bobs, skylab_zone="Europe/Paris")
        User.objects.filter(pk=bob.pk).update(time_zone="Asia/Tokyo")
        assert "2 July 2026, 07:30" in self.told(bobs)

    @pytest.mark.parametrize("cookie", ["Mars/Base", "../../etc/passwd", "", "Europe/Paris\n"])
    def test_a_cookie_that_names_no_zone_is_none(self, bobs: Client, cookie: str) -> None:
        assert "1 July 2026, 22:30" in self.told(bobs, skylab_zone=cookie)

    def test_one_persons_zone_is_not_the_next_ones(self, bobs: Client, bob: User, eve: User) -> None:
        User.objects.filter(pk=bob.pk).update(time_zone="Asia/Tokyo")
        bobs.get(reverse("notices"))
        assert timezone.get_current_timezone_name() == "UTC"

    def test_every_choice_is_a_zone(self) -> None:
        names = [name for _, group in zones.choices() for name, _ in group]
        assert len(names) > 300 and all(zones.zone(name) for name in names)


class TestExport:
    @pytest.fixture
    def whole(self, bob: User, eve: User, ada: User, olga: User) -> dict[str, Any]:
        make_session(bob)
        make_scores(bob, [eve, olga], ada)
        return export.everything(bob, now=NOW)

    def test_all_is_in_it_and_it_is_json(self, whole: dict[str, Any]) -> None:
        again = json.loads(json.dumps(whole))
        assert again["account"]["username"] == "bob" and len(again["labs"]) == 1
        assert again["exams"] and all(one["scores"] for one in again["exams"] if one["exam_slug"] == "counted")
        assert any(one["credentials"] for one in again["exams"])

    def test_nothing_of_others_no_secret_and_no_key_is_in_it(self, whole: dict[str, Any], bob: User, eve: User) -> None:
        text = json.dumps(whole)
        assert "eve" not in text and bob.password not in text
        for attempt in Attempt.objects.filter(user=bob):
            assert attempt.seed not in text or len(attempt.seed) < 16
        assert not {"form", "seed", "password", "badge", "places"} & set(_names(whole))

    def test_every_model_with_people_is_exported_or_has_a_reason(self) -> None:
        known = {
            *(
                "account.EmailAddress",
                "mfa.Authenticator",
                "labs.LabSession",
                "courses.Enrolment",
                "courses.LessonRead",
            ),
            *("courses.Membership", "courses.AssignmentOverride", "courses.ClassMessage", "courses.SandboxLook"),
            *("gradebook.GradeRuling", "lti.Identity", "api.Token", "api.Webhook"),
            *("courses.PracticeResponse", "courses.ReviewCard", "courses.Drill", "courses.Accommodation"),
            *("courses.Attempt", "courses.Credit", "courses.Event", "courses.Credential", "courses.Notice"),
            *(
                "courses.NoticePreference",
                "courses.LessonPlace",
            ),
        }
        others = set(export.models_with_people()) - known - set(export.NOT_THEIRS)
        assert not others, (
            f"say in accounts/export.py what of {sorted(others)} is a person's own, or in NOT_THEIRS why not"
        )

    def test_it_is_a_file_for_oneself(self, bobs: Client) -> None:
        answer = bobs.get(reverse("export_data"))
        assert "attachment" in answer["Content-Disposition"] and answer["Cache-Control"].startswith("max-age=0")
        assert json.loads(answer.content)["account"]["username"] == "bob"


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for one in value.values() for name in _names(one)}
    return {name for one in value for name in _names(one)} if isinstance(value, list) else set()


class TestLeaving:
    def test_it_wants_the_name_and_gives_fourteen_days(self, bobs: Client, bob: User) -> None:
        answer = bobs.post(reverse("delete_account"), {"name": "eve"})
        assert answer.status_code == 422 and "Type your user name, bob" in answer.content.decode()
        assert bobs.post(reverse("delete_account"), {"name": " Bob "}).status_code == 302
        bob.refresh_from_db()
        assert bob.deletion_due_at and timedelta(days=13) < bob.deletion_due_at - timezone.now() <= services.GRACE
        assert "Keep my account" in bobs.get(reverse("home")).content.decode()
        bobs.post(reverse("keep_account"))
        bob.refresh_from_db()
        assert bob.deletion_due_at is None
        assert not services.delete_if_due(user_id=bob.pk, now=timezone.now() + timedelta(days=30))

    def test_the_last_operator_stays(self, olga: User) -> None:
        with pytest.raises(services.LastOperator):
            services.ask_deletion(user=olga, typed="olga", now=NOW)

    def test_in_time_all_that_is_theirs_goes_and_the_evidence_stays_without_a_name(
        self, bobs: Client, bob: User, eve: User, ada: User, olga: User
    ) -> None:
        make_session(bob, state="ended")
        make_scores(bob, [eve, olga], ada)
        attempts = Attempt.objects.filter(user=bob).count()
        services.ask_deletion(user=bob, typed="bob", now=NOW)
        assert not services.delete_if_due(user_id=bob.pk, now=NOW + timedelta(days=13))
        job = Job.objects.get(kind=services.DELETE)
        later = NOW + services.GRACE + timedelta(minutes=1)
        assert jobs.run(job.pk, clock=lambda: later)
        gone = User.objects.get(pk=bob.pk)
        assert (gone.username, gone.email, gone.is_active) == (f"gone-{bob.pk}", "", False)
        assert not gone.has_usable_password()
        assert Attempt.objects.filter(user=gone).count() == attempts
        assert set(Credential.objects.filter(attempt__user=gone).values_list("name", flat=True)) == {""}
        assert not LabSession.objects.filter(user=gone).exists() and not Notice.objects.filter(user=gone).exists()
        assert bobs.get(reverse("settings")).status_code == 302
        assert not services.delete_if_due(user_id=bob.pk, now=later)
