"""How many requests run at a time in a web process: a few threads that stay, each with its database connection.

Django would start a thread, and open a connection, for every request that comes: a thousand candidates who start at the
same second would have a thousand of both. Here they wait in line, first come first served, and cost nothing meanwhile.
Exams have seats of their own: whatever goes on elsewhere on the site, a candidate does not wait for it.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from asgiref.sync import ThreadSensitiveContext
from django.template.loader import get_template

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

EXAMS: Final = "/exams/"
EXAM_SEATS: Final = 8
OTHER_SEATS: Final = 24
MOST_WAITING: Final = 4000
# So much of a body is awaited before a seat is taken: who sends slowly keeps nobody from theirs.
MOST_AHEAD: Final = 1024 * 1024


class Room:
    """Seats, and the line before them. Each seat is a thread that is started when it is first taken."""

    def __init__(self, name: str, seats: int) -> None:
        self._free: asyncio.Queue[ThreadPoolExecutor] = asyncio.Queue()
        for number in range(seats):
            self._free.put_nowait(ThreadPoolExecutor(1, thread_name_prefix=f"{name}-{number}"))
        self._waiting = 0

    @property
    def full(self) -> bool:
        """Return whether the line is longer than anybody's patience."""
        return self._waiting >= MOST_WAITING

    async def take(self) -> ThreadPoolExecutor:
        """Wait for a seat."""
        self._waiting += 1
        try:
            return await self._free.get()
        finally:
            self._waiting -= 1

    def leave(self, seat: ThreadPoolExecutor) -> None:
        """Give a seat back."""
        self._free.put_nowait(seat)


class Seats:
    """The ASGI application that lets requests into the site's by their seats."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._rooms: dict[asyncio.AbstractEventLoop, tuple[Room, Room]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request in a seat. It is free again when the answer begins: a stream, or a slow reader, keeps none."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        room = self._room(scope["path"])
        if room.full:
            await _sorry(scope, send)
            return
        receive = await _ahead(receive)
        seat = await room.take()
        held = True

        def leave() -> None:
            nonlocal held
            if held:
                held = False
                room.leave(seat)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                leave()
            await send(message)

        try:
            async with ThreadSensitiveContext(executor=seat):
                await self._app(scope, receive, sending)
        finally:
            leave()

    def _room(self, path: str) -> Room:
        rooms = self._rooms.setdefault(
            asyncio.get_running_loop(), (Room("exams", EXAM_SEATS), Room("site", OTHER_SEATS))
        )
        return rooms[not path.startswith(EXAMS)]


async def _ahead(receive: Receive) -> Receive:
    """Await a body, up to a bound, and return what gives it again."""
    messages: list[Message] = []
    size = 0
    while size < MOST_AHEAD:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    given = iter(messages)

    async def again() -> Message:
        for message in given:
            return message
        return await receive()

    return again


@functools.cache
def _sorry_page() -> bytes:
    return get_template("503.html").render().encode()


async def _sorry(scope: Scope, send: Send) -> None:
    """Say that there is no room: as a page to browsers. It is made once, and costs no seat."""
    asked = dict(scope.get("headers", ())).get(b"accept", b"")
    page = b"text/html" in asked
    body = _sorry_page() if page else b"Too many people at once. Try again in a few seconds."
    kind = b"text/html" if page else b"text/plain"
    headers = [
        (b"content-type", kind + b"; charset=utf-8"),
        (b"retry-after", b"5"),
        (b"content-security-policy", b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
