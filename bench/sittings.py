"""The drills of exams: `python -m bench.drills exam-…`. All that was acknowledged is held against the database at the end.

Set BENCH_EXAM_SCALE (1.0) for shorter runs. Candidates are of this machine: their own processor time is in each line.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from bench.browser import Browser, Unanswered
from bench.figures import percentile
from bench.hall import Hall, open_hall

SCALE: Final = float(os.environ.get("BENCH_EXAM_SCALE", "1"))
PACE: Final = 0.4  # seconds between two saves of who types as fast as the limit for a person lets them
_LONGEST: Final = 280.0  # seconds of one drill
PLACES: Final = 10  # of the first section, which these candidates do not leave
EXAM: Final = {"pool": 60, "sections": ((8, 2), (4, 0)), "minutes": 600}


def sqlite_killed() -> str:
    """D8. kill -9 of the web process amid writes to SQLite, 20 times: nothing that was acknowledged is lost."""
    return _killed(postgres=False, webs=1, kills=_scaled(20), candidates=12)


def web_killed() -> str:
    """D9. kill -9 of a web process amid saves and submits, 30 times, on PostgreSQL: 0 lost, one receipt each."""
    return _killed(postgres=True, webs=2, kills=_scaled(30), candidates=24)


def _killed(*, postgres: bool, webs: int, kills: int, candidates: int) -> str:
    with open_hall(postgres=postgres, webs=webs, catalog=EXAM) as hall:
        before = hall.spent()
        everybody, killed, seconds, receipts = asyncio.run(_saving_amid_kills(hall, kills, candidates))
        lost, acknowledged = lost_answers(hall, everybody)
        told = dict(hall.rows("SELECT id, receipt FROM courses_attempt WHERE state = 'submitted'"))
        ends = hall.rows("SELECT attempt_id FROM courses_event WHERE kind = 'submitted'")
        wrong = [
            one for one, found in receipts.items() if {_plain(k): v for k, v in told.items()}[_plain(one)] != found
        ]
        whole = "" if postgres else hall.rows("PRAGMA integrity_check")[0][0]
        spent = hall.spent()["candidates"] - before["candidates"]
    assert not lost, f"{len(lost)} of {acknowledged} acknowledged answers are lost: {lost[:3]}"
    assert len(receipts) == candidates == len(ends), f"{len(receipts)} receipts, {len(ends)} ends of {candidates}"
    assert not wrong, f"other receipts than told: {wrong}"
    assert whole in ("", "ok"), whole
    return (
        f"{killed} kills in {seconds:.0f} s: {acknowledged} acknowledged answers, 0 lost; {len(receipts)} attempts, one "
        f"receipt each{'; integrity_check ok' if whole else ''}. Candidates took {spent:.0f} s of processor"
    )


async def _saving_amid_kills(hall: Hall, kills: int, count: int) -> tuple[list[Browser], int, float, dict[str, str]]:
    everybody = await _seated(hall, count)
    dice, over, begun = random.Random(8), asyncio.Event(), time.perf_counter()
    receipts: dict[str, str] = {}

    async def sit(one: Browser) -> None:
        while not over.is_set():
            await one.save([one.make(place, f"{one.sequence}") for place in range(PLACES)], until=begun + _LONGEST)
            await asyncio.sleep(PACE)
        await _end(one, [one.make(place, "last words") for place in range(PLACES)], receipts)

    async def kill() -> int:
        killed = 0
        for number in range(kills):
            await asyncio.sleep(dice.uniform(0.3, 1.2))
            until = time.perf_counter() + 30
            while len(pids := hall.web_pids()) < hall.webs and time.perf_counter() < until:
                await asyncio.sleep(0.05)  # the one before is being started again
            if pids:
                with suppress(ProcessLookupError):
                    os.kill(dice.choice(pids), signal.SIGKILL)
                    killed += 1
            if hall.webs == 1:
                assert hall.web
                await asyncio.to_thread(hall.web.process.wait)
                await asyncio.to_thread(hall.start_web)
            if number == kills - 2:
                over.set()  # the last kill falls into the submits
        over.set()
        return killed

    killed, *_ = await asyncio.gather(kill(), *(sit(one) for one in everybody))
    return everybody, killed, time.perf_counter() - begun, receipts


async def _end(one: Browser, last: list[dict[str, Any]], receipts: dict[str, str]) -> None:
    """Submit until there is a receipt; then twice more."""
    left, until = 3, time.perf_counter() + _LONGEST
    while left:
        assert time.perf_counter() < until, "no receipt"
        try:
            status, told = await one.post("submit", saves=last)
        except (Unanswered, ValueError):
            await asyncio.sleep(0.1)
            continue
        if status in (429, 503):
            await asyncio.sleep(0.2)
            continue
        assert status == 200, (status, told)
        if one.attempt not in receipts:
            receipts[one.attempt] = told["receipt"]
        assert receipts[one.attempt] == told["receipt"], "two receipts for one attempt"
        left -= 1


def steady() -> str:
    """D16, for two cores: 300 candidates who save every ten seconds and look around: p95 of a save within 300 ms."""
    count, seconds = _scaled(300), 300 * SCALE
    with open_hall(postgres=True, webs=2, catalog=EXAM) as hall:
        everybody, taken, looks, spent, load = asyncio.run(_steadily(hall, count, seconds))
        lost, acknowledged = lost_answers(hall, everybody)
    assert not lost, f"{len(lost)} of {acknowledged} acknowledged answers are lost"
    p95, p99 = percentile(taken, 95) * 1000, percentile(taken, 99) * 1000
    cost = ", ".join(f"{name} {100 * each / seconds:.0f} %" for name, each in spent.items())
    return (
        f"{count} candidates, {seconds:.0f} s, {len(taken)} saves of {acknowledged} answers, {len(looks)} pages: save p50 "
        f"{percentile(taken, 50) * 1000:.0f} ms, p95 {p95:.0f} ms (bar ≤ 300 ms), p99 {p99:.0f} ms; page p95 "
        f"{percentile(looks, 95) * 1000:.0f} ms; 0 lost. Processor of one core: {cost}. Load average {load:.1f} before"
    )


async def _steadily(
    hall: Hall, count: int, seconds: float
) -> tuple[list[Browser], list[float], list[float], dict[str, float], float]:
    """Open-loop: each save is due at its time, whatever became of the one before; its time counts from when it was due."""
    everybody = await _seated(hall, count)
    dice, load, before = random.Random(16), os.getloadavg()[0], hall.spent()
    begun = time.perf_counter() + 1
    taken: list[float] = []
    looks: list[float] = []

    async def sit(one: Browser) -> None:
        due = begun + dice.uniform(0, 10)
        while due < begun + seconds:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            # What is typed between two saves: three answers, one of them changed twice.
            places = dice.sample(range(PLACES), 3)
            await one.save([one.make(place, f"{one.sequence}") for place in (*places, places[0])])
            taken.append(time.perf_counter() - due)
            if dice.random() < 0.1:
                asked = time.perf_counter()
                status, _, _ = await one.ask("GET", f"/exams/attempts/{one.attempt}/")
                assert status == 200, status
                looks.append(time.perf_counter() - asked)
            due += 10

    await asyncio.gather(*(sit(one) for one in everybody))
    return everybody, taken, looks, {name: each - before[name] for name, each in hall.spent().items()}, load


def lossy() -> str:
    """D21. A network that drops 20 %, doubles 20 % and reorders, 1,000 sittings: each ends as the highest sequences say."""
    runs = _scaled(1000)
    with open_hall(postgres=True, webs=2, catalog=EXAM) as hall:
        everybody, sent, dropped, doubled, wrong = asyncio.run(_lossy(hall, runs))
        lost, acknowledged = lost_answers(hall, everybody)
    assert not lost, f"{len(lost)} of {acknowledged} acknowledged answers are lost"
    assert not wrong, f"{len(wrong)} sittings end otherwise than the oracle says: {wrong[:2]}"
    return (
        f"{runs} sittings, {sent} messages, {dropped} dropped (half of them after they were taken), {doubled} doubled, all "
        f"reordered: {runs} as the oracle says; {acknowledged} acknowledged answers, 0 lost"
    )


async def _lossy(hall: Hall, runs: int) -> tuple[list[Browser], int, int, int, list[str]]:
    everybody = await _seated(hall, runs)
    counts = [0, 0, 0]
    gate = asyncio.Semaphore(24)
    oracles: dict[str, dict[int, tuple[int, str]]] = {}

    async def sit(number: int, one: Browser) -> None:
        async with gate:
            oracles[one.attempt] = await _one_sitting(hall, random.Random(number), one, counts)
            one.close()

    await asyncio.gather(*(sit(number, one) for number, one in enumerate(everybody)))
    found: dict[str, dict[int, tuple[int, str]]] = {}
    what = "answer->'answer'->>0" if hall.server else "json_extract(answer, '$.answer[0]')"
    for attempt, place, sequence, answer in hall.rows(
        f"SELECT attempt_id, place, sequence, {what} FROM courses_response"
    ):
        found.setdefault(_plain(attempt), {})[int(place)] = (int(sequence), answer)
    wrong = [
        f"{name}: {found.get(_plain(name))} for {told}"
        for name, told in oracles.items()
        if found.get(_plain(name), {}) != told
    ]
    return everybody, *counts, wrong  # type: ignore[return-value]


async def _one_sitting(hall: Hall, dice: random.Random, one: Browser, counts: list[int]) -> dict[int, tuple[int, str]]:
    """Send thirty versions over four wires at once through the network; return what must stand at the end."""
    wires = [Browser(hall.port, one.session, one.attempt, one.tab, one.epoch) for _ in range(4)]
    queue = [
        [one.make(dice.randrange(PLACES), f"{one.sequence}") for _ in range(dice.randint(1, 3))] for _ in range(15)
    ]
    dice.shuffle(queue)
    delivered: list[dict[str, Any]] = []

    async def work(wire: Browser) -> None:
        while queue:
            batch = queue.pop(dice.randrange(len(queue)))
            counts[0] += 1
            fate = dice.random()
            if fate < 0.1:  # lost on the way there: the client sends it again, later
                counts[1] += 1
                queue.append(batch)
                continue
            status, told = await wire.post("save", saves=batch)
            assert status == 200, (status, told)
            delivered.extend(batch)
            if fate < 0.2:  # taken, but its answer is lost: sent again, later
                counts[1] += 1
                queue.append(batch)
                continue
            one.note(batch, told)
            if fate < 0.4:
                counts[2] += 1
                queue.append(batch)

    await asyncio.gather(*(work(wire) for wire in wires))
    for wire in wires:
        wire.close()
    oracle: dict[int, tuple[int, str]] = {}
    for save in delivered:
        if save["sequence"] > oracle.get(save["place"], (0, ""))[0]:
            oracle[save["place"]] = (save["sequence"], save["answer"]["answer"][0])
    return oracle


def closing() -> str:
    """R5, D17 in small: 500 deadlines within twenty seconds, nobody there: closed within 15 s of deadline and grace, scored."""
    count = _scaled(500)
    with open_hall(postgres=True, webs=1, worker=True, catalog=EXAM) as hall:
        hall.candidates(count, started=True)
        hall.rows(
            "UPDATE courses_attempt SET started_at = clock_timestamp() - interval '1 hour', "
            "deadline_at = clock_timestamp() + random() * interval '20 seconds'"
        )
        _until(lambda: hall.rows("SELECT count(*) FROM courses_attempt WHERE state = 'open'") == [("0",)], 120)
        lag = "extract(epoch FROM e.at - a.deadline_at) - 5"
        lags = [
            float(row[0])
            for row in hall.rows(
                f"SELECT {lag} FROM courses_event e JOIN courses_attempt a ON a.id = e.attempt_id WHERE e.kind = 'closed'"
            )
        ]
        late = hall.rows("SELECT count(*) FROM courses_attempt WHERE finished_at <> deadline_at")
        _until(lambda: hall.rows("SELECT count(*) FROM courses_score") == [(str(count),)], 300)
        lag = "extract(epoch FROM s.created_at - e.at)"
        scored = [
            float(row[0])
            for row in hall.rows(
                f"SELECT {lag} FROM courses_score s JOIN courses_event e ON e.attempt_id = s.attempt_id AND e.kind = 'closed'"
            )
        ]
    assert len(lags) == count, f"{len(lags)} closed of {count}"
    assert late == [("0",)], f"{late} finished at another time than their deadline"
    return (
        f"{count} attempts closed once each, after deadline and grace p50 {percentile(lags, 50):.1f} s, p99 "
        f"{percentile(lags, 99):.1f} s (bar ≤ 15 s); scored after p50 {percentile(scored, 50):.1f} s, p99 "
        f"{percentile(scored, 99):.1f} s (bar ≤ 60 s)"
    )


def raced() -> str:
    """D20. 50 submits of one attempt at one moment, 100 times: one end, one receipt."""
    runs = _scaled(100)
    with open_hall(postgres=True, webs=2, catalog=EXAM) as hall:
        receipts = asyncio.run(_raced(hall, runs))
        ends = hall.rows("SELECT count(*), count(DISTINCT attempt_id) FROM courses_event WHERE kind = 'submitted'")
    assert all(len(one) == 1 for one in receipts), [len(one) for one in receipts]
    assert ends == [(str(runs), str(runs))], ends
    return f"{runs} of {runs} attempts: 50 answers with the same receipt, one event"


async def _raced(hall: Hall, runs: int) -> list[set[str]]:
    found = []
    for one in await _seated(hall, runs):
        wires = [Browser(hall.port, one.session, one.attempt, one.tab, one.epoch) for _ in range(50)]
        await asyncio.gather(*(wire.connect() for wire in wires))
        last = [one.make(0, "a")]
        answers = await asyncio.gather(*(wire.post("submit", saves=last) for wire in wires))
        assert {status for status, _ in answers} == {200}, answers
        found.append({told["receipt"] for _, told in answers})
        for wire in (one, *wires):
            wire.close()
    return found


# --- What they share ----------------------------------------------------------------------------------------------


def lost_answers(hall: Hall, everybody: list[Browser]) -> tuple[list[str], int]:
    """Return what was acknowledged and is not there as it was sent, or is below another that stands; and how many were."""
    what = "answer->'answer'->>0" if hall.server else "json_extract(answer, '$.answer[0]')"
    kept = {
        (_plain(attempt), key): (int(place), int(sequence), answer)
        for attempt, key, place, sequence, answer in hall.rows(
            f"SELECT attempt_id, key, place, sequence, {what} FROM courses_save"
        )
    }
    stands = {
        (_plain(attempt), int(place)): int(sequence)
        for attempt, place, sequence in hall.rows("SELECT attempt_id, place, sequence FROM courses_response")
    }
    lost, acknowledged = [], 0
    for one in everybody:
        mine = _plain(one.attempt)
        for key, told in one.acknowledged.items():
            acknowledged += 1
            found = kept.get((mine, key))
            if found != told or stands.get((mine, told[0]), 0) < told[1]:
                lost.append(f"{key}: {found} for {told}")
    return lost, acknowledged


async def _seated(hall: Hall, count: int) -> list[Browser]:
    """Return candidates in the middle of their exams, with the pen."""
    everybody = [Browser(hall.port, *each) for each in hall.candidates(count, started=True)]
    for at in range(0, count, 20):
        await asyncio.gather(*(one.take_pen() for one in everybody[at : at + 20]))
    return everybody


def _plain(attempt: str) -> str:
    """Return a UUID without dashes: SQLite keeps it so."""
    return attempt.replace("-", "")


def _scaled(number: int) -> int:
    return max(2, round(number * SCALE))


def _until(holds: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s")
        time.sleep(0.2)


ALL: Final[dict[str, Callable[[], str]]] = {
    "exam-sqlite-killed": sqlite_killed,
    "exam-web-killed": web_killed,
    "exam-steady": steady,
    "exam-lossy": lossy,
    "exam-raced": raced,
    "exam-closing": closing,
}
