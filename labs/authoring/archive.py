"""A folder of content as a zip, and back: `export_zip`, `import_zip`; from a repository: `import_git` (gits.py).

    archive.export_zip(folder)            # bytes; the same files give the same bytes
    archive.import_zip(file, into)        # a new folder, whole or not at all
    archive.read_zip(file)                # the same as {path: bytes}, for who keeps files elsewhere
    archive.import_git(url, into)         # likewise, of a repository's newest commit

All of it is judged before anything is written, and nothing is unpacked by a library: members are read into memory (they
are bounded) and written as plain files.
"""

from __future__ import annotations

import io
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from labs.authoring.members import LIMITS, ArchiveRefused, Folder, Limits, Members, without_top

__all__ = [
    "LIMITS",
    "ArchiveRefused",
    "Folder",
    "Limits",
    "export_zip",
    "import_git",
    "import_zip",
    "pack",
    "read_zip",
    "write",
]

_END = b"PK\x05\x06"
_LOCATOR_64 = b"PK\x06\x07"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_ENTRY = 512  # bytes in the central directory, generously: 46, the name, what systems add
_HOW = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def export_zip(folder: Path) -> bytes:
    """Return a folder as a zip whose members lie in one folder of its name. Raises ArchiveRefused for what `import_zip`
    would not take. Hidden files and what Python or a desktop left behind stay out."""
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") or part == "__pycache__" for part in name.split("/")):
            continue
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise ArchiveRefused("it is a link or a device; put the file itself there", name)
        if path.is_file():
            files[name] = path.read_bytes()
    return pack(Folder(folder.resolve().name, files))


def pack(folder: Folder) -> bytes:
    """Return files as a zip: sorted, without times, users and what else differs from machine to machine."""
    members, buffer = Members(), io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in sorted(folder.files.items()):
            if not members.admit(f"{folder.name}/{name}" if folder.name else name, len(data)):
                continue
            info = zipfile.ZipInfo(f"{folder.name}/{name}" if folder.name else name, _EPOCH)
            info.create_system, info.external_attr = 3, (stat.S_IFREG | 0o644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data, compresslevel=9)
    return buffer.getvalue()


def import_zip(file: BinaryIO | Path | bytes, into: Path, limits: Limits = LIMITS) -> Folder:
    """Write a zip's files as the folder `into`, which is not there yet, or empty. Raises ArchiveRefused."""
    found = read_zip(file, limits)
    write(found.files, into)
    return found


def import_git(source: str | Path, into: Path, *, ref: str = "", folder: str = "", limits: Limits = LIMITS) -> Folder:
    """Write the files of a repository (https://…, or a bundle's path) as the folder `into`. Raises ArchiveRefused."""
    from labs.authoring.gits import read_git  # it needs the program git, which nothing else here does

    found = read_git(source, ref=ref, folder=folder, limits=limits)
    write(found.files, into)
    return found


def read_zip(file: BinaryIO | Path | bytes, limits: Limits = LIMITS) -> Folder:
    """Return a zip's files without the one folder that all may be in. Raises ArchiveRefused."""
    data = _bounded(file, limits.packed)
    _check_directory(data, limits)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members, taken = Members(limits), []
            for info in archive.infolist():
                path = members.admit(_name(info), info.file_size, is_folder=info.is_dir())
                _check_entry(info, limits)
                if path and not info.is_dir():
                    taken.append((path, info))
            # Only now is anything inflated: what is declared keeps to the limits
            files = {path: _inflate(archive, info) for path, info in taken}
    except UnicodeDecodeError as error:
        raise ArchiveRefused("its name is not UTF-8", repr(bytes(error.object))[2:-1]) from error
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError) as error:
        raise ArchiveRefused(f"this is no whole zip file: {error}") from error
    if not files:
        raise ArchiveRefused("the archive holds no files")
    return without_top(files)


def write(files: Mapping[str, bytes], into: Path) -> None:
    """Write files as a new folder, whole or not at all. Raises ArchiveRefused where something is there already."""
    if into.is_symlink() or (into.exists() and (not into.is_dir() or any(into.iterdir()))):
        raise ArchiveRefused(f"a folder {into.name} is there already; choose another name")
    into.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{into.name}-", dir=into.parent))
    try:
        for name, data in files.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        draft.chmod(0o755)
        draft.rename(into)  # over an empty folder, too; who was quicker keeps it
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise ArchiveRefused(f"the folder {into.name} cannot be written: {error.strerror}") from error


def _bounded(file: BinaryIO | Path | bytes, most: int) -> bytes:
    if isinstance(file, bytes):
        data = file
    elif isinstance(file, Path):
        with file.open("rb") as opened:
            data = opened.read(most + 1)
    else:
        data = file.read(most + 1)
    if len(data) > most:
        raise ArchiveRefused(f"the archive is larger than {most // 1024} KiB")
    return data


def _check_directory(data: bytes, limits: Limits) -> None:
    """Refuse a table of contents that is itself the bomb, before it is made into a million objects."""
    at = len(data) - 22
    if at < 0 or not (data[at:].startswith(_END) and data.endswith(b"\0\0")):
        at = data.rfind(_END, max(0, len(data) - 22 - 65535))
    if at < 0 or len(data) < at + 22:
        raise ArchiveRefused("this is no zip file")
    if _LOCATOR_64 in data[max(0, at - 20) : at]:
        raise ArchiveRefused("the archive is in the form for more than 4 GiB, which content does not need")
    members, size = struct.unpack_from("<HL", data, at + 10)
    if members > limits.members or size > limits.members * _ENTRY:
        raise ArchiveRefused(f"the archive holds more than {limits.members} members")


def _name(info: zipfile.ZipInfo) -> str:
    """Return the whole name of a member: up to a NUL, and with the \\ turned, is what zipfile would have us believe."""
    name = info.orig_filename
    if info.flag_bits & 0x800 or name.isascii():
        return name
    return name.encode("cp437").decode()  # some write UTF-8 without saying so


def _check_entry(info: zipfile.ZipInfo, limits: Limits) -> None:
    name = info.orig_filename
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise ArchiveRefused("it is a link, which could lead anywhere; put the file itself there", name)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveRefused("it is a device or a pipe, not a file", name)
    if info.flag_bits & 0x2041:
        raise ArchiveRefused("it is encrypted; make the archive without a password", name)
    if info.compress_type not in _HOW:
        raise ArchiveRefused("it is packed in another way than deflate; make an ordinary zip", name)
    if info.is_dir() and info.file_size:
        raise ArchiveRefused("it is a folder with content of its own", name)
    if info.file_size > limits.small and info.file_size > limits.ratio * max(1, info.compress_size):
        raise ArchiveRefused(f"it unpacks to more than {limits.ratio} times its size", name)


def _inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return a member's bytes: no more than it declares are ever inflated, and then they must be all, and right."""
    try:
        with archive.open(info) as member:
            data = member.read(info.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OverflowError) as error:
        raise ArchiveRefused("it is not what the archive's table of contents says", info.orig_filename) from error
    if len(data) != info.file_size:
        raise ArchiveRefused("it is not as large as the archive's table of contents says", info.orig_filename)
    return data
