"""The labs that an author names: by slug in the catalog, or by the path of a folder anywhere."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labs.content import ContentError, Lab, Problem, load_lab
from labs.content.schema import nearest

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SLUG_LENGTH = 60
POLL_SECONDS = 0.25
VERSION = 1  # of every JSON document that `manage.py lab` prints: it changes when a key goes or means something else


class BadUsage(Exception):
    """What was asked for cannot be done as it was asked. `str(…)` is a sentence; the exit status is 2."""


@dataclass(frozen=True)
class Examined:
    """A lab's folder as it is read now. `lab` is None where it has errors; `problems` has the warnings, too."""

    folder: Path
    lab: Lab | None
    problems: tuple[Problem, ...]

    @property
    def slug(self) -> str:
        """Return the name in addresses: the folder's."""
        return self.folder.name


def folders(names: Sequence[str], catalog: Path) -> list[Path]:
    """Return the folders of the labs that are named, all of the catalog's where none is. Raises BadUsage."""
    if not names:
        found = sorted(path.parent for path in catalog.glob("*/lab.md"))
        if not found:
            raise BadUsage(f"There are no labs in {catalog}.")
        return found
    return list(dict.fromkeys(_folder(name, catalog) for name in names))


def _folder(name: str, catalog: Path) -> Path:
    if SLUG.fullmatch(name) and (catalog / name / "lab.md").is_file():
        return catalog / name
    path = Path(name).absolute()
    path = path.parent if path.name == "lab.md" else path.resolve() if path.name in ("", "..") else path
    if (path / "lab.md").is_file():
        return path
    if "/" in name or path.is_dir():
        raise BadUsage(f"There is no lab.md in {name}.")
    known = [lab.parent.name for lab in catalog.glob("*/lab.md")]
    raise BadUsage(f"There is no lab {name} in {catalog}. {nearest(name, known)}".strip())


def examine(folder: Path) -> Examined:
    """Read a lab and say what is wrong with it. Never raises for what an author wrote."""
    try:
        lab = load_lab(folder)
    except ContentError as error:
        return Examined(folder, None, tuple(error.problems))
    return Examined(folder, lab, lab.warnings)


def finding(problem: Problem) -> dict[str, Any]:
    """Return a problem for a program. The keys are promised in docs/author.md."""
    return {
        "file": problem.path,
        "line": problem.line,
        "id": problem.id,
        "severity": "warning" if problem.is_warning else "error",
        "cause": problem.message,
        "remedy": problem.hint,
    }


def stamps(places: Iterable[Path]) -> dict[str, tuple[int, int]]:
    """Return when each file of some folders was written last, and how large it is."""
    found = {}
    for folder in places:
        for path in folder.rglob("*"):
            try:
                status = path.lstat()
            except OSError:  # it has just gone
                continue
            found[str(path)] = (status.st_mtime_ns, status.st_size)
    return found


def wait_for_change(places: Sequence[Path], known: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Wait until the files differ from what is known of them, and are quiet again; return what is known now."""
    while (now := stamps(places)) == known:
        time.sleep(POLL_SECONDS)
    while (later := stamps(places)) != now:  # an editor writes in several steps
        now = later
        time.sleep(POLL_SECONDS / 5)
    return now
