"""The journal: every call of a learner is a row before its answer goes out, and a cell can be made again from the rows.

One thread with one database connection takes all rows that wait and commits them together: the time of a commit is
shared by all sandboxes that call at that moment. Another thread tells the domain of calls; it may be slow or fail, and
no caller notices.
"""

from __future__ import annotations

import asyncio
import json
import logging
import struct
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from queue import Empty, SimpleQueue
from typing import Any, Final

from django.db import DatabaseError, connection, transaction

from labs.models import ApiCall, Body, Sandbox
from labs.sandboxes.emulated.fleet import CellRequest

__all__ = ["Journal", "Life", "instant", "pack_request", "read_life", "shown", "unpack_request"]

log: Final = logging.getLogger(__name__)
LARGE: Final = 16 << 10  # bytes of a body from which on it is kept apart, once
_MOST: Final = 500
_LENGTH: Final = struct.Struct(">I")
_Entry = tuple[ApiCall, CellRequest | None, asyncio.Future[None]]


class Journal:
    """Writes rows. For one event loop: write() is called there, and its futures are resolved there."""

    def __init__(self) -> None:
        self._rows: SimpleQueue[_Entry | None] = SimpleQueue()
        self._notes = _Notes()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def start(self) -> None:
        """Start the threads. In the event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        self._notes.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self._rows.put(None)
        self._thread.join(timeout=20)
        self._notes.stop()

    def write(self, row: ApiCall, request: CellRequest | None = None) -> asyncio.Future[None]:
        """Return a future that is done when `row` is committed; it raises DatabaseError where that cannot be.

        `request` is kept with it for a replay; to pack it is this thread's work too, as an upload takes its time.
        """
        assert self._loop is not None
        written: asyncio.Future[None] = self._loop.create_future()
        self._rows.put((row, request, written))
        return written

    def _run(self) -> None:
        more = True
        while more:
            batch = [self._rows.get()]
            while len(batch) < _MOST:
                try:
                    batch.append(self._rows.get_nowait())
                except Empty:
                    break
            more = None not in batch
            self._commit([each for each in batch if each is not None])
        connection.close()

    def _commit(self, batch: list[_Entry]) -> None:
        assert self._loop is not None
        if not batch:
            return
        errors: list[Exception | None] = [None] * len(batch)
        bodies: dict[str, Body] = {}
        for row, request, _ in batch:
            if request is None:
                continue
            row.request = pack_request(request)
            if len(request.body) > LARGE:
                row.body_id = sha256(request.body).hexdigest()
                if row.body_id not in bodies:
                    bodies[row.body_id] = Body(sha256=row.body_id, data=zlib.compress(request.body, 1))
        try:
            _insert([row for row, _, _ in batch], bodies)
        except Exception:
            # One bad row must not fail the others.
            for index, (row, _, _) in enumerate(batch):
                try:
                    _insert([row], bodies)
                except Exception as error:
                    log.exception("call %s of sandbox %s could not be written", row.seq, row.sandbox_id)
                    errors[index] = error
        for (row, _, _), failed in zip(batch, errors, strict=True):
            if failed is None and row.source == "learner":
                self._notes.add(row)
        self._loop.call_soon_threadsafe(_resolve, [future for _, _, future in batch], errors)


def _insert(rows: list[ApiCall], bodies: Mapping[str, Body]) -> None:
    wanted = {row.body_id for row in rows if row.body_id}
    try:
        with transaction.atomic():
            if wanted:
                Body.objects.bulk_create([bodies[each] for each in wanted], ignore_conflicts=True)
            ApiCall.objects.bulk_create(rows)
    except DatabaseError:
        connection.close()  # a new one for the next attempt: this one may have lost its server
        raise


def _resolve(futures: list[asyncio.Future[None]], errors: list[Exception | None]) -> None:
    for future, error in zip(futures, errors, strict=True):
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


class _Notes:
    """Tells labs.services of calls: of each sandbox only the newest that waits, so it can never pile up."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[int, int, datetime, bool]] = {}
        self._changed = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="notes", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(timeout=5)

    def add(self, row: ApiCall) -> None:
        with self._changed:
            before = self._waiting.get(row.sandbox_id)
            mutating = row.mutating or (before is not None and before[3])
            self._waiting[row.sandbox_id] = (row.epoch, row.seq, row.at, mutating)
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._ending:
                    self._changed.wait()
                waiting, self._waiting = self._waiting, {}
            if not waiting:
                connection.close()
                return
            for number, (epoch, seq, at, mutating) in waiting.items():
                try:
                    from labs.services import note_call  # late: this process must serve calls whatever that needs

                    note_call(sandbox_number=number, epoch=epoch, seq=seq, now=at, mutating=mutating)
                except Exception:
                    log.exception("call %s of sandbox %s could not be noted", seq, number)
                    connection.close()


@dataclass(frozen=True, slots=True)
class Life:
    """A sandbox in its present epoch, as the database has it. `created_at` in unix seconds.

    A frozen one is live, and answers graders only.
    """

    number: int
    epoch: int
    account_id: str
    region: str
    live: bool
    created_at: float
    frozen: bool = False


def read_life(*, number: int | None = None, account_id: str | None = None) -> Life | None:
    """Return the sandbox of that number, or else of that account id, or None. In a thread of its own connection."""
    wanted = {"number": number} if number is not None else {"account_id": account_id}
    try:
        row = Sandbox.objects.filter(**wanted).first()
    except DatabaseError:
        connection.close()
        raise
    if row is None or not row.account_id:
        return None
    frozen = row.state == Sandbox.State.FROZEN
    live = frozen or row.state == Sandbox.State.LIVE
    return Life(row.number, row.epoch, row.account_id, row.region, live, row.created_at.timestamp(), frozen)


def pack_request(request: CellRequest) -> bytes:
    """Return what a replay needs of `request`, small: time and place are the row's own, and so is a large body."""
    head = {
        name: getattr(request, name)
        for name in ("method", "service", "region", "path", "query", "headers", "access_key", "host")
    }
    text = json.dumps(head, separators=(",", ":")).encode()
    own = request.body if len(request.body) <= LARGE else b""
    return zlib.compress(_LENGTH.pack(len(text)) + text + own, 1)


def unpack_request(blob: bytes, *, seq: int, at: float, body: bytes | None = None) -> CellRequest:
    """Read what pack_request() wrote; `body` (as Body keeps it) is that of a call whose body is large."""
    data = zlib.decompress(blob)
    size = _LENGTH.unpack_from(data)[0]
    head: dict[str, Any] = json.loads(data[4 : 4 + size])
    head["headers"] = [(name, value) for name, value in head["headers"]]
    whole = data[4 + size :] if body is None else zlib.decompress(body)
    return CellRequest(**head, body=whole, seq=seq, at=at)


def instant(seconds: float) -> tuple[datetime, float]:
    """Return a time as the row keeps it, and that time again in unix seconds: what a replay will see."""
    at = datetime.fromtimestamp(seconds, UTC)
    return at, at.timestamp()


def shown(value: Any) -> Any:
    """Return `value` without what no database keeps as text: NUL, and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\0", "�").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {shown(key): shown(each) for key, each in value.items()}
    return [shown(each) for each in value] if isinstance(value, list) else value
