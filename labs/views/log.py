"""The API log tab: the learner's calls, newest first, and all about one of them.

The list is kept light; what a call changed, how to make it again and why it failed comes when it is opened.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from labs import selectors
from labs.calllog import again, changed, source_of, why
from labs.models import ApiCall, LabSession
from labs.views.common import LOG_ROWS, about_log
from labs.web import fragment_wanted, page

_MOST_ROWS = 2000
_ONLY = ("changes", "errors")
_LONGEST = 200


@page
def session_log(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return the calls that fit the filters, newest first; or only how many there are."""
    found = selectors.get_session_for(request.user, session_id)
    if request.GET.get("part") == "count":
        return render(request, "labs/_call_count.html", about_log(found))
    if not fragment_wanted(request):
        return render(request, "labs/log.html", _context(request, found) | {"lab": selectors.lab_of(found)})
    return render(request, "labs/_log.html", _context(request, found) | {"fragment": True})


@page
def session_call(request: HttpRequest, session_id: UUID, seq: int) -> HttpResponse:
    """Return all about one call."""
    found = selectors.get_session_for(request.user, session_id)
    call = selectors.call_of(found, seq)
    context = {"session": found, "call": call, **_told(found, call)}
    if fragment_wanted(request):
        return render(request, "labs/_call.html", context)
    return render(request, "labs/call.html", context | {"lab": selectors.lab_of(found)})


def _context(request: HttpRequest, session: LabSession) -> dict[str, Any]:
    asked = request.GET
    only = asked.get("only", "") if asked.get("only") in _ONLY else ""
    service = asked.get("service", "")[:_LONGEST].replace("\0", "")
    words = asked.get("words", "")[:_LONGEST].replace("\0", "").strip()
    rows = min(_number(asked.get("rows", "")) or LOG_ROWS, _MOST_ROWS)
    before = _number(asked.get("before", ""))
    calls = selectors.log_of(session, only=only, service=service, words=words, before=before, limit=rows + 1)
    older = len(calls) > rows
    return {
        **about_log(session, calls=calls[:rows]),
        "filtered": bool(only or service or words),
        "older": older,
        "next_rows": rows + LOG_ROWS if rows < _MOST_ROWS else 0,
        "before": before,
        "last_shown": calls[rows - 1].seq if older else 0,
        "filters": {"only": only, "service": service, "words": words},
    }


def _number(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else 0


def _told(session: LabSession, call: ApiCall) -> dict[str, Any]:
    # An exam's calls fail as AWS says, and no more is said: why would be half of the answer.
    explained = why(selectors.account_of(session), call) if session.is_ready and not session.exam else None
    return {
        "source": source_of(call),
        "changed": changed(call),
        "again": again(call, session.sandbox.region),
        "why": explained,
    }
