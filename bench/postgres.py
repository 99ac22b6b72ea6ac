"""A private PostgreSQL: a cluster in a folder of its own, on a unix socket that nobody else reaches, gone at the end.

PostgreSQL does not run as root: there, it runs as the user `postgres` that Debian's package makes.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

_SETTINGS = (
    "listen_addresses = ''",
    "max_connections = 100",
    "shared_buffers = 128MB",
    "fsync = on",
    "synchronous_commit = on",
    "logging_collector = off",
)


class NoPostgres(Exception):
    """There is no PostgreSQL server on this machine. The text says what to do."""


@dataclass(frozen=True)
class Cluster:
    """A running server."""

    folder: Path

    def url(self, name: str = "skylab") -> str:
        """Return a DATABASE_URL."""
        return f"postgres://postgres@/{name}?host={quote(str(self.folder / 'run'), safe='')}"

    def make(self, name: str) -> str:
        """Make a database; return its URL."""
        _run(self.folder, "createdb", "-h", str(self.folder / "run"), "-U", "postgres", name)
        return self.url(name)

    def ask(self, query: str, name: str = "skylab") -> str:
        """Return what psql prints, without headers."""
        words = ("psql", "-h", str(self.folder / "run"), "-U", "postgres", "-At", "-c", query, name)
        return _run(self.folder, *words)

    def restart(self, mode: str) -> None:
        """Stop it ("fast", or "immediate": as if it crashed) and start it again."""
        _run(self.folder, "pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")
        _start(self.folder)


def binaries() -> Path:
    """Return the folder of the newest server's programs. Raises NoPostgres."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    if found:
        return found[-1].parent
    if path := shutil.which("initdb"):
        return Path(path).resolve().parent
    raise NoPostgres("No PostgreSQL server is installed here. On Debian: apt install postgresql.")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a server. Raises NoPostgres."""
    binaries()
    folder = Path(tempfile.mkdtemp(prefix="skylab-pg-"))
    try:
        if os.getuid() == 0:
            try:
                who = pwd.getpwnam("postgres")
            except KeyError:
                raise NoPostgres("PostgreSQL does not run as root, and there is no user postgres.") from None
            os.chown(folder, who.pw_uid, who.pw_gid)
        _run(folder, "mkdir", "-m", "700", str(folder / "run"))
        options = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions")
        _run(folder, "initdb", "-D", str(folder / "data"), *options)
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.write("\n".join((*_SETTINGS, f"unix_socket_directories = '{folder / 'run'}'", "")))
        _start(folder)
        try:
            yield Cluster(folder)
        finally:
            _run(folder, "pg_ctl", "-D", str(folder / "data"), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path) -> None:
    _run(folder, "pg_ctl", "-D", str(folder / "data"), "-l", str(folder / "log"), "-w", "start")


def _run(folder: Path, program: str, *words: str) -> str:
    path = binaries() / program
    command = [str(path) if path.exists() else program, *words]
    if os.getuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        log = folder / "log"
        more = log.read_text()[-1000:] if log.exists() else ""
        raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}{more}")
    return done.stdout.strip()
