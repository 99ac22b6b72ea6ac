"""The Diagram tab: who may see and ask, what a part holds, and that an exam answers nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labs.models import LabSession
from labs.views import diagram
from tests.e2e.scenes import make_session

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/labs/sessions/x/"}
ASKED = {"thing": "bucket/acme", "ask": "public"}


def look(client: Client, user: Any, session: LabSession, *, page: bool = False, **query: str) -> Any:
    client.force_login(user)
    headers = {} if page else HTMX
    return client.get(reverse("session_diagram", args=[session.pk]), query, headers=headers)


@pytest.fixture
def bucket(aws: Callable[[str], Any]) -> None:
    aws("s3").create_bucket(Bucket="acme")


@pytest.mark.usefixtures("bobs_class")
@pytest.mark.usefixtures("bucket")
def test_the_owner_and_who_teaches_see_it_and_a_stranger_gets_404(
    client: Client, bob: Any, ada: Any, eve: Any, session: LabSession
) -> None:
    for person in (bob, ada):
        text = look(client, person, session).content.decode()
        assert 'data-thing="bucket/acme"' in text and "The same as a list" in text
    assert look(client, eve, session).status_code == 404


def test_signed_out_and_by_post_there_is_nothing(client: Client, bob: Any, session: LabSession) -> None:
    where = reverse("session_diagram", args=[session.pk])
    assert client.get(where).status_code == 302
    client.force_login(bob)
    assert client.post(where).status_code == 405


@pytest.mark.usefixtures("bucket")
def test_a_question_is_a_page_that_can_be_passed_on(client: Client, bob: Any, session: LabSession) -> None:
    text = look(client, bob, session, page=True, **ASKED).content.decode()
    assert "<title>Is Bucket acme public?" in text and "No, it is not public" in text
    assert "thing=bucket%2Facme&amp;ask=public" in text


@pytest.mark.usefixtures("bucket")
def test_in_an_exam_it_is_drawn_and_answers_nothing(client: Client, bob: Any, session: LabSession) -> None:
    session.exam = True
    session.save()
    text = look(client, bob, session, **ASKED).content.decode()
    assert 'data-thing="bucket/acme"' in text
    assert "diagram-answer" not in text and "diagram-ask" not in text
    assert "Questions are off" in text


def test_an_empty_sandbox_teaches(client: Client, bob: Any, session: LabSession) -> None:
    text = look(client, bob, session).content.decode()
    assert "so there is nothing to draw" in text and "aws s3 mb" in text


@pytest.mark.usefixtures("bucket")
def test_what_is_drawn_is_read_anew_after_a_change_and_not_before(
    client: Client, bob: Any, session: LabSession, aws: Callable[[str], Any], call: Callable[..., Any]
) -> None:
    assert "bucket/acme" in look(client, bob, session).content.decode()
    aws("s3").create_bucket(Bucket="second")
    assert "bucket/second" not in look(client, bob, session).content.decode()
    call("s3:CreateBucket", {"Bucket": "second"})
    assert "bucket/second" in look(client, bob, session).content.decode()


@pytest.mark.usefixtures("bucket")
def test_after_a_moment_it_is_read_anew_in_any_case(
    client: Client, bob: Any, session: LabSession, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagram, "FRESH_SECONDS", 0.0)
    look(client, bob, session)
    aws("s3").create_bucket(Bucket="second")
    assert "bucket/second" in look(client, bob, session).content.decode()


def test_names_are_text(client: Client, bob: Any, session: LabSession, aws: Callable[[str], Any]) -> None:
    role = {"RoleName": "r", "AssumeRolePolicyDocument": "{}"}
    aws("iam").create_role(**role | {"AssumeRolePolicyDocument": '{"Version":"2012-10-17","Statement":[]}'})
    text = look(client, bob, session, thing="<script>alert(1)</script>", ask='"><b>', port="x").content.decode()
    assert "<script>" not in text and '"><b>' not in text
    assert "What you had chosen is not there any more" in text


@pytest.mark.parametrize("across", ["1", "3", "0", "99999999", "x"])
@pytest.mark.usefixtures("bucket")
def test_its_width_is_one_of_a_few(client: Client, bob: Any, session: LabSession, across: str) -> None:
    assert look(client, bob, session, across=across).status_code == 200


def test_a_session_that_is_over_has_no_diagram(client: Client, bob: Any) -> None:
    over = make_session(bob, state="ended")
    assert look(client, bob, over).status_code == 404
    assert look(client, bob, over, page=True)["Location"] == reverse("session", args=[over.pk])
