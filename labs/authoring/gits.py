"""The files of a Git repository, of which nothing is ever checked out.

Git is made to do little: it fetches one commit into a bare repository without hooks, templates, submodules, filters or
anybody's configuration, and then lists and prints objects. Names, kinds and sizes are judged as those of a zip are.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from labs.authoring.members import LIMITS, ArchiveRefused, Folder, Limits, Members, safe_path, shown, without_top

PROTOCOLS = ("https",)
_BUNDLE = (b"# v2 git bundle\n", b"# v3 git bundle\n")
_REF = re.compile(r"(?!-)(?!.*(\.\.|@\{|//))[A-Za-z0-9._/-]{1,200}")
_MEMORY = 1024 * 1024  # KiB
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.symlinks=false",
    "core.fsmonitor=false",
    "core.bigFileThreshold=1m",  # larger objects go through without being held
    "credential.helper=",
    "http.followRedirects=false",
    "protocol.allow=never",
    "submodule.recurse=false",
    "transfer.fsckObjects=true",
    "transfer.unpackLimit=1",  # one pack, whose size the system bounds
    "gc.auto=0",
)


def read_git(source: str | Path, *, ref: str = "", folder: str = "", limits: Limits = LIMITS) -> Folder:
    """Return the files of a repository's newest commit (of `ref`), or of a folder in it. Raises ArchiveRefused.

    `source` is an https address that leads to the internet, or the path of a bundle (`git bundle create`). Files of other
    kinds than content has are left out, for a repository holds more than that.
    """
    if not shutil.which("git"):
        raise ArchiveRefused("the program git is not installed here")
    if ref and not _REF.fullmatch(ref):
        raise ArchiveRefused(f"{shown(ref)} cannot be the name of a branch or a tag")
    below = safe_path(folder.strip("/"), limits.depth) if folder.strip("/") else ""
    with tempfile.TemporaryDirectory(prefix="repository-") as room:
        git = _Git(Path(room), limits)
        git.run("init", "--quiet", "--bare", "--template=", "repository")
        where, *settings = _bundle(Path(source), git) if isinstance(source, Path) else _address(source)
        git.settings += settings
        git.run("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", *_shallow(source), where, ref or "HEAD")
        return _read(git, below)


def _shallow(source: str | Path) -> list[str]:
    return [] if isinstance(source, Path) else ["--depth=1"]


def _address(url: str) -> list[str]:
    """Return an address and Git's settings for it: only this protocol, and only the machine that was looked at."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ArchiveRefused(f"{shown(url)} is no address") from None
    if parts.scheme not in PROTOCOLS or url.startswith("-") or "::" in url.partition("/")[0]:
        raise ArchiveRefused(f"{shown(url)} is no https:// address of a repository")
    if parts.username or parts.password:
        raise ArchiveRefused("there is a name or a password in the address; take a repository that all may read")
    if not re.fullmatch(r"[A-Za-z0-9.-]+", host) or not url.isprintable() or " " in url:
        raise ArchiveRefused(f"{shown(url)} is no address of a repository")
    port = port or {"https": 443, "http": 80}[parts.scheme]
    try:
        found = {one[4][0] for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError:
        raise ArchiveRefused(f"the name {host} is not known on the internet") from None
    for one in found:
        if not _is_public(str(one)):
            raise ArchiveRefused(f"the name {host} leads into this network, not to the internet")
    # What the name means a second later is nobody's business: Git goes where we have looked.
    pinned = ",".join(f"[{one}]" if ":" in str(one) else str(one) for one in sorted(map(str, found)))
    return [url, f"protocol.{parts.scheme}.allow=always", f"http.curloptResolve={host}:{port}:{pinned}"]


def _is_public(address: str) -> bool:
    one = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(one, "ipv4_mapped", None) or getattr(one, "sixtofour", None) or one
    return one.is_global and inner.is_global and not inner.is_multicast


def _bundle(path: Path, git: _Git) -> list[str]:
    """Return our own copy of a bundle: a path that Git is given could be a repository, or lead to one."""
    ours = git.room / "taken.bundle"
    with path.open("rb") as file:
        data = file.read(git.limits.packed + 1)
    if len(data) > git.limits.packed:
        raise ArchiveRefused(f"the bundle is larger than {git.limits.packed // 1024} KiB")
    if not data.startswith(_BUNDLE):
        raise ArchiveRefused("this is no Git bundle: make one with git bundle create FILE HEAD")
    ours.write_bytes(data)
    return [str(ours), "protocol.file.allow=always"]


def _read(git: _Git, below: str) -> Folder:
    members, wanted = Members(git.limits), []
    with contextlib.closing(git.records("ls-tree", "-r", "-z", "-l", "--full-tree", "FETCH_HEAD")) as rows:
        for number, row in enumerate(rows):
            if number > 20 * git.limits.members:
                raise ArchiveRefused(f"the repository holds more than {20 * git.limits.members} files")
            said, _, raw = row.partition(b"\t")
            mode, _, key, size = said.decode().split()
            try:
                name = raw.decode()
            except UnicodeDecodeError:
                raise ArchiveRefused("its name is not UTF-8", repr(raw)[2:-1]) from None
            if below and not name.startswith(f"{below}/"):
                continue
            if path := _admit(members, name, mode, size):
                wanted.append((path.removeprefix(f"{below}/") if below else path, key, int(size)))
    files = dict(git.contents(wanted))
    if not files:
        raise ArchiveRefused(f"there are no files of content in {below or 'the repository'}")
    return without_top(files) if not below else Folder(below.rpartition("/")[2], dict(sorted(files.items())))


def _admit(members: Members, name: str, mode: str, size: str) -> str:
    if mode == "120000":
        raise ArchiveRefused("it is a link, which could lead anywhere; put the file itself there", name)
    if mode == "160000":
        raise ArchiveRefused("it is a submodule: another repository, which is not fetched", name)
    return members.admit(name, int(size), only_kinds=False)


@dataclass
class _Git:
    """Runs git in a room of its own. All that it does together may take `limits.seconds`."""

    room: Path
    limits: Limits
    settings: list[str] = field(default_factory=lambda: list(_SETTINGS))
    until: float = 0.0

    def __post_init__(self) -> None:
        self.until = time.monotonic() + self.limits.seconds

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of ours: no proxies' passwords, no keys, no configuration, nobody who could be asked."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.room),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "true",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_ALLOW_PROTOCOL": ":".join((*PROTOCOLS, "file")),
            "GIT_PROTOCOL_FROM_USER": "0",
        }

    def start(self, *arguments: str, stdin: bool = False) -> subprocess.Popen[bytes]:
        """Begin a command, bounded by the system: no file larger than twice what we take, and not much memory."""
        bounds = f'ulimit -f {2 * self.limits.packed // 512}; ulimit -v {_MEMORY} 2>/dev/null; exec git "$@"'
        settings = [part for one in self.settings for part in ("-c", one)]
        where = [] if arguments[0] == "init" else ["--git-dir=repository"]
        return subprocess.Popen(
            ["/bin/sh", "-c", bounds, "git", *settings, *where, *arguments],
            cwd=self.room,
            env=self.environment,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if arguments[0] == "fetch" else subprocess.DEVNULL,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> None:
        """Run a command to its end. Raises ArchiveRefused with what git said of it."""
        process = self.start(*arguments)
        try:
            _, errors = process.communicate(timeout=max(0.01, self.until - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise self.too_long() from None
        finally:
            _end(process)
        if process.returncode:
            said = [line for line in (errors or b"").decode(errors="replace").splitlines() if line.strip()]
            raise ArchiveRefused(f"git could not read the repository ({shown(said[0]) if said else 'it was ended'})")

    def records(self, *arguments: str) -> Generator[bytes, None, None]:
        """Yield what a command prints between NULs, as it comes."""
        process = self.start(*arguments)
        try:
            left = b""
            for block in self._blocks(process):
                *rows, left = (left + block).split(b"\0")
                yield from rows
        finally:
            _end(process)

    def contents(self, wanted: list[tuple[str, str, int]]) -> Iterator[tuple[str, bytes]]:
        """Yield each path with its object's bytes; sizes are known by now, and bounded."""
        process = self.start("cat-file", "--batch", stdin=True)
        try:
            assert process.stdin is not None
            for path, key, size in wanted:
                with contextlib.suppress(BrokenPipeError):  # it ended, and is told below
                    process.stdin.write(f"{key}\n".encode())
                    process.stdin.flush()
                head, _, rest = self._exactly(process, len(f"{key} blob {size}\n") + size + 1).partition(b"\n")
                if head.decode() != f"{key} blob {size}":
                    raise ArchiveRefused("git could not read it", path)
                yield path, rest[:-1]
        finally:
            _end(process)

    def too_long(self) -> ArchiveRefused:
        return ArchiveRefused(f"the repository took longer than {self.limits.seconds:g} s")

    def _exactly(self, process: subprocess.Popen[bytes], count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            block = self._block(process, count - len(parts))
            if not block:
                raise ArchiveRefused("git ended before it had printed all files")
            parts += block
        return bytes(parts)

    def _blocks(self, process: subprocess.Popen[bytes]) -> Iterator[bytes]:
        while block := self._block(process, 65536):
            yield block

    def _block(self, process: subprocess.Popen[bytes], most: int) -> bytes:
        assert process.stdout is not None
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdout, selectors.EVENT_READ)
            if not ready.select(max(0.01, self.until - time.monotonic())):
                raise self.too_long()
        return os.read(process.stdout.fileno(), most)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and all that it started, and close what was open to it."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
