"""What may be in a folder of content that comes from outside: its names, its kinds, and how much of it.

An archive is a stranger's list of paths that this machine is to write. Nothing is repaired here but what no eye can tell
apart (a name's Unicode form): a name that would have to be changed to be safe is refused, and the sentence says which.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from labs.refusals import Refusal

KIB, MIB = 1024, 1024 * 1024
_WINDOWS = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_PROGRAMS = re.compile(r"(\.git|git~[0-9]+|\.(gitmodules|gitattributes|gitconfig))", re.IGNORECASE)
_LITTER = re.compile(r"(\..*|__MACOSX|__pycache__|Thumbs\.db|desktop\.ini)", re.IGNORECASE)
KINDS = frozenset(
    (".md", ".yaml", ".yml", ".json", ".py", ".sh", ".txt", ".csv", ".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp")
)


class ArchiveRefused(Refusal):
    """Something that is not taken in. The sentence names the member, and why."""

    status = 400

    def __init__(self, why: str, member: str = "") -> None:
        super().__init__(f"{shown(member)} cannot be taken: {why}." if member else f"{why[:1].upper()}{why[1:]}.")
        self.member, self.why = member, why


@dataclass(frozen=True)
class Limits:
    """How much one archive may hold. `ratio` is asked only of members that are larger than `small` once unpacked."""

    packed: int = 16 * MIB
    unpacked: int = 32 * MIB
    member: int = 4 * MIB
    members: int = 2000
    ratio: int = 100
    small: int = 64 * KIB
    depth: int = 8
    seconds: float = 60.0


LIMITS = Limits()


@dataclass(frozen=True)
class Folder:
    """Files by their path below the folder, with / between; `name` is what the folder itself was called, or nothing."""

    name: str
    files: Mapping[str, bytes]


@dataclass
class Members:
    """Judges the members of one archive, in its order. Raises ArchiveRefused at the first that may not be."""

    limits: Limits = LIMITS
    total: int = 0
    count: int = 0
    _seen: dict[str, tuple[str, bool]] = field(default_factory=dict)  # folded path: as it was spelt, whether a folder
    _files: set[str] = field(default_factory=set)

    def admit(self, name: str, size: int, *, is_folder: bool = False, only_kinds: bool = True) -> str:
        """Count a member and return its path, "" if it is left out: hidden, a system's litter.

        Another kind of file than content has is refused; without `only_kinds` it is passed over, and never judged.
        """
        if not only_kinds and not is_content(name):
            return ""
        self.count += 1
        if self.count > self.limits.members:
            raise ArchiveRefused(f"the archive holds more than {self.limits.members} members")
        path = safe_path(name.removesuffix("/") if is_folder else name, self.limits.depth)
        if size > self.limits.member:
            raise ArchiveRefused(f"it is larger than {_size(self.limits.member)}", name)
        self.total += size
        if self.total > self.limits.unpacked:
            raise ArchiveRefused(f"with it the archive is larger than {_size(self.limits.unpacked)} unpacked", name)
        self._claim(path, name, is_folder)
        parts = path.split("/")
        if any(_LITTER.fullmatch(part) for part in parts):
            return ""
        if not is_folder and not is_content(path):
            raise ArchiveRefused(f"content has no files of that kind (known are {', '.join(sorted(KINDS))})", name)
        return path

    def _claim(self, path: str, name: str, is_folder: bool) -> None:
        """Hold each path once, also for a file system that takes A for a, or to which é is two letters."""
        parts = path.split("/")
        for length in range(1, len(parts) + 1):
            part, folder = "/".join(parts[:length]), is_folder or length < len(parts)
            spelt, was_folder = self._seen.setdefault(fold(part), (part, folder))
            new = length == len(parts) and not is_folder
            if spelt != part:
                raise ArchiveRefused(f"on many systems that is the same name as {shown(spelt)}", name)
            if was_folder != folder:
                raise ArchiveRefused("it is there as a file and as a folder", name)
            if new and part in self._files:
                raise ArchiveRefused("it is there twice", name)
            if new:
                self._files.add(part)


def is_content(path: str) -> bool:
    """Return whether labs and courses have files of that kind."""
    *folders, name = path.split("/")
    if any(_LITTER.fullmatch(part) for part in (*folders, name)):
        return False
    return f".{name.rpartition('.')[2].lower()}" in KINDS if "." in name else name in ("LICENSE", "NOTICE")


def safe_path(name: str, depth: int = LIMITS.depth) -> str:
    """Return a member's path, in one Unicode form. Raises ArchiveRefused for what is no plain path below a folder."""
    path = unicodedata.normalize("NFC", name)
    if "\\" in path:
        raise ArchiveRefused("there is a \\ in its name; write / between folders", name)
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        raise ArchiveRefused("its path is absolute", name)
    if any(unicodedata.category(letter)[0] == "C" for letter in path):
        raise ArchiveRefused("its name has letters that cannot be seen", name)
    parts = path.split("/")
    if ".." in parts:
        raise ArchiveRefused("its path leads out of the folder (..)", name)
    if len(parts) > depth:
        raise ArchiveRefused(f"it lies deeper than {depth} folders", name)
    for part in parts:
        _check_part(part, name)
    if len(path.encode()) > 240:
        raise ArchiveRefused("its path is longer than 240 bytes", name)
    return path


def _check_part(part: str, name: str) -> None:
    if part in ("", "."):
        raise ArchiveRefused("there is an empty folder name in its path", name)
    if re.search(r'[<>:"|?*]', part) or part != part.strip() or part.endswith("."):
        raise ArchiveRefused(f"{part!r} cannot be a name on every system", name)
    if _WINDOWS.fullmatch(part):
        raise ArchiveRefused(f"{part} is a device's name on some systems", name)
    if _PROGRAMS.fullmatch(part):
        raise ArchiveRefused(f"{part} is Git's own, and may tell it to run something", name)
    if len(part.encode()) > 120:
        raise ArchiveRefused("a name in its path is longer than 120 bytes", name)


def fold(path: str) -> str:
    """Return what two paths have in common that one file system or another takes for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", path).casefold())


def without_top(files: Mapping[str, bytes]) -> Folder:
    """Take away the one folder that everything is in, as zips of a folder and of Git hosts have it."""
    tops = {path.partition("/")[0] for path in files}
    if len(tops) != 1 or any("/" not in path for path in files):
        return Folder("", dict(sorted(files.items())))
    top = tops.pop()
    return Folder(top, {path.removeprefix(f"{top}/"): data for path, data in sorted(files.items())})


def shown(name: str) -> str:
    """Return a stranger's text so that it can be printed: no control letters, and not too much of it."""
    text = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in name)
    return text if len(text) <= 100 else f"{text[:99]}…"


def _size(number: int) -> str:
    return f"{number // MIB} MiB" if number >= MIB else f"{number // KIB} KiB" if number >= KIB else f"{number} bytes"
