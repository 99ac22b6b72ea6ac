"""What people have to be told: the one way in is `tell`. A row first, behind the bell of every page until it was read;
then an e-mail, tried a few times. Which kinds come how, each person decides (`prefer`), within what `DEFAULTS` leaves open.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import send_mail
from django.db.models import F

from courses.models import Notice, NoticePreference
from labs import jobs

MAIL = "notice"


class Way(NamedTuple):
    """Where a kind of notice comes."""

    site: bool
    mail: bool


DEFAULTS: Final[Mapping[str, Way]] = {
    Notice.Kind.MESSAGE: Way(True, True),
    Notice.Kind.REGRADE: Way(True, True),
    Notice.Kind.GRADE: Way(True, False),
    Notice.Kind.CERTIFICATE: Way(True, True),
    Notice.Kind.EXAM: Way(True, True),
    Notice.Kind.LAB: Way(True, False),
    Notice.Kind.REVIEW: Way(True, False),
}


def tell(
    *,
    user: Any,
    key: str,
    subject: str,
    text: str,
    url: str = "",
    kind: str = Notice.Kind.MESSAGE,
    now: datetime,
    mail: bool = True,
) -> Notice | None:
    """Tell a person something, on the site and by e-mail, as they like to be told of its kind. The same key is told once.

    Return the notice, or None where they do not want to hear of it on the site (an e-mail needs a notice to be of).
    """
    way = ways(user)[kind]
    if not way.site:
        return None
    notice, made = Notice.objects.get_or_create(
        user_id=user.pk,
        key=key,
        defaults={"kind": kind, "subject": subject[:200], "text": text, "url": url, "created_at": now},
    )
    if made and mail and way.mail and user.email:
        jobs.enqueue(kind=MAIL, key=f"{MAIL}:{notice.pk}", payload={"notice": notice.pk}, now=now)
    return notice


def ways(user: Any) -> dict[str, Way]:
    """Return how a person wants to be told, by kind. What is pressing comes to the site whatever they say."""
    rows = NoticePreference.objects.filter(user_id=user.pk)
    chosen = {row.kind: Way(row.site or row.kind in Notice.PRESSING, row.mail) for row in rows}
    return {**DEFAULTS, **chosen}


def prefer(*, user: Any, ways: Mapping[str, Way]) -> None:
    """Keep how a person wants to be told, by kind."""
    for kind, way in ways.items():
        told = {"site": way.site or kind in Notice.PRESSING, "mail": way.mail}
        NoticePreference.objects.update_or_create(user_id=user.pk, kind=kind, defaults=told)


def mark_seen(*, user: AbstractBaseUser, notice_id: int, now: datetime) -> bool:
    """Note that a person has read a notice of theirs; return whether this was the first time."""
    return bool(Notice.objects.filter(pk=notice_id, user_id=user.pk, seen_at=None).update(seen_at=now))


def mark_all_seen(*, user: AbstractBaseUser, now: datetime) -> int:
    """Note that a person has read all; return how many that were."""
    return Notice.objects.filter(user_id=user.pk, seen_at=None).update(seen_at=now)


@jobs.handles(MAIL)
def mail(lease: jobs.Lease) -> None:
    """Send a notice by e-mail, once. A mail server that does not answer is tried again; the notice stands on the site."""
    notice = Notice.objects.select_related("user").filter(pk=lease.payload["notice"]).first()
    if notice and notice.mailed_at is None:
        Notice.objects.filter(pk=notice.pk).update(mail_attempts=F("mail_attempts") + 1)
        send_mail(notice.subject, _body(notice), None, [notice.user.email])
    now = lease.now()
    with jobs.finish(lease, now=now):
        if notice:
            Notice.objects.filter(pk=notice.pk, mailed_at=None).update(mailed_at=now)


def _body(notice: Any) -> str:
    where = f"\n\n{urljoin(settings.BASE_URL, notice.url)}" if notice.url else ""
    how = f"Which e-mails you get: {urljoin(settings.BASE_URL, '/settings/')}"
    return f"{notice.text}{where}\n\n{how}\n"
