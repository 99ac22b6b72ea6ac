"""A runner of our own, and a small AWS for it to call: it remembers every request, and keeps objects in one bucket."""

from __future__ import annotations

import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from labs.content import Block
from labs.sandboxes import Credentials
from labs.sandboxes.jail import missing_layers
from labs.sandboxes.runner import Runner, RunReport, ensure_runner

RESULTS = {
    "GetCallerIdentity": "<Account>210987654321</Account><Arn>arn:aws:iam::210987654321:root</Arn>",
    "CreateTopic": "<TopicArn>arn:aws:sns:us-east-1:210987654321:alarms</TopicArn>",
}


@dataclass
class Call:
    """One request as it came."""

    method: str
    path: str
    body: bytes
    authorization: str

    @property
    def form(self) -> dict[str, str]:
        return dict(urllib.parse.parse_qsl(self.body.decode(errors="replace")))


@dataclass
class Aws:
    """The small AWS. `calls` are all requests since the test began."""

    port: int = 0
    calls: list[Call] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)

    @property
    def credentials(self) -> Credentials:
        return Credentials(
            "AKIAIOSFODNN7EXAMPLE", "s" * 40, None, "us-east-1", f"http://127.0.0.1:{self.port}", "210987654321"
        )

    def answer(self, call: Call) -> tuple[int, bytes]:
        if action := call.form.get("Action"):
            body = f"<{action}Response><{action}Result>{RESULTS.get(action, '')}</{action}Result></{action}Response>"
            return 200, body.encode()
        path = call.path.partition("?")[0]
        if call.method == "PUT":
            self.objects[path] = call.body
            return 200, b""
        if path.count("/") > 1:
            return (200, self.objects[path]) if path in self.objects else (404, b"")
        json = call.method == "POST" and call.body[:1] == b"{"
        return 200, b"{}" if json else b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"


@pytest.fixture(scope="session")
def _served() -> Iterator[Aws]:
    aws = Aws()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = self.chunked()
            call = Call(self.command, self.path, body, self.headers.get("Authorization", ""))
            aws.calls.append(call)
            status, answer = aws.answer(call)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.send_header("Last-Modified", "Sat, 01 Nov 2025 10:00:00 GMT")
            self.send_header("ETag", '"0"')
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        def chunked(self) -> bytes:
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return body

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = serve

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
    """The small AWS, empty."""
    _served.calls.clear()
    _served.objects.clear()
    return _served


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A warm AWS CLI, with the whole jail where the kernel has it."""
    return ensure_runner(tmp_path_factory.mktemp("runner") / "r.sock", jail="best" if missing_layers() else "required")


@dataclass
class Shell:
    """Runs a block on line 1 of nowhere."""

    runner: Runner
    aws: Aws

    def __call__(self, text: str, *, files: dict[str, bytes] | None = None, timeout: float = 60) -> RunReport:
        return self.runner.run([Block("sh", text, 1)], self.aws.credentials, files=files, timeout=timeout)


@pytest.fixture
def sh(runner: Runner, aws: Aws) -> Shell:
    """`sh("aws s3 ls")`."""
    return Shell(runner, aws)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of the server that no block may see, in a folder that everybody may enter."""
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    path = tmp_path / "secret.txt"
    path.write_text("the-crown-jewels")
    path.chmod(0o644)
    return path
