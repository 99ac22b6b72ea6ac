"""Labs by the API: what a program does in a session, and what of a lab never leaves the server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from labs import selectors
from labs.models import Grading, LabSession, Sandbox, TaskResult

pytestmark = pytest.mark.django_db
SLUG = "private-bucket-one-reader"


@pytest.fixture
def session(bob: Any, call: Callable[[Any], Client]) -> LabSession:
    """A session of Bob's, ready, with a hint opened and one judgement."""
    made = call(bob).post(f"/api/v1/labs/{SLUG}/start/")
    assert made.status_code == 201, made.content
    now = timezone.now()
    LabSession.objects.filter(pk=made.json()["id"]).update(
        state="ready", ready_at=now, expires_at=now + timedelta(hours=1)
    )
    found = LabSession.objects.get(pk=made.json()["id"])
    grading = Grading.objects.create(session=found, state="done", requested_at=now, finished_at=now, journal_seq=0)
    result = {"check": "s3.secret_check_name", "title": "No public access", "outcome": "failed", "found": "It is open."}
    task = selectors.lab_of(found).tasks[0]
    TaskResult.objects.create(
        grading=grading, task_id=task.id, outcome="failed", score=0, points=task.points, results=[result]
    )
    return found


def test_a_second_start_is_refused_by_name(bob: Any, session: LabSession, call: Callable[[Any], Client]) -> None:
    answer = call(bob).post(f"/api/v1/labs/{SLUG}/start/")
    assert (answer.status_code, answer.json()["code"]) == (409, "session_already_open")
    assert answer["Content-Type"] == "application/problem+json"


def test_tasks_tell_outcomes_and_reasons_and_nothing_of_how_they_are_judged(
    bob: Any, session: LabSession, call: Callable[[Any], Client]
) -> None:
    client = call(bob)
    address = f"/api/v1/sessions/{session.pk}"
    first = client.get(f"{address}/tasks/").json()[0]
    assert first["outcome"] == "failed"
    assert first["reasons"][0]["found"] == "It is open."
    lab = selectors.lab_of(session)
    task = lab.tasks[0]
    hint = client.post(f"{address}/tasks/{task.id}/hint/").json()
    assert hint["text"] == task.hints[0].text
    said = "".join(
        client.get(one).content.decode()
        for one in (
            f"{address}/",
            f"{address}/tasks/",
            f"{address}/gradings/",
            "/api/v1/labs/",
            f"/api/v1/labs/{SLUG}/",
        )
    )
    assert "secret_check_name" not in said
    assert session.seed not in said
    for one in lab.tasks:
        for block in one.solutions:
            assert block.text not in said
        for later in one.hints[1 if one is task else 0 :]:
            assert later.text not in said


def test_acts_in_ones_own_session(bob: Any, session: LabSession, call: Callable[[Any], Client]) -> None:
    client, address = call(bob), f"/api/v1/sessions/{session.pk}"
    asked = client.post(f"{address}/check/")
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    assert client.get(f"/api/v1/gradings/{asked.json()['id']}/").status_code == 200
    assert client.post(f"{address}/extend/").json()["extensions"] == 1
    assert client.post(f"{address}/pause/").json()["state"] == "paused"
    assert client.post(f"{address}/check/").json()["code"] == "not_ready"
    LabSession.objects.filter(pk=session.pk).update(state="ready")
    Sandbox.objects.filter(pk=session.sandbox_id).update(state="live")
    assert client.post(f"{address}/reset/").json()["state"] == "queued"
    assert client.post(f"{address}/end/").json()["state"] == "ended"


def test_a_stranger_finds_nothing_and_an_instructor_acts_in_nothing(
    eve: Any, ada: Any, bobs_class: Any, session: LabSession, call: Callable[[Any], Client]
) -> None:
    grading = session.gradings.get()
    reads = ["", "tasks/", "gradings/"]
    for one in reads:
        assert call(eve).get(f"/api/v1/sessions/{session.pk}/{one}").status_code == 404
        assert call(ada).get(f"/api/v1/sessions/{session.pk}/{one}").status_code == 200
    assert call(eve).get(f"/api/v1/gradings/{grading.pk}/").status_code == 404
    for act in ("check", "extend", "pause", "resume", "reset", "end"):
        assert call(ada).post(f"/api/v1/sessions/{session.pk}/{act}/").status_code == 404
    assert call(eve).get("/api/v1/sessions/").json() == {"results": [], "next": None}


def test_a_lab_of_an_exam_is_not_read_by_the_api(bob: Any, session: LabSession, call: Callable[[Any], Client]) -> None:
    LabSession.objects.filter(pk=session.pk).update(exam=True)
    client = call(bob)
    assert client.get(f"/api/v1/sessions/{session.pk}/tasks/").status_code == 404
    assert client.get("/api/v1/sessions/").json()["results"] == []
    for act in ("check", "extend", "pause", "reset", "end"):
        assert client.post(f"/api/v1/sessions/{session.pk}/{act}/").json()["code"] == "in_exam"


def test_pages_follow_one_another_without_a_gap(bob: Any, session: LabSession, call: Callable[[Any], Client]) -> None:
    at = session.queued_at
    for _ in range(6):
        Grading.objects.create(session=session, requested_at=at)
    client, seen, after = call(bob), [], ""
    while after is not None:
        told = client.get(f"/api/v1/sessions/{session.pk}/gradings/", {"limit": 3, "cursor": after}).json()
        seen += [one["id"] for one in told["results"]]
        after = told["next"]
    assert len(seen) == len(set(seen)) == 7
    labs, after = [], ""
    while after is not None:
        told = client.get("/api/v1/labs/", {"limit": 20, "cursor": after}).json()
        labs += [one["slug"] for one in told["results"]]
        after = told["next"]
    assert labs == sorted(one.slug for one in selectors.catalog())


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit=٣", "cursor=x", "cursor=WyJ4IiwgIngiXQ=="])
def test_a_page_that_cannot_be_is_refused(bob: Any, call: Callable[[Any], Client], query: str) -> None:
    answer = call(bob).get(f"/api/v1/sessions/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_page")
