"""The jail by itself: a process that runs any Python, and what it cannot do. Holds where a patch of moto does not."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labs.sandboxes import jail, seccomp

# Runs inside: enters, then tries each line, and prints {name: "error name" or "done"}.
INSIDE = """
import json, os, socket, subprocess, sys, threading, ctypes
from labs.sandboxes.jail import Jail, python_paths
own, port, secret, pid, mine = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), json.loads(sys.argv[5])
layers = Jail(read=python_paths(), write=[own], memory=2 << 30, file_size=1 << 20, open_files=64, **mine).enter("best")
libc = ctypes.CDLL(None, use_errno=True)
def syscall(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
tries = {
    "write own": lambda: open(own + "/file", "w").write("x"),
    "write elsewhere": lambda: open(os.path.dirname(own) + "/escaped", "w").write("x"),
    "read secret": lambda: open(secret).read(),
    "read /etc/passwd": lambda: open("/etc/passwd").read(),
    "read other environ": lambda: open(f"/proc/{pid}/environ").read(),
    "exec": lambda: subprocess.run(["/bin/true"]),
    "execv": lambda: os.execv("/bin/true", ["true"]),
    "fork": lambda: os.fork() or os._exit(0),
    "thread": lambda: threading.Thread(target=int).start(),
    "tcp": lambda: socket.create_connection(("127.0.0.1", port), 2),
    "listen": lambda: socket.create_server(("127.0.0.1", 0)),
    "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "kill": lambda: os.kill(pid, 0),
    "ptrace": lambda: syscall(101 if os.uname().machine == "x86_64" else 117, 16, pid, 0, 0),
    "unshare": lambda: syscall(272 if os.uname().machine == "x86_64" else 97, 0x10000000),
    "mount": lambda: syscall(165 if os.uname().machine == "x86_64" else 40, b"none", b"/tmp", b"tmpfs", 0, 0),
    "bpf": lambda: syscall(321 if os.uname().machine == "x86_64" else 280, 0, 0, 0),
    "io_uring": lambda: syscall(425, 8, ctypes.create_string_buffer(200)),
    "memfd": lambda: os.memfd_create("x"),
    "large file": lambda: open(own + "/large", "wb").write(bytes(2 << 20)),
    "symlink out": lambda: (os.symlink(secret, own + "/link"), open(own + "/link").read()),
    "hard link out": lambda: os.link(secret, own + "/hard"),
}
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
told = {}
for name, attempt in tries.items():
    try:
        attempt()
        told[name] = "done"
    except BaseException as error:
        told[name] = type(error).__name__
print(json.dumps({"layers": layers, "told": told, "uid": os.getuid()}))
"""

REFUSED = {"PermissionError"}


@pytest.fixture
def listener() -> Any:
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.settimeout(0.2)
        yield made


def _run_inside(tmp_path: Path, listener: socket.socket, **mine: Any) -> dict[str, Any]:
    own = tmp_path / "own"
    own.mkdir()
    own.chmod(0o777)
    secret = tmp_path / "secret"
    secret.write_text("canary")
    command = [sys.executable, "-c", INSIDE, str(own), str(listener.getsockname()[1]), str(secret)]
    done = subprocess.run([*command, str(os.getpid()), json.dumps(mine)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def _hits(listener: socket.socket) -> int:
    count = 0
    while True:
        try:
            listener.accept()[0].close()
        except TimeoutError:
            return count
        count += 1


@pytest.mark.skipif(bool(jail.missing_layers()), reason="this kernel has no Landlock or no seccomp")
def test_any_python_inside_can_write_its_own_directory_and_nothing_else(
    tmp_path: Path, listener: socket.socket
) -> None:
    result = _run_inside(tmp_path, listener)
    told = result["told"]
    assert told.pop("write own") == "done"
    assert told.pop("thread") == "RuntimeError"
    assert told.pop("large file") == "OSError"
    assert told.pop("hard link out") == "OSError"  # EXDEV, as between two file systems
    assert {name for name, said in told.items() if said not in REFUSED} == set()
    assert not (tmp_path / "escaped").exists()
    assert _hits(listener) == 0


@pytest.mark.skipif(bool(jail.missing_layers()), reason="this kernel has no Landlock or no seccomp")
def test_a_port_that_is_allowed_can_be_reached_and_still_no_other_way_out(
    tmp_path: Path, listener: socket.socket
) -> None:
    told = _run_inside(tmp_path, listener, connect_ports=[listener.getsockname()[1]], threads=True)["told"]
    assert told["tcp"] == told["thread"] == "done"
    assert {told[name] for name in ("udp", "listen", "exec", "fork", "unix", "netlink")} == REFUSED
    assert _hits(listener) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may take another uid")
def test_root_takes_the_uid_that_it_is_given(tmp_path: Path, listener: socket.socket) -> None:
    result = _run_inside(tmp_path, listener, uid=200_123)
    assert result["uid"] == 200_123
    assert "uid" in result["layers"]


def test_a_kernel_without_landlock_is_refused_when_the_jail_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jail, "landlock_abi", lambda: 0)
    with pytest.raises(jail.JailUnavailable, match=r"no landlock, and the jail is required.*SANDBOX_JAIL=best"):
        jail.Jail().enter("required")


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_of_each_architecture_is_whole(machine: str) -> None:
    code = seccomp._program(machine, families=[seccomp.AF_INET], fork=False, threads=True, pid=7)
    lines = [code[at : at + 8] for at in range(0, len(code), 8)]
    assert len(lines) < 4096
    for at, line in enumerate(lines):
        kind, if_true, if_false = int.from_bytes(line[:2], "little"), line[2], line[3]
        if kind & 7 == 5:  # a jump lands inside
            assert at + 1 + max(if_true, if_false) < len(lines)
    assert int.from_bytes(lines[-1][:2], "little") == 0x06
