"""Uvicorn's HTTP/1.1, with two caps that it lacks: the bytes of a request's head, and the time that a head may take."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["HEAD_BYTES", "HEAD_SECONDS", "CappedHttp"]

HEAD_BYTES: Final = 32 << 10
HEAD_SECONDS: Final = 30.0
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class CappedHttp(HttpToolsProtocol):  # type: ignore[misc]
    """Closes connections whose head is too large, or not there in time (also one that never says a word)."""

    _head_bytes = 0
    _unended_bytes = 0
    _in_head = True
    _clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._clock = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clock()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes, self._unended_bytes = True, 0, 0
        if self._clock is None:
            self._clock = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._count(len(name) + len(value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_clock()
        if not self.transport.is_closing():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head, self._unended_bytes = True, 0

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        began_in_head = self._in_head
        super().data_received(data)
        if began_in_head and self._in_head:
            # A header that does not end is never told to on_header().
            self._unended_bytes += len(data)
            if self._unended_bytes > HEAD_BYTES:
                self._refuse()

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEAD_BYTES:
            self._refuse()

    def _refuse(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def _too_slow(self) -> None:
        self._clock = None
        if not self.transport.is_closing():
            self.transport.close()

    def _stop_clock(self) -> None:
        if self._clock:
            self._clock.cancel()
            self._clock = None
