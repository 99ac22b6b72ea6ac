"""Who may see what of a class. An instructor sees their own classes and the learners in them, an operator all."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404

from courses.models import Cohort, Membership


def may_read(user: Any, owner_id: Any) -> bool:
    """Return whether a person may read the work of another: who operates, and who teaches a class that the other is in.

    One who has left a class is not its instructor's to look at any more.
    """
    if getattr(user, "operates", False):
        return True
    if not getattr(user, "teaches", False):
        return False
    return Membership.objects.filter(user_id=owner_id, left_at=None, cohort__instructors=user.pk).exists()


def readable(user: Any, owner_ids: Collection[Any]) -> set[Any]:
    """Return those of some people whose work a person may read, as may_read() has it: one query for all."""
    if getattr(user, "operates", False):
        return set(owner_ids)
    if not getattr(user, "teaches", False):
        return set()
    mine = Membership.objects.filter(user_id__in=owner_ids, left_at=None, cohort__instructors=user.pk)
    return set(mine.values_list("user_id", flat=True))


def cohorts_for(user: Any) -> QuerySet[Cohort]:
    """Return the classes that a person teaches: all of them for who operates, none for a learner."""
    if getattr(user, "operates", False):
        return Cohort.objects.all()
    if not getattr(user, "teaches", False):
        return Cohort.objects.none()
    return Cohort.objects.filter(instructors=user.pk)


def get_cohort_for(user: Any, cohort_id: UUID) -> Cohort:
    """Return a class that the person teaches. Raises Http404: for its learners, too, and for who is no instructor."""
    found = cohorts_for(user).filter(pk=cohort_id).first()
    if found is None:
        raise Http404("There is no such class.")
    return found


def get_open_cohort_for(user: Any, cohort_id: UUID) -> Cohort:
    """Return a class that the person teaches and may change: one that is archived is only read. Raises Http404."""
    found = get_cohort_for(user, cohort_id)
    if found.archived_at:
        raise Http404("This class is archived.")
    return found


def get_my_cohort(user: Any, cohort_id: UUID) -> Cohort:
    """Return a class that the person learns in. Raises Http404."""
    found = my_cohorts(user).filter(pk=cohort_id).first()
    if found is None:
        raise Http404("There is no such class.")
    return found


def my_cohorts(user: Any) -> QuerySet[Cohort]:
    """Return the classes that a person learns in, those that are archived left out."""
    mine = Membership.objects.filter(user_id=user.pk, left_at=None).values("cohort")
    return Cohort.objects.filter(pk__in=mine, archived_at=None).order_by("name", "created_at")


def shared_cohort(user: Any, learner_id: Any) -> Cohort | None:
    """Return a class that the one teaches and the other learns in, the newest; None where there is none."""
    mine = cohorts_for(user).filter(archived_at=None, memberships__user_id=learner_id, memberships__left_at=None)
    return mine.order_by("-created_at").first()


def members_of(cohort: Cohort) -> QuerySet[Membership]:
    """Return who learns in a class now, by name."""
    rows = Membership.objects.filter(cohort=cohort, left_at=None, user__is_active=True)
    return rows.select_related("user").order_by("user__username")


def get_member(cohort: Cohort, user_id: Any) -> Membership:
    """Return a learner's membership of a class. Raises Http404."""
    found = members_of(cohort).filter(Q(user_id=user_id)).first()
    if found is None:
        raise Http404("There is no such learner in this class.")
    return found
