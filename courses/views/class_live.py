"""The live view of a class: a page, and a stream of the rows that have changed.

The stream gathers what stirs for a moment and reads it in one go, however many learners it was. Now and then it reads
all: being stuck comes by the clock, and an event that was lost is made up for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.utils import timezone

from courses.classes import board, pushes, who
from courses.classes.board import Board, Row
from courses.models import Cohort
from labs import events
from labs.web import page, person, to_login

GATHER = 0.1  # seconds: what comes within them is read together
WHOLE = 20.0  # seconds: all is read anew at least so often


@page
def class_live(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Show who is where in a class, and who is stuck."""
    cohort = who.get_cohort_for(person(request), cohort_id)
    choices = board.choices(cohort)
    table = _board(cohort, request.GET.get("lab", ""))
    rows = table.read(now=timezone.now())
    context = {
        "cohort": cohort,
        "tab": "live",
        "choices": choices,
        "board": table,
        "rows": rows,
        "totals": table.totals(),
        "now": timezone.now(),
        "outdated": [] if cohort.archived_at else pushes.outdated(cohort, choices),
    }
    return render(request, "classes/live.html", context)


def _board(cohort: Cohort, slug: str) -> Board:
    """Return the table of one lab that the class has, or of all of them."""
    choices = board.choices(cohort)
    chosen = [one for one in choices if one.slug == slug]
    return Board(cohort, chosen or choices)


async def class_live_events(request: HttpRequest, cohort_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """Stream the rows that change, as server-sent events: {"rows": {id: HTML}, "gone": [id], "totals": {…}}."""
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    user = await request.auser()
    if not user.is_authenticated:
        return to_login(request)
    await sync_to_async(who.get_cohort_for)(user, cohort_id)
    zone = timezone.get_current_timezone()
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    lines = _stream(LiveRows(user, cohort_id, request.GET.get("lab", ""), zone))
    return StreamingHttpResponse(lines, content_type="text/event-stream", headers=headers)


async def _stream(rows: LiveRows) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    loop = asyncio.get_running_loop()
    stirred: set[str] | None = None  # of sessions; None: all
    read_all = 0.0
    async with aclosing(events.listen_to_all()) as heard:
        inbox: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

        async def gather() -> None:
            async for one in heard:
                await inbox.put(one)

        gathering = asyncio.create_task(gather())
        try:
            while True:
                if loop.time() - read_all >= WHOLE:
                    stirred = None
                if stirred is None:
                    read_all = loop.time()
                if stirred is None or stirred:
                    try:
                        told = await sync_to_async(rows.read)(stirred)
                    except Http404:  # no class of theirs any more
                        return
                    if told:
                        yield f"data: {told}\n\n"
                stirred = set()
                session, text = await _next(inbox, max(0.1, WHOLE - (loop.time() - read_all)))
                if not session and not text:
                    yield ": ping\n\n"
                    continue
                if rows.cares(session):
                    await asyncio.sleep(GATHER)
                stirred = _add(stirred, session, rows)
                while not inbox.empty():
                    stirred = _add(stirred, inbox.get_nowait()[0], rows)
        finally:
            gathering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gathering


async def _next(inbox: asyncio.Queue[tuple[str, str]], seconds: float) -> tuple[str, str]:
    try:
        return await asyncio.wait_for(inbox.get(), seconds)
    except TimeoutError:
        return "", ""


def _add(stirred: set[str] | None, session: str, rows: LiveRows) -> set[str] | None:
    """Add a session that stirred; "" is all of them, as something was lost."""
    if stirred is None or not session:
        return None
    if rows.cares(session):
        stirred.add(session)
    return stirred


class LiveRows:
    """The rows of one who looks: which they have, and which of them are others by now."""

    def __init__(self, user: Any, cohort_id: UUID, slug: str, zone: Any) -> None:
        self._user, self._cohort_id, self._slug, self._zone = user, cohort_id, slug, zone
        self._sent: dict[Any, str] = {}
        self._board: Board | None = None
        self._strangers: set[str] = set()  # sessions that are nobody's of this class
        self._totals: dict[str, int] = {}
        self._drawn: dict[Any, tuple[object, str]] = {}

    def cares(self, session: str) -> bool:
        """Return whether a session may be of this class."""
        return session not in self._strangers

    def read(self, stirred: set[str] | None) -> str:
        """Return what has changed as JSON, "" where nothing has. Raises Http404 where the class is not theirs any more."""
        cohort = who.get_cohort_for(self._user, self._cohort_id)
        if self._board is None or stirred is None:
            fresh = _board(cohort, self._slug)
            if self._board is None or [one.id for one in fresh.columns] == [one.id for one in self._board.columns]:
                self._board, self._strangers = fresh, set()
            else:
                return json.dumps({"reload": True})
        now = timezone.now()
        read = self._board.read(now=now, sessions=stirred)
        if stirred:
            known = {str(row.session.pk) for row in self._board.rows.values() if row.session}
            self._strangers |= {one for one in stirred if one not in known} if not read else set()
        with timezone.override(self._zone):
            rows = {str(row.user_id): self._html(self._board, row) for row in read}
        changed = {key: html for key, html in rows.items() if self._sent.get(key) != html}
        gone = [key for key in self._sent if key not in rows] if stirred is None else []
        self._sent = {**({} if stirred is None else self._sent), **rows}
        totals = self._board.totals()
        if not changed and not gone and totals == self._totals:
            return ""
        self._totals = totals
        return json.dumps({"rows": changed, "gone": gone, "totals": totals})

    def _html(self, table: Board, row: Row) -> str:
        """Return a row's HTML; the one of before where it says the same: drawing is most of the work of reading all."""
        says = (row.name, row.state, row.cells, row.passed, row.call, row.last_at, row.stuck)
        kept = self._drawn.get(row.user_id)
        if kept is None or kept[0] != says:
            kept = self._drawn[row.user_id] = (says, row_html(table, row))
        return kept[1]


def row_html(table: Board, row: Row) -> str:
    """Return a row of the table as the page has it."""
    return get_template("classes/_live_row.html").render({"row": row, "cohort": table.cohort}).strip()
