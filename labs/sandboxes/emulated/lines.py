"""Our end of the socket to a cell: frames go in, whole frames come out, and no more is read than somebody waits for."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Sequence
from typing import Any, Final, cast

from labs.sandboxes.emulated.frames import LENGTHS, Malformed, unpack

__all__ = ["Line"]

Frame = tuple[dict[str, Any], bytes]
_HEAD: Final = LENGTHS.size


class Line(asyncio.Protocol):
    """A protocol of its own rather than asyncio's streams, whose three awaits and copies a frame cost as much as the rest.

    For one reader at a time. A cell that talks without being asked is not listened to: what it says stays in the socket.
    """

    def __init__(self, own: socket.socket) -> None:
        self._socket = own
        self._received = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self.ended = False

    @classmethod
    async def pair(cls) -> tuple[Line, socket.socket]:
        """Return a line, and the socket at its other end, which goes to a cell."""
        ours, theirs = socket.socketpair()
        try:
            ours.setblocking(False)
            line = cls(ours)
            await asyncio.get_running_loop().create_connection(lambda: line, sock=ours)
        except BaseException:
            ours.close()
            theirs.close()
            raise
        return line, theirs

    def write(self, frame: bytes, passing: Sequence[int] = ()) -> None:
        """Send a frame, with descriptors if need be: then all that was written before must have been answered.

        Raises OSError.
        """
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("this end is closed")
        if passing:
            frame = frame[socket.send_fds(self._socket, [frame], passing) :]
        if frame:
            self._transport.write(frame)

    async def read(self) -> Frame:
        """Return the next frame's head and body. Raises EOFError, Malformed."""
        while (frame := self._next()) is None:
            if self.ended:
                raise EOFError(f"it ended after {len(self._received)} bytes of a frame")
            if self._paused and self._transport:
                self._paused = False
                self._transport.resume_reading()
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return frame

    def close(self) -> None:
        """Hang up. Idempotent."""
        if self._transport:
            self._transport.abort()
        self._end()

    async def wait_closed(self) -> None:
        """Return when the socket is closed, after close()."""
        with contextlib.suppress(OSError):
            await asyncio.shield(self._closed)

    def _next(self) -> Frame | None:
        """Take a frame from what was received, None where it is not all there."""
        received = self._received
        if len(received) < _HEAD:
            return None
        head_size, body_size = unpack(received[:_HEAD])
        whole = _HEAD + head_size + body_size
        if len(received) < whole:
            return None
        try:
            head = json.loads(received[_HEAD : _HEAD + head_size])
        except ValueError as error:
            raise Malformed(str(error)) from error
        body = bytes(memoryview(received)[_HEAD + head_size : whole])
        del received[:whole]
        return head, body

    def _end(self) -> None:
        self.ended = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    # --- asyncio.Protocol -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._waiter is None:
            # Nobody asked.
            assert self._transport
            self._paused = True
            self._transport.pause_reading()
        elif len(self._received) >= self._announced():
            self._wake()

    def _announced(self) -> int:
        """Return how many bytes there will be when the frame is whole; as many as there are where it may not be so large."""
        if len(self._received) < _HEAD:
            return _HEAD
        try:
            return _HEAD + sum(unpack(self._received[:_HEAD]))
        except Malformed:  # the reader will be told
            return len(self._received)

    def eof_received(self) -> bool:
        self._end()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        if not self._closed.done():
            self._closed.set_result(None)
