"""What a cell and the child that runs a function say to each other: frames.py's frames, with small sizes.

The child runs what a learner wrote: nothing that comes from there is believed, and reading it must not fail in new ways.
"""

from __future__ import annotations

import json
from typing import Any, Final

from labs.sandboxes.emulated.frames import LENGTHS, pack

__all__ = ["MAX_BODY", "Garbage", "Inbox", "frame", "read_json"]

_MAX_HEAD: Final = 256 << 10
MAX_BODY: Final = 8 << 20


class Garbage(Exception):
    """Bytes that no runtime of ours would send."""


class Inbox:
    """Bytes as they come, frames as they are complete."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> None:
        """Take what was read."""
        self._held += data

    def take(self) -> tuple[dict[str, Any], bytes] | None:
        """Return the next frame's head and body, None where it is not complete yet. Raises Garbage."""
        if len(self._held) < LENGTHS.size:
            return None
        head_size, body_size = LENGTHS.unpack_from(self._held)
        if head_size > _MAX_HEAD or body_size > MAX_BODY:
            raise Garbage(f"a frame of {head_size} + {body_size} bytes")
        end = LENGTHS.size + head_size + body_size
        if len(self._held) < end:
            return None
        try:
            head = json.loads(self._held[LENGTHS.size : LENGTHS.size + head_size])
        except (ValueError, RecursionError) as error:
            raise Garbage("a head that is no JSON") from error
        body = bytes(self._held[LENGTHS.size + head_size : end])
        del self._held[:end]
        if not isinstance(head, dict) or not isinstance(head.get("op"), str):
            raise Garbage("a head without an order")
        return head, body


def read_json(data: bytes) -> Any:
    """Return what a function says. Raises ValueError, also where it is nested too deep."""
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("too deep") from error


def frame(op: str, body: bytes = b"", **more: Any) -> bytes:
    """Return one frame."""
    return pack({"op": op, **more}, body)
