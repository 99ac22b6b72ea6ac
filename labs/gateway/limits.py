"""What a sandbox's callers may take of the machine: bytes, depth, calls a second, time. All in AWS's own refusals.

S3's caps stand in the cell too (labs/sandboxes/emulated/hazards.py); here they hold before a byte is kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from labs.gateway.errors import Refusal, too_large
from labs.gateway.sigv4 import Head

__all__ = [
    "LARGE",
    "MAX_CALL",
    "MAX_DEPTH",
    "MAX_HELD",
    "MAX_INFLATED",
    "MAX_OBJECT",
    "MAX_STORED",
    "MAX_WAITING",
    "UPLOADS",
    "Body",
    "Bucket",
    "Pace",
    "check_depth",
    "inflated",
]

MAX_OBJECT: Final = 16 << 20
MAX_CALL: Final = 1 << 20
MAX_INFLATED: Final = 8 << 20
MAX_STORED: Final = 64 << 20
MAX_DEPTH: Final = 64
MAX_WAITING: Final = 8
BODY_SECONDS: Final = 30.0
RATE: Final = 50.0
BURST: Final = 200.0
BYTES_A_TOKEN: Final = 512 << 10  # so 25 MiB a second, 100 MiB at once: a whole sandbox
UPLOADS: Final = 2  # large bodies of one sandbox that are read at the same time; the next one waits on its line
LARGE: Final = 256 << 10
HOLD_SECONDS: Final = 0.5
MAX_HELD: Final = 64

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Pace:
    """How fast one sandbox may ask. Who asks faster waits for the refusal: to refuse thousands a second costs a core.

    AWS's tools wait before they try again, so they hardly notice.
    """

    __slots__ = ("_held", "bucket", "uploads")

    def __init__(self) -> None:
        self.bucket = Bucket()
        self.uploads = asyncio.Semaphore(UPLOADS)
        self._held = 0

    async def take(self, size: int = 0) -> bool:
        """Return whether a call with so many bytes may be made. False comes late; at once where many wait for theirs."""
        if self.bucket.take(time.monotonic(), 1 + size // BYTES_A_TOKEN):
            return True
        if self._held < MAX_HELD:
            self._held += 1
            try:
                await asyncio.sleep(HOLD_SECONDS)
            finally:
                self._held -= 1
        return False


class Bucket:
    """A token bucket: `rate` calls a second, `burst` at once. Seconds of a monotonic clock are given."""

    __slots__ = ("burst", "last", "rate", "tokens")

    def __init__(self, rate: float = RATE, burst: float = BURST) -> None:
        self.rate = rate
        self.burst = burst
        self.tokens = burst
        self.last = 0.0

    def take(self, now: float, cost: int = 1) -> bool:
        """Return whether one more call may be made, and count it as `cost` calls (never more than a whole burst)."""
        self.tokens = min(self.burst, self.tokens + max(0.0, now - self.last) * self.rate)
        self.last = now
        if self.tokens < min(cost, self.burst):
            return False
        self.tokens -= min(cost, self.burst)
        return True


class Body:
    """The body of a request as it comes in: never more of it is kept than `most`, and it may not take for ever."""

    def __init__(self, head: Head, receive: Receive) -> None:
        self._receive = receive
        lengths = head.values.get("content-length", [])
        if len(lengths) > 1 or (lengths and not lengths[0].isdigit()):
            raise Refusal("InvalidRequest", "A request may have one Content-Length header, a number.", 400)
        self.announced = int(lengths[0]) if lengths else 0
        self.expects_continue = head.get("expect").lower() == "100-continue"
        self.begun = False
        # Where neither header announces one, there is no body.
        self.done = not self.announced and not head.get("transfer-encoding")
        self.sha256 = ""

    async def read(self, most: int, protocol: str, pace: Pace, seconds: float = BODY_SECONDS) -> bytes:
        """Return all of it, its hash in `sha256`. Raises Refusal: too large, or too slow."""
        if self.announced <= LARGE:
            return await self._read(most, protocol, seconds)
        async with pace.uploads:
            return await self._read(most, protocol, seconds)

    async def _read(self, most: int, protocol: str, seconds: float) -> bytes:
        if self.announced > most:
            raise too_large(protocol, size=self.announced, most=most)
        pieces: list[bytes] = []
        size = 0
        digest = hashlib.sha256()
        try:
            async with asyncio.timeout(seconds):
                while not self.done:
                    piece = await self._piece()
                    size += len(piece)
                    if size > most:
                        raise too_large(protocol, size=size, most=most)
                    digest.update(piece)
                    pieces.append(piece)
        except TimeoutError as error:
            message = (
                "Your socket connection to the server was not read from or written to within the timeout period. "
                "Idle connections will be closed."
            )
            raise Refusal("RequestTimeout", message, 400) from error
        self.sha256 = digest.hexdigest()
        return b"".join(pieces)

    async def discard(self, seconds: float = 5.0) -> None:
        """Let the sender finish what we do not want, so that it hears our answer; for a while only."""
        if self.expects_continue and not self.begun:
            return  # it waits for our leave, and will not send
        try:
            async with asyncio.timeout(seconds):
                while not self.done:
                    await self._piece()
        except (TimeoutError, ConnectionError):
            pass

    async def _piece(self) -> bytes:
        self.begun = True
        message = await self._receive()
        if message["type"] != "http.request":
            self.done = True
            raise ConnectionResetError("the caller has gone")
        self.done = not message.get("more_body", False)
        return bytes(message.get("body", b""))


def inflated(data: bytes, encoding: str) -> bytes:
    """Return `data` without its Content-Encoding (SDKs gzip long requests): ≤ MAX_INFLATED bytes. Raises Refusal."""
    if encoding.strip().lower() != "gzip":
        raise Refusal("InvalidRequest", f"The Content-Encoding '{encoding[:40]}' is not supported.", 415)
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(data, MAX_INFLATED)
    except zlib.error as error:
        raise Refusal("InvalidRequest", "The body is not the gzip that its Content-Encoding announces.", 400) from error
    if stream.unconsumed_tail:
        raise too_large("json", size=MAX_INFLATED + 1, most=MAX_INFLATED)
    if not stream.eof or stream.unused_data:
        raise Refusal("InvalidRequest", "The body is not the gzip that its Content-Encoding announces.", 400)
    return plain


_TEXT_OR_NEST: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{\]}]', re.S)


def check_depth(data: bytes) -> None:
    """Refuse JSON that nests deeper than any of AWS's: to parse 3,000 levels would cost seconds. Raises Refusal."""
    if data[:64].lstrip()[:1] not in (b"{", b"[") or data.count(b"{") + data.count(b"[") <= MAX_DEPTH:
        return
    depth = 0
    for found in _TEXT_OR_NEST.finditer(data):
        mark = data[found.start()]
        if mark in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Refusal("SerializationException", f"JSON may not nest deeper than {MAX_DEPTH} levels.", 400)
        elif mark in b"]}":
            depth -= 1
