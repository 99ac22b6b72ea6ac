"""What the browser's shell asks of the server: the six questions, and each command's answer."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from labs import providers, selectors
from labs.models import Grading, LabSession
from tests.e2e.scenes import grade, journal, lab_of_catalog, make_session
from tests.labs.test_views import Nobody, as_

READS = ["terminal_tasks", "terminal_files", "terminal_history"]
ACTS = ["terminal_check", "terminal_hint", "terminal_undo", "terminal_reset"]
WRITES = [*ACTS, "terminal_files", "terminal_history"]


@pytest.fixture(autouse=True)
def no_sandboxes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A sandbox host is another suite's."""
    providers.get_provider.cache_clear()
    monkeypatch.setitem(providers.MAKERS, "emulated", Nobody)
    yield
    providers.get_provider.cache_clear()


@pytest.fixture
def session(bob: Any) -> LabSession:
    return make_session(bob)


def address(name: str, session: LabSession) -> str:
    return reverse(name, args=[session.pk])


def post(client: Client, name: str, session: LabSession, sent: Any = None) -> Any:
    return client.post(address(name, session), json.dumps(sent or {}), content_type="application/json")


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# --- Who may -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READS)
def test_only_the_owner_reads(client: Client, bob: Any, ada: Any, eve: Any, session: LabSession, name: str) -> None:
    assert as_(client, bob).get(address(name, session)).status_code == 200
    for person in (ada, eve):  # one who teaches reads pages, and nobody's home
        assert as_(client, person).get(address(name, session)).status_code == 404


@pytest.mark.parametrize("name", WRITES)
def test_only_the_owner_writes(client: Client, ada: Any, eve: Any, session: LabSession, name: str) -> None:
    sent = {"path": "x", "data": "", "lines": ["ls"]}
    for person in (ada, eve):
        assert post(as_(client, person), name, session, sent).status_code == 404
    assert not session.gradings.exists() and not session.files.exists() and not selectors.shell_history(session)


@pytest.mark.parametrize("name", WRITES)
def test_a_write_wants_its_csrf_token(bob: Any, session: LabSession, name: str) -> None:
    assert post(as_(Client(enforce_csrf_checks=True), bob), name, session).status_code == 403


@pytest.mark.parametrize("name", [*READS, *ACTS])
def test_signed_out_one_is_told_so_and_not_sent_to_a_page(client: Client, session: LabSession, name: str) -> None:
    answer = client.get(address(name, session)) if name in READS else post(client, name, session)
    assert answer.status_code == 401 and "signed out" in answer.json()["refusal"]


@pytest.mark.parametrize("name", ACTS)
def test_an_act_takes_no_get(client: Client, bob: Any, session: LabSession, name: str) -> None:
    assert as_(client, bob).get(address(name, session)).status_code == 405


def test_a_session_that_is_not_there_is_404(client: Client, bob: Any) -> None:
    assert as_(client, bob).get(reverse("terminal_files", args=[uuid4()])).status_code == 404


@pytest.mark.parametrize("name", [*ACTS, "terminal_files", "terminal_history"])
def test_what_has_ended_is_refused_with_a_sentence(client: Client, bob: Any, name: str) -> None:
    answer = post(as_(client, bob), name, make_session(bob, state="ended"), {"path": "x", "data": "", "lines": ["ls"]})
    assert answer.status_code == 409 and answer.json() == {"refusal": "This lab has ended."}


@pytest.mark.parametrize("name", ["terminal_check", "terminal_hint", "terminal_reset"])
def test_an_exam_has_no_check_no_hint_and_no_reset(client: Client, bob: Any, session: LabSession, name: str) -> None:
    session.exam = True
    session.save()
    answer = post(as_(client, bob), name, session)
    assert answer.status_code == 409 and "part of an exam" in answer.json()["refusal"]
    grade(session, lab_of_catalog(), ["passed"])
    said = client.get(address("terminal_tasks", session)).json()
    assert said["say"] == "" and "outcome" not in said["tasks"][0] and "score" not in said["tasks"][0]


# --- Commands ------------------------------------------------------------------------------------------------------


def test_check_asks_and_tasks_say_when_it_is_done_and_what_was_found(
    client: Client, bob: Any, session: LabSession
) -> None:
    asked = post(as_(client, bob), "terminal_check", session).json()["grading"]
    assert session.gradings.get().trigger == Grading.Trigger.ASKED
    where = address("terminal_tasks", session) + f"?grading={asked}"
    assert client.get(where).json()["checking"] is True
    grade(session, lab_of_catalog(), ["passed", "failed"])
    Grading.objects.filter(pk=asked).update(state="done")
    found = client.get(where).json()
    assert found["checking"] is False and found["say"].startswith("Checked. 1 of ")
    first, second = found["tasks"][:2]
    assert (first["outcome"], second["outcome"]) == ("passed", "failed")
    failed = second["checks"][-1]
    assert failed["looked"] and failed["found"] and failed["needed"]
    Grading.objects.filter(pk=asked).update(state="dead")
    assert client.get(where).json()["broken"] is True


def test_a_grading_of_somebody_else_is_none(client: Client, bob: Any, eve: Any, session: LabSession) -> None:
    other = Grading.objects.create(session=make_session(eve), requested_at=session.queued_at)
    for asked in (other.pk, "no-id"):
        answer = as_(client, bob).get(address("terminal_tasks", session) + f"?grading={asked}")
        assert answer.json()["checking"] is False


def test_a_hint_is_asked_by_number_by_id_and_without(client: Client, bob: Any, session: LabSession) -> None:
    lab = lab_of_catalog()
    as_(client, bob)
    one = post(client, "terminal_hint", session, {"task": "2"}).json()
    assert (one["title"], one["number"]) == (lab.tasks[1].title, 1)
    two = post(client, "terminal_hint", session, {"task": lab.tasks[1].id}).json()
    assert two["number"] == 2 and two["text"] != one["text"]
    grade(session, lab, ["passed"])
    assert post(client, "terminal_hint", session).json()["title"] == lab.tasks[1].title
    unknown = post(client, "terminal_hint", session, {"task": "nine"})
    assert unknown.status_code == 404 and unknown.json()["refusal"] == "This lab has no task “nine”."


def test_nothing_to_undo_is_a_sentence_and_so_is_a_host_that_is_away(
    client: Client, bob: Any, session: LabSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "nothing to undo" in post(as_(client, bob), "terminal_undo", session).json()["refusal"]
    journal(session)
    monkeypatch.setattr(Nobody, "undo", lambda self, ref, seq: self.start(ref), raising=False)
    assert "our fault" in post(client, "terminal_undo", session).json()["refusal"]


def test_reset_begins_anew_and_keeps_the_home(client: Client, bob: Any, session: LabSession) -> None:
    as_(client, bob)
    post(client, "terminal_files", session, {"path": "notes", "data": coded("mine"), "known": ""})
    assert "Your files here stay" in post(client, "terminal_reset", session).json()["said"]
    session.refresh_from_db()
    assert session.resets == 1 and session.files.count() == 1


# --- The home ------------------------------------------------------------------------------------------------------


def test_files_go_there_and_back(client: Client, bob: Any, session: LabSession) -> None:
    as_(client, bob)
    saved = post(client, "terminal_files", session, {"path": "a/ü.txt", "data": coded("Grüße"), "known": ""}).json()
    where = address("terminal_files", session)
    assert client.get(where).json()["files"] == [{"path": "a/ü.txt", "version": saved["version"], "size": 7}]
    assert client.get(where, {"data": "1"}).json()["files"][0]["data"] == coded("Grüße")
    assert client.get(where, {"path": "a/ü.txt"}).json()["files"][0]["data"] == coded("Grüße")
    assert client.get(where, {"path": "none"}).json()["files"] == []
    conflict = post(client, "terminal_files", session, {"path": "a/ü.txt", "data": coded("mine"), "known": ""}).json()
    assert conflict["other"] == "a/ü.other.txt"
    gone = post(client, "terminal_files", session, {"path": "a/ü.txt", "data": None, "known": saved["version"]})
    assert gone.status_code == 409 and "another window" in gone.json()["refusal"]


def test_the_server_answers_with_json_alone(client: Client, bob: Any, session: LabSession) -> None:
    """What a learner keeps must never be a page of ours."""
    as_(client, bob)
    post(client, "terminal_files", session, {"path": "x.html", "data": coded("<script>alert(1)</script>"), "known": ""})
    answer = client.get(address("terminal_files", session), {"data": "1"})
    assert answer["Content-Type"] == "application/json" and answer["X-Content-Type-Options"] == "nosniff"
    assert b"<script" not in answer.content


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("terminal_files", "no json"),
        ("terminal_files", "[]"),
        ("terminal_files", "{}"),
        ("terminal_files", '{"path": 1, "data": ""}'),
        ("terminal_files", '{"path": "x", "data": "no base64"}'),
        ("terminal_files", '{"path": "x", "data": 5}'),
        ("terminal_history", '{"lines": "ls"}'),
        ("terminal_history", '{"lines": [1]}'),
        ("terminal_hint", '"x"'),
    ],
)
def test_what_cannot_be_read_is_400(client: Client, bob: Any, session: LabSession, name: str, body: str) -> None:
    answer = as_(client, bob).post(address(name, session), body, content_type="application/json")
    assert answer.status_code == 400 and "could not be read" in answer.json()["refusal"]
    assert not session.files.exists()


def test_a_path_out_of_the_home_and_too_much_are_refused(client: Client, bob: Any, session: LabSession) -> None:
    as_(client, bob)
    assert post(client, "terminal_files", session, {"path": "../x", "data": "", "known": ""}).status_code == 400
    large = {"path": "x", "data": coded("x" * 1_048_577), "known": ""}
    assert post(client, "terminal_files", session, large).status_code == 413


def test_history_is_kept_and_forgotten(client: Client, bob: Any, session: LabSession) -> None:
    as_(client, bob)
    post(client, "terminal_history", session, {"lines": ["ls", "aws s3 ls"]})
    assert client.get(address("terminal_history", session)).json() == {"lines": ["ls", "aws s3 ls"]}
    post(client, "terminal_history", session, {"clear": True})
    assert client.get(address("terminal_history", session)).json() == {"lines": []}


# --- The page ------------------------------------------------------------------------------------------------------


@pytest.fixture
def dist(settings: Any, tmp_path: Path) -> Path:
    """The folder of what is built, empty."""
    settings.BASE_DIR = tmp_path
    folder = tmp_path / "static" / "dist"
    folder.mkdir(parents=True)
    return folder


def told(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found, "the page tells the terminal nothing"
    about: dict[str, Any] = json.loads(found[1])
    return about


def test_the_page_has_a_shell_for_the_owner_alone(
    client: Client, bob: Any, ada: Any, session: LabSession, dist: Path
) -> None:
    (dist / "manifest.json").write_text('{"terminal.js": "terminal-1.js"}')
    page = as_(client, bob).get(address("session", session)).content.decode()
    about = told(page)
    assert "dist/terminal-1.js" in page and about["env"]["AWS_ACCESS_KEY_ID"] == "AKIALEARNER"
    assert about["urls"]["files"] == address("terminal_files", session) and about["exam"] is False
    policy = as_(client, bob).get(address("session", session))
    assert f"'nonce-{told(policy.content.decode())['nonce']}'" in policy["Content-Security-Policy"]
    assert "lab-terminal" not in as_(client, ada).get(address("session", session)).content.decode()


def test_an_exams_lab_has_the_shell_with_a_history_of_its_own(
    client: Client, bob: Any, session: LabSession, dist: Path
) -> None:
    (dist / "manifest.json").write_text('{"terminal.js": "terminal-1.js"}')
    session.exam = True
    session.save()
    about = told(as_(client, bob).get(address("session", session)).content.decode())
    assert about["exam"] is True and about["place"] == str(session.pk)


def test_without_a_shell_the_page_says_why_and_offers_the_learners_own(
    client: Client, bob: Any, session: LabSession, dist: Path
) -> None:
    page = as_(client, bob).get(address("session", session)).content.decode()
    assert "was not built on this server" in page and "Connect your own terminal" in page
    (dist / "missing.txt").write_text("Node.js is not installed on the server's machine.\n")
    page = client.get(address("session", session)).content.decode()
    assert "Node.js is not installed" in page and "lab-terminal" not in page
