"""Five hundred pages that listen: what their streams weigh in the web process, and how soon they hear."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import redis.asyncio

from bench.client import Learner
from bench.figures import Figure, percentile
from skylab.stack import Stack, running_stack

STREAMS = 500
TELLS = 20
LAB = "private-bucket-one-reader"
AT_A_TIME = 50


def measure() -> list[Figure]:
    """Open 500 streams of one learner's session, tell them something 20 times, and close them."""
    with running_stack() as stack:
        learner = Learner(stack.url)
        page = learner.send(f"/labs/{LAB}/start/", learner.token(f"/labs/{LAB}/"))
        path = page.url.removeprefix(learner.url)
        learner.keys(path)
        cookies = "; ".join(f"{name}={value}" for name, value in learner.http.cookies.items())
        return asyncio.run(_play(stack, path, cookies))


async def _play(stack: Stack, path: str, cookies: str) -> list[Figure]:
    pid = _web(stack)
    session = path.strip("/").split("/")[-1]
    broker = redis.asyncio.Redis.from_url(f"unix://{_socket(stack)}")
    warm = [await _open(stack, path, cookies) for _ in range(10)]  # what the first of all costs is no stream's
    for _, writer in warm:
        writer.close()
    await _settled(broker, pid)
    before, sockets = _resident(pid), _sockets(pid)
    begun = time.perf_counter()
    streams = []
    for start in range(0, STREAMS, AT_A_TIME):
        streams += await asyncio.gather(*(_open(stack, path, cookies) for _ in range(min(AT_A_TIME, STREAMS - start))))
    opened = time.perf_counter() - begun
    heard: list[float] = []
    last: list[float] = []
    for turn in range(TELLS):
        told = time.perf_counter()
        await broker.publish(f"skylab:session:{session}", json.dumps({"type": "clock", "turn": turn}))
        arrived = await asyncio.gather(*(_hear(reader, turn) for reader, _ in streams))
        spent = [at - told for at in arrived]
        heard += spent
        last.append(max(spent))
    weight = _resident(pid) - before
    for _, writer in streams:
        writer.close()
    left = await _gone(pid, sockets)
    await broker.aclose()
    return [
        Figure(f"memory of {STREAMS} streams in the web process", weight, "MiB", "≤ 60 MB",
               f"{before:.0f} MiB without; load average {os.getloadavg()[0]:.1f}"),
        Figure("to open them", opened, "s", "", f"{AT_A_TIME} at a time"),
        Figure("published to heard, median", statistics.median(heard) * 1000, "ms", "", f"{TELLS} times to all of them"),
        Figure("the same, p95", percentile(heard, 95) * 1000, "ms"),
        Figure("the slowest of all of them", max(last) * 1000, "ms"),
        Figure("sockets left in the process after they went", left, "", "0"),
    ]  # fmt: skip


async def _open(stack: Stack, path: str, cookies: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    at = urlsplit(stack.url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    head = f"GET {path}events/ HTTP/1.1\r\nHost: {at.netloc}\r\nCookie: {cookies}\r\nAccept: text/event-stream\r\n\r\n"
    writer.write(head.encode())
    status = await reader.readline()
    assert b" 200 " in status, status
    await reader.readuntil(b"retry: 2000\n\n")
    return reader, writer


async def _hear(reader: asyncio.StreamReader, turn: int) -> float:
    wanted = f'"turn": {turn}}}'.encode()
    while True:
        line = await asyncio.wait_for(reader.readline(), 30)
        assert line, "a stream ended"
        if wanted in line:
            return time.perf_counter()


async def _settled(broker: redis.asyncio.Redis, pid: int) -> None:
    """Wait until the process has let the first streams go."""
    await _gone(pid, 0)
    await broker.ping()


async def _gone(pid: int, sockets: int) -> int:
    """Return how many more sockets than before the process holds when no more of them go."""
    held = _sockets(pid)
    for _ in range(100):
        await asyncio.sleep(0.1)  # another process closes them: there is nothing to wait on
        now = _sockets(pid)
        if now <= sockets or (sockets == 0 and now == held):
            break
        held = now
    return max(0, held if sockets == 0 else _sockets(pid) - sockets)


def _web(stack: Stack) -> int:
    """Return the process that serves the site: of the stack's children, the one that listens there."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            if parent == stack.pid and b"skylab.asgi:application" in words:
                return int(entry.name)
    sys.exit("the web process was not found")


def _socket(stack: Stack) -> Path:
    return next(stack.data.rglob("valkey.sock"))


def _resident(pid: int) -> float:
    """Return what a process has of its own, MiB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private")) / 1024


def _sockets(pid: int) -> int:
    found = 0
    for each in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found += str(each.readlink()).startswith("socket:")
        except OSError:
            continue
    return found
