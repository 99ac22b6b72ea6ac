"""How a request leaves the browser: a synchronous XMLHttpRequest to our own origin, in the place of urllib3."""

from __future__ import annotations

import io
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from skylab_shell import host

# What a browser says by itself, or not at all.
NOT_OURS = frozenset({"host", "content-length", "expect", "accept-encoding", "connection", "transfer-encoding"})


class SandboxAway(BotoCoreError):  # type: ignore[misc]
    """Nobody answered; the reason is a sentence, and asking again by itself would not help."""

    fmt = "{reason}"


class Raw(io.BytesIO):
    """A body that was read at once, with the words that botocore has for a stream."""

    def stream(self, amt: int | None = None, **_: Any) -> Any:
        while piece := self.read(amt or 65536):
            yield piece

    def release_conn(self) -> None:
        pass


def send(_session: Any, request: Any) -> AWSResponse:
    """Send a signed request. Only the sandbox's endpoint is reachable: the worker refuses all other hosts."""
    body = request.body
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        body = body.encode()
    headers = []
    for name, value in request.headers.items():
        if name.lower() not in NOT_OURS:
            headers.append([name, value.decode("latin-1") if isinstance(value, bytes) else str(value)])
    answer = host.worker().send(request.method, request.url, headers, bytes(body) if body else None).to_py()
    status, text, content = answer
    if not status:
        raise SandboxAway(reason=text)
    found = HTTPHeaders()
    for line in str(text).split("\r\n"):
        name, colon, value = line.partition(": ")
        if colon:
            found[name.removeprefix("x-skylab-as-")] = value
    return AWSResponse(request.url, status, found, Raw(bytes(content)))


def install() -> None:
    URLLib3Session.send = send
    URLLib3Session.close = lambda self: None
