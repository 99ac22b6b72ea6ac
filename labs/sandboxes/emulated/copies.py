"""How a cell copies itself: it forks, and the child is another sandbox that knows all that this one knew.

A copy shares the cell's jail, and has less: it cannot signal its parent, and a copy's copy cannot fork. It ends with its
parent, when the other end closes, when a call takes too long, and after its time: whether or not anybody thinks of it.
"""

from __future__ import annotations

import gc
import math
import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from moto.iam.models import iam_backends
from moto.s3.models import s3_backends

from labs.sandboxes import keys, seccomp
from labs.sandboxes.emulated.authorization import forget
from labs.sandboxes.emulated.determinism import CLOCK
from labs.sandboxes.emulated.frames import CellSpec, pack
from labs.sandboxes.emulated.principals import bear_learner, learner_key
from labs.sandboxes.emulated.world import WORLD
from labs.sandboxes.jail import die_with_parent

__all__ = ["Watchdog", "split"]

_CALL_SECONDS: Final = 12  # a little more than the fleet waits
_BLOCK: Final = 1 << 20


class Watchdog:
    """Ends this process when a call or its life takes too long. Of a cell that is no copy: does nothing."""

    def __init__(self, seconds: float | None = None) -> None:
        self._until = None if seconds is None else time.monotonic() + seconds
        self.rest()

    def rest(self) -> None:
        """Wait for the next order."""
        if self._until is not None:
            signal.alarm(self._left())

    def watch(self) -> None:
        """A call begins."""
        if self._until is not None:
            signal.alarm(min(_CALL_SECONDS, self._left()))

    def _left(self) -> int:
        assert self._until is not None
        return max(1, math.ceil(self._until - time.monotonic()))


def split(
    connection: socket.socket, order: dict[str, Any], passed: Sequence[int], watchdog: Watchdog
) -> tuple[socket.socket, Watchdog]:
    """Make the copy that `order` describes ({"spec", "at", "seconds", "forks"}), to be served on the descriptor `passed`.

    Returns in both processes what to go on with. The cell tells {"pid"} or {"error"}, the copy {"copied": true} when it
    can be called; until then the cell waits, so that nothing changes under it.
    """
    spec = CellSpec.from_head(order["spec"])
    parent = os.getpid()
    done, told = os.pipe()
    try:
        pid = os.fork()
    except OSError as error:
        connection.sendall(pack({"error": str(error)}))
        for handle in (*passed, done, told):
            os.close(handle)
        return connection, watchdog
    if pid:
        for handle in (*passed, told):
            os.close(handle)
        os.read(done, 1)  # or nothing, where the copy ended
        os.close(done)
        connection.sendall(pack({"pid": pid}))
        return connection, watchdog
    die_with_parent()
    if os.getppid() != parent:
        os._exit(1)
    # What it reads is the original's memory: a collector that marks every object would copy all of it.
    gc.disable()
    watchdog = Watchdog(order["seconds"])
    watchdog.watch()
    connection.close()
    os.close(done)
    if seccomp.supported():
        seccomp.enter(families=(), fork=bool(order["forks"]), threads=False)
    _become(spec, order["at"])
    os.close(told)
    own = socket.socket(fileno=passed[0])
    own.sendall(pack({"copied": True}))
    return own, watchdog


def _become(spec: CellSpec, at: float) -> None:
    """Be the sandbox `spec`, with the state of another: its learner's key is the new one's, its files are copied."""
    before = WORLD.spec
    if not WORLD.born:
        WORLD.born = True
        CLOCK.now = before.created_at or at
        forget()
        bear_learner()
    theirs = learner_key()
    WORLD.drawn_from = WORLD.seed
    WORLD.spec = spec
    iam = iam_backends[spec.account_id]["aws"]
    key = iam.access_keys.pop(theirs, None)
    if key is not None:
        key.access_key_id = learner_key()
        key.secret_access_key = keys.secret_for(spec.secret, key.access_key_id)
        iam.access_keys[key.access_key_id] = key
    forget()
    for each in _stored():
        buffer = each._value_buffer
        if getattr(buffer, "_rolled", False) and not buffer.closed:
            each._value_buffer = _copied(buffer, each._max_buffer_size)


def _stored() -> Iterator[Any]:
    """Yield all of S3 that keeps bytes: versions of objects, and the parts of uploads."""
    for account in list(s3_backends):
        for bucket in s3_backends[account]["aws"].buckets.values():
            uploads = list(bucket.multiparts.values())
            for versions in dict.values(bucket.keys):
                for version in versions if isinstance(versions, list) else [versions]:
                    if hasattr(version, "_value_buffer"):
                        yield version
                    if getattr(version, "multipart", None):
                        uploads.append(version.multipart)
            for upload in uploads:
                yield from upload.parts.values()


def _copied(buffer: Any, most: int) -> Any:
    """Return a file of one's own with the same bytes; the other's place in its file, which both share, stays."""
    handle = buffer.fileno()
    made: Any = tempfile.SpooledTemporaryFile(most)  # noqa: SIM115 - the object's, for its life
    made.rollover()
    at = 0
    while piece := os.pread(handle, _BLOCK, at):
        made.write(piece)
        at += len(piece)
    return made
