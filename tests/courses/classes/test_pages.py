"""The pages of classes: who gets which, what a stranger gets, what is shown once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.classes import assigned, services
from courses.models import Assignment, AssignmentOverride, Cohort, Invitation, Membership

LAB = "private-bucket-one-reader"


@pytest.fixture
def lab(bobs_class: Cohort, ada: Any) -> Assignment:
    due = timezone.now() + timedelta(days=1)
    return assigned.assign(cohort=bobs_class, kind="lab", slug=LAB, actor=ada, now=timezone.now(), due_at=due)


def as_(client: Client, person: Any) -> Client:
    client.force_login(person)
    return client


# Of each page: what the class's instructor, another one, its learner, another one, and an operator get.
DESK = ("class_messages", "class_live", "class_people", "class_assignments", "class_assignment", "class_settings")
READ = {
    **dict.fromkeys(DESK, (200, 404, 404, 404, 200)),
    "my_class": (302, 404, 200, 404, 302),
    "classes": (200, 200, 200, 200, 200),
    "class_new": (200, 200, 404, 404, 200),
    "class_join": (200, 200, 200, 200, 200),
}
ACTS = {
    **dict.fromkeys(("class_send", "class_extend"), (True, False, False, False, True)),
    **dict.fromkeys(
        ("class_invite", "class_key", "class_archive", "class_override"), (True, False, False, False, True)
    ),
    **dict.fromkeys(
        ("class_instructors", "class_assignment_remove", "class_remove"), (True, False, False, False, True)
    ),
    "class_leave": (False, False, True, False, False),
}


def address(name: str, cohort: Cohort, lab: Assignment, bob: Any) -> str:
    given = {
        "class_assignment": [cohort.pk, lab.pk],
        "class_assignment_remove": [cohort.pk, lab.pk],
        "class_override": [cohort.pk, lab.pk],
        "class_remove": [cohort.pk, bob.pk],
        "classes": [],
        "class_new": [],
        "class_join": [],
    }
    return reverse(name, args=given.get(name, [cohort.pk]))


@pytest.mark.parametrize("name", READ)
def test_who_sees_which_page(
    client: Client, name: str, bobs_class: Cohort, lab: Assignment, ada: Any, grace: Any, bob: Any, eve: Any, olga: Any
) -> None:
    path = address(name, bobs_class, lab, bob)
    assert client.get(path).status_code == 302  # to sign in
    got = tuple(as_(client, one).get(path).status_code for one in (ada, grace, bob, eve, olga))
    assert got == READ[name]
    assert client.delete(path).status_code == 405


@pytest.mark.parametrize("name", ACTS)
def test_who_may_do_what(
    client: Client, name: str, bobs_class: Cohort, lab: Assignment, ada: Any, grace: Any, bob: Any, eve: Any, olga: Any
) -> None:
    path = address(name, bobs_class, lab, bob)
    for person, may in zip((grace, eve, bob, ada, olga), [ACTS[name][at] for at in (1, 3, 2, 0, 4)], strict=True):
        client = as_(client, person)
        assert client.get(path).status_code == 405
        before = Cohort.objects.get(pk=bobs_class.pk), Membership.objects.get(user=bob).left_at
        status = client.post(path, {"by": "link", "username": "olga"}).status_code
        assert (status != 404) == may, f"{person}: {status}"
        if may:
            return  # it is done
        assert (Cohort.objects.get(pk=bobs_class.pk), Membership.objects.get(user=bob).left_at) == before


def test_a_class_that_is_not_there_is_404(client: Client, ada: Any, lab: Assignment) -> None:
    as_(client, ada)
    for path in (
        reverse("class_people", args=[uuid4()]),
        "/classes/1/",
        reverse("class_assignment", args=[lab.cohort_id, uuid4()]),
    ):
        assert client.get(path).status_code == 404


def test_from_key_to_due_list(client: Client, ada: Any, eve: Any, bobs_class: Cohort, lab: Assignment) -> None:
    page = as_(client, ada).post(reverse("class_key", args=[bobs_class.pk]), {"days": "7", "max_uses": "5"})
    found = re.search(r'class-key mono">([0-9A-Z-]{14})<', page.content.decode())
    assert found and "no-store" in page["Cache-Control"]
    assert found[1] not in client.get(reverse("class_people", args=[bobs_class.pk])).content.decode()
    as_(client, eve)
    assert client.post(reverse("class_join"), {"key": "0000-0000-0000"}).status_code == 422
    joined = client.post(reverse("class_join"), {"key": found[1].lower()}, follow=True).content.decode()
    assert "Due soon" in joined and reverse("lab", args=[LAB]) in joined
    assert "Due in your classes" in client.get("/").content.decode()


def test_a_link_is_used_by_a_word_and_not_by_a_look(client: Client, ada: Any, eve: Any, bobs_class: Cohort) -> None:
    page = as_(client, ada).post(reverse("class_invite", args=[bobs_class.pk]), {"by": "link"}).content.decode()
    path = re.search(r"http://testserver(/classes/invitations/[\w-]+/)", page)
    assert path
    looked = as_(client, eve).get(path[1])
    assert (
        looked.status_code == 200
        and looked["Referrer-Policy"] == "no-referrer"
        and "ada invites you" in looked.content.decode()
    )
    assert not Membership.objects.filter(user=eve).exists()
    assert client.post(path[1]).status_code == 302 and Membership.objects.filter(user=eve).exists()
    assert client.get(path[1]).status_code == 404  # used


def test_times_are_typed_in_the_zone_of_the_class(client: Client, ada: Any, bob: Any, bobs_class: Cohort) -> None:
    services.change_cohort(cohort=bobs_class, time_zone="Asia/Tokyo")
    told = {"thing": f"lab:{LAB}", "due_at": "2030-05-01T18:00", "points": "50", "weight": "1", "late_rule": "full"}
    as_(client, ada).post(reverse("class_assignments", args=[bobs_class.pk]), told | {"late_percent": "10"})
    one = Assignment.objects.get()
    assert one.due_at and one.due_at.isoformat() == "2030-05-01T09:00:00+00:00"
    page = client.get(reverse("class_assignment", args=[bobs_class.pk, one.pk])).content.decode()
    assert 'value="2030-05-01T18:00"' in page
    bob.time_zone = "America/New_York"
    bob.save()
    assert "Wed 1 May, 05:00" in as_(client, bob).get(reverse("my_class", args=[bobs_class.pk])).content.decode()
    wrong = as_(client, ada).post(
        reverse("class_assignment", args=[bobs_class.pk, one.pk]),
        told | {"late_percent": "10", "cutoff_at": "2029-05-01T18:00"},
    )
    assert wrong.status_code == 422 and "cut off before it is due" in wrong.content.decode()


def test_one_learner_has_other_times(client: Client, ada: Any, bob: Any, eve: Any, lab: Assignment) -> None:
    path = reverse("class_override", args=[lab.cohort_id, lab.pk])
    told = {"user": bob.pk, "due_at": "2031-01-01T10:00", "multiplier": "1.5", "minutes": "0", "reason": "was ill"}
    assert as_(client, ada).post(path, told | {"user": eve.pk}).status_code == 422  # not of this class
    assert client.post(path, told | {"reason": ""}).status_code == 422
    assert client.post(path, told).status_code == 302
    assert AssignmentOverride.objects.get().user == bob
    assert "was ill" not in as_(client, bob).get(reverse("my_class", args=[lab.cohort_id])).content.decode()


def test_an_archived_class_is_read_and_not_changed(
    client: Client, ada: Any, bobs_class: Cohort, lab: Assignment
) -> None:
    as_(client, ada).post(reverse("class_archive", args=[bobs_class.pk]))
    assert client.get(reverse("class_people", args=[bobs_class.pk])).status_code == 200
    assert client.post(reverse("class_invite", args=[bobs_class.pk]), {"by": "link"}).status_code == 404
    assert not Invitation.objects.exists()
    client.post(reverse("class_archive", args=[bobs_class.pk]))
    assert client.post(reverse("class_invite", args=[bobs_class.pk]), {"by": "link"}).status_code == 200


def test_what_a_name_says_is_text(client: Client, ada: Any, bob: Any, bobs_class: Cohort) -> None:
    services.change_cohort(cohort=bobs_class, name="<script>alert(1)</script>")
    for person, name in ((ada, "class_people"), (bob, "my_class"), (bob, "classes")):
        args = [] if name == "classes" else [bobs_class.pk]
        assert "<script>alert" not in as_(client, person).get(reverse(name, args=args)).content.decode()
