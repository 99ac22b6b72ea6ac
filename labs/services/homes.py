"""The learner's home in the browser's shell: its files and the lines that were run, kept for a reload or another device.

Nothing here reaches the sandbox, and nothing of it is graded: the shell itself runs in the learner's browser.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Final

from django.db import transaction
from django.db.models import Sum

from labs.models import HomeFile, LabSession, ShellHistory
from labs.refusals import Refusal
from labs.selectors import history_place
from labs.services.refusals import NotReady

MOST_FILES: Final = 200
MOST_BYTES_A_FILE: Final = 1024 * 1024
MOST_BYTES: Final = 5 * 1024 * 1024  # a session
MOST_LETTERS: Final = 200  # of a path
MOST_LINES: Final = 1000  # of a history
MOST_LETTERS_A_LINE: Final = 8192
MOST_LETTERS_A_HISTORY: Final = 262_144
MOST_OTHERS: Final = 99  # names to try for the other text of a conflict
KEPT_AFTER_END: Final = timedelta(days=30)


class BadPath(Refusal):
    """No name of a file below the home."""

    status = 400

    def __init__(self, path: str) -> None:
        shown = path if len(path) <= 80 else f"{path[:79]}…"
        super().__init__(
            f"“{shown}” was not saved: a name is at most {MOST_LETTERS} characters, lies below the home, and holds "
            "neither “..” nor control characters."
        )


class TooLarge(Refusal):
    """One file is larger than what is kept."""

    status = 413

    def __init__(self, path: str, size: int) -> None:
        super().__init__(
            f"{path} is {_megabytes(size)}: files up to {_megabytes(MOST_BYTES_A_FILE)} are kept on the server. "
            "It stays in this browser."
        )


class HomeFull(Refusal):
    """The home holds as much as is kept."""

    status = 413

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} was not saved on the server: a lab keeps {MOST_FILES} files and {_megabytes(MOST_BYTES)} in all. "
            "It stays in this browser; remove what you do not need."
        )


class ChangedElsewhere(Refusal):
    """A file that was to be removed is another one by now."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} was changed in another window, so it was not removed.")


@dataclass(frozen=True)
class Saved:
    """What became of a file. `other` is the path under which another window's text is kept, or "" where none was."""

    path: str
    version: str
    other: str = ""


def save_file(*, session: LabSession, path: str, data: bytes, known: str, now: datetime) -> Saved:
    """Keep a file. `known` is the version that it was made from, "" for a file that is new to whoever saves.

    Where the file has become another one meanwhile, both are kept: this one under its name, the other beside it.

    :raises NotReady: the session is over.
    :raises BadPath: this is no path below the home.
    :raises TooLarge: the file is larger than 1 MiB.
    :raises HomeFull: it would be the 201st file, or come to more than 5 MiB.
    """
    path = _clean(path)
    if len(data) > MOST_BYTES_A_FILE:
        raise TooLarge(path, len(data))
    with transaction.atomic():
        _hold(session)
        version, other = _version(data), ""
        there = session.files.filter(path=path).first()
        if there is not None and there.version == version:
            return Saved(path, version)
        if there is not None and there.version != known:
            other = _beside(session, path, there.version)
            _write(session, other, bytes(there.data), there.version, now)
        _write(session, path, data, version, now)
    return Saved(path, version, other)


def remove_file(*, session: LabSession, path: str, known: str) -> None:
    """Forget a file, where it is still the one that was known. Idempotent.

    :raises NotReady: the session is over.
    :raises BadPath: this is no path below the home.
    :raises ChangedElsewhere: it is another one by now.
    """
    path = _clean(path)
    with transaction.atomic():
        _hold(session)
        mine = session.files.filter(path=path)
        if not mine.filter(version=known).delete()[0] and mine.exists():
            raise ChangedElsewhere(path)


def add_history(*, session: LabSession, lines: list[str], now: datetime) -> None:
    """Append lines that were run. What is too old or too long for its place is left out.

    :raises NotReady: the session is over.
    """
    fresh = [line for line in lines if line.strip() and len(line) <= MOST_LETTERS_A_LINE]
    with transaction.atomic():
        _hold(session)
        ShellHistory.objects.get_or_create(
            user_id=session.user_id, place=history_place(session), defaults={"saved_at": now}
        )
        rows = ShellHistory.objects.select_for_update()
        row = rows.get(user_id=session.user_id, place=history_place(session))
        row.lines, row.saved_at = _newest([*row.lines, *fresh]), now
        row.save(update_fields=["lines", "saved_at"])


def clear_history(*, session: LabSession) -> None:
    """Forget the lines that were run. Idempotent."""
    ShellHistory.objects.filter(user_id=session.user_id, place=history_place(session)).delete()


def forget_homes(*, now: datetime) -> int:
    """Remove the files of sessions that ended a month ago; return how many there were."""
    old = HomeFile.objects.filter(session__ended_at__lt=now - KEPT_AFTER_END)
    return old.delete()[0]


# --- What they share ---------------------------------------------------------------------------------------------


def _hold(session: LabSession) -> None:
    """Let one window at a time write to the home of an open session."""
    found = LabSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    if not found.is_open:
        raise NotReady(found)


def _clean(path: str) -> str:
    parts = PurePosixPath(path).parts
    bad = not parts or path.startswith("/") or ".." in parts or not path.isprintable() or len(path) > MOST_LETTERS
    if bad or str(PurePosixPath(path)) != path:
        raise BadPath(path)
    return path


def _version(data: bytes) -> str:
    """Return the name of a content: the same bytes are the same version, whoever saves them."""
    return hashlib.sha256(data).hexdigest()[:32]


def _write(session: LabSession, path: str, data: bytes, version: str, now: datetime) -> None:
    others = session.files.exclude(path=path)
    if others.count() >= MOST_FILES or (others.aggregate(all=Sum("size"))["all"] or 0) + len(data) > MOST_BYTES:
        raise HomeFull(path)
    fresh = {"data": data, "size": len(data), "version": version, "saved_at": now}
    HomeFile.objects.update_or_create(session=session, path=path, defaults=fresh)


def _beside(session: LabSession, path: str, version: str) -> str:
    """Return where the other text of a file goes: policy.other.json, or the next that is free or holds it already."""
    here = PurePosixPath(path)
    taken = dict(session.files.values_list("path", "version"))
    for number in range(1, MOST_OTHERS):
        word = "other" if number == 1 else f"other-{number}"
        found = str(here.with_name(f"{here.stem}.{word}{here.suffix}"))
        if taken.get(found, version) == version and len(found) <= MOST_LETTERS:
            return found
    raise HomeFull(path)


def _newest(lines: list[str]) -> list[str]:
    kept: list[str] = []
    room = MOST_LETTERS_A_HISTORY
    for line in reversed(lines[-MOST_LINES:]):
        room -= len(line)
        if room < 0:
            break
        kept.append(line)
    return kept[::-1]


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MiB".replace(".0 ", " ")
