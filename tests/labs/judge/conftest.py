"""A judge of our own, one without its jail to show that the jail is what holds, and a small AWS for both to ask."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from graders import BotoAccount, CheckCall, Result
from labs.judge import Judge, Limits, client, ensure_judge
from labs.sandboxes.jail import missing_layers

SECRET = "the-crown-jewels"
VERSIONS = '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{}</VersioningConfiguration>'
HEAD = "from graders import Account, Fail, check\n"


@dataclass
class Aws:
    """Buckets whose names say whether they keep versions. `paths` are all requests since the test began."""

    port: int = 0
    paths: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)

    def account(self, region: str = "us-east-1") -> BotoAccount:
        return BotoAccount(
            account_id="210987654321",
            region=region,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            access_key_id="AKIAGRADER",
            secret_access_key="g" * 40,
        )


@pytest.fixture(scope="session")
def _served() -> Iterator[Aws]:
    aws = Aws()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            aws.paths.append(self.path)
            aws.authorizations.append(self.headers.get("Authorization", ""))
            status, body = 200, VERSIONS.format("<Status>Enabled</Status>" if "kept" in self.path else "")
            if "gone" in self.path:
                status, body = 404, "<Error><Code>NoSuchBucket</Code><Message>no bucket gone</Message></Error>"
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        aws.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield aws
        server.shutdown()
        thread.join()


@pytest.fixture
def aws(_served: Aws) -> Aws:
    """The small AWS, asked nothing yet."""
    _served.paths.clear()
    _served.authorizations.clear()
    return _served


@dataclass
class Court:
    """Has checks judged by a judge, and tells what was said to the log."""

    judge: Judge
    aws: Aws
    log: pytest.LogCaptureFixture

    def __call__(self, calls: Sequence[CheckCall], checks: str = "", /, **limits: Any) -> list[Result]:
        judge = Judge(self.judge.socket_path, Limits(**limits))
        return judge.begin(calls, self.aws.account(), checks=checks, own={}).results()

    def one(self, body: str, **limits: Any) -> tuple[Result, str]:
        """Return the result of a check with that body, and the reason of its break."""
        self.log.clear()
        (result,) = self([CheckCall("lab.one")], own(body), **limits)
        return result, " ".join(self.log.messages)

    def attempt(self, expression: str, **limits: Any) -> tuple[Result, str]:
        """Return the result of a check that fails with what an expression gave."""
        modules = "ctypes, glob, os, resource, signal, socket, subprocess, sys, threading, time"
        return self.one(f"import {modules}\nraise Fail('did it: ' + repr({expression}))", **limits)


def own(body: str, name: str = "one", head: str = HEAD) -> str:
    """Return a checks.py with one check of that body."""
    indented = textwrap.indent(body, "    ")
    return f'{head}\n\n@check(permissions=[])\ndef {name}(account: Account) -> None:\n    """One."""\n{indented}\n'


@pytest.fixture(scope="session")
def _judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    os.environ["SKYLAB_SECRET_OF_THE_TESTS"] = SECRET
    try:
        path = tmp_path_factory.mktemp("judge") / "j.sock"
        return ensure_judge(path, jail="best" if missing_layers() else "required")
    finally:
        del os.environ["SKYLAB_SECRET_OF_THE_TESTS"]


# The very same program, but for the walls: what it lets happen, the walls prevent.
OPEN = """\
import sys
from labs.sandboxes.jail import Jail
Jail.enter = lambda self, mode="required": ["none"]
from labs.judge.__main__ import main
sys.argv = ["judge", *sys.argv[1:]]
sys.exit(main())
"""


@pytest.fixture(scope="session")
def _open_judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    path = tmp_path_factory.mktemp("open") / "j.sock"
    real = subprocess.Popen

    def without_walls(command: list[str], **options: Any) -> Any:
        return real([sys.executable, "-c", OPEN, *command[3:]], **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "Popen", without_walls)
        return ensure_judge(path, jail="best")


@pytest.fixture
def judge(_judge: Judge) -> Judge:
    """A warm judge, with the whole jail where the kernel has it."""
    return _judge


@pytest.fixture
def court(_judge: Judge, aws: Aws, caplog: pytest.LogCaptureFixture) -> Court:
    """`court([CheckCall(…)], checks)` gives results."""
    caplog.set_level(logging.ERROR, client.log.name)
    return Court(_judge, aws, caplog)


@pytest.fixture
def open_court(_open_judge: Judge, aws: Aws, caplog: pytest.LogCaptureFixture) -> Court:
    """The same without a jail."""
    caplog.set_level(logging.ERROR, client.log.name)
    return Court(_open_judge, aws, caplog)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of the server that no check may see, in a folder that everybody may enter."""
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    path = tmp_path / "secret.txt"
    path.write_text(SECRET)
    path.chmod(0o644)
    return path


@pytest.fixture
def neighbour() -> Iterator[tuple[int, socket.socket]]:
    """A server on this machine that is not the gateway: its port, and its listening socket."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        yield listener.getsockname()[1], listener
