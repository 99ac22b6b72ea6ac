"""Seats: few requests at a time, first come first served, and no seat kept by who only waits."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from skylab import seats
from skylab.seats import Message, Seats

OK = [{"type": "http.response.start", "status": 200, "headers": []}, {"type": "http.response.body", "body": b""}]


class Caller:
    """One request: what it is sent, and what it got."""

    def __init__(self, path: str = "/", *parts: Message) -> None:
        self.scope = {"type": "http", "path": path, "method": "GET", "headers": []}
        self.parts = list(parts) or [{"type": "http.request", "body": b"", "more_body": False}]
        self.got: list[Message] = []
        self.more = asyncio.Event()

    async def receive(self) -> Message:
        if not self.parts:
            await self.more.wait()
            self.more.clear()
        return self.parts.pop(0)

    async def send(self, message: Message) -> None:
        self.got.append(message)

    def go(self, app: Any) -> asyncio.Task[None]:
        return asyncio.create_task(app(self.scope, self.receive, self.send))


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seats, "EXAM_SEATS", 2)
    monkeypatch.setattr(seats, "OTHER_SEATS", 1)


def run(test: Any) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))


def test_no_more_run_at_a_time_than_there_are_seats_and_their_threads_stay() -> None:
    async def test() -> None:
        here, most, threads = [0], [0], set()
        lock = threading.Lock()

        def work() -> None:
            with lock:
                here[0] += 1
                most[0] = max(most[0], here[0])
                threads.add(threading.get_ident())
            threading.Event().wait(0.01)
            with lock:
                here[0] -= 1

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await sync_to_async(work)()
            for message in OK:
                await send(message)

        room = Seats(app)
        callers = [Caller("/exams/x/") for _ in range(20)]
        await asyncio.gather(*(one.go(room) for one in callers))
        assert all(len(one.got) == 2 for one in callers)
        assert most[0] == len(threads) == 2

    run(test)


def test_exams_do_not_wait_for_the_rest_of_the_site() -> None:
    async def test() -> None:
        forever = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if not scope["path"].startswith("/exams/"):
                await forever.wait()
            for message in OK:
                await send(message)

        room = Seats(app)
        slow = [Caller("/labs/x/").go(room) for _ in range(3)]
        await Caller("/exams/x/").go(room)
        forever.set()
        await asyncio.gather(*slow)

    run(test)


def test_a_stream_keeps_no_seat_and_neither_does_who_sends_slowly() -> None:
    async def test() -> None:
        end = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(OK[0])
            if scope["path"] == "/stream/":
                await end.wait()
            await send(OK[1])

        room = Seats(app)
        stream = Caller("/stream/").go(room)
        slow = Caller("/slow/", {"type": "http.request", "body": b"a", "more_body": True})
        waiting = slow.go(room)
        await Caller("/quick/").go(room)
        assert not slow.got
        slow.parts.append({"type": "http.request", "body": b"b", "more_body": False})
        slow.more.set()
        await waiting
        assert len(slow.got) == 2
        end.set()
        await stream

    run(test)


def test_a_body_comes_whole_and_in_order_however_large() -> None:
    async def test() -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            body, more = b"", True
            while more:
                message = await receive()
                body += message["body"]
                more = message.get("more_body", False)
            assert body == b"".join(bytes([n % 256]) * 300_000 for n in range(7))
            for message in OK:
                await send(message)

        parts = [{"type": "http.request", "body": bytes([n]) * 300_000, "more_body": n < 6} for n in range(7)]
        caller = Caller("/", *parts)
        await caller.go(Seats(app))
        assert len(caller.got) == 2

    run(test)


def test_a_line_beyond_all_patience_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seats, "MOST_WAITING", 1)

    async def test() -> None:
        end = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await end.wait()
            for message in OK:
                await send(message)

        room = Seats(app)
        first, second = Caller("/").go(room), Caller("/").go(room)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        third = Caller("/")
        await third.go(room)
        assert third.got[0]["status"] == 503
        assert (b"retry-after", b"5") in third.got[0]["headers"]
        end.set()
        await asyncio.gather(first, second)

    run(test)


def test_a_request_that_fails_leaves_its_seat() -> None:
    async def test() -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            raise RuntimeError

        room = Seats(app)
        for _ in range(3):
            with pytest.raises(RuntimeError):
                await Caller("/").go(room)

    run(test)
