"""What a call sends as bytes, with the file that a command would read them from."""

from __future__ import annotations

import io
import shlex
import zipfile
from collections.abc import Mapping

__all__ = ["Bytes", "zipped"]


class Bytes(bytes):
    """What a Content field or `zipped` gives: bytes, the file that a command would read them from, and how to make that."""

    name: str
    made_by: str

    def __new__(cls, value: bytes, name: str, made_by: str = "") -> Bytes:
        made = super().__new__(cls, value)
        made.name, made.made_by = name, made_by
        return made


def zipped(files: Mapping[str, str], name: str = "function.zip") -> Bytes:
    """Return files as a zip archive, the same bytes for the same files (a Lambda function's code, say)."""
    archive, lines = io.BytesIO(), []
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for path, text in files.items():
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            made.writestr(entry, text)
            lines.append(f"cat > {shlex.quote(path)} <<'EOF'\n{text.rstrip()}\nEOF")
    lines.append(f"zip -q {shlex.quote(name)} {' '.join(shlex.quote(path) for path in files)}")
    return Bytes(archive.getvalue(), name, "\n".join(lines))
