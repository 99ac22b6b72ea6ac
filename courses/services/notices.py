"""What people have to be told: a row first, shown on every page until it was read; then an e-mail, tried a few times."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import send_mail
from django.db.models import F

from courses.models import Notice
from labs import jobs

MAIL = "notice"


def tell(*, user: Any, key: str, subject: str, text: str, url: str = "", now: datetime, mail: bool = True) -> Notice:
    """Tell a person something, on the site and by e-mail. The same key is told once."""
    notice, made = Notice.objects.get_or_create(
        user_id=user.pk, key=key, defaults={"subject": subject, "text": text, "url": url, "created_at": now}
    )
    if made and mail and user.email:
        jobs.enqueue(kind=MAIL, key=f"{MAIL}:{notice.pk}", payload={"notice": notice.pk}, now=now)
    return notice


def mark_seen(*, user: AbstractBaseUser, notice_id: int, now: datetime) -> bool:
    """Note that a person has read a notice of theirs; return whether this was the first time."""
    return bool(Notice.objects.filter(pk=notice_id, user_id=user.pk, seen_at=None).update(seen_at=now))


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
    return f"{notice.text}{where}\n"
