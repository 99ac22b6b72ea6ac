"""A candidate's browser, as small as can be: one connection, HTTP/1.1, JSON. A thousand of them fit into a process."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any

CSRF = "c" * 32
PATIENCE = 120.0  # what takes longer than the bar is a figure, too
IDLE = 4.0
_keys = itertools.count(1)


class Unanswered(Exception):
    """No answer, or none that could be read: whether it was taken is not known."""


@dataclass
class Browser:
    """A signed-in candidate."""

    port: int
    session: str
    attempt: str = ""
    tab: str = "tab"
    epoch: int = 0
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    acknowledged: dict[str, tuple[int, int, str]] = field(default_factory=dict)  # key: place, sequence, answer
    sequence: int = 0
    used: float = 0.0

    async def connect(self) -> None:
        """Open the connection, or have it anew: the server closes what lies idle for five seconds, as a browser knows."""
        if time.perf_counter() - self.used > IDLE:
            self.close()
        self.used = time.perf_counter()
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)

    def close(self) -> None:
        """Drop the connection."""
        if self.streams:
            self.streams[1].close()
            self.streams = None

    async def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json"
    ) -> tuple[int, bytes, str]:
        """Return (status, body, Location). Raises Unanswered."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: skylab-session={self.session}; "
            f"skylab-csrf={CSRF}\r\nX-CSRFToken: {CSRF}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(PATIENCE):
                await self.connect()
                assert self.streams
                reader, writer = self.streams
                writer.write(head.encode() + body)
                await writer.drain()
                return await self._answer(reader)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError) as error:
            self.close()
            raise Unanswered(repr(error)) from error

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[int, bytes, str]:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)
        }
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(await reader.readline(), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
        else:
            body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(lines[0].split(" ")[1]), body, headers.get("location", "")

    async def post(self, name: str, **body: Any) -> tuple[int, dict[str, Any]]:
        """Call an endpoint of the attempt."""
        told = {"tab": self.tab, "epoch": self.epoch, **body}
        status, answer, _ = await self.ask("POST", f"/exams/attempts/{self.attempt}/{name}/", json.dumps(told).encode())
        return status, json.loads(answer or b"{}")

    async def take_pen(self) -> None:
        """Take the pen."""
        status, told = await self.post("pen")
        assert status == 200, (status, told)
        self.epoch = told["epoch"]

    def make(self, place: int, answer: str) -> dict[str, Any]:
        """Return a new version of an answer."""
        self.sequence += 1
        key = f"{self.session[:8]}-{next(_keys)}"
        return {"place": place, "sequence": self.sequence, "key": key, "answer": {"answer": [answer]}, "flagged": False}

    def note(self, saves: list[dict[str, Any]], told: dict[str, Any]) -> None:
        """Keep in mind what the server said is saved."""
        for one in saves:
            if told["saved"].get(str(one["place"]), 0) >= one["sequence"]:
                self.acknowledged[one["key"]] = (one["place"], one["sequence"], one["answer"]["answer"][0])

    async def save(self, saves: list[dict[str, Any]], *, until: float = 0.0) -> float:
        """Send saves, the same again until they are taken; return the seconds from the first try to the answer."""
        begun = time.perf_counter()
        while True:
            try:
                status, told = await self.post("save", saves=saves)
                if status == 200:
                    self.note(saves, told)
                    return time.perf_counter() - begun
                if status not in (429, 503):
                    raise AssertionError(f"a save got {status}: {told}")
            except (Unanswered, json.JSONDecodeError):
                pass
            if until and time.perf_counter() > until:
                raise Unanswered("no answer until the end")
            await asyncio.sleep(0.1)
