"""The life of a cell: forked from the zygote, jailed before it reads the first byte, then call after call until the end.

Single-threaded, no listening socket: it answers frames (frames.py) on the one descriptor that it was given. It may fork,
on the host's order only, and copies.py is all that does.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import tempfile
from pathlib import Path
from typing import Any, Final

from labs.sandboxes.emulated import snapshot
from labs.sandboxes.emulated.copies import Watchdog, split
from labs.sandboxes.emulated.dispatch import answer
from labs.sandboxes.emulated.frames import LENGTHS, CellRequest, CellSpec, pack, unpack
from labs.sandboxes.emulated.world import WORLD
from labs.sandboxes.jail import Jail, JailUnavailable, Mode, die_with_parent, python_paths

__all__ = ["live"]

_MEMORY: Final = 768 << 20  # above what the zygote's memory already maps
_FILE: Final = 64 << 20
_OPEN_FILES: Final = 512
_PROCESSES: Final = 16  # itself and its copies; another sandbox may have the same uid
_FIRST_UID: Final = 200_000
_UIDS: Final = 60_000


def live(connection: socket.socket, spec: CellSpec, directory: Path, mode: Mode) -> None:
    """Be the sandbox `spec` until the other end closes. For a freshly forked process; the caller then exits."""
    _keep_only(connection.fileno())
    os.environ["MOTO_ACCOUNT_ID"] = spec.account_id
    uid = _FIRST_UID + spec.number % _UIDS if os.geteuid() == 0 else None
    os.chdir(directory)
    # Relative: the way there may be closed to our uid, the place itself is not.
    tempfile.tempdir = os.environ["TMPDIR"] = os.environ["HOME"] = "."
    jail = Jail(
        read=[*python_paths(), "/proc/self/statm"],  # its own size: a function's limit counts from there
        write=[directory],
        memory=_mapped() + _MEMORY,
        file_size=_FILE,
        open_files=_OPEN_FILES,
        processes=_PROCESSES,
        uid=uid,
        fork=True,
    )
    try:
        layers = jail.enter(mode)
    except JailUnavailable as error:
        connection.sendall(pack({"refused": str(error)}))
        return
    die_with_parent()  # after the change of uid, which clears it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a copy that ends
    WORLD.begin(spec)
    connection.sendall(pack({"layers": layers}))
    gc.enable()
    _serve(connection)


def _serve(connection: socket.socket) -> None:
    watchdog = Watchdog()
    while True:
        # A descriptor may come with the first bytes of an order.
        lengths, passed, _, _ = socket.recv_fds(connection, LENGTHS.size, 1)
        if not lengths:
            return
        lengths += _read(connection, LENGTHS.size - len(lengths))
        head_size, body_size = unpack(lengths)
        head, body = _read(connection, head_size), _read(connection, body_size)
        watchdog.watch()
        said: dict[str, Any] = json.loads(head)
        if said["op"] == "fork":
            connection, watchdog = split(connection, said, passed, watchdog)
        elif said["op"] == "dump" and passed:
            snapshot.write(passed[0])
            connection.sendall(pack({"writing": True}))
        else:
            connection.sendall(_reply(said, body))
        watchdog.rest()


def _reply(said: dict[str, Any], body: bytes) -> bytes:
    if said["op"] == "inbox":
        return pack({"deliveries": [_tellable(each) for each in WORLD.inbox]})
    try:
        if said["op"] == "dump":
            return pack({"format": snapshot.FORMAT}, snapshot.dump())
        if said["op"] == "load":
            snapshot.load(body)
            return pack({"loaded": True})
    except Exception as error:  # whatever it was: the journal has it all
        return pack({"error": repr(error)[:2000]})
    return answer(CellRequest.from_head(said, body)).to_frame()


def _tellable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _tellable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_tellable(each) for each in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)


def _read(connection: socket.socket, size: int) -> bytes:
    """Return exactly `size` bytes, or b"" at the end."""
    pieces = bytearray()
    while len(pieces) < size:
        piece = connection.recv(min(size - len(pieces), 1 << 20))
        if not piece:
            return b""
        pieces += piece
    return bytes(pieces)


def _keep_only(kept: int) -> None:
    """Close every descriptor but stderr and ours; nothing of the zygote's stays in reach."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    highest = os.sysconf("SC_OPEN_MAX")
    os.closerange(3, kept)
    os.closerange(kept + 1, min(highest, 1 << 16))


def _mapped() -> int:
    """Return the bytes of address space that this process has mapped."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")
