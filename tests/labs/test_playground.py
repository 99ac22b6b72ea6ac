"""The free-play sandbox: everybody's own, beside the labs, and what the Run button of a lesson gets from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from labs import providers, services
from labs.content import catalog_problems, parse_lab
from labs.models import LabSession
from labs.selectors import PLAYGROUND, catalog, get_lab, lab_of
from labs.services.gradings import Judged, make_grading, write
from tests.labs.test_views import Nobody

OPEN = "/labs/playground/open/"
PAGE = "/labs/playground/"


@pytest.fixture(autouse=True)
def no_sandboxes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    providers.get_provider.cache_clear()
    monkeypatch.setitem(providers.MAKERS, "emulated", Nobody)
    yield
    providers.get_provider.cache_clear()


@pytest.fixture
def learner(client: Client, bob: Any) -> Client:
    client.force_login(bob)
    return client


def make_ready(user: Any) -> LabSession:
    """Do what a worker does, as far as the page sees it."""
    session = services.start_session(user=user, slug=PLAYGROUND, now=timezone.now())
    LabSession.objects.filter(pk=session.pk).update(
        state=LabSession.State.READY, expires_at=timezone.now() + timedelta(hours=2)
    )
    return session


def test_it_is_a_lab_without_tasks_that_no_list_shows(db: None) -> None:
    lab = get_lab(PLAYGROUND)
    assert (lab.tasks, lab.points, lab.principal) == ((), 0, "admin")
    assert PLAYGROUND not in [one.slug for one in catalog()]


def test_a_playground_has_no_tasks(tmp_path: Any) -> None:
    source = get_lab(PLAYGROUND).source
    (tmp_path / "free").mkdir()
    (tmp_path / "free/lab.md").write_text(source)
    assert catalog_problems(tmp_path) == []
    (tmp_path / "free/lab.md").write_text(f"{source}\n## A task {{#task points=5}}\n")
    assert any("a playground has no tasks" in str(one) for one in catalog_problems(tmp_path))
    assert parse_lab(source, slug="free", path="free/lab.md").level == "playground"


def test_run_asks_for_signing_in_nicely(client: Client, db: None) -> None:
    answer = client.post(OPEN)
    assert (answer.status_code, answer.json()["refusal"]) == (401, "Sign in to run this: the sandbox is your own.")
    assert "Sign in to open it" in client.get(PAGE).content.decode()


def test_the_first_run_opens_it_and_the_next_finds_it(learner: Client, bob: Any) -> None:
    first = learner.post(OPEN).json()
    assert first["state"] == "queued" and "env" not in first
    assert learner.post(OPEN).json()["session"] == first["session"]
    assert LabSession.objects.filter(user=bob).count() == 1


def test_a_ready_one_gives_its_owner_the_keys_and_nobody_else(learner: Client, bob: Any, eve: Any) -> None:
    session = make_ready(bob)
    answer = learner.post(OPEN)
    made = answer.json()
    assert made["state"] == "ready"
    assert made["env"]["AWS_ACCESS_KEY_ID"] == "AKIALEARNER" and made["env"]["AWS_ENDPOINT_URL"]
    assert made["workspace"] == f"/labs/sessions/{session.pk}/"
    assert answer["Cache-Control"] == "no-store"
    other = Client()
    other.force_login(eve)
    assert other.post(OPEN).json()["session"] != str(session.pk)


def test_it_takes_the_place_of_no_lab(learner: Client, bob: Any, settings: Any) -> None:
    settings.LAB_MAX_OPEN_PER_USER = 1
    services.start_session(user=bob, slug="private-bucket-one-reader", now=timezone.now())
    assert learner.post(OPEN).status_code == 200
    with pytest.raises(services.TooManyOpen):
        services.start_session(user=bob, slug="rds-multi-az", now=timezone.now())


def test_one_that_cannot_be_used_now_says_so(learner: Client, bob: Any) -> None:
    session = make_ready(bob)
    LabSession.objects.filter(pk=session.pk).update(state=LabSession.State.EXPIRING)
    made = learner.post(OPEN).json()
    assert "paused or just ending" in made["refusal"] and "env" not in made


def test_opening_wants_a_post_with_its_token(learner: Client, bob: Any) -> None:
    assert learner.get(OPEN).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(bob)
    assert strict.post(OPEN).status_code == 403


def test_its_workspace_has_no_tasks_and_no_points(learner: Client, bob: Any) -> None:
    session = make_ready(bob)
    shown = learner.get(f"/labs/sessions/{session.pk}/").content.decode()
    assert "This account is yours to play in" in shown
    assert 'id="tasks"' not in shown and "Check my work" not in shown and " points</span>" not in shown
    assert "Your sandbox is open" in learner.get(PAGE).content.decode()


def test_there_is_nothing_to_complete(bob: Any) -> None:
    session = make_ready(bob)
    assert lab_of(session).tasks == ()
    write(Judged(make_grading(session, trigger="asked", now=timezone.now()), [], 1), now=timezone.now())
    session.refresh_from_db()
    assert session.completed_at is None
