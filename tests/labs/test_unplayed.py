"""What is not simulated is counted: the selector, and the operator's page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labs.models import ApiCall, LabSession
from labs.unplayed import unplayed
from tests.e2e.scenes import make_session

NOW = timezone.now()


def missed(session: LabSession, seq: int, action: str, *, service: str = "ec2", **more: Any) -> None:
    given = {"status": 501, "error_code": "NotImplemented", "mutating": False, "milliseconds": 1, **more}
    at = NOW + timedelta(seconds=seq)
    ApiCall.objects.create(sandbox=session.sandbox, epoch=1, seq=seq, at=at, service=service, action=action, **given)


def test_the_most_missed_come_first_with_their_labs(bob: Any, eve: Any) -> None:
    mine, theirs = make_session(bob), make_session(eve)
    for seq in range(1, 4):
        missed(mine, seq, "CreateFleet")
    missed(mine, 4, "CreateIpam")
    missed(theirs, 1, "CreateIpam")
    missed(theirs, 2, "RunInstances", status=400, error_code="VcpuLimitExceeded")
    first, second = unplayed()
    assert (first.service, first.action, first.calls, first.sandboxes) == ("ec2", "CreateIpam", 2, 2)
    assert first.labs == (mine.lab_slug,)
    assert (second.action, second.calls, second.last_at) == ("CreateFleet", 3, NOW + timedelta(seconds=3))


def test_only_operators_see_the_page(client: Client, bob: Any, ada: Any, olga: Any) -> None:
    address = reverse("not_simulated")
    assert client.get(address).status_code == 302
    for person, status in ((bob, 404), (ada, 404), (olga, 200)):
        client.force_login(person)
        assert client.get(address).status_code == status
    assert "Nothing was missed" in client.get(address).content.decode()
    missed(make_session(bob), 1, "CreateFleet")
    page = client.get(address).content.decode()
    assert "ec2:CreateFleet" in page and reverse("not_simulated") in page
    assert client.post(address).status_code == 405


def test_the_page_asks_the_journal_as_often_however_much_there_is(
    client: Client, bob: Any, olga: Any, django_assert_num_queries: Any
) -> None:
    session = make_session(bob)
    for seq in range(1, 30):
        missed(session, seq, f"Create{seq}")
    with django_assert_num_queries(2):
        assert len(unplayed()) == 29
