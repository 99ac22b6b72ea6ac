"""A jail for a process that runs what a learner wrote: Landlock, seccomp, rlimits, an own uid. ctypes, no dependency.

    layers = Jail(read=python_paths(), write=[own_directory], memory=2**30, uid=200_007).enter("required")

Entered by the process itself, once, while it is single-threaded (Landlock binds the thread that enters and what it
makes), after it has imported what it needs. There is no way back. What it then cannot do, whatever code runs in it: see
or change a file outside `read` and `write`, start a program, open a network socket other than to `connect_ports`, look
into, signal or trace another process, mount, load a module, or use a kernel interface that such escapes are made of.

https://docs.kernel.org/userspace-api/landlock.html, https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Literal

from labs.sandboxes import seccomp

__all__ = [
    "ESSENTIAL",
    "Jail",
    "JailUnavailable",
    "Mode",
    "adopt_orphans",
    "die_with_parent",
    "landlock_abi",
    "missing_layers",
    "python_paths",
    "refusal",
]

Mode = Literal["required", "best"]
# Without these the jail does not hold: "required" refuses to go on.
ESSENTIAL: Final = ("landlock", "seccomp")

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446  # the same on all architectures
_RULE_PATH_BENEATH, _RULE_NET_PORT = 1, 2
_FS_EXECUTE, _FS_WRITE_FILE, _FS_READ_FILE, _FS_READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_FS_MAKE_CHAR, _FS_MAKE_SOCK, _FS_MAKE_FIFO, _FS_MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 10, 1 << 11
_FS_TRUNCATE, _FS_IOCTL_DEV = 1 << 14, 1 << 15
_NET_BIND_TCP, _NET_CONNECT_TCP = 1, 2
_READ = _FS_READ_FILE | _FS_READ_DIR
_NEVER = _FS_EXECUTE | _FS_MAKE_CHAR | _FS_MAKE_SOCK | _FS_MAKE_FIFO | _FS_MAKE_BLOCK | _FS_IOCTL_DEV
_OF_A_FILE = _FS_EXECUTE | _FS_WRITE_FILE | _FS_READ_FILE | _FS_TRUNCATE | _FS_IOCTL_DEV

_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


class JailUnavailable(Exception):
    """This kernel lacks a layer that the jail cannot do without. The sentence says which, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Jail:
    """What a process keeps when it enters. Sizes in bytes; None leaves a limit as it is.

    `read` and `write` are files or directories (with all beneath); one that does not exist is left out.
    `connect_ports` are TCP ports on any address (the kernel knows ports only). `fork` lets it make child processes,
    `threads` threads; neither lets it run a program. `uid` is taken (as user and group) only where we are root, and
    only then it may have `processes` at most (another's uid is shared with who knows whom). Where it stays root, it is
    a root without any capability.
    """

    read: Sequence[str | Path] = ()
    write: Sequence[str | Path] = ()
    connect_ports: Sequence[int] = ()
    memory: int | None = None
    cpu_seconds: int | None = None
    file_size: int | None = None
    open_files: int | None = None
    processes: int | None = None
    uid: int | None = None
    fork: bool = False
    threads: bool = False
    unix_sockets: bool = False
    layers: list[str] = field(default_factory=list, init=False, compare=False)

    def enter(self, mode: Mode = "required") -> list[str]:
        """Close the door on this process; return the layers in force, like ["landlock-7", "seccomp", "uid", "rlimits"].

        Raises JailUnavailable in mode "required" when a layer of ESSENTIAL is missing: nothing was restricted then but,
        perhaps, some of the other layers, and the caller must exit. Mode "best" goes on with what there is.
        """
        layers = self.layers
        layers.clear()
        missing = missing_layers()
        if missing and mode == "required":
            raise refusal(missing)
        if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
            layers.append("no-new-privs")
        steps = (self._enter_landlock, self._take_uid, self._set_limits, self._drop_capabilities, self._enter_seccomp)
        for step in steps:
            try:
                layer = step()
            except OSError as error:
                if mode == "required":
                    raise JailUnavailable(f"the jail could not be closed ({step.__name__[1:]}): {error}") from error
                continue
            if layer:
                layers.append(layer)
        return list(layers)

    def _enter_landlock(self) -> str:
        abi = landlock_abi()
        if not abi:
            return ""
        handled_fs = (1 << 13) - 1
        for since, bit in ((2, 1 << 13), (3, _FS_TRUNCATE), (5, _FS_IOCTL_DEV)):
            handled_fs |= bit if abi >= since else 0
        handled_net = _NET_BIND_TCP | _NET_CONNECT_TCP if abi >= 4 else 0
        scoped = 3 if abi >= 6 else 0  # no abstract unix sockets, no signals to the outside
        attributes = struct.pack("QQQ", handled_fs, handled_net, scoped)[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
        ruleset = _syscall(_LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
        try:
            _allow_beneath(ruleset, self.read, _READ, handled_fs)
            _allow_beneath(ruleset, self.write, handled_fs & ~_NEVER, handled_fs)
            if handled_net:
                for port in self.connect_ports:
                    _syscall(_LANDLOCK_ADD_RULE, ruleset, _RULE_NET_PORT, struct.pack("QQ", _NET_CONNECT_TCP, port), 0)
            _syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0)
        finally:
            os.close(ruleset)
        return f"landlock-{abi}"

    def _take_uid(self) -> str:
        if self.uid is None or os.geteuid() != 0:
            return ""
        os.setgroups([])
        os.setresgid(self.uid, self.uid, self.uid)
        os.setresuid(self.uid, self.uid, self.uid)
        return "uid"

    def _set_limits(self) -> str:
        wanted = {
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_AS: self.memory,
            resource.RLIMIT_CPU: self.cpu_seconds,
            resource.RLIMIT_FSIZE: self.file_size,
            resource.RLIMIT_NOFILE: self.open_files,
            resource.RLIMIT_NPROC: self.processes if "uid" in self.layers else None,
        }
        for limit, value in wanted.items():
            if value is None:
                continue
            hard = resource.getrlimit(limit)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(limit, (value, value))
        return "rlimits"

    def _drop_capabilities(self) -> str:
        """Give up what root may do beyond others, where we had to stay root: it may raise its own limits, for one."""
        if os.geteuid() != 0:
            return ""  # they went with the uid, or there were none
        header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)  # of this process
        if _libc.capset(header, bytes(24)) != 0:
            raise OSError(ctypes.get_errno(), "the capabilities of root could not be dropped")
        return "no-capabilities"

    def _enter_seccomp(self) -> str:
        if not seccomp.supported():
            return ""
        families = [seccomp.AF_UNIX] if self.unix_sockets else []
        if self.connect_ports:
            families += [seccomp.AF_INET, seccomp.AF_INET6]
        seccomp.enter(families=families, fork=self.fork, threads=self.threads)
        return "seccomp"


def missing_layers() -> list[str]:
    """Return which of ESSENTIAL this kernel does not offer."""
    there = {"landlock": landlock_abi() > 0, "seccomp": seccomp.supported()}
    return [name for name in ESSENTIAL if not there[name]]


def refusal(missing: Sequence[str]) -> JailUnavailable:
    """Return the error that says what is missing here, and what to do about it."""
    return JailUnavailable(
        f"this kernel ({platform.release()}, {platform.machine()}) offers no {' and no '.join(missing)}, "
        "and the jail is required. Run on Linux 5.13 or newer with Landlock among its security modules "
        "(`lsm=` at boot), or, on a machine that nobody else can reach, set SANDBOX_JAIL=best."
    )


def landlock_abi() -> int:
    """Return the version of Landlock that this kernel offers, 0 where it has none or does not use it."""
    abi = _libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1)
    return abi if abi > 0 else 0


@cache
def python_paths() -> tuple[str, ...]:
    """Return what Python reads when it imports late: its library, installed packages (not this repository), zones."""
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return (*sorted(paths), "/usr/share/zoneinfo", "/etc/localtime", "/etc/mime.types", "/dev/urandom", "/dev/null")


def warm_up() -> None:
    """Make what enter() would make first, in a process whose forks will enter."""
    python_paths()
    missing_layers()
    seccomp.warm_up()


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent (the thread that made it) is gone."""
    _libc.prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of each process beneath this one that loses its own."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _allow_beneath(ruleset: int, paths: Iterable[str | Path], rights: int, handled: int) -> None:
    for path in paths:
        try:
            handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            allowed = rights & handled if Path(path).is_dir() else rights & handled & _OF_A_FILE
            rule = struct.pack("=Qi", allowed, handle)
            _syscall(_LANDLOCK_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
        finally:
            os.close(handle)


def _syscall(number: int, *arguments: int | bytes | None) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{errno.errorcode.get(code, code)}: {os.strerror(code)}")
    return result
