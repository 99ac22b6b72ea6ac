"""All that is kept of a person, as one JSON document: what they gave, what they did, what came of it.

A row of each model that points to people is in it; NOT_THEIRS says which are not, and why. Keys of items, seeds of
forms and secrets of sign-in are never in it: an exam stays an exam, and a password a password.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from courses import models as courses
from courses.gradebook.models import GradeRuling
from labs.models import ApiCall, Grading, HintReveal, LabSession
from skylab.api.models import Token, Webhook
from skylab.lti.models import Identity

NOT_THEIRS: Final = {
    "admin.LogEntry": "what operators did to the installation",
    "courses.Assignment": "what classes have to do, set in office",
    "courses.Cohort": "classes that somebody teaches, kept in office",
    "courses.EnrolmentKey": "keys of classes, drawn in office",
    "courses.Invitation": "links into classes, made in office; whom they let in has a membership",
    "courses.Regrade": "rulings about items, made in office",
    "courses.RevisionPush": "labs that were mended while they ran, in office",
    "labs.Workspace": "shelves of labs that are written in office, and shared",
    "courses.Window": "when exams may be sat, set in office",
}
VERSION: Final = 1


def everything(user: Any, *, now: datetime) -> dict[str, Any]:
    """Return all of a person's, JSON-ready: moments are ISO 8601 in UTC."""
    attempts = courses.Attempt.objects.filter(user_id=user.pk)
    sessions = LabSession.objects.filter(user_id=user.pk)
    mine = {"user_id": user.pk}
    return {
        "about": f"All that {settings.BASE_URL} keeps of {user.username}. Times are UTC.",
        "version": VERSION,
        "made_at": now.isoformat(),
        "account": _one(
            user,
            *("username", "email", "first_name", "last_name", "role", "date_joined", "last_login", "time_zone"),
            *("language", "theme", "shortcuts", "terminal", "deletion_due_at"),
        ),
        "emails": _rows(EmailAddress.objects.filter(**mine), "email", "verified", "primary"),
        "two_factor": _rows(Authenticator.objects.filter(**mine), "type", "created_at", "last_used_at"),
        "learning_platforms": _rows(Identity.objects.filter(**mine), "issuer", "sub", "linked_at"),
        "grades_by_hand": _rows(
            GradeRuling.objects.filter(**mine), "assignment_id", "kind", "points", "reason", "ruled_at"
        ),
        "enrolments": _rows(courses.Enrolment.objects.filter(**mine), "course_slug", "enrolled_at"),
        "lessons_read": _rows(courses.LessonRead.objects.filter(**mine), "course_slug", "lesson_slug", "read_at"),
        "lesson_places": _rows(
            courses.LessonPlace.objects.filter(**mine), "course_slug", "lesson_slug", "anchor", "percent", "seen_at"
        ),
        "answers": _rows(
            courses.PracticeResponse.objects.filter(**mine),
            *("course_slug", "item_id", "item_revision", "attempt", "answer", "score", "correct", "answered_at"),
        ),
        "drills": _rows(courses.Drill.objects.filter(**mine), "id", "course_slug", "domain", "items", "started_at"),
        "memory": _rows(courses.ReviewCard.objects.filter(**mine), "card", "right", "due_at", "reviewed_at", "reviews"),
        "accommodations": _rows(
            courses.Accommodation.objects.filter(**mine),
            *("exam_slug", "multiplier", "minutes", "reason", "granted_at", "withdrawn_at"),
        ),
        "exams": [
            _one(one, "id", "exam_slug", "number", "state", "started_at", "deadline_at", "finished_at", "receipt")
            | {
                "credits": _rows(one.credits.all(), "seconds", "reason", "given_at"),
                "answers": _rows(one.responses.order_by("place"), "place", "answer", "flagged", "saved_at", "seconds"),
                "scores": _scores(one),
                "credentials": _rows(one.credentials.all(), "id", "name", "issued_at", "revoked_at", "revoked_reason"),
            }
            for one in attempts.defer("form", "seed").order_by("started_at")
        ],
        "labs": [
            _one(
                one,
                *("id", "lab_slug", "state", "queued_at", "ready_at", "expires_at", "ended_at", "extensions", "resets"),
                *("score", "points", "completed_at", "parameters"),
            )
            | {
                "gradings": _rows(Grading.objects.filter(session=one), "trigger", "finished_at", "score", "points"),
                "hints": _rows(HintReveal.objects.filter(session=one), "task_id", "index", "revealed_at"),
                "calls": _rows(
                    ApiCall.objects.filter(sandbox_id=one.sandbox_id, source="learner"),
                    *("at", "principal", "tool", "service", "action", "region", "parameters", "status", "error_code"),
                ),
            }
            for one in sessions.order_by("queued_at")
        ],
        "classes": [
            {"name": str(one.cohort)} | _one(one, "joined_at", "left_at")
            for one in courses.Membership.objects.filter(**mine).select_related("cohort")
        ],
        "own_dates": _rows(
            courses.AssignmentOverride.objects.filter(**mine),
            *("assignment__slug", "opens_at", "due_at", "cutoff_at", "multiplier", "minutes", "excused", "reason"),
        ),
        "class_messages": _rows(courses.ClassMessage.objects.filter(recipient=user), "text", "sent_at", "seen_at"),
        "looks_into_labs": _rows(
            courses.SandboxLook.objects.filter(session__user=user), "session__lab_slug", "began_at", "ended_at"
        ),
        "notices": _rows(
            courses.Notice.objects.filter(**mine), "kind", "subject", "text", "url", "created_at", "seen_at"
        ),
        "tokens": _rows(
            Token.objects.filter(**mine), "name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at"
        ),
        "webhooks": _rows(Webhook.objects.filter(**mine), "url", "kinds", "created_at", "disabled_at"),
        "notice_preferences": _rows(courses.NoticePreference.objects.filter(**mine), "kind", "site", "mail"),
    }


def _scores(attempt: courses.Attempt) -> list[dict[str, Any]]:
    # An exam that shows nothing of itself does not do so by this door either.
    shown = ["version", "passed", "reason", "created_at"]
    if attempt.exam.definition.get("review", "score") != "none":
        shown += ["raw", "maximum", "scaled", "domains"]
    return _rows(attempt.scores.order_by("version"), *shown)


def _rows(rows: QuerySet[Any], *fields: str) -> list[dict[str, Any]]:
    return [dict(zip(fields, map(_plain, values), strict=True)) for values in rows.order_by("pk").values_list(*fields)]


def _one(row: Any, *fields: str) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in fields}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if timezone.is_aware(value) else timezone.make_aware(value)).astimezone(UTC).isoformat()
    if isinstance(value, dict | list | str | int | float | bool) or value is None:
        return value
    return str(value)


def models_with_people() -> Iterable[str]:
    """Yield the label of each model that points to the people's table: a test holds this page to them."""
    from django.contrib.auth import get_user_model

    for relation in get_user_model()._meta.related_objects:
        yield relation.related_model._meta.label
