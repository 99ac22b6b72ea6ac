"""Home, catalog, progress, the class, the components, the errors, and signing in and up."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from courses.services import mark_read
from labs.models import LabSession
from tests.e2e.scenes import grade, journal, lab_of_catalog, make_session

NOW = "2026-11-20T09:00:00Z"
OPEN = ["home", "catalog", "styleguide", "item_specimens"]
CLOSED = ["progress", "instructor"]


def as_(client: Client, user: Any) -> Client:
    client.force_login(user)
    return client


@pytest.mark.parametrize("name", OPEN)
def test_open_pages_answer_everybody(client: Client, bob: Any, name: str) -> None:
    assert client.get(reverse(name)).status_code == 200
    assert as_(client, bob).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", [*OPEN, *CLOSED])
def test_a_page_takes_no_post(client: Client, olga: Any, name: str) -> None:
    assert as_(client, olga).post(reverse(name)).status_code == 405


@pytest.mark.parametrize("name", CLOSED)
def test_signed_out_one_is_sent_to_sign_in(client: Client, db: None, name: str) -> None:
    assert client.get(reverse(name))["Location"] == f"/accounts/login/?next={reverse(name)}"


def test_home_promises_signed_out_and_continues_signed_in(client: Client, bob: Any) -> None:
    assert "Make an account" in client.get("/").content.decode()
    as_(client, bob)
    assert "Choose where to begin" in client.get("/").content.decode()
    mark_read(user=bob, course_slug="aws-foundations", lesson_slug="s3-access", now=NOW)  # type: ignore[arg-type]
    assert "To the lab" in client.get("/").content.decode()
    session = make_session(bob)
    page = client.get("/").content.decode()
    assert "Your lab is open" in page and reverse("session", args=[session.pk]) in page


def test_the_catalog_shows_ones_own_state_and_nobody_elses(client: Client, bob: Any, eve: Any) -> None:
    make_session(bob)
    assert "Open now" in as_(client, bob).get(reverse("catalog")).content.decode()
    assert "Open now" not in as_(client, eve).get(reverse("catalog")).content.decode()


def test_an_empty_catalog_says_what_to_do(client: Client, db: None, settings: Any, tmp_path: Any) -> None:
    settings.COURSE_CATALOG = settings.LAB_CATALOG = tmp_path
    page = client.get(reverse("catalog")).content.decode()
    assert "No courses yet" in page and "No labs yet" in page


def test_progress_adds_up(client: Client, bob: Any) -> None:
    lab = lab_of_catalog()
    grade(make_session(bob, state="ended"), lab, ["passed"])
    page = as_(client, bob).get(reverse("progress")).content.decode()
    assert f"{lab.tasks[0].points:g} of {lab.points:g}" in page


# --- The class -------------------------------------------------------------------------------------------------------


@pytest.fixture
def session(bob: Any) -> LabSession:
    made = make_session(bob)
    journal(made)
    grade(made, lab_of_catalog(), ["failed"])
    return made


def test_a_learner_does_not_see_the_class(client: Client, eve: Any, session: LabSession) -> None:
    as_(client, eve)
    assert client.get(reverse("instructor")).status_code == 404
    assert client.get(reverse("instructor_session", args=[session.pk])).status_code == 404


def test_a_learner_does_not_see_even_their_own_session_as_a_teacher_does(
    client: Client, bob: Any, session: LabSession
) -> None:
    assert as_(client, bob).get(reverse("instructor_session", args=[session.pk])).status_code == 404


def test_who_operates_sees_everybody_and_who_teaches_their_classes(
    client: Client, ada: Any, olga: Any, session: LabSession
) -> None:
    page = as_(client, olga).get(reverse("instructor")).content.decode()
    assert "bob" in page and "read-data" in page
    assert as_(client, ada).get(reverse("instructor")).headers["Location"] == reverse("classes")


@pytest.mark.usefixtures("bobs_class")
def test_an_instructor_sees_who_did_what(client: Client, ada: Any, session: LabSession) -> None:
    page = as_(client, ada).get(reverse("instructor_session", args=[session.pk])).content.decode()
    assert "PutBucketPolicy" in page and "Asked for the lab" in page
    assert "Give me a hint" not in page


@pytest.mark.usefixtures("bobs_class")
def test_an_instructor_still_sees_the_calls_from_before_a_reset(client: Client, ada: Any, session: LabSession) -> None:
    session.sandbox.epoch = 2
    session.sandbox.save()
    page = as_(client, ada).get(reverse("instructor_session", args=[session.pk])).content.decode()
    assert "PutBucketPolicy" in page


def test_an_empty_class_says_so(client: Client, olga: Any) -> None:
    assert "Nobody has begun yet" in as_(client, olga).get(reverse("instructor")).content.decode()


def test_a_session_that_is_not_there_or_malformed_is_404(client: Client, ada: Any) -> None:
    as_(client, ada)
    assert client.get("/instructor/sessions/3f0e2a10-0000-4000-8000-000000000000/").status_code == 404
    assert client.get("/instructor/sessions/1/").status_code == 404


# --- Components, errors, accounts ------------------------------------------------------------------------------------


def test_components_are_for_those_who_build_pages(client: Client, bob: Any, olga: Any, settings: Any) -> None:
    settings.LOCAL = settings.DEBUG = False
    olga.is_staff = True
    olga.save()
    for name in ("styleguide", "item_specimens"):
        assert as_(client, bob).get(reverse(name)).status_code == 404
        assert as_(client, olga).get(reverse(name)).status_code == 200


def test_demo_logins_are_shown_on_ones_own_machine_only(client: Client, db: None, settings: Any) -> None:
    assert "skylab-demo" in client.get("/accounts/login/").content.decode()
    settings.LOCAL = False
    assert "skylab-demo" not in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize(
    "name",
    ["account_login", "account_signup", "account_reset_password", "account_reset_password_done"],
)
def test_account_pages_wear_the_sites_dress(client: Client, db: None, name: str) -> None:
    page = client.get(reverse(name)).content.decode()
    assert 'class="entrance"' in page and "site-header" in page


@pytest.mark.parametrize("name", ["account_email", "account_change_password", "account_logout"])
def test_account_pages_of_a_person_wear_the_sites_dress(client: Client, bob: Any, name: str) -> None:
    assert 'class="page manage"' in as_(client, bob).get(reverse(name)).content.decode()


def test_what_is_not_there_is_a_page_of_ours(client: Client, db: None) -> None:
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_a_fault_is_a_page_of_ours_that_needs_nothing(client: Client, db: None, monkeypatch: Any) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("courses.selectors.catalog", fail)
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == 500
    assert "That was our fault" in answer.content.decode()


def test_a_missing_csrf_token_is_a_page_of_ours(bob: Any) -> None:
    answer = as_(Client(enforce_csrf_checks=True), bob).post("/labs/private-bucket-one-reader/start/")
    assert answer.status_code == 403
    assert "This is not yours to open" in answer.content.decode()
