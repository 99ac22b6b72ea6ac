"""The zygote: imports moto and all its services once, works through a lab, makes itself safe, and then only forks.

Exec'd by Fleet with an empty environment: no Django, no settings, no grader, no secret in its memory, since each cell
inherits all of it. Single-threaded, so that a fork copies no half-held lock. Orders come as JSON on a SEQPACKET socket:
{"op": "open", "spec": …, "directory": …} with one descriptor, {"op": "kill", "pid": …}.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from labs.sandboxes import jail
from labs.sandboxes.forking import enlarge_pages
from labs.sandboxes.jail import Mode, adopt_orphans, die_with_parent

__all__ = ["main"]


def main(arguments: list[str]) -> int:
    """Warm up, then fork a cell for each order until the other end closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--jail", choices=("required", "best"), required=True)
    options = parser.parse_args(arguments)
    die_with_parent()
    adopt_orphans()
    control = socket.socket(fileno=options.fd)
    warm_up()
    control.send(json.dumps({"warm": True}).encode())
    _take_orders(control, options.jail)
    return 0


def warm_up() -> None:
    """Import, fix and exercise everything that cells will share."""
    from labs.sandboxes.emulated import determinism

    determinism.install()
    _set_environment()
    from labs.sandboxes.emulated import hazards, hooks, memory, principals, services, warm

    services.services()
    hazards.check_environment()
    hazards.close_all()
    principals.install()
    hooks.discover()
    # Twice: the first time imports what moto imports late, and the clock must be put into that too.
    for _ in range(2):
        warm.exercise()
        warm.forget()
        determinism.freeze_time()
    determinism.CLOCK.now = None
    if threading.active_count() != 1:
        raise RuntimeError(f"the zygote may hold one thread, and has {threading.enumerate()}")
    jail.warm_up()
    gc.collect()
    gc.disable()
    memory.fill_gaps()
    gc.freeze()
    enlarge_pages()


def _set_environment() -> None:
    from labs.sandboxes.emulated.environment import ENVIRONMENT

    os.environ.update(ENVIRONMENT)


def _take_orders(control: socket.socket, mode: Mode) -> None:
    children: set[int] = set()
    while True:
        ready, _, _ = select.select([control], [], [], 1.0)
        _reap(children)
        if not ready:
            continue
        message, fds, _, _ = socket.recv_fds(control, 1 << 16, 1)
        if not message:
            return
        order: dict[str, Any] = json.loads(message)
        if order["op"] == "open":
            try:
                pid = _fork(order, fds[0], mode)
                children.add(pid)
                reply: dict[str, Any] = {"pid": pid}
            except OSError as error:  # a full disk, no process to be had: this order's trouble, not the zygote's
                reply = {"error": str(error)}
            os.close(fds[0])
            control.send(json.dumps(reply).encode())
        elif order["op"] == "kill":
            # Only a child that was not reaped yet: its number cannot be somebody else's.
            if order["pid"] in children:
                os.kill(order["pid"], signal.SIGKILL)
                os.waitpid(order["pid"], 0)
                children.discard(order["pid"])
            control.send(b'{"ok": true}')


def _fork(order: dict[str, Any], connection: int, mode: Mode) -> int:
    from labs.sandboxes.emulated.cell import _FIRST_UID, _UIDS, live
    from labs.sandboxes.emulated.frames import CellSpec

    spec, directory = CellSpec.from_head(order["spec"]), Path(order["directory"])
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)  # /tmp may have been tidied
    if os.geteuid() == 0:
        uid = _FIRST_UID + spec.number % _UIDS
        os.chown(directory, uid, uid)
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        live(socket.socket(fileno=connection), spec, directory, mode)
        code = 0
    except BaseException as error:
        print(f"cell {spec.number}: ended by {error!r}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def _reap(children: set[int]) -> None:
    """Take note of cells that ended, and end what one of them left behind: a child of its own."""
    with contextlib.suppress(ChildProcessError):
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            children.discard(pid)
    with contextlib.suppress(FileNotFoundError):
        for each in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
            if int(each) not in children:
                os.kill(int(each), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
