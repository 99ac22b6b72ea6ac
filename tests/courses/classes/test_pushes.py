"""A mended lab for those in the middle of it: what changes is told first, and what was passed and drawn stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.classes import pushes
from courses.classes.board import Board
from courses.models import ClassMessage, Cohort, RevisionPush
from labs.models import Job, LabSession
from labs.selectors import get_lab, lab_of, task_states
from labs.services import InExam, NotReady
from labs.services.revisions import give_revision
from tests.courses.conftest import Catalog
from tests.e2e.scenes import grade, make_session

LAB = "private-bucket-one-reader"


@pytest.fixture
def session(site: Catalog, bob: Any) -> LabSession:
    made = make_session(bob, lab=get_lab(LAB))
    grade(made, get_lab(LAB), ["passed", "failed"])
    return made


def mend(site: Catalog, old: str, new: str) -> None:
    file = site.labs / LAB / "lab.md"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def push(cohort: Cohort, ada: Any) -> int:
    return pushes.push(cohort=cohort, slug=LAB, revision=get_lab(LAB).revision, actor=ada, now=timezone.now())


def test_it_is_looked_at_told_and_judged_anew(
    site: Catalog, bobs_class: Cohort, ada: Any, bob: Any, session: LabSession
) -> None:
    assert pushes.older(bobs_class, get_lab(LAB)) == [] == pushes.outdated(bobs_class, [get_lab(LAB)])
    title = get_lab(LAB).tasks[1].title
    mend(site, title, "Mended, for one")
    (one,) = pushes.older(bobs_class, get_lab(LAB))
    assert one.change.changed == ("Mended, for one",) and not (
        one.change.added or one.change.removed or one.change.start
    )
    assert pushes.outdated(bobs_class, [get_lab(LAB)]) == [get_lab(LAB)]
    score, drawn = session.score, session.parameters
    assert push(bobs_class, ada) == 1
    session = LabSession.objects.get()
    assert lab_of(session).tasks[1].title == "Mended, for one"
    assert (session.score, session.parameters) == (score, drawn)
    assert task_states(session)[0].outcome == "passed"
    assert Board(bobs_class, [get_lab(LAB)]).read(now=timezone.now())[0].cells[0].state == "passed"
    assert session.gradings.get().journal_seq == 0 and Job.objects.filter(kind="live").exists()
    told = ClassMessage.objects.get()
    assert told.recipient == bob and "Mended, for one" in told.text
    assert RevisionPush.objects.get().after == get_lab(LAB).revision
    assert push(bobs_class, ada) == 0 and ClassMessage.objects.count() == 1


def test_one_that_changed_since_the_look_is_not_pushed(
    site: Catalog, bobs_class: Cohort, ada: Any, session: LabSession
) -> None:
    seen = get_lab(LAB).revision
    mend(site, get_lab(LAB).tasks[0].title, "Another one")
    with pytest.raises(pushes.ChangedSince):
        pushes.push(cohort=bobs_class, slug=LAB, revision=seen, actor=ada, now=timezone.now())
    assert not RevisionPush.objects.exists()


@pytest.mark.parametrize(("changes", "refusal"), [({"exam": True}, InExam), ({"state": "ended"}, NotReady)])
def test_exams_and_what_is_over_stay_as_they_are(
    site: Catalog, bobs_class: Cohort, ada: Any, session: LabSession, changes: Any, refusal: Any
) -> None:
    LabSession.objects.update(**changes)
    mend(site, get_lab(LAB).tasks[0].title, "Another one")
    assert push(bobs_class, ada) == 0
    session.refresh_from_db()
    with pytest.raises(refusal):
        give_revision(session=session, lab=get_lab(LAB), now=timezone.now())


def test_who_may_push(
    client: Client, site: Catalog, bobs_class: Cohort, ada: Any, grace: Any, bob: Any, eve: Any, session: LabSession
) -> None:
    make_session(eve, lab=get_lab(LAB))  # of no class of Ada's
    mend(site, get_lab(LAB).tasks[0].title, "<b>Mended")
    path = reverse("class_push", args=[bobs_class.pk, LAB])
    for person in (grace, bob, eve):
        client.force_login(person)
        assert client.get(path).status_code == client.post(path).status_code == 404
    client.force_login(ada)
    page = client.get(path).content.decode()
    assert "bob" in page and "eve" not in page and "&lt;b&gt;Mended" in page
    assert path in client.get(reverse("class_live", args=[bobs_class.pk])).content.decode()
    assert client.post(path, {"revision": "x"}).status_code == 409
    assert client.post(path, {"revision": get_lab(LAB).revision}).status_code == 302
    assert RevisionPush.objects.get().session == session
