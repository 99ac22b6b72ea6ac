"""The sandbox host: gateway, control socket, journal and fleet of cells in one process, from start to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import uvicorn
from django.conf import settings

from labs.gateway.app import Gateway
from labs.gateway.control import Control
from labs.gateway.journal import Journal
from labs.gateway.rooms import Rooms
from labs.gateway.wire import CappedHttp
from labs.sandboxes import Unavailable
from labs.sandboxes.emulated.fleet import CellSpec, Fleet
from labs.sandboxes.jail import JailUnavailable, Mode

__all__ = ["PortTaken", "bind", "serve"]

log: Final = logging.getLogger(__name__)
_TIDY_SECONDS: Final = 30.0
_CONNECTIONS: Final = 4000


class PortTaken(Exception):
    """We cannot listen where we were told to; the sentence says where, why, and what to do."""


def bind(address: str) -> socket.socket:
    """Return a listening socket on "host:port". Raises PortTaken."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, int(port)))
        listener.listen(1024)
    except (OSError, ValueError, OverflowError) as error:
        listener.close()
        raise PortTaken(
            f"The sandbox host cannot listen on {address}: {error}. Stop what listens there (another `make run`?), "
            "or set SANDBOX_BIND and SANDBOX_ENDPOINT to another port."
        ) from error
    listener.setblocking(False)
    return listener


async def serve(listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT. Raises JailUnavailable where no jail can be had and it is required."""
    mode: Mode = "best" if settings.SANDBOX_JAIL == "best" else "required"
    fleet = Fleet(Path(settings.RUN_DIR), jail=mode)
    journal = Journal()
    rooms = Rooms(fleet, journal, master=settings.SANDBOX_KEY)
    control = Control(Path(settings.SANDBOX_CONTROL), rooms, fleet.report)
    gateway = Gateway(rooms, master=settings.SANDBOX_KEY, hosts=_hosts(), health=lambda: _health(fleet))
    server = _Server(
        uvicorn.Config(
            gateway,
            http=CappedHttp,
            loop="none",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=3,
        )
    )
    await fleet.start()
    tasks = [asyncio.create_task(each) for each in (_prove(fleet), _tidy(rooms.tidy), _tidy(rooms.forks.tidy, 5.0))]
    try:
        journal.start()
        await control.start()
        await server.serve(sockets=[listener])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await control.stop()
        await fleet.stop()
        await asyncio.to_thread(journal.stop)


class _Server(uvicorn.Server):  # type: ignore[misc]
    """Uvicorn's own sends itself the signal again when it has ended: that would kill us before the journal is written."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


async def _prove(fleet: Fleet) -> None:
    """Open one cell as soon as that can be, and let it go: now we know which walls a sandbox has here."""
    await fleet.warm.wait()
    try:
        cell = await fleet.open(CellSpec(0, 0, "100000000000", "us-east-1", bytes(32), ""))
    except (Unavailable, JailUnavailable):
        log.exception("no sandbox can be opened on this host")
    else:
        await cell.close()


async def _tidy(tidy: Callable[[], Awaitable[None]], every: float = _TIDY_SECONDS) -> None:
    while True:
        await asyncio.sleep(every)
        try:
            await tidy()
        except Exception:
            log.exception("tidying up")


def _hosts() -> list[str]:
    """Return the names that we are reached by, the longest first, as one may end in another."""
    known = {"localhost", "localhost.localdomain"}
    for address in (settings.SANDBOX_ENDPOINT, settings.SANDBOX_INTERNAL_ENDPOINT):
        known.add((urlsplit(address).hostname or "localhost").lower())
    return sorted(known, key=len, reverse=True)


def _health(fleet: Fleet) -> dict[str, Any]:
    report = fleet.report()
    # Warm is what can open a sandbox, so what has opened one.
    return {"warm": report["warm"] and bool(report["jail"]["layers"]), "jail": report["jail"]}
