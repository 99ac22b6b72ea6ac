"""The server of `manage.py lab preview`: one author's machine, nobody else, and nothing that can be changed by it.

It listens on loopback, and answers to loopback's names alone: a page of the internet whose name was made to lead here
(DNS rebinding) is refused by the Host that its browser sends. What was not published stays on this machine.
"""

from __future__ import annotations

import hashlib
import mimetypes
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation

from labs.authoring.places import POLL_SECONDS, stamps
from labs.authoring.preview import VIEWS, Preview

LOOPBACK = "127.0.0.1"
STATIC = "/static/"
BEAT_SECONDS = 10.0  # a line to the page, so that one which has gone is noticed
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class PreviewServer(ThreadingHTTPServer):
    """Serves one lab. `port` 0 takes any that is free. Raises OSError where the port is taken."""

    daemon_threads = True
    block_on_close = False  # a page that waits for a change does not keep the program

    def __init__(self, folder: Path, *, port: int = 0, watch: bool = False, seed: str = "1") -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.preview, self.folder, self.watch = Preview(folder, seed), folder, watch
        self.over = False
        self.hosts = frozenset(f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost"))

    @property
    def address(self) -> str:
        """Return where the page is."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    def version(self) -> str:
        """Return a word that is another after each change of the lab's files."""
        return hashlib.sha256(repr(sorted(stamps([self.folder]).items())).encode()).hexdigest()[:16]

    def changes(self) -> Iterator[str]:
        """Yield the version now and after each change; "" now and then between."""
        known, said = "", time.monotonic()
        while not self.over:
            now = self.version()
            if now != known or time.monotonic() - said > BEAT_SECONDS:
                yield now if now != known else ""
                known, said = now, time.monotonic()
            time.sleep(POLL_SECONDS)

    def server_close(self) -> None:
        """Let go of the pages that wait, too."""
        self.over = True
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    server: PreviewServer
    server_version, sys_version = "Skylab", ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        hosts = self.headers.get_all("Host") or []
        path = unquote(urlsplit(self.path).path)
        if len(hosts) != 1 or hosts[0].lower() not in self.server.hosts:
            self._answer(403, f"This preview answers on this machine alone: {self.server.address}")
        elif path == "/" or path[1:] in VIEWS:
            page = self.server.preview.page(
                path[1:] or "learner", version=self.server.version() if self.server.watch else ""
            )
            self._answer(200, page, "text/html")
        elif path == "/events" and self.server.watch:
            self._events()
        elif path.startswith(STATIC):
            self._static(path.removeprefix(STATIC))
        else:
            self._answer(404, "There is nothing here.")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal is the author's."""

    def _events(self) -> None:
        self.close_connection = True
        self._head(200, "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            for version in self.server.changes():
                self.wfile.write(f"data: {version}\n\n".encode() if version else b": still here\n\n")
                self.wfile.flush()
        except OSError:  # the page has gone
            return

    def _static(self, name: str) -> None:
        try:
            found = finders.find(name)
        except (SuspiciousFileOperation, ValueError):
            found = None
        path = Path(found) if isinstance(found, str) else None
        if path is None or not path.is_file():
            self._answer(404, "There is nothing here.")
            return
        self._answer(200, path.read_bytes(), mimetypes.guess_type(name)[0] or "application/octet-stream")

    def _answer(self, status: int, body: str | bytes, kind: str = "text/plain") -> None:
        data = body.encode() if isinstance(body, str) else body
        self._head(status, kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _head(self, status: int, kind: str) -> None:
        self.send_response(status)
        text = kind.startswith("text/") or kind.endswith("javascript")
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if text else kind)
        for name, value in HEADERS.items():
            self.send_header(name, value)
