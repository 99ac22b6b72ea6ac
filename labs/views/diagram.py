"""The Diagram tab: the sandbox drawn, and questions answered on it.

For htmx an answer is the parts of the tab; for a browser it is a page, so that a question can be passed on by its address.
It reads with the grader's key: nothing of it is in the learner's API log.
"""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from graders import BotoAccount
from labs import present, selectors
from labs.diagram import Asked, Sketch, Thing, ask, choices, draw, ends, sketch
from labs.diagram.answers import sorry
from labs.diagram.model import clean
from labs.models import LabSession
from labs.web import fragment_wanted, page

_LONGEST = 600  # letters of one field of a question
# Reading an account is most of the work. What changes by time alone (an alarm, a count of messages) may be so late.
FRESH_SECONDS = 5.0
_MOST_KEPT = 32
_KEPT: dict[tuple[object, ...], tuple[float, Sketch]] = {}


@page
def session_diagram(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return the diagram, with the thing that is chosen and the answer to what was asked."""
    found = selectors.get_session_for(request.user, session_id)
    if not found.is_ready:
        if fragment_wanted(request):
            raise Http404("This session has no sandbox.")
        return redirect("session", found.pk)
    part = "labs/_diagram.html" if fragment_wanted(request) else "labs/diagram.html"
    return render(request, part, _context(request, found))


def _context(request: HttpRequest, session: LabSession) -> dict[str, Any]:
    lab, account = selectors.lab_of(session), selectors.account_of(session)
    seen = _seen(session, account)
    asked = _asked(request)
    thing = seen.by_key.get(asked.thing)
    answer = None
    # In an exam its answers would be the exam's.
    if not session.exam:
        try:
            answer = ask(account, seen, asked)
        except (BotoCoreError, ClientError):
            answer = sorry("The sandbox does not answer just now", "That is our fault. Ask again in a moment.")
    across = request.GET.get("across", "")
    drawing = draw(
        seen,
        across=int(across) if across in ("1", "2", "3", "4") else 3,
        path=answer.path if answer else (),
        marks=answer.marks if answer else (),
    )
    return {
        "session": session,
        "lab": lab,
        "sketch": seen,
        "drawing": drawing,
        "selected": thing,
        "gone": bool(asked.thing) and thing is None,
        "where": seen.where(thing) if thing else "",
        "worn": [clean(one.text) for one in thing.badges if one.tone == "group"] if thing else [],
        "connections": seen.connections(thing) if thing else [],
        "asks": _asks(seen, thing, asked) if thing and not session.exam else [],
        "asked": asked,
        "answer": answer,
        "link": urlencode({name: value for name, value in _fields(asked).items() if value}),
        "rows": [(one, seen.where(one), seen.connections(one)) for one in seen.things],
        "empty": present.empty(lab.services),
        "all_unread": bool(seen.unread) and not seen.things,
    }


def _seen(session: LabSession, account: BotoAccount) -> Sketch:
    """Return the sketch; the one of a moment ago where nobody has changed anything since."""
    key = (str(session.pk), *selectors.state_stamp(session.sandbox))
    kept = _KEPT.get(key)
    if kept and time.monotonic() - kept[0] < FRESH_SECONDS:
        return kept[1]
    made = sketch(account, selectors.services_in_use(session))
    while len(_KEPT) >= _MOST_KEPT:
        _KEPT.pop(next(iter(_KEPT)), None)
    if not made.unread:
        _KEPT[key] = (time.monotonic(), made)
    return made


def _asked(request: HttpRequest) -> Asked:
    values = {
        name: request.GET.get(name, "")[:_LONGEST].replace("\0", "")
        for name in ("thing", "ask", "who", "target", "port")
    }
    port = values["port"] if re.fullmatch("[0-9]{1,5}", values["port"]) else ""
    return Asked(values["thing"], values["ask"], values["who"], values["target"], port)


def _fields(asked: Asked) -> dict[str, str]:
    return {
        "thing": asked.thing,
        "ask": asked.question,
        "who": asked.who,
        "target": asked.target,
        "port": asked.port,
    }


def _asks(seen: Sketch, thing: Thing, asked: Asked) -> list[dict[str, Any]]:
    """Return the forms of a thing: each question with what it needs, filled in as it was asked."""
    found = []
    for choice in choices(seen, thing):
        now = choice.question == asked.question
        field = next((name for name in choice.needs if name in ("who", "target")), "")
        chosen = asked.who if field == "who" else asked.target
        offered = (
            [(one.key, one.title, now and one.key == chosen) for one in ends(seen, thing, choice)] if field else []
        )
        if field and not offered:
            continue
        port = (asked.port if now and asked.port else str(choice.port)) if "port" in choice.needs else ""
        found.append({"choice": choice, "now": now, "field": field, "offered": offered, "port": port})
    return found
