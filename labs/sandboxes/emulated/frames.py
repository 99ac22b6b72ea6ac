"""What the gateway and a cell say to each other, and how it lies on the socket.

A frame is two big-endian 32-bit lengths, the head (JSON) and the body (bytes as they are). No pickle: the cell runs what a
learner wrote, and the gateway must be able to read a broken cell's frame without danger.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass, field
from typing import Any, Final

__all__ = ["LENGTHS", "MAX_BODY", "MAX_HEAD", "CellRequest", "CellResponse", "CellSpec", "Malformed", "pack", "unpack"]

LENGTHS: Final = struct.Struct(">II")
MAX_HEAD: Final = 4 << 20
MAX_BODY: Final = 128 << 20


class Malformed(Exception):
    """A frame that no cell of ours would send."""


@dataclass(frozen=True, slots=True)
class CellSpec:
    """One sandbox in one of its lives, as its cell must know it.

    `secret` is keys.sandbox_secret(): the cell derives the secrets of the keys that the learner makes inside.
    `created_at` (unix seconds) is when the learner's own user began to exist; 0 is the time of the first call.
    """

    number: int
    epoch: int
    account_id: str
    region: str
    secret: bytes
    grader_access_key: str
    created_at: float = 0.0

    def to_head(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        return {**asdict(self), "secret": self.secret.hex()}

    @classmethod
    def from_head(cls, head: dict[str, Any]) -> CellSpec:
        """Read what to_head() wrote."""
        return cls(**{**head, "secret": bytes.fromhex(head["secret"])})


@dataclass(frozen=True, slots=True)
class CellRequest:
    """One AWS call, verified by the gateway: who signed it is a fact here.

    `path` and `query` are raw (percent-encoded) and normalised, S3 is path-style, a chunked body is already decoded.
    `access_key` is None for an anonymous call. `at` is in unix seconds, `seq` the call's place in the journal (and the
    seed of its random ids).
    """

    method: str
    service: str
    region: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    access_key: str | None
    at: float
    seq: int
    host: str = ""

    def to_frame(self) -> bytes:
        """Return it as it goes over the socket."""
        return pack({"op": "call", **_without_body(self)}, self.body)

    @classmethod
    def from_head(cls, head: dict[str, Any], body: bytes) -> CellRequest:
        """Read what to_frame() wrote."""
        fields = {name: head[name] for name in cls.__slots__ if name not in ("body", "headers")}
        return cls(**fields, headers=[(name, value) for name, value in head["headers"]], body=body)


@dataclass(slots=True)
class CellResponse:
    """The answer, and what the journal says of the call.

    `action` is AWS's operation name ("PutBucketPolicy"), `service` botocore's name of the service ("s3").
    `parameters` are capped and without secrets.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    action: str = ""
    principal: str = "anonymous"
    mutating: bool = False
    parameters: dict[str, Any] = field(default_factory=dict)
    error_code: str = ""
    error_message: str = ""
    resource: str = ""
    service: str = ""
    request_id: str = ""

    def to_frame(self) -> bytes:
        """Return it as it goes over the socket."""
        return pack(_without_body(self), self.body)

    @classmethod
    def from_head(cls, head: dict[str, Any], body: bytes) -> CellResponse:
        """Read what to_frame() wrote. Raises Malformed."""
        try:
            headers = [(str(name), str(value)) for name, value in head["headers"]]
            return cls(**{**head, "headers": headers, "body": body, "status": int(head["status"])})
        except (KeyError, TypeError, ValueError) as error:
            raise Malformed(f"a cell's answer cannot be read: {error!r}") from error


def _without_body(message: CellRequest | CellResponse) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.__slots__ if name != "body"}


def pack(head: dict[str, Any], body: bytes = b"") -> bytes:
    """Return one frame."""
    text = json.dumps(head, separators=(",", ":")).encode()
    return LENGTHS.pack(len(text), len(body)) + text + body


def unpack(lengths: bytes | bytearray) -> tuple[int, int]:
    """Return the sizes of head and body that the first 8 bytes of a frame announce. Raises Malformed."""
    head, body = map(int, LENGTHS.unpack(lengths))
    if head > MAX_HEAD or body > MAX_BODY:
        raise Malformed(f"a frame of {head} + {body} bytes is larger than any of ours")
    return head, body
