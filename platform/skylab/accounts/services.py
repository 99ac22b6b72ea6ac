"""What people change about their account: how the site is for them, and that it goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import transaction

from courses.models import (
    Accommodation,
    AssignmentOverride,
    ClassMessage,
    Credential,
    Drill,
    Enrolment,
    LessonPlace,
    LessonRead,
    Membership,
    Notice,
    NoticePreference,
    PracticeResponse,
    ReviewCard,
)
from labs import audit, jobs
from labs.models import LabSession
from labs.refusals import Refusal
from skylab.accounts.models import User
from skylab.accounts.selectors import get_person
from skylab.api.models import Token, Webhook
from skylab.lti.models import Identity

GRACE: Final = timedelta(days=14)
DELETE: Final = "delete-account"
CHOICES: Final = ("time_zone", "language", "theme", "shortcuts", "terminal")
# What goes with a person. Attempts at exams, their scores and certificates stay, without a name: others rely on them.
OF_THEIRS: Final = (
    PracticeResponse,
    LessonPlace,
    LessonRead,
    ReviewCard,
    Drill,
    Enrolment,
    Notice,
    NoticePreference,
    Accommodation,
    Membership,
    AssignmentOverride,
    EmailAddress,
    Authenticator,
    Identity,
    Token,
    Webhook,
)


class NotTheName(Refusal):
    """What was typed is not the name of the account."""

    status = 422


class NoReason(Refusal):
    """It is done with a reason, or not at all."""

    status = 422


class LastOperator(Refusal):
    """Nobody would be left to run the installation."""


def choose(*, user: Any, choices: Mapping[str, Any]) -> None:
    """Keep what a person chose of CHOICES, checked by the form already."""
    kept = {name: value for name, value in choices.items() if name in CHOICES}
    User.objects.filter(pk=user.pk).update(**kept)


def ask_deletion(*, user: Any, typed: str, now: datetime) -> datetime:
    """Have an account deleted after GRACE; return when. Raises NotTheName, LastOperator."""
    if typed.strip().lower() != user.username.lower():
        raise NotTheName(f"Type your user name, {user.username}, to confirm. Nothing was changed.")
    operators = get_user_model().objects.filter(role=User.Role.OPERATOR, is_active=True, deletion_due_at=None)
    if user.operates and not operators.exclude(pk=user.pk).exists():
        raise LastOperator("You are the only operator. Make somebody else one first: nobody would run this site.")
    due = now + GRACE
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(deletion_due_at=due)
        jobs.enqueue(kind=DELETE, key=f"{DELETE}:{user.pk}", payload={"user": user.pk}, now=now, delay=GRACE)
    return due


def change_role(*, user_id: int, role: str, reason: str, actor: Any, now: datetime) -> User:
    """Give a person another role, with a reason; operators may enter the administration, others may not.

    Raises Http404, NoReason, and LastOperator.
    """
    with transaction.atomic():
        # In one order: of two who take each other's role away, one comes second.
        operators = User.objects.select_for_update(no_key=True).filter(role=User.Role.OPERATOR, is_active=True)
        list(operators.order_by("pk").values_list("pk"))
        said = hold_role_change(user_id=user_id, role=role, reason=reason)
        user = get_person(user_id)
        before, user.role = user.role, User.Role(role)
        user.is_staff = user.is_superuser = user.operates
        user.save(update_fields=["role", "is_staff", "is_superuser"])
        told = {"before": str(before), "after": str(user.role), "user": user.username}
        audit.write(actor=actor, act="role.changed", subject=f"user {user.pk}", reason=said, data=told, now=now)
    return user


def hold_role_change(*, user_id: int, role: str, reason: str) -> str:
    """Let only changes of roles through that have a reason and leave an operator; return the reason.

    Raises Http404, NoReason, and LastOperator.
    """
    said = " ".join(reason.replace("\0", " ").split())[:400]
    if not said:
        raise NoReason("Say why: the reason is kept in the audit log.")
    user = get_person(user_id)
    others = User.objects.filter(role=User.Role.OPERATOR, is_active=True).exclude(pk=user_id)
    if role != User.Role.OPERATOR and user.operates and not others.exists():
        raise LastOperator("This is the only operator. Make somebody else one first: nobody would run this site.")
    return said


def keep_account(*, user: Any) -> bool:
    """Take the wish to be deleted back; return whether there was one."""
    changed = User.objects.filter(pk=user.pk).exclude(deletion_due_at=None).update(deletion_due_at=None)
    return bool(changed)


@jobs.handles(DELETE)
def _delete(lease: jobs.Lease) -> None:
    """Delete an account whose grace is over, if that is still wished for."""
    now = lease.now()
    with jobs.finish(lease, now=now):
        delete_if_due(user_id=lease.payload["user"], now=now)


def delete_if_due(*, user_id: Any, now: datetime) -> bool:
    """Take away all that is a person's and who they are; return whether it was due."""
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).filter(pk=user_id, deletion_due_at__lte=now).first()
        if user is None:
            return False
        for model in OF_THEIRS:
            model.objects.filter(user_id=user.pk).delete()
        ClassMessage.objects.filter(recipient_id=user.pk).delete()
        # A lab that is a part of an exam is evidence; one that is open ends by itself, and with it its sandbox.
        LabSession.objects.filter(user_id=user.pk, exam=False).exclude(state__in=LabSession.OPEN).delete()
        Credential.objects.filter(attempt__user_id=user.pk).exclude(name="").update(name="")
        _sign_out_everywhere(user)
        user.username, user.email, user.first_name, user.last_name = f"gone-{user.pk}", "", "", ""
        user.is_active = user.is_staff = user.is_superuser = False
        user.role, user.deletion_due_at, user.last_login = User.Role.LEARNER, None, None
        user.time_zone = user.language = user.theme = ""
        user.set_unusable_password()
        user.save()
    return True


def _sign_out_everywhere(user: User) -> None:
    # A session of a person who is not active is nobody's; those that can be found need not wait for their end.
    mine = [one.pk for one in Session.objects.iterator() if one.get_decoded().get("_auth_user_id") == str(user.pk)]
    Session.objects.filter(pk__in=mine).delete()
