"""The journal: every call of a learner is a row, and a cell can be made again from the rows.

What changes something is committed before its answer goes out. The row of a read, which no replay needs, may follow its
answer by LINGER_SECONDS; it never comes after that of a later call.

One thread with one database connection takes all rows that wait and commits them together: the time of a commit is
shared by all sandboxes that call at that moment. Another thread tells the domain of calls; it may be slow or fail, and
no caller notices. Both threads share Python's lock with the event loop, so what they compute is time that some caller
waits: rows go out by one INSERT without the ORM, reads and notes in batches.
"""

from __future__ import annotations

import asyncio
import json
import logging
import struct
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple

from django.db import DatabaseError, connection, transaction

from labs.models import ApiCall, Body, Sandbox
from labs.sandboxes.emulated.fleet import CellRequest

__all__ = ["Journal", "Life", "Row", "instant", "pack_request", "read_life", "shown", "unpack_request"]

log: Final = logging.getLogger(__name__)
LARGE: Final = 16 << 10  # bytes of a body from which on it is kept apart, once
LINGER_SECONDS: Final = 0.04  # how long the row of a read waits for others
NOTES_SECONDS: Final = 0.04  # from one round of notes to the next; a page hears of a call within 150 ms
_MOST: Final = 500
_MOST_BEHIND: Final = 5000  # rows of reads that a slow database may be behind; further reads wait for it
_LENGTH: Final = struct.Struct(">I")


class Row(NamedTuple):
    """A call as the journal keeps it: fields of ApiCall, in the order of the INSERT."""

    sandbox_id: int
    epoch: int
    seq: int
    at: datetime
    source: str
    principal: str
    tool: str
    service: str
    action: str
    region: str
    parameters: Any
    status: int
    error_code: str
    error_message: str
    mutating: bool
    milliseconds: float
    request_id: str
    request: bytes | None = None
    body_id: str | None = None


_Future = asyncio.Future[None]
_Entry = tuple[Row, CellRequest | None, "_Future | None"]
_Batch = tuple[list[_Entry], "_Future | None"]  # the future is for whoever waits for all rows so far


class Journal:
    """Writes rows. For one event loop: write() is called there, and its futures are resolved there."""

    def __init__(self) -> None:
        self._batches: SimpleQueue[_Batch | None] = SimpleQueue()
        self._notes = _Notes()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lingering: list[_Entry] = []
        self._timer: asyncio.TimerHandle | None = None
        self._behind = 0  # rows that the thread has and that are not committed yet
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def start(self) -> None:
        """Start the threads. In the event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        self._notes.start()

    def stop(self) -> None:
        """Write what waits, and end. Nobody writes any more."""
        self._hand_over()
        self._batches.put(None)
        self._thread.join(timeout=20)
        self._notes.stop()

    def write(self, row: Row, request: CellRequest | None = None) -> _Future:
        """Return a future that is done when `row` is committed; it raises DatabaseError where that cannot be.

        `request` is kept with it for a replay; to pack it is the thread's work too, as an upload takes its time.
        """
        assert self._loop is not None
        written: _Future = self._loop.create_future()
        self._lingering.append((row, request, written))
        self._hand_over()
        return written

    def write_soon(self, row: Row) -> _Future | None:
        """Have `row`, of a call that changed nothing, written in a moment; where that cannot be, it is logged.

        Where too many wait already, returns what to wait for, as write() does.
        """
        if self._behind > _MOST_BEHIND:
            return self.write(row)
        self._lingering.append((row, None, None))
        if len(self._lingering) >= _MOST:
            self._hand_over()
        elif self._timer is None:
            assert self._loop is not None
            self._timer = self._loop.call_later(LINGER_SECONDS, self._hand_over)
        return None

    async def flush(self) -> None:
        """Return when all rows so far are committed, or given up: for whoever asks the database next."""
        if self._lingering or self._behind:
            assert self._loop is not None
            done: _Future = self._loop.create_future()
            self._hand_over(done)
            await done

    def _hand_over(self, done: _Future | None = None) -> None:
        """Give the thread what lingers; it tells `done` when that and all before are done with."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._lingering or done:
            self._behind += len(self._lingering)
            self._batches.put((self._lingering, done))
            self._lingering = []

    def _run(self) -> None:
        more = True
        while more:
            entries: list[_Entry] = []
            waiting: list[_Future] = []
            batch = self._batches.get()
            while batch is not None:
                entries += batch[0]
                if batch[1]:
                    waiting.append(batch[1])
                if len(entries) >= _MOST:
                    break
                try:
                    batch = self._batches.get_nowait()
                except Empty:
                    break
            more = batch is not None
            self._commit(entries, waiting)
        connection.close()

    def _commit(self, entries: list[_Entry], waiting: list[_Future]) -> None:
        assert self._loop is not None
        bodies: dict[str, bytes] = {}
        rows = [row if request is None else _with_request(row, request, bodies) for row, request, _ in entries]
        errors: list[Exception | None] = [None] * len(rows)
        try:
            _insert(rows, bodies)
        except Exception:
            # One bad row must not fail the others.
            for index, row in enumerate(rows):
                try:
                    _insert([row], bodies)
                except Exception as error:
                    log.exception("call %s of sandbox %s could not be written", row.seq, row.sandbox_id)
                    errors[index] = error
        told = [(future, error) for (_, _, future), error in zip(entries, errors, strict=True) if future]
        self._loop.call_soon_threadsafe(self._resolve, len(rows), [*told, *((each, None) for each in waiting)])
        self._notes.add([row for row, error in zip(rows, errors, strict=True) if not error and row.source == "learner"])

    def _resolve(self, count: int, told: list[tuple[_Future, Exception | None]]) -> None:
        self._behind -= count
        for future, error in told:
            if future.done():
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)


def _with_request(row: Row, request: CellRequest, bodies: dict[str, bytes]) -> Row:
    """Return `row` with what a replay needs; a large body goes to `bodies`, by its hash."""
    digest = None
    if len(request.body) > LARGE:
        digest = sha256(request.body).hexdigest()
        if digest not in bodies:
            bodies[digest] = zlib.compress(request.body, 1)
    return row._replace(request=pack_request(request), body_id=digest)


def _insert(rows: list[Row], bodies: Mapping[str, bytes]) -> None:
    if not rows:
        return
    wanted = {row.body_id: bodies[row.body_id] for row in rows if row.body_id}
    try:
        if wanted:
            with transaction.atomic():
                Body.objects.bulk_create(
                    [Body(sha256=key, data=data) for key, data in wanted.items()], ignore_conflicts=True
                )
                _insert_calls(rows)
        else:
            _insert_calls(rows)  # one statement: a transaction of its own
    except DatabaseError:
        connection.close()  # a new one for the next attempt: this one may have lost its server
        raise


def _insert_calls(rows: Sequence[Row]) -> None:
    """Write the rows by one statement. What bulk_create() computes for it, again and again, costs more than the commit."""
    begin, places = _statement()
    with connection.cursor() as cursor:
        cursor.execute(begin + ",".join([places] * len(rows)), [value for row in rows for value in _prepared(row)])


@cache
def _statement() -> tuple[str, str]:
    """Return the INSERT up to VALUES, and the place-holders of one row."""
    quote = connection.ops.quote_name
    columns = {field.attname: str(field.column) for field in ApiCall._meta.concrete_fields}
    names = ", ".join(quote(columns[name]) for name in Row._fields)
    begin = f"INSERT INTO {quote(ApiCall._meta.db_table)} ({names}) VALUES "  # noqa: S608 - names of our own model
    return begin, f"({', '.join(['%s'] * len(Row._fields))})"


def _prepared(row: Row) -> Iterator[Any]:
    """Yield the values of `row` as this database takes them: all but three are numbers and texts."""
    for name, value in zip(Row._fields, row, strict=True):
        match name:
            case "at":
                yield connection.ops.adapt_datetimefield_value(value)
            case "parameters":
                yield connection.ops.adapt_json_value(value, None)
            case "request":
                yield _blob(value)
            case _:
                yield value


def _blob(value: bytes | None) -> Any:
    return ApiCall._meta.get_field("request").get_db_prep_value(value, connection)


class _Notes:
    """Tells labs.services of calls: of each sandbox only the newest that waits, so it can never pile up."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[int, int, datetime, bool]] = {}
        self._changed = threading.Condition()
        self._ending = False
        self._resting = False
        self._thread = threading.Thread(target=self._run, name="notes", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(timeout=5)

    def add(self, rows: list[Row]) -> None:
        if not rows:
            return
        with self._changed:
            for row in rows:
                before = self._waiting.get(row.sandbox_id)
                mutating = row.mutating or (before is not None and before[3])
                self._waiting[row.sandbox_id] = (row.epoch, row.seq, row.at, mutating)
            if not self._resting:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                # A tool makes many calls in a row: a note for each of them would cost as much as the calls.
                self._resting = True
                self._changed.wait_for(lambda: self._ending, timeout=NOTES_SECONDS)
                self._resting = False
                self._changed.wait_for(lambda: self._waiting or self._ending)
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
        if value.isascii() and "\0" not in value:
            return value
        return value.replace("\0", "�").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {shown(key): shown(each) for key, each in value.items()}
    return [shown(each) for each in value] if isinstance(value, list) else value
