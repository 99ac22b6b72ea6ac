"""A web process tells the database that it lives, from its start to its end: what lies between lives was an outage."""

from __future__ import annotations

import asyncio
import logging
import threading

from django.db import connections

from courses.services import clock
from courses.services.outages import WEB, Heart
from skylab.seats import App, Receive, Scope, Send

logger = logging.getLogger(__name__)


class Pulsing:
    """The ASGI application whose process has a pulse: it answers the server's "lifespan", and passes all else on."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._heart = Heart(WEB)
        self._stopping = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                # Before the first request: it may be the first of many after an outage, and finds the gap then.
                await asyncio.to_thread(self._beat)
                threading.Thread(target=self._heart.run, args=(self._stopping,), name="pulse", daemon=True).start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self._stopping.set()
                await asyncio.to_thread(self._beat)
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _beat(self) -> None:
        try:
            self._heart.beat(now=clock.now())
        except Exception:
            logger.exception("The first beat failed: the database does not answer")
        finally:
            connections.close_all()
