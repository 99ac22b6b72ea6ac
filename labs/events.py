"""What happens in a session, as it happens: told by whoever did it, heard by the pages that are open.

An event is a small JSON object: {"type": …, …ids}. It carries no facts; the page fetches what changed, with the rights
that its reader has then. One that is lost costs nothing but a moment, as pages also ask by themselves. Types:

    state     the session or its sandbox is in another state: built, paused, gone back, over
    checking  a judgement began that takes longer than a moment
    grading   tasks are to be shown anew: judged, skipped, begun anew
    call      a call was made
    clock     the time that is left is another
    message   somebody who teaches wrote to the learner
    history   there is a checkpoint more
"""

from __future__ import annotations

import asyncio
import json
import logging
import weakref
from collections.abc import AsyncGenerator, Mapping
from typing import Any
from uuid import UUID

import redis
import redis.asyncio
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from labs import bell

logger = logging.getLogger(__name__)

CHANNEL = "skylab:session:"
PING_SECONDS = 15.0
RECONNECT_SECONDS = 1.0
BACKLOG = 100  # events that a page may lag behind
BACKLOG_OF_ALL = 4000  # and a view of many sessions
EVERY = "*"
# What a page is told when events may have been lost: look at everything anew.
ANYTHING = json.dumps({"type": "state"})


def publish(session_id: UUID | str, event: Mapping[str, Any]) -> None:
    """Tell the pages of a session, soon. Never waits and never raises."""
    text = json.dumps(event)
    bell.tell(lambda: _send(f"{CHANNEL}{session_id}", text))


_client: redis.Redis | None = None


def _send(channel: str, text: str) -> None:
    """Runs in the bell's thread; raises whatever the broker does."""
    global _client
    if _client is None:
        _client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=0.2, socket_connect_timeout=0.2, retry=Retry(NoBackoff(), 0)
        )
    _client.publish(channel, text)


async def listen(session_id: UUID) -> AsyncGenerator[str, None]:
    """Yield the events of a session as JSON texts, and "" every 15 s in which there is none. Never ends by itself."""
    hub = _hub_of(asyncio.get_running_loop())
    inbox = hub.join(str(session_id))
    try:
        while True:
            try:
                yield await asyncio.wait_for(inbox.get(), PING_SECONDS)
            except TimeoutError:
                yield ""
    finally:
        hub.leave(str(session_id), inbox)


async def listen_to_all() -> AsyncGenerator[tuple[str, str], None]:
    """Yield (session, event) of every session, and ("", "") every 15 s in which there is none; ("", ANYTHING) where some
    may have been lost. For views of a whole class, which know by themselves whose sessions they may show."""
    hub = _hub_of(asyncio.get_running_loop())
    inbox = hub.join(EVERY)
    try:
        while True:
            try:
                session, _, text = (await asyncio.wait_for(inbox.get(), PING_SECONDS)).partition(" ")
                yield session, text
            except TimeoutError:
                yield "", ""
    finally:
        hub.leave(EVERY, inbox)


class _Hub:
    """One connection to Redis for all the pages that this process serves; it lives as long as somebody listens."""

    def __init__(self) -> None:
        self._inboxes: dict[str, set[asyncio.Queue[str]]] = {}
        self._pump: asyncio.Task[None] | None = None

    def join(self, session: str) -> asyncio.Queue[str]:
        inbox: asyncio.Queue[str] = asyncio.Queue(BACKLOG_OF_ALL if session == EVERY else BACKLOG)
        self._inboxes.setdefault(session, set()).add(inbox)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run())
        return inbox

    def leave(self, session: str, inbox: asyncio.Queue[str]) -> None:
        inboxes = self._inboxes.get(session, set())
        inboxes.discard(inbox)
        if not inboxes:
            self._inboxes.pop(session, None)
        if not self._inboxes and self._pump is not None:
            self._pump.cancel()
            self._pump = None

    async def _run(self) -> None:
        client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=2, health_check_interval=10, retry=None
        )
        well, again = True, False
        try:
            while True:
                try:
                    async with client.pubsub() as pubsub:
                        await pubsub.psubscribe(f"{CHANNEL}*")
                        async for message in pubsub.listen():
                            well = True
                            if message["type"] == "psubscribe":
                                # Also where redis-py connected anew by itself: something may have been missed.
                                if again:
                                    self._tell_all()
                                again = True
                            elif message["type"] == "pmessage":
                                self._tell(message["channel"].decode().removeprefix(CHANNEL), message["data"].decode())
                except (redis.RedisError, OSError) as error:
                    if well:
                        logger.warning("No events: the broker does not answer (%s)", error)
                    well = False
                    await asyncio.sleep(RECONNECT_SECONDS)
        finally:
            await client.aclose()

    def _tell(self, session: str, text: str) -> None:
        for inbox in self._inboxes.get(session, ()):
            if not inbox.full():  # a page that does not read will ask when it does
                inbox.put_nowait(text)
        for inbox in self._inboxes.get(EVERY, ()):
            if not inbox.full():
                inbox.put_nowait(f"{session} {text}")

    def _tell_all(self) -> None:
        for session in [one for one in self._inboxes if one != EVERY]:
            for inbox in self._inboxes[session]:
                if not inbox.full():
                    inbox.put_nowait(ANYTHING)
        for inbox in self._inboxes.get(EVERY, ()):
            if not inbox.full():
                inbox.put_nowait(f" {ANYTHING}")


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Hub] = weakref.WeakKeyDictionary()


def _hub_of(loop: asyncio.AbstractEventLoop) -> _Hub:
    return _hubs.setdefault(loop, _Hub())
