"""Who is in a platform's course (Names and Role Provisioning Services 2.0), page by page."""

from __future__ import annotations

import logging
import re
from datetime import datetime
from typing import Any, Final
from urllib.parse import urljoin

from django.db import transaction

from labs import jobs
from skylab.lti import messages
from skylab.lti.models import Context, Member
from skylab.lti.refusals import PlatformProblem
from skylab.lti.services import calls

logger = logging.getLogger(__name__)

READ: Final = "lti-roster"
MOST_PAGES: Final = 200
_KIND: Final = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_NEXT: Final = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?')


def ask(*, context: Context, now: datetime) -> None:
    """Have the roster of a course read soon."""
    jobs.enqueue(kind=READ, key=f"{READ}:{context.pk}", payload={"context": context.pk}, now=now)


def read(context_id: int, *, now: datetime) -> int:
    """Read the roster of a course; return how many are in it. Where the platform fails, what was known stays."""
    context = Context.objects.select_related("deployment__platform").filter(pk=context_id).first()
    if context is None or not context.memberships_url or not context.deployment.platform.active:
        return 0
    try:
        found = _pages(context, now)
    except PlatformProblem as problem:
        logger.warning("The roster of %s cannot be read: %s", context, problem)
        Context.objects.filter(pk=context.pk).update(roster_error=str(problem)[:400])
        return 0
    with transaction.atomic():
        rows = [
            Member(
                context=context,
                sub=str(one["user_id"])[:255],
                name=_name(one),
                teaches=messages.teaches(tuple(_roles(one))),
                active=one.get("status", "Active") == "Active",
                seen_at=now,
            )
            for one in {str(one["user_id"])[:255]: one for one in found}.values()
        ]
        fields = ["name", "teaches", "active", "seen_at"]
        Member.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["context", "sub"], update_fields=fields, batch_size=500
        )
        Member.objects.filter(context=context, seen_at__lt=now).update(active=False)
        Context.objects.filter(pk=context.pk).update(roster_at=now, roster_error="")
    return len(rows)


def _pages(context: Context, now: datetime) -> list[dict[str, Any]]:
    platform, url, seen = context.deployment.platform, context.memberships_url, set[str]()
    found: list[dict[str, Any]] = []
    while url:
        if url in seen or len(seen) == MOST_PAGES:
            raise PlatformProblem("The roster has no end: its pages lead back to where they came from.", lasting=True)
        seen.add(url)
        answer = calls.call(platform, "GET", url, scopes=[messages.SCOPE_ROSTER], now=now, accept=_KIND)
        page = answer.json()
        members = page.get("members") if isinstance(page, dict) else None
        if not isinstance(members, list):
            raise PlatformProblem("The platform's roster is none.", lasting=True)
        found += [one for one in members if isinstance(one, dict) and one.get("user_id")]
        following = _NEXT.search(answer.headers.get("link", ""))
        url = urljoin(url, following[1]) if following else ""
    return found


def _roles(one: dict[str, Any]) -> list[str]:
    roles = one.get("roles", [])
    return [role for role in roles if isinstance(role, str)] if isinstance(roles, list) else []


def _name(one: dict[str, Any]) -> str:
    whole = one.get("name") or " ".join(str(one.get(part, "")) for part in ("given_name", "family_name"))
    return str(whole).strip()[:200]
