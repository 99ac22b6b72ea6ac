"""The Resources tab's addresses: who may look, who may act, and what a form answers before and after it is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from django.test import Client
from django.urls import reverse

from labs import providers, selectors
from labs.explorer.model import Kept, call
from labs.models import ApiCall, LabSession
from labs.services import explored
from tests.e2e.scenes import journal, make_session
from tests.labs.explorer.specimen import Specimens
from tests.labs.test_views import HTMX, Nobody

LOOKS = ["session_services", "session_resources", "session_thing"]
OWN = ["session_operations", "session_form"]
ACTS = ["session_command", "session_save", "session_unsave"]
QUERY = {"service": "s3", "kind": "bucket", "thing": "specimen-name"}
CREATE = {"service": "s3", "kind": "bucket", "action": "create"}


class Learner:
    """The learner's side of a sandbox: notes what is called, and answers or refuses."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refuses: dict[str, Exception] = {}

    def client(self, service: str, region: str | None = None) -> Any:
        return _Client(self)

    def speak_as(self, tool: str) -> None:
        self.tool = tool


class _Client:
    def __init__(self, learner: Learner) -> None:
        self._learner = learner

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> dict[str, Any]:
            self._learner.calls.append((operation, parameters))
            if operation in self._learner.refuses:
                raise self._learner.refuses[operation]
            return {"ResponseMetadata": {}, "Location": "/<b>made</b>", "Group": {"Id": "sg-7"}}

        return call


@pytest.fixture(autouse=True)
def no_sandboxes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    providers.get_provider.cache_clear()
    monkeypatch.setitem(providers.MAKERS, "emulated", Nobody)
    yield
    providers.get_provider.cache_clear()


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Specimens:
    made = Specimens()
    monkeypatch.setattr(selectors, "account_of", lambda session: made)
    return made


@pytest.fixture
def learner(monkeypatch: pytest.MonkeyPatch) -> Learner:
    made = Learner()
    monkeypatch.setattr(explored, "learner_account", lambda session: made)
    return made


@pytest.fixture
def session(bob: Any) -> LabSession:
    return make_session(bob)


@pytest.fixture
def at_work(client: Client, bob: Any) -> Client:
    client.force_login(bob)
    return client


def where(name: str, session: LabSession) -> str:
    return reverse(name, args=[session.pk])


# --- Who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("bobs_class")
@pytest.mark.parametrize("name", LOOKS)
def test_the_owner_and_who_teaches_may_look_and_a_stranger_may_not(
    client: Client, bob: Any, ada: Any, eve: Any, session: LabSession, name: str
) -> None:
    for person, status in ((bob, 200), (ada, 200), (eve, 404)):
        client.force_login(person)
        assert client.get(where(name, session), QUERY).status_code == status


@pytest.mark.parametrize("name", OWN)
def test_only_the_owner_gets_a_form(
    client: Client, bob: Any, ada: Any, eve: Any, session: LabSession, name: str
) -> None:
    for person, status in ((bob, 200), (ada, 404), (eve, 404)):
        client.force_login(person)
        assert client.get(where(name, session), CREATE).status_code == status


@pytest.mark.parametrize("name", ACTS)
def test_only_the_owner_acts(
    client: Client, ada: Any, eve: Any, session: LabSession, learner: Learner, name: str
) -> None:
    for person in (ada, eve):
        client.force_login(person)
        assert client.post(where(name, session), {**CREATE, "f.Bucket": "acme"}).status_code == 404
    assert learner.calls == []


@pytest.mark.parametrize("name", [*LOOKS, *OWN, *ACTS])
def test_the_method_the_session_and_the_sign_in_are_asked_for(
    client: Client, bob: Any, session: LabSession, name: str
) -> None:
    right, wrong = (client.post, client.get) if name in ACTS else (client.get, client.post)
    assert right(where(name, session), headers=HTMX)["HX-Redirect"].startswith("/accounts/login/")
    client.force_login(bob)
    assert wrong(where(name, session)).status_code == 405
    assert right(reverse(name, args=[uuid4()]), CREATE).status_code == 404


@pytest.mark.parametrize("name", ACTS)
def test_an_act_wants_its_csrf_token(bob: Any, session: LabSession, name: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(bob)
    assert strict.post(where(name, session), CREATE).status_code == 403


@pytest.mark.parametrize("name", ["session_form", *ACTS])
@pytest.mark.parametrize("state", ["starting", "ended"])
def test_what_is_not_there_yet_or_any_more_is_not_acted_in(
    at_work: Client, bob: Any, learner: Learner, name: str, state: str
) -> None:
    closed = make_session(bob, state=state)
    ask = at_work.get if name == "session_form" else at_work.post
    answer = ask(where(name, closed), {**CREATE, "f.Bucket": "acme", "seq": "1"}, headers=HTMX)
    assert answer.status_code == 409 and learner.calls == []


# --- Looking ----------------------------------------------------------------------------------------------------------


def test_services_of_the_lab_stand_first_with_how_much_is_in_them(at_work: Client, session: LabSession) -> None:
    page = at_work.get(where("session_services", session)).content.decode()
    assert re.findall(r'data-service="([a-z0-9-]+)"', page)[:2] == ["s3", "iam"]
    assert re.search(r'S3</span><span class="count">\d+', page)
    for other in ("dynamodb", "glue", "athena"):
        assert f'data-service="{other}"' in page


@pytest.mark.usefixtures("bobs_class")
def test_a_list_says_what_is_set_and_what_one_may_do(client: Client, bob: Any, ada: Any, session: LabSession) -> None:
    client.force_login(bob)
    page = client.get(where("session_resources", session), {"service": "s3"}).content.decode()
    assert "specimen-name" in page and "Create bucket" in page and "Any operation" in page
    client.force_login(ada)
    page = client.get(where("session_resources", session), {"service": "s3"}).content.decode()
    assert "specimen-name" in page and "Create bucket" not in page and "Any operation" not in page


def test_what_has_no_list_of_its_own_is_reached_all_the_same(at_work: Client, session: LabSession) -> None:
    page = at_work.get(where("session_resources", session), {"service": "glue"}).content.decode()
    assert 'data-ex-operations="glue"' in page
    page = at_work.get(
        where("session_operations", session), {"service": "glue", "words": "create database"}
    ).content.decode()
    assert "CreateDatabase" in page and "DeleteTable" not in page
    assert at_work.get(where("session_operations", session), {"service": "nothing"}).status_code == 404


def test_a_drawer_shows_a_thing_as_text_and_says_when_it_is_gone(
    client: Client, bob: Any, ada: Any, session: LabSession, account: Specimens, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(bob)
    page = client.get(where("session_thing", session), QUERY).content.decode()
    assert "Edit bucket policy" in page and "JSON" in page
    gone = client.get(where("session_thing", session), {**QUERY, "thing": "<b>acme</b>"}).content.decode()
    assert "There is no such bucket" in gone and "<b>acme" not in gone
    client.force_login(ada)
    assert "data-ex-action" not in client.get(where("session_thing", session), QUERY).content.decode()
    assert client.get(where("session_thing", session), {**QUERY, "kind": "nothing"}).status_code == 404


# --- Forms ------------------------------------------------------------------------------------------------------------


def test_a_form_has_its_fields_and_the_command_it_makes(at_work: Client, session: LabSession) -> None:
    page = at_work.get(where("session_form", session), CREATE).content.decode()
    assert 'name="f.Bucket"' in page and "aws s3api create-bucket" in page
    assert "Nothing like it" not in page
    missing = at_work.get(
        where("session_form", session), {**QUERY, "action": "policy", "thing": "gone"}
    ).content.decode()
    assert "Bucket gone is gone." in missing
    assert (
        "There is no such form."
        in at_work.get(where("session_form", session), {"service": "s3", "kind": "x", "action": "y"}).content.decode()
    )


def test_the_command_follows_what_is_typed(at_work: Client, session: LabSession, learner: Learner) -> None:
    page = at_work.post(where("session_command", session), {**CREATE, "f.Bucket": "it's-mine"}).content.decode()
    assert "--bucket &#x27;it&#x27;&quot;&#x27;&quot;&#x27;s-mine&#x27;" in page and learner.calls == []


def test_what_aws_would_refuse_is_not_sent_and_nothing_is_lost(
    at_work: Client, session: LabSession, learner: Learner
) -> None:
    answer = at_work.post(
        where("session_save", session), {**CREATE, "f.Bucket": "", "f.tags.0.key": "team", "f.tags.0.value": "web"}
    )
    assert answer.status_code == 422 and learner.calls == []
    page = answer.content.decode()
    assert "This is needed." in page
    operation = {"service": "sqs", "action": "op-create_queue", "f.QueueName": ""}
    assert "This is needed." in at_work.post(where("session_save", session), operation).content.decode()
    role = {
        "service": "iam",
        "action": "op-create_role",
        "f.RoleName": "no spaces please",
        "f.AssumeRolePolicyDocument": "{}",
    }
    page = at_work.post(where("session_save", session), role).content.decode()
    assert "AWS takes only what has the form" in page and "no spaces please" in page
    assert learner.calls == []


def test_what_is_saved_is_the_learners_own_call_with_its_answer(
    at_work: Client, session: LabSession, learner: Learner
) -> None:
    typed = {
        "service": "sqs",
        "action": "op-create_queue",
        "f.QueueName": "inbox",
        "f.Attributes.0.key": "DelaySeconds",
        "f.Attributes.0.value": "5",
    }
    answer = at_work.post(where("session_save", session), typed)
    assert answer.status_code == 200
    assert learner.calls == [("create_queue", {"QueueName": "inbox", "Attributes": {"DelaySeconds": "5"}})]
    page = answer.content.decode()
    assert "&lt;b&gt;made&lt;/b&gt;" in page and "<b>made</b>" not in page
    assert "explorer-saved" in json.loads(answer["HX-Trigger"])


def test_aws_own_words_stand_beside_the_form(at_work: Client, session: LabSession, learner: Learner) -> None:
    error = {"Error": {"Code": "AccessDenied", "Message": "User learner may not <do> that"}}
    learner.refuses["create_queue"] = ClientError(error, "CreateQueue")
    answer = at_work.post(
        where("session_save", session), {"service": "sqs", "action": "op-create_queue", "f.QueueName": "inbox"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "AccessDenied" in page and "may not &lt;do&gt; that" in page and 'value="inbox"' in page


@pytest.mark.parametrize("exam", [False, True])
def test_what_the_log_explains_is_said_beside_the_form_and_in_no_exam(
    at_work: Client, session: LabSession, learner: Learner, monkeypatch: pytest.MonkeyPatch, exam: bool
) -> None:
    LabSession.objects.filter(pk=session.pk).update(exam=exam)
    error = {"Error": {"Code": "QueueAlreadyExists", "Message": "It exists."}}
    learner.refuses["create_queue"] = ClientError(error, "CreateQueue")
    client = learner.client("sqs")
    monkeypatch.setattr(learner, "client", lambda *_: _Journaling(client, session, refused="QueueAlreadyExists"))
    journal(session)
    typed = {"service": "sqs", "action": "op-create_queue", "f.QueueName": "inbox"}
    page = at_work.post(where("session_save", session), typed).content.decode()
    assert "QueueAlreadyExists" in page
    assert ("There is one of that name already" in page) is not exam


def test_a_sandbox_that_does_not_answer_is_our_fault(at_work: Client, session: LabSession, learner: Learner) -> None:
    learner.refuses["create_queue"] = EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
    answer = at_work.post(
        where("session_save", session),
        {"service": "sqs", "action": "op-create_queue", "f.QueueName": "inbox"},
        headers=HTMX,
    )
    assert answer.status_code == 409 and "our fault" in answer.content.decode()


def test_a_later_call_has_what_an_earlier_one_answered(session: LabSession, learner: Learner) -> None:
    first = call("ec2", "create_security_group", GroupName="web", Description="Web", keep=("GROUP", "Group.Id"))
    then = call(
        "ec2", "authorize_security_group_ingress", GroupId=Kept("GROUP"), IpPermissions=[{"x": [Kept("GROUP")]}]
    )
    saved = explored.make_calls(session=session, calls=[first, then])
    assert saved.fault is None and len(saved.made) == 2
    assert learner.calls[1][1] == {"GroupId": "sg-7", "IpPermissions": [{"x": ["sg-7"]}]}


def test_after_a_refusal_no_further_call_is_made(session: LabSession, learner: Learner) -> None:
    learner.refuses["b"] = ClientError({"Error": {"Code": "No", "Message": "No."}}, "B")
    saved = explored.make_calls(session=session, calls=[call("s3", one) for one in "abc"])
    assert [name for name, _ in learner.calls] == ["a", "b"]
    assert saved.fault and (saved.fault.code, len(saved.made)) == ("No", 1)


def test_what_was_changed_by_the_form_and_nothing_else_is_offered_to_be_undone(
    session: LabSession, learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal(session)  # somebody's call before
    client = learner.client("s3")
    monkeypatch.setattr(learner, "client", lambda *_: _Journaling(client, session))
    saved = explored.make_calls(session=session, calls=[call("s3", "create_bucket", Bucket="a")])
    assert len(saved.changes) == 1
    assert ApiCall.objects.get(sandbox=session.sandbox, seq=saved.changes[0]).tool == explored.TOOL


class _Journaling:
    def __init__(self, client: Any, session: LabSession, refused: str = "") -> None:
        self._client, self._session, self._refused = client, session, refused

    def __getattr__(self, operation: str) -> Any:
        row = ApiCall.objects.filter(sandbox=self._session.sandbox, mutating=True, status=200).latest("seq")
        last = ApiCall.objects.latest("seq").seq
        row.pk, row.seq, row.tool = None, last + 1, explored.TOOL
        if self._refused:
            row.status, row.error_code = 400, self._refused
        row.save(force_insert=True)
        return getattr(self._client, operation)


def test_an_undo_of_nothing_is_refused_in_words(at_work: Client, session: LabSession) -> None:
    answer = at_work.post(where("session_unsave", session), {"seq": "x,-1,"}, headers=HTMX)
    assert answer.status_code == 409 and "nothing to undo" in answer.content.decode()
