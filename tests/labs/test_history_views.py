"""The History tab: who may see and do what, and what it says. The six questions, to each of its addresses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from moto import mock_aws

from labs import providers, services
from labs.models import ApiCall, LabSession, Sandbox, Snapshot
from labs.sandboxes import Moment
from tests.e2e.scenes import journal, make_session
from tests.labs.doubles import MemoryProvider

READS = ["session_history", "session_changes"]
ACTS = ["session_undo", "session_keep", "session_back"]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/labs/sessions/x/"}
UNDO = "s3:PutBucketPolicy on acme-exports-teal-3f9a"


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryProvider]:
    double = MemoryProvider()
    monkeypatch.setitem(providers.MAKERS, "emulated", lambda: double)
    providers.get_provider.cache_clear()
    with mock_aws():
        yield double
    providers.get_provider.cache_clear()


@pytest.fixture
def session(bob: Any) -> LabSession:
    """Bob at work, with two changes and a checkpoint between them."""
    made = make_session(bob)
    journal(made)
    return made


@pytest.fixture
def kept(session: LabSession) -> Moment:
    return services.keep_checkpoint(session=session, label="Half way", now=timezone.now())


def address(name: str, session: LabSession, moment: int = 1) -> str:
    more = [moment] if name == "session_changes" else []
    return reverse(name, args=[session.pk, *more])


def as_(client: Client, user: Any) -> Client:
    client.force_login(user)
    return client


def undone(session: LabSession) -> list[int]:
    return list(session.sandbox.calls.exclude(undone_by=None).values_list("seq", flat=True))


def change(session: LabSession, seq: int) -> None:
    ApiCall.objects.create(
        sandbox=session.sandbox, epoch=1, seq=seq, at=timezone.now(), service="s3", action="CreateBucket", status=200,
        mutating=True, milliseconds=1, parameters={"Bucket": "new"},
    )  # fmt: skip


def said(answer: Any) -> str:
    return str(json.loads(answer["HX-Trigger"])["announce"])


# --- Who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("bobs_class")
@pytest.mark.parametrize("name", READS)
def test_the_owner_and_who_teaches_read_and_a_stranger_gets_404(
    client: Client, bob: Any, ada: Any, eve: Any, session: LabSession, kept: Moment, name: str
) -> None:
    got = [as_(client, person).get(address(name, session, kept.id)).status_code for person in (bob, ada, eve)]
    assert got == [200, 200, 404]


@pytest.mark.parametrize("name", READS)
def test_a_read_takes_no_post_and_wants_an_account(
    client: Client, bob: Any, session: LabSession, kept: Moment, name: str
) -> None:
    where = address(name, session, kept.id)
    assert client.get(where)["Location"] == f"/accounts/login/?next={where}"
    assert as_(client, bob).post(where).status_code == 405
    more = [kept.id] if name == "session_changes" else []
    assert client.get(reverse(name, args=[uuid4(), *more])).status_code == 404


@pytest.mark.parametrize("name", ACTS)
def test_nobody_else_goes_back_in_a_session(
    client: Client, ada: Any, eve: Any, session: LabSession, kept: Moment, name: str
) -> None:
    for person in (eve, ada):
        assert as_(client, person).post(address(name, session), {"seq": "7", "moment": kept.id}).status_code == 404
    assert undone(session) == []
    assert Snapshot.objects.count() == 1


@pytest.mark.parametrize("name", ACTS)
def test_an_act_takes_no_get_wants_its_token_and_an_account(
    client: Client, bob: Any, session: LabSession, kept: Moment, name: str
) -> None:
    where = address(name, session, kept.id)
    assert client.post(where)["Location"] == "/accounts/login/?next=/"
    assert as_(client, bob).get(where).status_code == 405
    assert as_(Client(enforce_csrf_checks=True), bob).post(where).status_code == 403
    assert undone(session) == []
    assert Snapshot.objects.count() == 1


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("state", ["queued", "starting", "expiring", "ended"])
def test_an_act_is_refused_with_a_sentence_where_there_is_no_sandbox(
    client: Client, bob: Any, state: str, name: str
) -> None:
    answer = as_(client, bob).post(address(name, make_session(bob, state=state)), headers=HTMX)
    assert answer.status_code == 409
    assert "toast refusal" in answer.content.decode()


@pytest.mark.parametrize("state", ["starting", "ended"])
def test_without_a_sandbox_there_is_no_history(client: Client, bob: Any, state: str) -> None:
    session = make_session(bob, state=state)
    as_(client, bob)
    assert client.get(address("session_history", session), headers=HTMX).status_code == 404
    assert client.get(address("session_history", session))["Location"] == reverse("session", args=[session.pk])
    assert client.get(address("session_changes", session)).status_code == 409


@pytest.mark.parametrize("path", ["history/x/", "changes/x/", "changes/-1/"])
def test_a_malformed_moment_is_404(client: Client, bob: Any, session: LabSession, path: str) -> None:
    as_(client, bob)
    assert client.get(f"/labs/sessions/{session.pk}/{path}").status_code == 404


@pytest.mark.parametrize("seq", ["", "x", "-1", "1e9", "9" * 5000, "²"])
def test_a_malformed_call_undoes_nothing(client: Client, bob: Any, session: LabSession, seq: str) -> None:
    assert as_(client, bob).post(address("session_undo", session), {"seq": seq}, headers=HTMX).status_code == 409
    assert undone(session) == []


# --- Undo ------------------------------------------------------------------------------------------------------------


def test_the_button_names_the_call_and_undoes_it_and_no_other(client: Client, bob: Any, session: LabSession) -> None:
    as_(client, bob)
    where = address("session_history", session)
    assert UNDO in client.get(where, headers=HTMX).content.decode()
    answer = client.post(address("session_undo", session), {"seq": "7"}, headers=HTMX)
    page = answer.content.decode()
    assert said(answer) == f"Undone: {UNDO}"
    assert undone(session) == [7]
    assert "s3:PutPublicAccessBlock" in page and "Take it back" in page
    again = client.post(address("session_undo", session), {"seq": "7"}, headers=HTMX)
    assert (again.status_code, undone(session)) == (409, [7])
    assert "another one by now" in again.content.decode()


def test_what_was_undone_can_be_taken_back(client: Client, bob: Any, session: LabSession) -> None:
    as_(client, bob).post(address("session_undo", session), {"seq": "7"}, headers=HTMX)
    before = Snapshot.objects.get(kind="before")
    answer = client.post(address("session_back", session), {"moment": before.pk}, headers=HTMX)
    assert (answer.status_code, undone(session)) == (200, [])
    assert UNDO in answer.content.decode()


def test_a_change_after_an_undo_moves_the_way_back_into_the_list(client: Client, bob: Any, session: LabSession) -> None:
    as_(client, bob).post(address("session_undo", session), {"seq": "7"}, headers=HTMX)
    change(session, 8)
    page = client.get(address("session_history", session), headers=HTMX).content.decode()
    assert "Take it back" not in page
    assert "Before you undid a change" in page and "s3:CreateBucket on new" in page


def test_where_nothing_can_be_undone_the_button_says_why(client: Client, bob: Any) -> None:
    session = make_session(bob)
    page = as_(client, bob).get(address("session_history", session), headers=HTMX).content.decode()
    assert 'aria-disabled="true" aria-describedby="undo-why"' in page
    assert "You have changed nothing yet" in page and "No checkpoints yet" in page


def test_calls_that_were_undone_are_struck_through_in_the_log(client: Client, bob: Any, session: LabSession) -> None:
    services.undo_last(session=session, now=timezone.now())
    page = as_(client, bob).get(reverse("session_log", args=[session.pk])).content.decode()
    rows = {row.split('"')[0]: row for row in page.split('<li id="call-1-')[1:]}
    assert 'class="call ok undone"' in rows["7"] and ">undone</span>" in rows["7"]
    assert "undone" not in rows["5"]


# --- Checkpoints -----------------------------------------------------------------------------------------------------


def test_a_checkpoint_is_kept_said_and_listed_the_newest_first(client: Client, bob: Any, session: LabSession) -> None:
    as_(client, bob)
    for label in ("First", "<b>Second</b>"):
        answer = client.post(address("session_keep", session), {"label": label}, headers=HTMX)
    page = answer.content.decode()
    assert said(answer) == "Kept: <b>Second</b>"
    assert page.index("&lt;b&gt;Second&lt;/b&gt;") < page.index("First")
    assert "<b>Second</b>" not in page
    assert 'id="history-keep"' in page  # the field is empty again
    assert 'id="history-keep"' not in client.get(address("session_history", session), headers=HTMX).content.decode()


@pytest.mark.usefixtures("bobs_class")
def test_who_teaches_sees_the_list_and_no_buttons(client: Client, ada: Any, session: LabSession, kept: Moment) -> None:
    as_(client, ada)
    for page in (
        client.get(address("session_history", session), headers=HTMX),
        client.get(address("session_history", session)),
    ):
        text = page.content.decode()
        assert "Half way" in text and "Last change" in text
        assert "Go back" not in text and "<form" not in text.split('id="moments"')[-1]


def test_going_back_leads_there_and_a_moment_that_is_gone_is_refused(
    client: Client, bob: Any, session: LabSession, kept: Moment
) -> None:
    change(session, 8)
    as_(client, bob)
    assert client.post(address("session_back", session), {"moment": kept.id}, headers=HTMX).status_code == 200
    assert undone(session) == [8]
    for moment in ("4711", "", "x", "9" * 5000):
        gone = client.post(address("session_back", session), {"moment": moment}, headers=HTMX)
        assert (gone.status_code, "does not exist any more" in gone.content.decode()) == (409, True)


def test_a_frozen_sandbox_is_shown_and_not_changed(client: Client, bob: Any, session: LabSession, kept: Moment) -> None:
    services.freeze(session=session, now=timezone.now())
    as_(client, bob)
    page = client.get(address("session_history", session), headers=HTMX).content.decode()
    assert "frozen" in page and "Half way" in page and "Go back" not in page
    for name in ACTS:
        assert (
            client.post(address(name, session, kept.id), {"seq": "7", "moment": kept.id}, headers=HTMX).status_code
            == 409
        )
    assert Sandbox.objects.get().state == "frozen"


def test_a_host_that_is_away_is_said_to_be_ours(
    client: Client, bob: Any, session: LabSession, provider: MemoryProvider
) -> None:
    provider.away = True
    as_(client, bob)
    page = client.get(address("session_history", session), headers=HTMX).content.decode()
    assert "That is our fault" in page and "Go back" not in page
    assert client.get(address("session_history", session)).status_code == 200
    for name in ACTS:
        answer = client.post(address(name, session), {"seq": "7"}, headers=HTMX)
        assert (answer.status_code, "our fault" in answer.content.decode()) == (409, True)


# --- What has changed ------------------------------------------------------------------------------------------------


def test_what_changed_since_is_told_in_words(
    client: Client, bob: Any, session: LabSession, kept: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: Iterator[Callable[[], Any]] = iter([lambda: None, lambda: _bucket("new-one")])
    monkeypatch.setattr("labs.services.histories.account_of", _then(looks, services.histories.account_of))
    monkeypatch.setattr("labs.services.histories.boto_account", _then(looks, services.histories.boto_account))
    answer = as_(client, bob).get(address("session_changes", session, kept.id), headers=HTMX)
    page = answer.content.decode()
    assert "Bucket new-one was added" in page and "1 added" in page
    assert said(answer) == "1 added since Half way"


def test_what_cannot_be_compared_says_so_in_its_place(
    client: Client, bob: Any, session: LabSession, provider: MemoryProvider
) -> None:
    provider.away = True
    answer = as_(client, bob).get(address("session_changes", session), headers=HTMX)
    assert answer.status_code == 200
    assert "our fault" in answer.content.decode() and "Compare again" in answer.content.decode()
    assert client.get(address("session_changes", session)).status_code == 409


def _bucket(name: str) -> None:
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=name)


def _then(looks: Iterator[Callable[[], Any]], make: Callable[..., Any]) -> Callable[..., Any]:
    """All accounts of the double are one: change it between the look at the past and the one at the present."""

    def made(*args: Any) -> Any:
        next(looks)()
        return make(*args)

    return made


# --- Without JavaScript ----------------------------------------------------------------------------------------------


def test_without_javascript_it_is_a_page_of_plain_forms(
    client: Client, bob: Any, session: LabSession, kept: Moment
) -> None:
    as_(client, bob)
    page = client.get(address("session_history", session)).content.decode()
    assert (
        "<h1>History</h1>" in page
        and UNDO in page
        and "hx-post" not in page.partition("<main")[2].partition("</main>")[0]
    )
    assert page.count("csrfmiddlewaretoken") >= 3
    answer = client.post(address("session_undo", session), {"seq": "7"})
    assert answer["Location"] == address("session_history", session)
    page = client.get(answer["Location"]).content.decode()
    assert f"Undone: {UNDO}." in page and "Take it back" in page
    page = client.post(address("session_back", session), {"moment": kept.id}, follow=True).content.decode()
    assert "Your sandbox is as it was then." in page
    page = client.post(address("session_keep", session), {"label": "By hand"}, follow=True).content.decode()
    assert "Kept: By hand." in page
    page = client.get(address("session_changes", session, kept.id)).content.decode()
    assert "Since “Half way”" in page and "Nothing has changed" in page


def test_the_workspace_leads_there_without_javascript(client: Client, bob: Any, session: LabSession) -> None:
    page = as_(client, bob).get(reverse("session", args=[session.pk])).content.decode()
    assert f'<noscript><p class="history-link"><a href="{address("session_history", session)}"' in page
