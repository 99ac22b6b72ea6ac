"""Messages on the sockets of our warm servers: 4 bytes of length, big-endian, and as many bytes of JSON.

The gateway and its cells speak another form (emulated/frames.py): theirs carries bodies, which are no JSON.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

MAX_FRAME = 16 * 1024 * 1024


class BadFrame(Exception):
    """The other side ended in the middle of a message, or sent what is none."""


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    """Send one message. Raises OSError."""
    data = json.dumps(message).encode()
    connection.sendall(struct.pack(">I", len(data)) + data)


def receive(connection: socket.socket) -> dict[str, Any]:
    """Return the next message. Raises BadFrame, OSError."""
    (length,) = struct.unpack(">I", _exactly(connection, 4))
    if length > MAX_FRAME:
        raise BadFrame(f"a message of {length} bytes is too long")
    try:
        message = json.loads(_exactly(connection, length))
    except ValueError as error:
        raise BadFrame(f"not JSON: {error}") from error
    if not isinstance(message, dict):
        raise BadFrame("not a JSON object")
    return message


def receive_or_none(connection: socket.socket) -> dict[str, Any] | None:
    """Return the next message, or None where the other side has ended or says nothing for long. Raises as `receive`."""
    try:
        if not connection.recv(1, socket.MSG_PEEK):
            return None
    except TimeoutError:
        return None
    return receive(connection)


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        piece = connection.recv(min(count - len(data), 1 << 20))
        if not piece:
            raise BadFrame("the other side closed the connection")
        data += piece
    return bytes(data)
