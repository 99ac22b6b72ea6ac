"""All labs of a catalog folder, read once and read again where a file has changed."""

from __future__ import annotations

import errno
import os
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

from labs.content import own
from labs.content.model import ContentError, Lab, Problem
from labs.content.parse import MAX_BYTES, parse_lab

_Stamp = tuple[int, ...]  # modification time in ns and size in bytes of lab.md, then of checks.py


@dataclass(frozen=True)
class _Entry:
    stamp: _Stamp
    lab: Lab | None
    problems: tuple[Problem, ...]


_cache: dict[Path, _Entry] = {}
_lock = threading.Lock()


def load_lab(folder: Path) -> Lab:
    """Return the lab of a folder, which holds lab.md, perhaps checks.py, and gives the slug. Raises ContentError."""
    path = folder / "lab.md"
    name = str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
    source = _read(path, name, "labs.E001", MAX_BYTES)
    if source is None:
        raise ContentError([Problem(name, 0, "labs.E001", "cannot be read: No such file or directory")])
    checks = _read(folder / own.FILE, f"{name.removesuffix('lab.md')}{own.FILE}", "labs.E020", own.MAX_BYTES)
    return parse_lab(source, slug=folder.name, path=name, checks=checks or "")


def read_file(path: Path, most: int, *, id: str = "labs.E001") -> str | None:
    """Return the text of one file of a lab, None where there is none. Raises ContentError: a link, too large, no text."""
    return _read(path, path.name, id, most)


def _read(path: Path, name: str, id: str, most: int) -> str | None:
    """Return the text of one of a lab's files, None where there is none. Raises ContentError, with problems of `id`."""

    def problem(message: str, hint: str = "") -> ContentError:
        return ContentError([Problem(name, 0, id, message, hint)])

    try:
        # A link may lead to any file of the server, and what it leads to is shown, stored and run. Asked of what was
        # opened: a path may become another's between two looks at it.
        with open(path, "rb", opener=_open_no_link) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise problem("is not a plain file", "put the file itself here")
            if status.st_size > most:
                raise problem(f"is larger than {most // 1024} KiB", "keep large files out of a lab")
            return file.read(most + 1).decode().replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise problem("is not UTF-8", f"byte {error.start}") from error
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR):
            raise problem("is not a plain file", "put the file itself here") from error
        raise problem(f"cannot be read: {error.strerror}") from error


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def load_catalog(root: Path) -> dict[str, Lab]:
    """Return the labs of a catalog by slug, sorted. One that is broken is left out: see `catalog_problems`."""
    return {entry.lab.slug: entry.lab for entry in _entries(root) if entry.lab is not None}


def catalog_problems(root: Path) -> list[Problem]:
    """Return the errors and warnings of all labs of a catalog."""
    if not root.is_dir():
        return [Problem(str(root), 0, "labs.E001", "there is no such folder", "set LAB_CATALOG")]
    return [problem for entry in _entries(root) for problem in entry.problems]


def _entries(root: Path) -> list[_Entry]:
    return [_entry(path.parent) for path in sorted(root.glob("*/lab.md"))]


def _entry(folder: Path) -> _Entry:
    stamp = (*_stamp(folder / "lab.md"), *_stamp(folder / own.FILE))
    with _lock:
        known = _cache.get(folder)
    if known is None or known.stamp != stamp:
        try:
            lab = load_lab(folder)
            known = _Entry(stamp, lab, lab.warnings)
        except ContentError as error:
            known = _Entry(stamp, None, tuple(error.problems))
        with _lock:
            _cache[folder] = known
    return known


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.lstat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
