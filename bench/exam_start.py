"""The start of an exam: 1,000 candidates at one barrier, on PostgreSQL, by real HTTP to two uvicorn processes.

BENCH_CANDIDATES (1000). They are signed in, have read the page of the exam, and wait with a hand on the button; a start
is counted to the redirect to the attempt.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from typing import Final

from bench.browser import Browser, Unanswered
from bench.figures import Figure, percentile
from bench.hall import Hall, open_hall
from bench.papers import SLUG

SLOW: Final = True
COUNT: Final = int(os.environ.get("BENCH_CANDIDATES", "1000"))
EXAM: Final = {"pool": 400, "sections": ((50, 15),), "minutes": 130}


def measure() -> list[Figure]:
    """Open a hall of two web processes, and let all in."""
    with open_hall(postgres=True, catalog=EXAM) as hall:
        return asyncio.run(_start(hall))


async def _start(hall: Hall) -> list[Figure]:
    everybody = [Browser(hall.port, session) for session, _ in hall.candidates(COUNT)]
    for at in range(0, COUNT, 50):  # they come by and by
        read = await asyncio.gather(*(one.ask("GET", f"/exams/{SLUG}/") for one in everybody[at : at + 50]))
        assert {status for status, _, _ in read} == {200}
    await _settled(hall)
    for one in everybody:  # the server has closed what lay idle
        one.close()
    await asyncio.gather(*(one.connect() for one in everybody))
    load = os.getloadavg()[0]
    barrier, before = asyncio.Event(), hall.spent()
    failed: list[str] = []
    taken: list[float] = []

    async def begin(one: Browser) -> None:
        await barrier.wait()
        begun = time.perf_counter()
        try:
            status, body, where = await one.ask("POST", f"/exams/{SLUG}/start/")
        except Unanswered as error:
            failed.append(str(error))
            return
        if status != 302 or "/exams/attempts/" not in where:
            failed.append(f"{status} {body[:200]!r}")
            return
        one.attempt = where.split("/")[3]
        taken.append(time.perf_counter() - begun)

    tasks = [asyncio.create_task(begin(one)) for one in everybody]
    await asyncio.sleep(0)
    opened = time.perf_counter()
    barrier.set()
    await asyncio.gather(*tasks)
    seconds = time.perf_counter() - opened
    spent = {name: after - before[name] for name, after in hall.spent().items()}
    for error in sorted(set(failed))[:3]:
        print(f"  FAILED: {error}", flush=True)
    for one in everybody:
        one.close()
    begun = int(hall.rows("SELECT count(*) FROM courses_attempt")[0][0])
    note = f"n = {len(taken)}; load average {load:.1f} before"
    return [
        Figure("a start at the barrier, p50", statistics.median(taken), "s", "", note),
        Figure("the same, p95", percentile(taken, 95), "s", "≤ 5 s"),
        Figure("the same, p99", percentile(taken, 99), "s", "≤ 10 s"),
        Figure("starts that failed", len(failed), "", "0"),
        Figure("attempts in the database", begun, "", str(COUNT)),
        Figure("starts a second", len(taken) / seconds, ""),
        *(Figure(f"processor time a start takes: {name}", each / COUNT * 1000, "ms") for name, each in spent.items()),
    ]


async def _settled(hall: Hall) -> None:
    """Wait until the web processes have nothing left to do: forms were ordered by whoever read the page."""
    before = hall.spent()["web"]
    while True:
        await asyncio.sleep(1)
        now = hall.spent()["web"]
        if now - before < 0.1:
            return
        before = now
