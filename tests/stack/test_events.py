"""Events from whoever publishes to the pages that listen, through a real broker."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from django.conf import settings

from labs import bell, events
from skylab.processes import Running, start_broker

pytestmark = pytest.mark.stack


@pytest.fixture
def broker() -> Iterator[list[Running]]:
    """The running broker, as the last of a list: a test may kill it and start another."""
    running = [start_broker(settings.RUN_DIR, log_dir=settings.DATA_DIR / "log")]
    yield running
    bell.flush(5)
    running[-1].stop()


async def hear(stream: AsyncIterator[str], *, seconds: float = 10) -> str:
    """Return the next event that is no ping."""
    async with asyncio.timeout(seconds):
        while not (text := await anext(stream)):
            pass
    return text


async def listening(session: object, told: dict[str, object]) -> AsyncIterator[str]:
    """Return a stream that is known to hear: what nobody listens to yet is lost, so it is told until it answers."""
    stream = events.listen(session)  # type: ignore[arg-type]
    waiting = asyncio.ensure_future(anext(stream))
    while not waiting.done():
        events.publish(session, told)  # type: ignore[arg-type]
        await asyncio.wait([waiting], timeout=0.1)
    assert json.loads(waiting.result()) == told
    return stream


def test_an_event_reaches_the_pages_of_its_session_and_no_other(broker: list[Running]) -> None:
    async def scene() -> None:
        mine, other = uuid4(), uuid4()
        stream = await listening(mine, {"type": "clock"})
        events.publish(other, {"type": "state"})
        events.publish(mine, {"type": "call", "seq": 7})
        while (heard := json.loads(await hear(stream)))["type"] == "clock":
            pass
        assert heard == {"type": "call", "seq": 7}
        await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(scene())


def test_many_pages_share_one_connection(broker: list[Running]) -> None:
    async def scene() -> None:
        session = uuid4()
        first = await listening(session, {"type": "clock"})
        streams = [first, *(events.listen(session) for _ in range(20))]
        waiting = [asyncio.ensure_future(hear(stream)) for stream in streams]
        await asyncio.sleep(0)
        events.publish(session, {"type": "grading"})
        assert len(await asyncio.gather(*waiting)) == 21
        gc.collect()  # the hubs of loops that earlier tests have closed
        assert len(events._hubs) == 1
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(scene())


def test_pages_hear_again_after_the_broker_was_restarted_and_are_told_to_look(broker: list[Running]) -> None:
    async def scene() -> None:
        session = uuid4()
        stream = await listening(session, {"type": "clock"})
        broker[-1].process.kill()
        broker[-1].process.wait()
        broker.append(start_broker(settings.RUN_DIR, log_dir=settings.DATA_DIR / "log"))
        while (heard := json.loads(await hear(stream, seconds=15)))["type"] == "clock":
            pass
        assert heard == {"type": "state"}
        await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(scene())


def test_a_page_that_hears_nothing_gets_a_ping(broker: list[Running], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PING_SECONDS", 0.05)

    async def scene() -> None:
        stream = events.listen(uuid4())
        assert await anext(stream) == ""
        await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(scene())


def test_publishing_without_a_broker_takes_no_time_and_raises_nothing() -> None:
    begun = time.monotonic()
    for _ in range(100):
        events.publish(uuid4(), {"type": "state"})
    assert time.monotonic() - begun < 0.2
    assert bell.flush(5)


def test_a_view_of_all_hears_every_session_by_its_name(broker: list[Running]) -> None:
    async def scene() -> None:
        stream = events.listen_to_all()
        waiting = asyncio.ensure_future(anext(stream))
        first, second = str(uuid4()), str(uuid4())
        while not waiting.done():
            events.publish(first, {"type": "call"})
            await asyncio.wait([waiting], timeout=0.1)
        assert waiting.result() == (first, '{"type": "call"}')
        events.publish(second, {"type": "grading"})
        async with asyncio.timeout(10):
            while (heard := await anext(stream))[0] != second:
                pass
        assert json.loads(heard[1]) == {"type": "grading"}
        await stream.aclose()

    asyncio.run(scene())
