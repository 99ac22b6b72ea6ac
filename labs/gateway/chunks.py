"""S3's chunked uploads (Content-Encoding: aws-chunked): taking the chunks out, their signatures, and checksums.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import zlib
from collections.abc import Callable, Iterable
from typing import Final

from labs.gateway.errors import Refusal
from labs.gateway.sigv4 import EMPTY_SHA256, Fault, SigningFault, Verified

__all__ = ["MAX_CHUNK_HEADS", "check_digests", "decode"]

MAX_CHUNK_HEADS: Final = 1 << 20  # bytes that chunk headers and trailers may add to an upload
_CHUNK_HEAD: Final = re.compile(rb"([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?\r\n")
_TRAILER_BYTES: Final = 2048


def decode(body: bytes, verified: Verified, *, length: str, announced: Iterable[str]) -> tuple[bytes, dict[str, str]]:
    """Return the content of an aws-chunked `body`, and its trailers.

    `length` is x-amz-decoded-content-length, `announced` the names in x-amz-trailer. Raises SigningFault where a
    chunk's signature does not hold, Refusal (IncompleteBody …) where the body is not what was announced.
    """
    mode = verified.claim.payload
    chain = _Chain(verified) if mode.startswith("STREAMING-AWS4") else None
    if not length.isdigit():
        raise Refusal("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
    content, rest = _chunks(body, chain)
    if len(content) != int(length):
        raise _incomplete()
    trailers = _trailers(rest, chain) if mode.endswith("-TRAILER") else {}
    if set(trailers) != {name.strip().lower() for name in announced if name.strip()}:
        raise _malformed_trailer()
    return content, trailers


class _Chain:
    """The running signature: each chunk signs the one before."""

    def __init__(self, verified: Verified) -> None:
        self._key = verified.signing_key
        self._between = f"{verified.claim.timestamp}\n{verified.claim.scope}\n"
        self._last = verified.claim.signature

    def check(self, kind: str, text: str, signature: str) -> None:
        string = f"AWS4-HMAC-SHA256-{kind}\n{self._between}{self._last}\n{text}"
        made = hmac.digest(self._key, string.encode("latin-1"), "sha256").hex()
        if not hmac.compare_digest(made, signature):
            raise SigningFault(Fault.MISMATCH)
        self._last = signature


def _chunks(body: bytes, chain: _Chain | None) -> tuple[bytes, bytes]:
    pieces: list[bytes] = []
    at = 0
    view = memoryview(body)
    while True:
        found = _CHUNK_HEAD.match(body, at)
        if not found:
            raise _incomplete()
        if (found[2] is None) != (chain is None):
            raise SigningFault(Fault.MISMATCH)
        size, start = int(found[1], 16), found.end()
        piece = bytes(view[start : start + size])
        if len(piece) != size:
            raise _incomplete()
        if chain:
            chain.check("PAYLOAD", f"{EMPTY_SHA256}\n{hashlib.sha256(piece).hexdigest()}", found[2].decode())
        at = start + size
        if not size:
            return b"".join(pieces), body[at:]
        if body[at : at + 2] != b"\r\n":
            raise _incomplete()
        pieces.append(piece)
        at += 2


def _trailers(rest: bytes, chain: _Chain | None) -> dict[str, str]:
    if len(rest) > _TRAILER_BYTES:
        raise _malformed_trailer()
    found: dict[str, str] = {}
    for line in rest.decode("latin-1").split("\n"):
        name, colon, value = line.strip().partition(":")
        if not line.strip():
            continue
        if not colon or name.lower() in found:
            raise _malformed_trailer()
        found[name.strip().lower()] = value.strip()
    signature = found.pop("x-amz-trailer-signature", "")
    if chain:
        text = "".join(f"{name}:{value}\n" for name, value in found.items())
        chain.check("TRAILER", hashlib.sha256(text.encode("latin-1")).hexdigest(), signature)
    return found


def _crc32(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "big")


# CRC32C and CRC64NVME are not in the standard library, and too slow in Python: a value of theirs is kept, not checked.
_CHECKED: Final[dict[str, tuple[str, Callable[[bytes], bytes]]]] = {
    "x-amz-checksum-crc32": ("CRC32", _crc32),
    "x-amz-checksum-sha1": ("SHA1", lambda data: hashlib.sha1(data, usedforsecurity=False).digest()),
    "x-amz-checksum-sha256": ("SHA256", lambda data: hashlib.sha256(data).digest()),
    "content-md5": ("Content-MD5", lambda data: hashlib.md5(data, usedforsecurity=False).digest()),
}
_SIZES: Final = {"CRC32": 4, "SHA1": 20, "SHA256": 32, "Content-MD5": 16}


def check_digests(values: dict[str, str], content: bytes) -> None:
    """Compare the checksums among `values` (a PUT's headers, trailers) with its content. Raises Refusal (BadDigest)."""
    for name, (title, digest) in _CHECKED.items():
        if name not in values:
            continue
        try:
            given = base64.b64decode(values[name], validate=True)
        except binascii.Error:
            given = b""
        if len(given) != _SIZES[title]:
            if title == "Content-MD5":
                raise Refusal("InvalidDigest", "The Content-MD5 you specified was invalid.", 400)
            raise Refusal("InvalidRequest", f"Value for {name} header is invalid.", 400)
        if not hmac.compare_digest(given, digest(content)):
            what = "what we received" if title == "Content-MD5" else "the calculated checksum"
            raise Refusal("BadDigest", f"The {title} you specified did not match {what}.", 400)


def _incomplete() -> Refusal:
    message = "You did not provide the number of bytes specified by the Content-Length HTTP header."
    return Refusal("IncompleteBody", message, 400)


def _malformed_trailer() -> Refusal:
    message = "The request contained trailing data that was not well-formed or did not conform to our published schema."
    return Refusal("MalformedTrailerError", message, 400)
