"""What operators do, and that it is written down: roles, looks, credits, the administration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from labs.models import AuditEntry, Job
from skylab.accounts.models import User
from skylab.api import webhooks
from tests.e2e.scenes import make_session

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


@pytest.fixture
def operator(olga: Any, call: Callable[[Any], Client]) -> Client:
    User.objects.filter(pk=olga.pk).update(is_staff=True, is_superuser=True)
    return call(olga)


def acts() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.order_by("number").values_list("actor", "act"))


def test_a_role_is_changed_with_a_reason_and_written_down(operator: Client, bob: Any) -> None:
    address = f"/api/v1/users/{bob.pk}/"
    assert operator.patch(address, {"role": "operator", "reason": " "}, **JSON).status_code == 422
    assert operator.patch(address, {"role": "king", "reason": "x"}, **JSON).status_code == 422
    answer = operator.patch(address, {"role": "operator", "reason": "Olga is on leave"}, **JSON)
    assert (answer.status_code, answer.json()["role"]) == (200, "operator")
    bob.refresh_from_db()
    assert bob.is_staff and bob.is_superuser
    operator.patch(address, {"role": "learner", "reason": "She is back"}, **JSON)
    bob.refresh_from_db()
    assert not (bob.is_staff or bob.is_superuser or bob.operates)
    entry = AuditEntry.objects.order_by("-number")[0]
    assert (entry.actor, entry.act, entry.reason) == ("olga", "role.changed", "She is back")
    assert entry.origin == "127.0.0.1"
    assert entry.data == {"before": "operator", "after": "learner", "user": "bob"}


def test_the_last_operator_stays(operator: Client, olga: Any) -> None:
    answer = operator.patch(f"/api/v1/users/{olga.pk}/", {"role": "learner", "reason": "x"}, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (409, "last_operator")
    page = operator.post(f"/operate/admin/accounts/user/{olga.pk}/change/", {"role": "learner", "reason": "x"})
    assert "only operator" in page.content.decode()
    olga.refresh_from_db()
    assert olga.operates


def test_the_administration_changes_roles_by_the_same_service(operator: Client, bob: Any) -> None:
    address = f"/operate/admin/accounts/user/{bob.pk}/change/"
    assert operator.post(address, {"role": "instructor"}).status_code == 200, "no reason was given"
    assert operator.post(address, {"role": "instructor", "reason": "She teaches"}).status_code == 302
    bob.refresh_from_db()
    assert bob.teaches
    assert acts() == [("olga", "role.changed")]
    assert operator.get("/operate/admin/accounts/user/add/").status_code == 403
    assert operator.post(f"/operate/admin/accounts/user/{bob.pk}/delete/").status_code == 403


def test_the_administration_shows_the_log_and_nothing_that_opens_or_signs(operator: Client, ada: Any) -> None:
    hook = webhooks.make(user=ada, url="https://example.com/", now=timezone.now())
    for model in ("labs/auditentry", "labs/outboxevent", "api/token", "api/webhook", "api/delivery", "accounts/user"):
        assert operator.get(f"/operate/admin/{model}/").status_code == 200, model
    page = operator.get(f"/operate/admin/api/webhook/{hook.pk}/change/").content.decode()
    assert "example.com" in page
    assert hook.secret not in page
    assert operator.get("/operate/admin/labs/auditentry/1/change/").status_code == 200
    assert operator.post("/operate/admin/labs/auditentry/1/delete/").status_code == 403


def test_what_an_operator_does_to_sessions_and_jobs_is_written_down(operator: Client, bob: Any) -> None:
    session = make_session(bob)
    job = Job.objects.create(
        kind="stop", key="stop:0:0", state="dead", not_before=timezone.now(), created_at=timezone.now()
    )
    for model, action, pk in (("labsession", "end", session.pk), ("job", "again", job.pk)):
        chosen = {"action": action, "_selected_action": [str(pk)]}
        assert operator.post(f"/operate/admin/labs/{model}/", chosen).status_code == 302
    assert acts() == [("olga", "session.ended"), ("olga", "job.again")]


def test_a_look_into_a_learners_session_is_written_down_and_ones_own_is_not(
    bob: Any, ada: Any, bobs_class: Any, call: Callable[[Any], Client]
) -> None:
    session = make_session(bob, state="ended")
    for address in (f"/labs/sessions/{session.pk}/", f"/api/v1/sessions/{session.pk}/"):
        assert call(bob).get(address).status_code == 200
    assert acts() == []
    for address in (f"/instructor/sessions/{session.pk}/", f"/api/v1/sessions/{session.pk}/tasks/"):
        assert call(ada).get(address).status_code == 200
    assert acts() == [("ada", "session.looked_into")]


def test_the_log_is_read_page_by_page(operator: Client, ada: Any) -> None:
    for _ in range(5):
        webhooks.make(user=ada, url="https://example.com/", now=timezone.now())
    seen: list[int] = []
    after = ""
    while after is not None:
        told = operator.get("/api/v1/audit/", {"limit": 2, "cursor": after}).json()
        seen += [one["number"] for one in told["results"]]
        after = told["next"]
    assert seen == [5, 4, 3, 2, 1]
