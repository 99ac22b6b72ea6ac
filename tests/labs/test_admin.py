from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labs import services
from labs.models import Job, LabSession

MODELS = ("labsession", "grading", "sandbox", "apicall", "job", "labrevision")
pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(olga: Any, client: Client) -> Client:
    olga.is_staff = olga.is_superuser = True
    olga.save()
    client.force_login(olga)
    return client


@pytest.fixture
def session(bob: Any) -> LabSession:
    return services.start_session(user=bob, slug="private-bucket-one-reader", now=timezone.now())


@pytest.mark.parametrize("model", MODELS)
def test_an_operator_looks_at_rows_and_adds_none(operator: Client, session: LabSession, model: str) -> None:
    assert operator.get(reverse(f"admin:labs_{model}_changelist")).status_code == 200
    assert operator.get(reverse(f"admin:labs_{model}_add")).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_a_learner_is_sent_away(client: Client, bob: Any, model: str) -> None:
    client.force_login(bob)
    assert client.get(reverse(f"admin:labs_{model}_changelist")).status_code == 302


def test_an_operator_ends_a_session(operator: Client, session: LabSession) -> None:
    page = reverse("admin:labs_labsession_changelist")
    operator.post(page, {"action": "end", "_selected_action": [str(session.pk)]})
    session.refresh_from_db()
    assert session.state == LabSession.State.ENDED
    assert operator.get(reverse("admin:labs_labsession_change", args=[session.pk])).status_code == 200


def test_an_operator_has_a_job_tried_again_that_was_given_up(operator: Client, session: LabSession) -> None:
    Job.objects.update(state=Job.State.DEAD, attempts=3)
    job = Job.objects.get(kind="provision")
    operator.post(reverse("admin:labs_job_changelist"), {"action": "again", "_selected_action": [str(job.pk)]})
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.READY, 0)
