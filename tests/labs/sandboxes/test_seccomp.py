"""The filter of system calls, rule by rule and on both architectures, as the kernel would run it."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from labs.sandboxes import jail, seccomp

ALLOW, REFUSED, NO_SUCH, NOTHING, KILLED = (
    0x7FFF0000,
    0x50000 | errno.EPERM,
    0x50000 | errno.ENOSYS,
    0x50000,
    0x80000000,
)
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
US, ANOTHER = 4321, 99
STREAM, DATAGRAM, CLOEXEC = 1, 2, 0o2000000
FASTOPEN, NOSIGNAL = 0x20000000, 0x4000


def verdict(machine: str, number: int | None, *arguments: int, arch: int = 0, **options: object) -> int:
    """Run the program on one call."""
    given = {"families": [], "fork": False, "threads": False, **options}
    code = seccomp._program(machine, pid=US, **given)  # type: ignore[arg-type]
    data = {0: number, 4: arch or ARCHITECTURES[machine]}
    for place in range(6):
        value = arguments[place] if place < len(arguments) else 0
        data[16 + 8 * place], data[20 + 8 * place] = value & 0xFFFFFFFF, value >> 32
    at, register = 0, 0
    while True:
        kind, yes, no = int.from_bytes(code[at : at + 2], "little"), code[at + 2], code[at + 3]
        value = int.from_bytes(code[at + 4 : at + 8], "little")
        at += 8
        match kind:
            case 0x20:
                register = data[value] or 0
            case 0x54:
                register &= value
            case 0x06:
                return value
            case 0x15 | 0x35 | 0x45:
                holds = {0x15: register == value, 0x35: register >= value, 0x45: bool(register & value)}[kind]
                at += 8 * (yes if holds else no)
            case _:
                raise AssertionError(f"no such instruction: {kind:#x}")


# name: its numbers on x86-64 and aarch64, by the kernel's own tables (arch/x86/entry/syscalls, asm-generic/unistd.h)
NEVER = {
    "execve": (59, 221),
    "execveat": (322, 281),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "tkill": (200, 130),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "perf_event_open": (298, 241),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "mount": (165, 40),
    "unshare": (272, 97),
    "setns": (308, 268),
    "chroot": (161, 51),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
}
# name: numbers, arguments, verdict
BY_ARGUMENT = {
    "its own limits": ((302, 261), (0, 7), ALLOW),
    "its own limits, by number": ((302, 261), (US, 7), ALLOW),
    "another's limits": ((302, 261), (ANOTHER, 7), REFUSED),
    "kill itself": ((62, 129), (US, 9), ALLOW),
    "kill another": ((62, 129), (ANOTHER, 9), REFUSED),
    "kill its group": ((62, 129), (0, 9), REFUSED),
    "kill all": ((62, 129), (0xFFFFFFFF, 9), REFUSED),
    "tgkill another": ((234, 131), (ANOTHER, ANOTHER, 9), REFUSED),
    "rt_sigqueueinfo": ((129, 138), (ANOTHER, 9), REFUSED),
    "rt_tgsigqueueinfo": ((297, 240), (ANOTHER, ANOTHER, 9), REFUSED),
    "sendto": ((44, 206), (5, 0, 1, NOSIGNAL), ALLOW),
    "sendto that connects": ((44, 206), (5, 0, 1, NOSIGNAL | FASTOPEN), REFUSED),
    "sendmsg": ((46, 211), (5, 0, NOSIGNAL), ALLOW),
    "sendmsg that connects": ((46, 211), (5, 0, FASTOPEN), REFUSED),
    "sendmmsg": ((307, 269), (5, 0, 1, NOSIGNAL), ALLOW),
    "sendmmsg that connects": ((307, 269), (5, 0, 1, FASTOPEN), REFUSED),
    "a pair of streams": ((53, 199), (1, STREAM | CLOEXEC), ALLOW),
    "a pair of datagrams": ((53, 199), (1, DATAGRAM | CLOEXEC), REFUSED),
    "a pair of packets": ((53, 199), (1, 5), REFUSED),
    "type into a terminal": ((16, 29), (0, 0x5412), REFUSED),
    "ask a terminal": ((16, 29), (0, 0x5401), ALLOW),
    "a socket": ((41, 198), (2, STREAM), REFUSED),
    "a fork": ((56, 220), (17,), REFUSED),
    "a thread": ((56, 220), (0x3D0F00,), REFUSED),
    "clone3": ((435, 435), (), NO_SUCH),
    "chmod": ((90, 53), (), NOTHING),
    "fchmod": ((91, 52), (), NOTHING),
    "fchmodat2": ((452, 452), (), NOTHING),
    "chown": ((92, 54), (), NOTHING),
    "setxattr": ((188, 5), (), NOTHING),
    "read": ((0, 63), (), ALLOW),
}


@pytest.mark.parametrize("column", [0, 1], ids=list(ARCHITECTURES))
@pytest.mark.parametrize("name", NEVER)
def test_it_is_refused_whatever_its_arguments(name: str, column: int) -> None:
    assert verdict(list(ARCHITECTURES)[column], NEVER[name][column]) == REFUSED


@pytest.mark.parametrize("column", [0, 1], ids=list(ARCHITECTURES))
@pytest.mark.parametrize("name", BY_ARGUMENT)
def test_it_depends_on_the_arguments(name: str, column: int) -> None:
    numbers, arguments, wanted = BY_ARGUMENT[name]
    assert verdict(list(ARCHITECTURES)[column], numbers[column], *arguments) == wanted


@pytest.mark.parametrize(("machine", "socket", "clone", "pair"), [("x86_64", 41, 56, 53), ("aarch64", 198, 220, 199)])
def test_what_a_jail_may_have_it_has_and_no_more(machine: str, socket: int, clone: int, pair: int) -> None:
    assert verdict(machine, socket, 2, STREAM | CLOEXEC, families=[2, 10]) == ALLOW
    assert verdict(machine, socket, 2, DATAGRAM, families=[2, 10]) == REFUSED
    assert verdict(machine, socket, 1, STREAM, families=[2, 10]) == REFUSED
    assert verdict(machine, socket, 1, DATAGRAM, families=[1]) == ALLOW
    assert verdict(machine, pair, 1, DATAGRAM, families=[1]) == ALLOW
    assert verdict(machine, clone, 17, fork=True) == ALLOW
    assert verdict(machine, clone, 0x10000000 | 17, fork=True) == REFUSED  # with a user namespace
    assert verdict(machine, clone, 0x3D0F00, threads=True) == ALLOW


def test_another_way_of_calling_is_no_way_around() -> None:
    assert verdict("x86_64", 59, arch=0x40000003) == KILLED  # as a 32-bit program
    assert verdict("x86_64", 0x40000000 | 59) == REFUSED  # x32
    assert verdict("x86_64", 57) == verdict("x86_64", 58) == REFUSED  # fork, vfork
    assert verdict("x86_64", 57, fork=True) == ALLOW


INSIDE = """
import json, os, resource, shutil, socket, sys
from labs.sandboxes.jail import Jail, python_paths
own, foreign = sys.argv[1:]
layers = Jail(read=python_paths(), write=[own], open_files=64).enter("best")
def raised():
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
def copied():
    open(own + "/a", "w").write("x")
    shutil.copy(own + "/a", own + "/b")
told = {}
for name, attempt in {
    "raise a limit": raised,
    "pair of datagrams": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
    "pair of streams": lambda: socket.socketpair(),
    "chmod": lambda: os.chmod(foreign, 0),
    "xattr": lambda: os.setxattr(foreign, "user.mine", b"x"),
    "copy": copied,
}.items():
    try:
        attempt()
        told[name] = "done"
    except Exception as error:
        told[name] = type(error).__name__
print(json.dumps({"layers": layers, "told": told}))
"""


@pytest.mark.skipif(bool(jail.missing_layers()), reason="this kernel has no Landlock or no seccomp")
def test_the_kernel_holds_it(tmp_path: Path) -> None:
    own, foreign = tmp_path / "own", tmp_path / "foreign"
    own.mkdir()
    foreign.write_text("x")
    foreign.chmod(0o640)
    done = subprocess.run([sys.executable, "-c", INSIDE, own, foreign], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["told"]
    assert told == {
        "raise a limit": "ValueError",  # also as root, who has no capability there
        "pair of datagrams": "PermissionError",
        "pair of streams": "done",
        "chmod": "done",
        "xattr": "done",
        "copy": "done",
    }
    assert foreign.stat().st_mode & 0o777 == 0o640
