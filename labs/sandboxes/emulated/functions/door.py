"""What a child that runs a function gives up before it reads the first line of what a learner wrote.

Secrets: the sandbox's own (all its keys are derived from it), the keys of its people, its whole state. They are dropped,
and those that open something are written over, since Python can be made to read any of its own memory. Rights: no fork
and no thread, no file but its own folder's, memory and processor time as the function has them, and no way to outlive
its keeper.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any, Final

from moto.core.base_backend import BackendDict
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from labs.sandboxes import seccomp
from labs.sandboxes.emulated.authorization import forget
from labs.sandboxes.emulated.frames import CellSpec
from labs.sandboxes.emulated.world import PHANTOM, WORLD
from labs.sandboxes.jail import Jail, missing_layers, python_paths

__all__ = ["close", "scrub"]

_FILE: Final = 16 << 20
_OPEN_FILES: Final = 64
_DEPTH: Final = 5
_HIDDEN: Final = ("labs", "graders", "moto")


def scrub() -> None:
    """Forget the sandbox: write over what opens it, and drop its state."""
    secrets: list[str | bytes] = [WORLD.spec.secret]
    for iam in (backends["aws"] for backends in iam_backends.values() if "aws" in dict.keys(backends)):
        _wipe(key.secret_access_key for key in iam.access_keys.values())
    for sts in (backends["aws"] for backends in sts_backends.values() if "aws" in dict.keys(backends)):
        for role in sts.assumed_roles:
            _wipe((role.secret_access_key, role.session_token))
    # The order that made this cell, and the one that made its original, lie further up the stack.
    seen: set[int] = set()
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        for value in list(frame.f_locals.values()):
            secrets += _secrets_in(value, seen, _DEPTH)
        frame = frame.f_back
    _wipe(secrets)
    WORLD.begin(PHANTOM)
    forget()
    for backends in list(BackendDict._instances):
        for each in backends.values():
            _leave(each)
        dict.clear(backends)
    gc.freeze()  # what is left is not found by gc.get_objects(), and not copied by a collection


def hide() -> None:
    """Let the function import neither us nor moto: it would find them half taken away."""
    for name in _HIDDEN:
        if name in sys.modules:
            _leave(sys.modules.pop(name))


def _leave(thing: Any) -> None:
    """Let nothing lead to `thing` any more, and nobody spend time on taking it apart: the process ends soon."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def close(folder: Path, *, memory: int, seconds: int) -> None:
    """Close the door: `folder`/tmp may be written, `folder` read; `memory` is all that it may map.

    Raises OSError, JailUnavailable.
    """
    jail = Jail(
        read=[*filter(os.path.exists, python_paths()), folder],  # our uid may find no way to some
        write=[folder / "tmp"],
        memory=memory,
        cpu_seconds=seconds,
        file_size=_FILE,
        open_files=_OPEN_FILES,
    )
    jail.enter("best" if missing_layers() else "required")
    if seccomp.supported():
        seccomp.stay_mortal()


def _secrets_in(value: Any, seen: set[int], depth: int) -> list[str | bytes]:
    """Return the secrets that a local variable holds: those of a CellSpec, or of an order that makes one."""
    if depth == 0 or id(value) in seen:
        return []
    seen.add(id(value))
    if isinstance(value, CellSpec):
        return [value.secret] if value is not PHANTOM else []
    if isinstance(value, dict):
        found: list[str | bytes] = []
        if isinstance(value.get("secret"), (str, bytes)):
            found.append(value["secret"])
        for each in list(value.values())[:50]:
            found += _secrets_in(each, seen, depth - 1)
        return found
    if isinstance(value, (bytes, bytearray)) and b'"secret"' in value[:4096]:
        return [bytes(value)] if isinstance(value, bytearray) else [value]
    if hasattr(value, "spec") and isinstance(value.spec, CellSpec):
        return _secrets_in(value.spec, seen, depth - 1)
    return []


def _wipe(secrets: Iterable[str | bytes]) -> None:
    """Write zeros over texts in memory; they are objects that nobody uses any more."""
    for each in secrets:
        if isinstance(each, bytes) and len(each) > 1:
            ctypes.memset(id(each) + bytes.__basicsize__ - 1, 0, len(each))
        elif isinstance(each, str) and len(each) > 1 and each.isascii():
            ctypes.memset(id(each) + _ASCII_HEAD, 0, len(each))


_ASCII_HEAD: Final = sys.getsizeof("") - 1
