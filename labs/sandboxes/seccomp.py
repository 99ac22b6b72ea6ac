"""The system calls that a jailed process may not make, as a classic BPF program, for x86-64 and aarch64.

A list of what is forbidden, not of what is allowed: Python and its C extensions use new calls with each release, and a
list of allowed ones that breaks on somebody's glibc gets switched off. Landlock holds files and TCP; this, the rest.
The answer to a forbidden call is EPERM (ENOSYS for clone3: glibc then uses clone, whose flags can be looked at).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct
from collections.abc import Sequence
from typing import Final

AF_UNIX, AF_INET, AF_INET6 = int(socket.AF_UNIX), int(socket.AF_INET), int(socket.AF_INET6)

_AUDIT_ARCH: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# name: (x86-64, aarch64); None where that architecture has no such call.
_FORBIDDEN: Final[dict[str, tuple[int | None, int | None]]] = {
    # run another program
    "execve": (59, 221),
    "execveat": (322, 281),
    "memfd_create": (319, 279),
    # look into, steer or signal others
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "tkill": (200, 130),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "perf_event_open": (298, 241),
    # slow others of the same user down
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # mounts and namespaces
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "fanotify_init": (300, 262),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    # the kernel itself
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "syslog": (103, 116),
    "iopl": (172, None),
    "ioperm": (173, None),
    "personality": (135, 92),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    # clocks
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    # memory and messages shared with others
    "shmget": (29, 194),
    "shmat": (30, 196),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "memfd_secret": (447, 447),
}
# These say that they worked, and do nothing: Landlock lets them at each file of our own user, wherever that is. (To
# refuse them would break every copy of a file: shutil.copy() ends in a chmod.)
_WITHOUT_EFFECT: Final[dict[str, tuple[int | None, int | None]]] = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
}
_SOCKET: Final = (41, 198)
_SOCKETPAIR: Final = (53, 199)  # one of datagrams may be connected anew, to a path on this machine
_CLONE: Final = (56, 220)
_CLONE3: Final = 435
_FORKS: Final = (57, 58)  # fork, vfork: x86-64 only
_TO_ITSELF: Final = ((62, 129), (234, 131), (129, 138), (297, 240))  # kill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo
_PRLIMIT: Final = (302, 261)  # of others of the same user as well; 0 is oneself
# sendto, sendmmsg, sendmsg, and where their flags are: a TCP Fast Open connects, and Landlock does not see it
_SENDS: Final = (((44, 206), 3), ((307, 269), 3), ((46, 211), 2))
_MSG_FASTOPEN: Final = 0x20000000
_IOCTL: Final = (16, 29)
_TIOCSTI: Final = 0x5412  # types into somebody's terminal
_CLONE_THREAD: Final = 0x00010000
_CLONE_NEW_ANYTHING: Final = 0x7E020080  # CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET,TIME}
_X32_BIT: Final = 0x40000000
_PRCTL: Final = (157, 167)
_PR_SET_PDEATHSIG: Final = 1

_LOAD, _JUMP_EQUAL, _JUMP_SET, _JUMP_GREATER, _AND, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x54, 0x06
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_DENY, _NO_SUCH, _NOTHING = _ERRNO | errno.EPERM, _ERRNO | errno.ENOSYS, _ERRNO
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data; arguments are 64 bits, low half first on both

_PR_SET_SECCOMP, _PR_GET_SECCOMP, _MODE_FILTER = 22, 21, 2
_SYS_SECCOMP: Final = {"x86_64": 317, "aarch64": 277}
_SET_MODE_FILTER, _FLAG_TSYNC = 1, 1

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def supported() -> bool:
    """Return whether this kernel filters system calls, and we know this machine's numbers."""
    return platform.machine() in _AUDIT_ARCH and _libc.prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) >= 0


def warm_up() -> None:
    """Run once what enter() runs, without entering."""
    if platform.machine() in _AUDIT_ARCH:
        _program(platform.machine(), families=(), fork=False, threads=False, pid=os.getpid())


def enter(*, families: Sequence[int], fork: bool, threads: bool) -> None:
    """Filter this process and all its threads from here on. Needs no_new_privs. Raises OSError.

    `families` are the socket families it may still open (of the internet ones, stream sockets only).
    """
    _install(_program(platform.machine(), families=families, fork=fork, threads=threads, pid=os.getpid()))


def stay_mortal() -> None:
    """Let this process end with its parent for good: it may not take die_with_parent() back. Raises OSError."""
    column = 0 if platform.machine() == "x86_64" else 1
    lines = [
        (_LOAD, 0, 0, _ARCH),
        (_JUMP_EQUAL, 1, 0, _AUDIT_ARCH[platform.machine()]),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_EQUAL, 0, 3, _PRCTL[column]),
        (_LOAD, 0, 0, _ARGUMENTS),
        (_JUMP_EQUAL, 0, 1, _PR_SET_PDEATHSIG),
        (_RETURN, 0, 0, _DENY),
        (_RETURN, 0, 0, _ALLOW),
    ]
    _install(b"".join(struct.pack("HBBI", *line) for line in lines))


def _install(code: bytes) -> None:
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    number = _SYS_SECCOMP[platform.machine()]
    if _libc.syscall(number, _SET_MODE_FILTER, _FLAG_TSYNC, ctypes.byref(program)) != 0:
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")


def _program(machine: str, *, families: Sequence[int], fork: bool, threads: bool, pid: int) -> bytes:
    """Return the BPF program for `machine`, as the kernel takes it: 8 bytes an instruction."""
    column = 0 if machine == "x86_64" else 1
    lines: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCH),
        (_JUMP_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
    ]

    def when(number: int | None, *block: tuple[int, int, int, int]) -> None:
        """Run `block`, which ends in a return on every path, for this system call."""
        if number is not None:
            lines.append((_JUMP_EQUAL, 0, len(block), number))
            lines.extend(block)

    def argument(index: int) -> tuple[int, int, int, int]:
        return (_LOAD, 0, 0, _ARGUMENTS + 8 * index)

    allow, deny = (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _DENY)
    if machine == "x86_64":
        lines += [(_JUMP_GREATER, 0, 1, _X32_BIT), deny]
    for numbers in _FORBIDDEN.values():
        when(numbers[column], deny)
    for numbers in _WITHOUT_EFFECT.values():
        when(numbers[column], (_RETURN, 0, 0, _NOTHING))
    when(_CLONE3, (_RETURN, 0, 0, _NO_SUCH))
    if machine == "x86_64" and not fork:
        for number in _FORKS:
            when(number, deny)
    when(
        _CLONE[column],
        argument(0),
        (_JUMP_SET, 0, 1, _CLONE_NEW_ANYTHING),
        deny,
        (_JUMP_SET, 0, 1, _CLONE_THREAD),
        allow if threads else deny,
        allow if fork else deny,
    )
    stream_only: list[tuple[int, int, int, int]] = [argument(0)]
    for family in families:
        if family == AF_UNIX:
            stream_only += [(_JUMP_EQUAL, 0, 1, family), allow]
        else:
            stream_only += [
                (_JUMP_EQUAL, 0, 5, family),
                argument(1),
                (_AND, 0, 0, 0xF),
                (_JUMP_EQUAL, 0, 1, int(socket.SOCK_STREAM)),
                allow,
                deny,
            ]
    when(_SOCKET[column], *stream_only, deny)
    if AF_UNIX not in families:
        kind = (_AND, 0, 0, 0xF)
        when(_SOCKETPAIR[column], argument(1), kind, (_JUMP_EQUAL, 0, 1, int(socket.SOCK_STREAM)), allow, deny)
    for pair in _TO_ITSELF:
        when(pair[column], argument(0), (_JUMP_EQUAL, 0, 1, pid), allow, deny)
    when(_PRLIMIT[column], argument(0), (_JUMP_EQUAL, 0, 1, pid), allow, (_JUMP_EQUAL, 0, 1, 0), allow, deny)
    for numbers, place in _SENDS:
        when(numbers[column], argument(place), (_JUMP_SET, 0, 1, _MSG_FASTOPEN), deny, allow)
    when(_IOCTL[column], argument(1), (_JUMP_EQUAL, 0, 1, _TIOCSTI), deny, allow)
    lines.append(allow)
    return b"".join(struct.pack("HBBI", *line) for line in lines)
