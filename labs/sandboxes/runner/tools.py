"""`zip` and `mkdir` of a block: on files of its own directory, and nowhere else.

The learner's shell has both, so that a solution can be what a learner would type.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from labs.sandboxes.runner import shell
from labs.sandboxes.runner.shell.script import TOOLS

_MOST: Final = 200  # files in an archive
_WHEN: Final = (1980, 1, 1, 0, 0, 0)  # the same bytes for the same files


def use(name: str, words: Sequence[str], line: int) -> None:
    """Do what the command says. Raises ShellError."""
    flags = {flag for word in words if word.startswith("-") for flag in word[1:]}
    names = [word for word in words if not word.startswith("-")]
    if not names or not flags <= ({"q", "r"} if name == "zip" else {"p"}) or (name == "zip" and len(names) < 2):
        raise shell.ShellError(line, f"this {name} is not supported in a lab's blocks", TOOLS[name])
    for one in names:
        if not shell.is_own_file(one.rstrip("/")):
            raise shell.ShellError(line, f"{one} is outside the block's own directory", "use a plain file name")
    if name == "mkdir":
        for one in names:
            Path(one).mkdir(parents="p" in flags, exist_ok="p" in flags)
        return
    with zipfile.ZipFile(names[0], "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _files(names[1:], "r" in flags, line):
            archive.writestr(zipfile.ZipInfo(path.as_posix(), _WHEN), path.read_bytes())


def _files(names: Sequence[str], into: bool, line: int) -> Iterator[Path]:
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if path.is_dir() and into:
            found += sorted(one for one in path.rglob("*") if one.is_file())
        elif path.is_file():
            found.append(path)
        else:
            raise shell.ShellError(line, f"there is no file {name}", "write it with cat before, or zip -r a directory")
    if len(found) > _MOST:
        raise shell.ShellError(line, f"more than {_MOST} files in one archive")
    yield from found
