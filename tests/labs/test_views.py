"""The pages of labs: who may see and do what, and what each part says. The six questions, to every address."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils import timezone

from labs import classroom, events, providers
from labs.models import Grading, HintReveal, LabSession
from labs.sandboxes import Credentials, Moment, Ref, Unavailable
from tests.e2e.scenes import grade, journal, lab_of_catalog, make_session

LAB = "private-bucket-one-reader"
READS = ["session", "session_status", "session_tasks", "session_resources", "session_bill", "session_log"]
ACTS = ["session_check", "session_extend", "session_reset", "session_end"]
ACTS += ["session_pause", "session_resume", "session_keep_paused", "session_bring_back", "session_skip"]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/labs/sessions/x/"}


class Nobody:
    """A provider whose sandboxes never answer: pages must bear that."""

    name = "emulated"

    def start(self, ref: Ref) -> None:
        raise Unavailable("no host")

    def stop(self, ref: Ref) -> None:
        raise Unavailable("no host")

    def is_running(self, ref: Ref) -> bool:
        raise Unavailable("no host")

    def checkpoints(self, ref: Ref) -> list[Moment]:
        raise Unavailable("no host")

    def learner_credentials(self, ref: Ref) -> Credentials:
        return Credentials("AKIALEARNER", "learner/secret", None, ref.region, "http://127.0.0.1:9", ref.account_id)

    def grader_credentials(self, ref: Ref) -> Credentials:
        return Credentials("AKIAGRADER", "grader/secret", None, ref.region, "http://127.0.0.1:9", ref.account_id)


@pytest.fixture(autouse=True)
def no_sandboxes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A sandbox host is another suite's."""
    providers.get_provider.cache_clear()
    monkeypatch.setitem(providers.MAKERS, "emulated", Nobody)
    yield
    providers.get_provider.cache_clear()


@pytest.fixture
def session(bob: Any) -> LabSession:
    """Bob at work."""
    return make_session(bob)


def address(name: str, session: LabSession, *more: str) -> str:
    if name in ("session_hint", "session_skip", "session_task_reset"):
        more = (lab_of_catalog().tasks[0].id,)
    return reverse(name, args=[session.pk, *more])


def as_(client: Client, user: Any) -> Client:
    client.force_login(user)
    return client


# --- Who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READS)
def test_the_owner_reads_every_part(client: Client, bob: Any, session: LabSession, name: str) -> None:
    assert as_(client, bob).get(address(name, session)).status_code == 200


@pytest.mark.usefixtures("bobs_class")
@pytest.mark.parametrize("name", READS)
def test_an_instructor_reads_every_part(client: Client, ada: Any, session: LabSession, name: str) -> None:
    assert as_(client, ada).get(address(name, session)).status_code == 200


@pytest.mark.parametrize("name", READS)
def test_a_stranger_gets_404(client: Client, eve: Any, session: LabSession, name: str) -> None:
    assert as_(client, eve).get(address(name, session)).status_code == 404


@pytest.mark.parametrize("name", READS)
def test_a_read_takes_no_post(client: Client, bob: Any, session: LabSession, name: str) -> None:
    assert as_(client, bob).post(address(name, session)).status_code == 405


@pytest.mark.parametrize("name", READS)
def test_a_session_that_is_not_there_is_404(client: Client, bob: Any, name: str) -> None:
    assert as_(client, bob).get(reverse(name, args=[uuid4()])).status_code == 404


@pytest.mark.parametrize("name", READS)
def test_signed_out_one_is_sent_to_sign_in(client: Client, session: LabSession, name: str) -> None:
    where = address(name, session)
    assert client.get(where)["Location"] == f"/accounts/login/?next={where}"


@pytest.mark.parametrize("name", READS)
def test_a_part_that_htmx_asks_for_signed_out_sends_the_whole_page_to_sign_in(
    client: Client, session: LabSession, name: str
) -> None:
    answer = client.get(address(name, session), headers=HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/accounts/login/?next=/labs/sessions/x/")


@pytest.mark.parametrize("name", [*ACTS, "session_hint"])
def test_nobody_else_acts_in_a_session(client: Client, ada: Any, eve: Any, session: LabSession, name: str) -> None:
    for person in (eve, ada):
        assert as_(client, person).post(address(name, session)).status_code == 404
    session.refresh_from_db()
    assert (session.state, session.extensions, session.resets) == ("ready", 0, 0)
    assert not session.hints.exists() and not session.gradings.exists()


@pytest.mark.parametrize("name", [*ACTS, "session_hint"])
def test_an_act_takes_no_get(client: Client, bob: Any, session: LabSession, name: str) -> None:
    assert as_(client, bob).get(address(name, session)).status_code == 405


@pytest.mark.parametrize("name", [*ACTS, "session_hint"])
def test_an_act_wants_its_csrf_token(bob: Any, session: LabSession, name: str) -> None:
    assert as_(Client(enforce_csrf_checks=True), bob).post(address(name, session)).status_code == 403


@pytest.mark.parametrize("name", [*ACTS, "session_hint"])
def test_signed_out_an_act_does_nothing(client: Client, session: LabSession, name: str) -> None:
    answer = client.post(address(name, session))
    assert answer["Location"] == "/accounts/login/?next=/"


@pytest.mark.parametrize("path", ["labs/sessions/1/", "labs/sessions/zz/tasks/", "labs/sessions/../"])
def test_a_malformed_id_is_404(client: Client, bob: Any, path: str) -> None:
    assert as_(client, bob).get(f"/{path}").status_code == 404


# --- Before ----------------------------------------------------------------------------------------------------------


def test_a_lab_is_read_without_an_account_and_nothing_is_started(client: Client, db: None) -> None:
    page = client.get(reverse("lab", args=[LAB])).content.decode()
    assert "Sign in to start" in page
    assert "{{" not in page
    assert not LabSession.objects.exists()


def test_a_lab_that_is_not_in_the_catalog_is_404(client: Client, db: None) -> None:
    assert client.get(reverse("lab", args=["no-such-lab"])).status_code == 404


def test_the_pages_before_and_at_work_tell_nothing_of_checks_solutions_and_later_hints(
    client: Client, bob: Any, session: LabSession
) -> None:
    lab = lab_of_catalog()
    as_(client, bob)
    for where in (reverse("lab", args=[LAB]), address("session", session), address("session_tasks", session)):
        page = client.get(where).content.decode()
        for task in lab.tasks:
            for hint in task.hints:
                assert hint.text[:40] not in page
            for check in task.checks:
                assert check.name not in page
            for block in task.solutions:
                assert block.text.strip() not in page


def test_starting_leads_to_the_workspace_and_starting_twice_to_the_same_one(client: Client, bob: Any) -> None:
    as_(client, bob)
    first = client.post(reverse("lab_start", args=[LAB]))
    second = client.post(reverse("lab_start", args=[LAB]))
    session = LabSession.objects.get()
    assert first["Location"] == second["Location"] == reverse("session", args=[session.pk])


def test_one_lab_too_many_is_refused_with_a_sentence(client: Client, bob: Any, settings: Any) -> None:
    settings.LAB_MAX_OPEN_PER_USER = 0
    answer = as_(client, bob).post(reverse("lab_start", args=[LAB]))
    assert answer.status_code == 409
    assert "the most at a time" in answer.content.decode()


def test_starting_wants_a_post_and_an_account(client: Client, bob: Any) -> None:
    where = reverse("lab_start", args=[LAB])
    assert client.post(where)["Location"].startswith("/accounts/login/")
    assert as_(client, bob).get(where).status_code == 405


# --- Phases ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "Waiting for a free place"),
        ("starting", "Building your account"),
        ("ready", "Check my work"),
        ("expiring", "Looking at your work once more"),
        ("ended", "How each task ended"),
        ("failed", "This is our fault"),
    ],
)
def test_every_state_has_its_page(client: Client, bob: Any, state: str, words: str) -> None:
    page = as_(client, bob).get(address("session", make_session(bob, state=state))).content.decode()
    assert words in page


def test_a_page_that_waits_is_loaded_anew_when_the_sandbox_is_ready(client: Client, bob: Any) -> None:
    waiting = make_session(bob, state="starting")
    where = address("session_status", waiting) + "?phase=waiting"
    assert "HX-Refresh" not in as_(client, bob).get(where)
    LabSession.objects.filter(pk=waiting.pk).update(state="ready")
    assert client.get(where)["HX-Refresh"] == "true"


def test_the_clock_is_the_servers(client: Client, bob: Any, session: LabSession) -> None:
    page = as_(client, bob).get(address("session_status", session) + "?phase=working").content.decode()
    expires, now = (int(re.search(rf'{name}="(\d+)"', page)[1]) for name in ("expires", "now"))  # type: ignore[index]
    assert abs(expires - now - 24 * 60_000) < 60_000


# --- Tasks -----------------------------------------------------------------------------------------------------------


def test_each_outcome_has_words_of_its_own(client: Client, bob: Any, session: LabSession) -> None:
    lab = lab_of_catalog()
    page = as_(client, bob).get(address("session_tasks", session)).content.decode()
    assert page.count("Not started") == len(lab.tasks)
    grade(session, lab, ["passed", "failed", "error", "skipped"])
    page = client.get(address("session_tasks", session)).content.decode()
    for words in ("Passed", "Not yet", "This one is our fault", "Waits"):
        assert words in page
    for part in ("Looked at", "Found", "Needed", "Try", "For example"):
        assert part in page
    assert page.index("For example") < page.index("Looked at")


def test_what_a_check_found_is_text_not_html(client: Client, bob: Any, session: LabSession) -> None:
    grading = grade(session, lab_of_catalog(), ["failed"])
    row = grading.tasks.get()
    row.results[-1]["found"] = "<script>alert(1)</script>"
    row.save()
    page = as_(client, bob).get(address("session_tasks", session)).content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_a_change_since_the_last_check_makes_results_stale(client: Client, bob: Any, session: LabSession) -> None:
    grade(session, lab_of_catalog(), ["passed"])
    where = address("session_tasks", session)
    assert "stale" not in as_(client, bob).get(where).content.decode()
    journal(session)
    assert 'class="task stale"' in client.get(where).content.decode()


def test_checking_is_asked_for_once_and_said(client: Client, bob: Any, session: LabSession) -> None:
    as_(client, bob)
    for _ in range(2):
        page = client.post(address("session_check", session), headers=HTMX).content.decode()
        assert "Checking" in page and "data-checking" in page
    assert session.gradings.count() == 1


def test_checking_without_javascript_leads_back_to_the_page(client: Client, bob: Any, session: LabSession) -> None:
    assert as_(client, bob).post(address("session_check", session))["Location"] == address("session", session)


def test_a_grading_that_was_given_up_is_said_to_be_ours(client: Client, bob: Any, session: LabSession) -> None:
    Grading.objects.create(session=session, state="dead", requested_at=timezone.now())
    assert "our fault" in as_(client, bob).get(address("session_tasks", session)).content.decode()


def test_hints_come_one_at_a_time_and_end(client: Client, bob: Any, session: LabSession) -> None:
    task = lab_of_catalog().tasks[0]
    as_(client, bob)
    for shown in range(1, len(task.hints) + 1):
        page = client.post(address("session_hint", session), headers=HTMX).content.decode()
        assert page.count('class="hint"') == shown
        assert "The solution" not in page
    page = client.post(address("session_hint", session), headers=HTMX).content.decode()
    assert 'class="hint solution"' in page and "delete-bucket-policy" in page
    refused = client.post(address("session_hint", session), headers=HTMX)
    assert refused.status_code == 409
    assert "all the hints" in refused.content.decode()
    assert HintReveal.objects.count() == len(task.hints) + 1


def test_a_hint_of_no_task_is_refused(client: Client, bob: Any, session: LabSession) -> None:
    assert as_(client, bob).post(reverse("session_hint", args=[session.pk, "no-such"])).status_code == 404


# --- Acts ------------------------------------------------------------------------------------------------------------


def test_extending_gives_half_an_hour_and_the_clock_anew(client: Client, bob: Any, session: LabSession) -> None:
    before = session.expires_at
    page = as_(client, bob).post(address("session_extend", session), headers=HTMX).content.decode()
    session.refresh_from_db()
    assert before and session.expires_at == before + timedelta(minutes=30)
    assert str(int(session.expires_at.timestamp() * 1000)) in page


def test_a_reset_leads_to_the_page_that_waits(client: Client, bob: Any, session: LabSession) -> None:
    page = as_(client, bob).post(address("session_reset", session), follow=True).content.decode()
    assert "The old sandbox is thrown away" in page


def test_an_end_leads_to_the_last_check_and_ending_twice_is_no_fault(
    client: Client, bob: Any, session: LabSession
) -> None:
    as_(client, bob)
    for _ in range(2):
        page = client.post(address("session_end", session), follow=True).content.decode()
        assert "Looking at your work once more" in page
    assert session.gradings.count() == 1


@pytest.mark.parametrize("name", ["session_check", "session_extend", "session_reset", "session_hint"])
def test_what_has_ended_is_not_acted_in(client: Client, bob: Any, name: str) -> None:
    ended = make_session(bob, state="ended")
    answer = as_(client, bob).post(address(name, ended), headers=HTMX)
    assert answer.status_code == 409
    assert "This lab has ended" in answer.content.decode()


def test_a_paused_lab_says_what_is_kept_and_until_when_and_goes_on(
    client: Client, bob: Any, session: LabSession
) -> None:
    page = as_(client, bob).post(address("session_pause", session), follow=True).content.decode()
    assert "Paused" in page and "The clock stands at" in page and "It is kept until" in page
    assert "AKIALEARNER" not in page
    home = client.get(reverse("home")).content.decode()
    assert "paused" in home and address("session_resume", session) in home
    for name in ("session_check", "session_skip", "session_hint"):
        if name != "session_hint":
            assert "This lab is paused" in client.post(address(name, session), headers=HTMX).content.decode()
    assert client.get(address("session_status", session) + "?phase=working", headers=HTMX)["HX-Refresh"] == "true"
    assert "AKIALEARNER" in client.post(address("session_resume", session), follow=True).content.decode()


def test_a_skip_is_asked_for_once_and_refused_for_what_is_not_there(
    client: Client, bob: Any, session: LabSession
) -> None:
    as_(client, bob)
    for _ in range(2):
        assert "Being done for you" in client.post(address("session_skip", session), headers=HTMX).content.decode()
    assert session.skips.count() == 1
    assert client.post(reverse("session_skip", args=[session.pk, "no-such"])).status_code == 404


def test_the_bar_names_what_undo_takes_back(client: Client, bob: Any, session: LabSession) -> None:
    as_(client, bob)
    assert "changed nothing yet" in client.get(address("session", session)).content.decode()
    journal(session)
    part = client.get(address("session_history", session) + "?part=undo", headers=HTMX).content.decode()
    assert "Undo: s3:" in part and 'name="seq"' in part


# --- The workbench ---------------------------------------------------------------------------------------------------


def test_connect_gives_the_learners_keys_and_never_the_graders(client: Client, bob: Any, session: LabSession) -> None:
    page = as_(client, bob).get(address("session", session)).content.decode()
    assert "AKIALEARNER" in page and str(session.sandbox.account_id) in page
    assert "AKIAGRADER" not in page and "grader/secret" not in page
    for tool in ("bash", "fish", "PowerShell", "AWS profile", "boto3", "Terraform"):
        assert tool in page


@pytest.mark.usefixtures("bobs_class")
def test_the_keys_are_shown_to_nobody_but_their_owner(client: Client, ada: Any, session: LabSession) -> None:
    as_(client, ada)
    assert client.get(address("session_connect", session)).status_code == 404
    page = client.get(address("session", session)).content.decode()
    assert "learner/secret" not in page and "The keys are the learner’s own" in page


def test_connect_is_there_only_while_the_sandbox_is(client: Client, bob: Any) -> None:
    ended = make_session(bob, state="ended")
    assert as_(client, bob).get(address("session_connect", ended)).status_code == 404


def test_the_log_shows_calls_newest_first_and_why_one_failed(client: Client, bob: Any, session: LabSession) -> None:
    as_(client, bob)
    assert "No calls yet" in client.get(address("session_log", session)).content.decode()
    journal(session)
    page = client.get(address("session_log", session)).content.decode()
    assert page.index("PutPublicAccessBlock") < page.index("GetCallerIdentity")
    assert "MalformedPolicy: Policy has invalid resource" in page


def test_resources_bear_a_sandbox_that_does_not_answer(client: Client, bob: Any, session: LabSession) -> None:
    page = as_(client, bob).get(address("session_resources", session)).content.decode()
    assert "could not be read just now" in page


# --- Events ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_stranger_hears_nothing(eve: Any, session: LabSession) -> None:
    client = AsyncClient()
    client.force_login(eve)

    async def ask() -> int:
        return int((await client.get(address("session_events", session))).status_code)

    assert asyncio.run(ask()) == 404


@pytest.mark.django_db(transaction=True)
def test_the_owner_hears_what_happens_as_types_only(
    bob: Any, session: LabSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def heard(session_id: Any) -> Any:
        assert session_id == session.pk
        yield json.dumps({"type": "call"})
        yield ""

    monkeypatch.setattr(events, "listen", heard)
    client = AsyncClient()
    client.force_login(bob)

    async def ask() -> tuple[Any, str]:
        answer: Any = await client.get(address("session_events", session))
        return answer, b"".join([part async for part in answer.streaming_content]).decode()

    answer, text = asyncio.run(ask())
    assert answer["Content-Type"] == "text/event-stream"
    assert answer["X-Accel-Buffering"] == "no"
    assert text == 'retry: 2000\n\ndata: {"type": "call"}\n\n: ping\n\n'


def test_events_take_no_post_and_want_an_account(client: Client, bob: Any, session: LabSession) -> None:
    where = address("session_events", session)
    assert client.get(where)["Location"].startswith("/accounts/login/")
    assert as_(client, bob).post(where).status_code == 405


# --- The class -------------------------------------------------------------------------------------------------------


def test_the_class_shows_the_latest_session_the_best_score_and_what_stood_in_the_way(bob: Any, eve: Any) -> None:
    lab = lab_of_catalog()
    earlier = make_session(bob, state="ended", now=timezone.now() - timedelta(days=1))
    grade(earlier, lab, ["passed", "passed"])
    latest = make_session(bob)
    grade(latest, lab, ["failed"])
    make_session(eve, state="failed")
    first, second = classroom.rows([LAB, "another"])
    assert (first.user, second.user) == (bob, eve)
    cell, nothing = first.cells
    assert cell is not None and nothing is None
    assert (cell.session, cell.score) == (latest, earlier.score)
    assert "read-data" in cell.reason
    assert second.cells[0] is not None and second.cells[0].tone == "ours"


def test_the_class_takes_as_many_queries_for_many_as_for_one(
    bob: Any, eve: Any, ada: Any, django_assert_num_queries: Any
) -> None:
    for person in (bob, eve, ada):
        grade(make_session(person), lab_of_catalog(), ["failed"])
    with django_assert_num_queries(3):
        assert len(classroom.rows([LAB])) == 3


def test_a_timeline_has_what_was_said_once(bob: Any, session: LabSession) -> None:
    lab = lab_of_catalog()
    for ago in (3, 2):
        grade(session, lab, ["failed"], minutes_ago=ago)
    grade(session, lab, ["passed"], minutes_ago=1)
    moments = classroom.timeline(session, lab)
    assert [moment.tone for moment in moments] == ["pass", "notyet", "", ""]
