"""Zip files of others, read in memory with bounds; nothing is ever unpacked to a disk. And zip files of ours."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping

from courses.interchange import limits
from courses.interchange.limits import MIB, Unreadable

_END = b"PK\x05\x06"  # end of central directory
_END_BYTES = 22
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same content makes the same zip


def is_zip(data: bytes) -> bool:
    """Whether the data begin as a zip file does."""
    return data[:4] in (b"PK\x03\x04", _END)


class Package:
    """A zip file that has been found harmless. `name` is what its problems are told under."""

    def __init__(self, data: bytes, name: str) -> None:
        """Check the table of contents. Raises Unreadable."""
        self.name, self._read = name, 0
        _check_directory(data, name)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, UnicodeError) as error:
            raise Unreadable(f"{name}: the zip file is damaged ({error}). Download or export it again.") from None
        self._entries: dict[str, zipfile.ZipInfo] = {}
        infos = self._zip.infolist()
        if len(infos) > limits.ENTRIES:
            raise Unreadable(f"{name} holds {len(infos):,} files; {limits.ENTRIES:,} are taken. Export in parts.")
        for info in infos:
            self._check(info)
            if not info.is_dir():
                self._entries[info.filename] = info
        declared = sum(info.file_size for info in infos)
        if declared > 2 * limits.UNPACKED_BYTES:
            raise Unreadable(
                f"{name} unpacks to {declared / MIB:,.0f} MiB; {2 * limits.UNPACKED_BYTES // MIB} MiB are taken. "
                "Leave out films and pictures, or export in parts."
            )

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files, in the order of the table of contents."""
        return tuple(self._entries)

    def read(self, entry: str) -> bytes:
        """Return a file's content. Raises Unreadable, and KeyError where there is no such file."""
        info = self._entries[entry]
        try:
            with self._zip.open(info) as file:
                # One byte more than declared shows a header that lies; no more than that is ever unpacked.
                content = file.read(min(info.file_size, limits.ENTRY_BYTES) + 1)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, zlib.error, struct.error) as error:
            raise Unreadable(f"{self.name}: {entry} cannot be unpacked ({error}). Export the file again.") from None
        if len(content) > info.file_size:
            raise Unreadable(f"{self.name}: {entry} is larger than the zip file says. The file is refused.")
        self._read += len(content)
        if self._read > limits.UNPACKED_BYTES:
            raise Unreadable(
                f"{self.name}: more than {limits.UNPACKED_BYTES // MIB} MiB of XML, unpacked. Export in parts."
            )
        return content

    def _check(self, info: zipfile.ZipInfo) -> None:
        """Refuse what no honest exporter writes. Raises Unreadable."""
        entry, name = info.filename, self.name
        parts = entry.replace("\\", "/").split("/")
        if entry.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or info.orig_filename != entry:
            raise Unreadable(f"{name}: {entry!r} points out of the zip file (zip slip). The file is refused.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise Unreadable(f"{name}: {entry} is a symbolic link. Put the file itself into the zip file.")
        if info.flag_bits & 0x1:
            raise Unreadable(f"{name}: {entry} is encrypted. Make the zip file without a password.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable(f"{name}: {entry} is packed by a method that is not taken. Use an ordinary zip (deflate).")
        if entry in self._entries:
            raise Unreadable(f"{name}: {entry} is in the zip file twice. It is not clear which one is meant.")
        if info.file_size > MIB and info.file_size > limits.RATIO * max(info.compress_size, 1):
            raise Unreadable(f"{name}: {entry} unpacks to more than {limits.RATIO} times its size: a zip bomb.")
        if entry.endswith(".xml") and info.file_size > limits.ENTRY_BYTES:
            raise Unreadable(
                f"{name}: {entry} has {info.file_size / MIB:,.0f} MiB; {limits.ENTRY_BYTES // MIB} MiB are taken."
            )


def _check_directory(data: bytes, name: str) -> None:
    """Refuse a table of contents that costs too much to read: Python reads it whole before it counts."""
    at = data.rfind(_END, max(0, len(data) - _END_BYTES - 65_535))
    if at < 0 or len(data) - at < _END_BYTES:
        raise Unreadable(f"{name}: the zip file has no end: it was cut off. Download or export it again.")
    entries, size, offset = struct.unpack("<HII", data[at + 10 : at + 20])
    if entries == 0xFFFF or 0xFFFFFFFF in (size, offset):
        raise Unreadable(f"{name}: a zip file for more than 65,535 files (Zip64). {limits.ENTRIES:,} files are taken.")
    if entries > limits.ENTRIES or size > limits.DIRECTORY_BYTES:
        raise Unreadable(f"{name} holds too many files; {limits.ENTRIES:,} are taken. Export in parts.")


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return a zip file of these files, in this order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry, content in files.items():
            info = zipfile.ZipInfo(entry, _LONG_AGO)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            target.writestr(info, content)
    return out.getvalue()
