"""The Inbox: what was sent, who may see it, what has been read, and a subscription that is confirmed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labs.inbox import messages
from labs.models import LabSession
from labs.sandboxes import Delivery
from tests.labs.doubles import MemoryProvider

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/labs/sessions/x/"}
NOON = 1_790_000_000.0


def mail(number: int, body: Any = "Hello", **more: Any) -> Delivery:
    protocol, endpoint = more.pop("protocol", "email"), more.pop("endpoint", "ann@example.com")
    return Delivery(number, NOON + number, more.pop("service", "sns"), protocol, endpoint, body, more)


def inbox(client: Client, session: LabSession, **query: str) -> str:
    return str(client.get(reverse("session_inbox", args=[session.pk]), query, headers=HTMX).content.decode())


@pytest.fixture
def client(client: Client, bob: Any) -> Client:
    client.force_login(bob)
    return client


def test_an_empty_inbox_teaches(client: Client, session: LabSession) -> None:
    assert "Nothing has been sent yet" in inbox(client, session) and "aws sns subscribe" in inbox(client, session)


def test_messages_come_newest_first_and_json_is_pretty(
    client: Client, session: LabSession, provider: MemoryProvider
) -> None:
    provider.sent = [mail(1, "First words\nmore"), mail(2, '{"AlarmName": "cpu", "n": [1]}', subject="ALARM: cpu")]
    text = inbox(client, session)
    assert text.index("ALARM: cpu") < text.index("First words")
    assert "&quot;AlarmName&quot;: &quot;cpu&quot;,\n" in text


def test_what_is_sent_is_text(client: Client, session: LabSession, provider: MemoryProvider) -> None:
    provider.sent = [mail(1, "<script>alert(1)</script>", endpoint='"><img src=x>', subject="<b>")]
    text = inbox(client, session)
    assert "<script>" not in text and "<img" not in text and "<b>&lt;b&gt;</b>" in text


def test_what_its_owner_has_seen_is_not_unread_and_never_becomes_it_again(
    client: Client, session: LabSession, provider: MemoryProvider
) -> None:
    provider.sent = [mail(1), mail(2)]
    seen = reverse("session_inbox_seen", args=[session.pk])
    assert ">2<" in inbox(client, session, part="count")
    for until, left in ((NOON + 1, ">1<"), (NOON + 2, "none"), (NOON, "none")):
        client.post(seen, {"until": f"{until:.6f}"}, headers=HTMX)
        assert left in inbox(client, session, part="count")
    assert "data-new" not in inbox(client, session)
    provider.sent.append(mail(3))
    assert inbox(client, session).count("data-new") == 1


@pytest.mark.parametrize("until", ["", "x", "-1", "9" * 40, "1e9", "nan"])
def test_a_time_that_is_none_changes_nothing(client: Client, session: LabSession, until: str) -> None:
    client.post(reverse("session_inbox_seen", args=[session.pk]), {"until": until}, headers=HTMX)
    session.refresh_from_db()
    assert session.inbox_seen_at is None


@pytest.mark.usefixtures("bobs_class")
def test_nobody_else_looks_or_acts(
    client: Client, session: LabSession, provider: MemoryProvider, ada: Any, eve: Any
) -> None:
    provider.sent = [mail(1)]
    acts = [reverse(name, args=[session.pk]) for name in ("session_inbox_seen", "session_confirm")]
    for person, status in ((ada, 200), (eve, 404)):
        client.force_login(person)
        assert client.get(reverse("session_inbox", args=[session.pk]), headers=HTMX).status_code == status
        assert {client.post(where, {"until": "1790000009"}, headers=HTMX).status_code for where in acts} == {404}
    session.refresh_from_db()
    assert session.inbox_seen_at is None


def test_a_subscription_is_confirmed_as_the_learner(
    client: Client, session: LabSession, provider: MemoryProvider, aws: Callable[[str], Any]
) -> None:
    topic = aws("sns").create_topic(Name="alerts")["TopicArn"]
    body = {"Type": "SubscriptionConfirmation", "TopicArn": topic, "Token": "f00"}
    provider.sent = [mail(1, body, kind="confirmation")]
    assert "Confirm subscription" in inbox(client, session)
    values = {"topic": topic, "token": "f00"}
    answer = client.post(reverse("session_confirm", args=[session.pk]), values, headers=HTMX)
    assert answer.status_code == 200 and "announce" in answer["HX-Trigger"]
    aws("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="ann@example.com")
    assert "Confirm subscription" not in inbox(client, session)  # moto confirms by itself: it is in the list


def test_a_sandbox_that_does_not_answer_is_our_fault(
    client: Client, session: LabSession, provider: MemoryProvider
) -> None:
    provider.away = True
    assert "That is our fault" in inbox(client, session)
    assert "none" in inbox(client, session, part="count")


def test_without_javascript_it_is_a_page(client: Client, session: LabSession, provider: MemoryProvider) -> None:
    provider.sent = [mail(1, "By hand")]
    page = client.get(reverse("session_inbox", args=[session.pk])).content.decode()
    assert "<h1>Inbox</h1>" in page and "By hand" in page


@pytest.mark.parametrize(
    ("one", "title"),
    [
        (mail(1, {"Token": "t"}, kind="confirmation"), "Asks you to confirm a subscription"),
        (mail(1, "Your confirmation code is 123456", service="cognito-idp"), "Your confirmation code is 123456"),
        (mail(1, '{"AlarmName": "cpu"}', protocol="ec2"), "Alarm cpu"),
        (mail(1, "[1]"), "A message"),
        (mail(1, "stopped", protocol="recursion", service="lambda"), "Stopped: it fed itself"),
        (mail(1, None), "Message"),
        (mail(1, "{broken"), "{broken"),
    ],
)
def test_a_message_has_a_title_in_a_line(one: Delivery, title: str) -> None:
    assert messages([one], seen=0.0)[0].title == title
