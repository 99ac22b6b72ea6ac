"""Into a learner's work: a copy that ends whatever comes of it, is written down and told; and call by call."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest
from django.test import Client
from django.urls import reverse

from courses.models import Cohort, Membership, Notice, SandboxLook
from labs.diagram import Sketch
from labs.models import LabSession
from labs.sandboxes import Ref, Unavailable
from labs.services import copies
from tests.courses.classes.conftest import NOW
from tests.e2e.scenes import journal, make_session


class Copier:
    """A provider that makes one copy, and notes when it ends."""

    def __init__(self) -> None:
        self.ended: list[Ref] = []

    def fork(self, ref: Ref) -> Ref:
        return Ref(ref.number, ref.epoch, "copy", ref.region)

    def grader_credentials(self, ref: Ref) -> Any:
        assert ref.account_id == "copy", "it is the copy that is read, not the learner's sandbox"
        return Mock()

    def stop(self, ref: Ref) -> None:
        assert ref.account_id == "copy"
        self.ended.append(ref)


@pytest.fixture
def copier(monkeypatch: pytest.MonkeyPatch) -> Copier:
    made = Copier()
    monkeypatch.setattr(copies, "provider_for", lambda session: made)
    monkeypatch.setattr(copies, "boto_account", lambda credentials: Mock())
    monkeypatch.setattr(copies, "list_service", lambda account, service: [])
    monkeypatch.setattr(copies, "sketch", lambda account, services: Sketch("us-east-1", ()))
    return made


@pytest.fixture
def session(bob: Any) -> LabSession:
    made = make_session(bob)
    journal(made)
    return made


def look(client: Client, person: Any, cohort: Cohort, session: LabSession) -> Any:
    client.force_login(person)
    return client.post(reverse("class_look", args=[cohort.pk, session.pk]))


class TestCopies:
    def test_it_is_read_ended_written_down_and_told(
        self, client: Client, bobs_class: Cohort, ada: Any, bob: Any, session: LabSession, copier: Copier
    ) -> None:
        assert look(client, ada, bobs_class, session).status_code == 200
        assert len(copier.ended) == 1
        row = SandboxLook.objects.get()
        assert (row.session, row.looked_by) == (session, ada) and row.ended_at
        assert "copy" in Notice.objects.get(user=bob).text
        client.force_login(bob)
        assert "ada, private-bucket" in client.get(reverse("my_class", args=[bobs_class.pk])).content.decode()

    def test_a_copy_that_does_not_answer_ends_too_and_is_told_all_the_same(
        self, client: Client, bobs_class: Cohort, ada: Any, session: LabSession, copier: Copier, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(copies, "sketch", Mock(side_effect=Unavailable("gone")))
        assert look(client, ada, bobs_class, session).status_code == 409
        assert len(copier.ended) == 1 and SandboxLook.objects.count() == Notice.objects.count() == 1

    def test_nobody_else_looks_and_nobody_is_told(
        self,
        client: Client,
        bobs_class: Cohort,
        ada: Any,
        grace: Any,
        bob: Any,
        eve: Any,
        session: LabSession,
        copier: Copier,
    ) -> None:
        for person in (grace, bob, eve):
            assert look(client, person, bobs_class, session).status_code == 404
        assert client.get(reverse("class_look", args=[bobs_class.pk, session.pk])).status_code == 405
        assert look(client, ada, bobs_class, make_session(eve)).status_code == 404
        Membership.objects.update(left_at=NOW)
        assert look(client, ada, bobs_class, session).status_code == 404
        assert not SandboxLook.objects.exists() and not copier.ended

    @pytest.mark.parametrize("changes", [{"exam": True}, {"state": "ended"}, {"state": "paused"}])
    def test_an_exam_and_what_is_not_there_are_not_looked_into(
        self, client: Client, bobs_class: Cohort, ada: Any, session: LabSession, copier: Copier, changes: Any
    ) -> None:
        LabSession.objects.update(**changes)
        assert look(client, ada, bobs_class, session).status_code == 409
        assert not copier.ended and not SandboxLook.objects.exists()


class TestSteps:
    def shown(self, client: Client, cohort: Cohort, session: LabSession, **asked: Any) -> str:
        return client.get(reverse("class_steps", args=[cohort.pk, session.pk]), asked).content.decode()

    def test_from_call_to_call(self, client: Client, bobs_class: Cohort, ada: Any, session: LabSession) -> None:
        client.force_login(ada)
        assert "call 1 of 7" in self.shown(client, bobs_class, session)
        page = self.shown(client, bobs_class, session, at=4)
        assert "iam:GetRolePolicy" in page and "NoSuchEntity" in page and "at=5" in page and "at=3" in page
        page = self.shown(client, bobs_class, session, at=7, only="changes")
        assert "call 2 of 2 that changed" in page and "only=changes&amp;at=5" in page
        assert "call 7 of 7" in self.shown(client, bobs_class, session, at=999)
        for wrong in ("-1", "x", "²", "9" * 30):
            assert "call 1 of 7" in self.shown(client, bobs_class, session, at=wrong)

    def test_only_who_teaches_the_class(
        self, client: Client, bobs_class: Cohort, ada: Any, grace: Any, bob: Any, olga: Any, session: LabSession
    ) -> None:
        path = reverse("class_steps", args=[bobs_class.pk, session.pk])
        got = []
        for person in (ada, grace, bob, olga):
            client.force_login(person)
            got.append(client.get(path).status_code)
        assert got == [200, 404, 404, 200]
        session.sandbox.calls.all().delete()
        assert "has called nothing" in client.get(path).content.decode()
