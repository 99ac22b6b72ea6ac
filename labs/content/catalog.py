"""All labs of a catalog folder, read once and read again where a file has changed."""

from __future__ import annotations

import stat
import threading
from dataclasses import dataclass
from pathlib import Path

from labs.content import own
from labs.content.model import ContentError, Lab, Problem
from labs.content.parse import MAX_BYTES, parse_lab, too_large

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
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ContentError([too_large(name)])
        source = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ContentError([Problem(name, 0, "labs.E001", "is not UTF-8", f"byte {error.start}")]) from error
    except OSError as error:
        raise ContentError([Problem(name, 0, "labs.E001", f"cannot be read: {error.strerror}")]) from error
    return parse_lab(source, slug=folder.name, path=name, checks=_read_checks(folder / own.FILE, name))


def _read_checks(path: Path, lab: str) -> str:
    """Return the text of a lab's checks.py, "" where there is none. Raises ContentError."""
    name = f"{lab.removesuffix('lab.md')}{own.FILE}"
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):  # a link may lead anywhere, and what it leads to is run and stored
            raise ContentError([Problem(name, 0, "labs.E020", "is not a plain file", "put the file itself here")])
        if status.st_size > own.MAX_BYTES:
            hint = "a check is a few lines"
            raise ContentError([Problem(name, 0, "labs.E020", f"is larger than {own.MAX_BYTES // 1024} KiB", hint)])
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise ContentError([Problem(name, 0, "labs.E020", "is not UTF-8", f"byte {error.start}")]) from error
    except OSError as error:
        raise ContentError([Problem(name, 0, "labs.E020", f"cannot be read: {error.strerror}")]) from error


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
        status = path.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
