"""A function's files: its package and layers unpacked in the child's folder, and the paths that functions know.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (/var/task, /opt, /tmp)
"""

from __future__ import annotations

import builtins
import io
import os
import stat
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

__all__ = ["BadPackage", "Paths", "search_path", "unpack"]

UNPACKED_BYTES: Final = 24 << 20
FILES: Final = 1_500


class BadPackage(Exception):
    """No zip file, or one that is larger than a function may be here."""


def unpack(package: bytes, target: Path) -> None:
    """Write a zip file's files under `target`. Raises BadPackage."""
    target.mkdir(mode=0o700, exist_ok=True)
    size = 0
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            entries = archive.infolist()
            if len(entries) > FILES:
                raise BadPackage(f"Functions may hold at most {FILES} files here.")
            for entry in entries:
                parts = [part for part in entry.filename.replace("\\", "/").split("/") if part not in ("", ".")]
                if ".." in parts or not parts or stat.S_ISLNK(entry.external_attr >> 16):
                    continue
                place = target.joinpath(*parts)
                if entry.is_dir():
                    place.mkdir(mode=0o700, parents=True, exist_ok=True)
                    continue
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with archive.open(entry) as source, place.open("wb") as file:
                    while piece := source.read(1 << 16):
                        size += len(piece)
                        if size > UNPACKED_BYTES:
                            raise BadPackage(f"Unzipped size must be smaller than {UNPACKED_BYTES} bytes here.")
                        file.write(piece)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise BadPackage("Could not unzip uploaded file. Please check your file, then try to upload again.") from error


class Paths:
    """/var/task, /opt and /tmp, which lie in the child's folder: Python's own ways to files are led there."""

    def __init__(self, folder: Path) -> None:
        self._real: Final = {"/tmp": f"{folder}/tmp", "/var/task": f"{folder}/task", "/opt": f"{folder}/opt"}  # noqa: S108

    def real(self, path: Any) -> Any:
        """Return where a path of the function's really is."""
        text = os.fspath(path) if isinstance(path, os.PathLike) else path
        if isinstance(text, bytes):
            return os.fsencode(self.real(os.fsdecode(text)))
        if isinstance(text, str) and text[:1] == "/":
            for shown, real in self._real.items():
                if text == shown or text.startswith(f"{shown}/"):
                    return real + text[len(shown) :]
        return path

    def shown(self, text: str) -> str:
        """Return a text (a traceback) with paths as the function knows them."""
        for shown, real in self._real.items():
            text = text.replace(real, shown)
        return text

    def install(self) -> None:
        """Lead open() and os's functions there. There is no way back."""
        builtins.open = io.open = self._led(io.open, 1)
        for name in _ONE_PATH:
            setattr(os, name, self._led(getattr(os, name), 1))
        for name in ("rename", "replace", "link", "symlink"):
            setattr(os, name, self._led(getattr(os, name), 2))
        where = os.getcwd
        os.getcwd = lambda: self.shown(where())

    def _led(self, function: Callable[..., Any], count: int) -> Callable[..., Any]:
        real = self.real

        def led(*arguments: Any, **more: Any) -> Any:
            return function(*map(real, arguments[:count]), *arguments[count:], **more)

        led.__name__ = function.__name__
        return led


_ONE_PATH: Final = (
    "access", "chdir", "chmod", "listdir", "lstat", "mkdir", "open", "readlink", "remove", "rmdir", "scandir", "stat",
    "truncate", "unlink", "utime",
)  # fmt: skip


def search_path(folder: Path) -> list[str]:
    """Return where the function's modules are, before Python's own."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    layer = f"{folder}/opt/python"
    return [f"{folder}/task", layer, f"{layer}/lib/{version}/site-packages"]
