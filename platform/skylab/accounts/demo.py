"""The demo users of `make run`: never made in production."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from courses.classes import assigned, services
from courses.classes.things import choices
from courses.models import Cohort, Membership
from skylab.accounts.models import User

DEMO_PASSWORD = "skylab-demo"  # noqa: S105 - printed on the terminal of a loopback-only installation
DEMO_USERS = (("learner", "learner"), ("instructor", "instructor"), ("operator", "operator"))

DEMO_CLASS = "Cloud practice"
DEMO_ASSIGNMENTS = (
    (1, "lab:private-bucket-one-reader"),
    (5, "lab:launch-web-server"),
    (10, "exam:foundations-practical"),
)


def ensure_demo_users(*, now: datetime) -> None:
    """Create the demo users that are missing, and their class. An existing one is left alone, password included."""
    if not settings.LOCAL:
        raise RuntimeError("Demo users have a public password: they exist only where SKYLAB_LOCAL is set.")
    for username, role in DEMO_USERS:
        if not User.objects.filter(username=username).exists():
            user = User(
                username=username,
                email=f"{username}@example.com",
                role=role,
                date_joined=now,
                is_staff=role == User.Role.OPERATOR,
                is_superuser=role == User.Role.OPERATOR,
            )
            user.set_password(DEMO_PASSWORD)
            user.save()
    _ensure_demo_class(now=now)


def _ensure_demo_class(*, now: datetime) -> None:
    """Make a class that the demo instructor teaches and the demo learner is in, with a few things to do; once."""
    instructor = User.objects.get(username="instructor")
    if Cohort.objects.filter(name=DEMO_CLASS).exists():
        return
    cohort = services.create_cohort(actor=instructor, name=DEMO_CLASS, term="Demo", stuck_minutes=5, now=now)
    Membership.objects.create(cohort=cohort, user=User.objects.get(username="learner"), joined_at=now)
    known = {value for _, group in choices() for value, _ in group}
    for days, thing in DEMO_ASSIGNMENTS:
        if thing in known:  # the catalog may be another one
            kind, _, slug = thing.partition(":")
            due_at = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=days)
            assigned.assign(cohort=cohort, kind=kind, slug=slug, actor=instructor, now=now, due_at=due_at)
