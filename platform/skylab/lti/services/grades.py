"""Scores on their way to platforms (Assignment and Grade Services 2.0).

A Result is what somebody did behind a link. It is looked at again when they did something; where it says something else
than the platform was told, it is owed (`due_at`), and a job sends it. What fails is tried again later and later, up to
every six hours, for as long as it is owed: a platform that is down over a weekend has all on Monday. What is sent is how
it stands when it is sent, with a timestamp later than the one before: so the later score wins, in whichever order they come.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.db.models import F, Q

from labs import jobs
from skylab.lti import messages, resources
from skylab.lti.models import Identity, ResourceLink, Result
from skylab.lti.refusals import PlatformProblem
from skylab.lti.services import calls

logger = logging.getLogger(__name__)

SEND: Final = "lti-score"
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=6)
OVERLAP: Final = timedelta(minutes=2)  # a transaction that was open when we looked last
AT_A_TIME: Final = 200
_LINEITEM: Final = "application/vnd.ims.lis.v2.lineitem+json"
_LINEITEMS: Final = "application/vnd.ims.lis.v2.lineitemcontainer+json"
_SCORE: Final = "application/vnd.ims.lis.v1.score+json"


def owe(*, link: ResourceLink, identity: Identity, now: datetime) -> Result:
    """Note that a platform wants to know how somebody does behind a link, and look."""
    result, _ = Result.objects.get_or_create(link=link, identity=identity)
    look(result, now=now)
    return result


def look(result: Result, *, now: datetime) -> bool:
    """Bring a result up to what the person did; return whether the platform is owed something new."""
    found = resources.reached(result.identity.user_id, result.link.kind, result.link.slug)
    if found is None or found.digest == result.digest:
        return False
    told = {
        "activity": found.activity,
        "grading": found.grading,
        "score": found.score,
        "maximum": found.maximum,
        "comment": found.comment,
        "digest": found.digest,
    }
    # What is tried again later anyway is not hurried by it: the platform is down.
    hurried = Q(pk=result.pk, attempts=0) | Q(pk=result.pk, due_at=None)
    Result.objects.filter(pk=result.pk).update(**told)
    Result.objects.filter(hurried).update(due_at=now, attempts=0)
    return True


def sweep(*, since: datetime | None, now: datetime) -> int:
    """Look at the results of everybody who did something since then (None: at all), ring for what is due; return how many."""
    touched = resources.changed_since(since - OVERLAP) if since else Q()
    for result in Result.objects.filter(touched).select_related("link", "identity").iterator():
        look(result, now=now)
    due = list(_owed().filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True)[:AT_A_TIME])
    for pk in due:
        jobs.enqueue(kind=SEND, key=f"{SEND}:{pk}", payload={"result": pk}, now=now)
    return len(due)


def _owed() -> Any:
    wanted = Result.objects.filter(link__may_score=True, link__context__deployment__platform__active=True)
    return wanted.exclude(digest="").exclude(digest=F("sent_digest"))


def send(result_id: int, *, now: datetime) -> bool:
    """Tell the platform how a result stands, if that is owed; return whether it knows now. Never raises for the platform."""
    result = (
        _owed()
        .filter(pk=result_id, due_at__lte=now)
        .select_related("link__context__deployment__platform", "identity")
        .first()
    )
    if result is None:
        return False
    stamp = max(now, result.stamp + timedelta(milliseconds=1)) if result.stamp else now
    # Noted before it is sent: what was sent and not acknowledged has its timestamp, too.
    Result.objects.filter(pk=result.pk).update(stamp=stamp)
    try:
        _post(result, stamp, now)
    except PlatformProblem as problem:
        _put_off(result, problem, now)
        return False
    fresh = {"sent_digest": result.digest, "sent_at": now, "attempts": 0, "error": ""}
    Result.objects.filter(pk=result.pk).update(**fresh)
    Result.objects.filter(pk=result.pk, digest=result.digest).update(due_at=None)
    return True


def send_again(*, platform_id: int, now: datetime) -> int:
    """Try all at once that a platform has not got; return how many that are."""
    return int(
        _owed().filter(link__context__deployment__platform_id=platform_id).update(due_at=now, error="", attempts=0)
    )


def _put_off(result: Result, problem: PlatformProblem, now: datetime) -> None:
    lasting = problem.lasting
    if problem.status == 404 and result.link.lineitem_url and result.link.may_make:
        # The column was removed there: another one is made the next time.
        ResourceLink.objects.filter(pk=result.link_id).update(lineitem_url="")
        lasting = False
    wait = min(FIRST_WAIT * 2 ** min(result.attempts, 12), LONGEST_WAIT)
    wait = max(wait, timedelta(seconds=problem.wait), LONGEST_WAIT if lasting else timedelta(0))
    logger.warning("A score for %s waits %s: %s", result.link.context.deployment.platform, wait, problem)
    changes = {"attempts": F("attempts") + 1, "due_at": now + wait, "error": str(problem)[:400]}
    Result.objects.filter(pk=result.pk).update(**changes)


def _post(result: Result, stamp: datetime, now: datetime) -> None:
    link = result.link
    platform = link.context.deployment.platform
    column = link.lineitem_url or _column(link, now)
    body: dict[str, Any] = {
        "userId": result.identity.sub,
        "timestamp": stamp.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "activityProgress": result.activity,
        "gradingProgress": result.grading,
    }
    if result.score is not None and result.maximum:
        body |= {"scoreGiven": float(result.score), "scoreMaximum": float(result.maximum)}
    if result.comment:
        body["comment"] = result.comment
    url = _below(column, "scores")
    calls.call(platform, "POST", url, scopes=[messages.SCOPE_SCORE], now=now, body=body, kind=_SCORE)


def _column(link: ResourceLink, now: datetime) -> str:
    """Return the line item of a link: the platform's, or one that we make."""
    if not (link.lineitems_url and link.may_make):
        raise PlatformProblem("The platform has no column for this link, and lets us make none.", lasting=True)
    platform = link.context.deployment.platform
    scopes = [messages.SCOPE_LINEITEM]
    resource = resources.get(link.kind, link.slug)
    key = f"{link.kind}:{link.slug}"
    asked = _with(link.lineitems_url, resource_link_id=link.link_id, resource_id=key)
    found = calls.call(platform, "GET", asked, scopes=scopes, now=now, accept=_LINEITEMS).json()
    mine = (
        [one for one in found if isinstance(one, dict) and one.get("resourceId") == key]
        if isinstance(found, list)
        else []
    )
    made: Any = mine[0] if mine else None
    if made is None:
        body = {
            "scoreMaximum": float(resource.points) if resource else 100.0,
            "label": link.title or key,
            "resourceId": key,
            "resourceLinkId": link.link_id,
        }
        answer = calls.call(
            platform, "POST", link.lineitems_url, scopes=scopes, now=now, accept=_LINEITEM, body=body, kind=_LINEITEM
        )
        made = answer.json()
    url = made.get("id") if isinstance(made, dict) else None
    if not isinstance(url, str) or not 0 < len(url) <= 1000:
        raise PlatformProblem("The platform made a column and did not say where.", lasting=True)
    ResourceLink.objects.filter(pk=link.pk).update(lineitem_url=url)
    link.lineitem_url = url
    return url


def _below(url: str, name: str) -> str:
    """Return the address of a service below a line item: its query stays behind (AGS §3.3.1)."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}", fragment=""))


def _with(url: str, **query: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(query)))), fragment=""))
