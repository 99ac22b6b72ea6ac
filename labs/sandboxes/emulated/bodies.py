"""What a body may be before anything reads it: so deep, and so large when it is inflated."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import Final

from labs.sandboxes.emulated.errors import AwsError

__all__ = ["INFLATED_BYTES", "MAX_DEPTH", "inflate", "refuse_depth"]

MAX_DEPTH: Final = 64
INFLATED_BYTES: Final = 8 << 20


def inflate(body: bytes) -> bytes:
    """Return what `body` is without gzip: 300 kB of it can be 300 MB. Raises AwsError beyond 8 MiB, and where it is none."""
    try:
        inflated = gzip.GzipFile(fileobj=io.BytesIO(body)).read(INFLATED_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise AwsError(
            "SerializationException", "The body of the request is not gzip, as its header says.", 400
        ) from error
    if len(inflated) > INFLATED_BYTES:
        raise AwsError("RequestEntityTooLarge", "The inflated body is larger than 8 MiB.", 413)
    return inflated


def refuse_depth(text: str | bytes) -> None:
    """Refuse JSON that nests deeper than any of AWS's: parsing 3,000 levels costs seconds. Raises AwsError."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if data[:1] not in (b"{", b"[", b" ", b"\n", b"\t", b"\r") or data.count(b"{") + data.count(b"[") <= MAX_DEPTH:
        return
    depth, in_text, escaped = 0, False, False
    for byte in data:
        if in_text:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_text = False
        elif byte == 0x22:
            in_text = True
        elif byte in (0x7B, 0x5B):
            depth += 1
            if depth > MAX_DEPTH:
                raise AwsError("SerializationException", f"JSON may not nest deeper than {MAX_DEPTH} levels.", 400)
        elif byte in (0x7D, 0x5D):
            depth -= 1
