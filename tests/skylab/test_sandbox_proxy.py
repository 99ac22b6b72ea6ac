"""The sandboxes' endpoint on our own origin: what passes, what does not, and that nothing of a learner's becomes ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from skylab.sandbox_proxy import MOST_BYTES, SandboxProxy

Headers = list[tuple[bytes, bytes]]
OURS = (b"x-skylab-sandbox", b"1")


class Gateway:
    """A server that keeps what it hears, and answers what it is told to."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok") -> None:
        self.answer = answer
        self.heard = b""
        self.gone = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard = await reader.readuntil(b"\r\n\r\n")
        length = self.header(b"content-length")
        if length:
            self.heard += await reader.readexactly(int(length))
        if self.header(b"transfer-encoding"):
            self.heard += await reader.readuntil(b"0\r\n\r\n")
        writer.write(self.answer)
        await writer.drain()
        if self.answer:
            writer.close()
        else:
            await reader.read()
            self.gone.set()
            writer.close()

    def header(self, name: bytes) -> bytes:
        lines = self.heard.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
        return next((line.partition(b": ")[2] for line in lines if line.startswith(name + b": ")), b"")


async def _asked(
    gateway: Gateway,
    *,
    method: str = "GET",
    path: bytes = b"/sandbox/b/k",
    query: bytes = b"",
    headers: Headers | None = None,
    body: list[bytes] | None = None,
    leaves: bool = False,
) -> tuple[int, dict[bytes, bytes], bytes]:
    server = await asyncio.start_server(gateway, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    pieces = body or [b""]
    messages = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}
        for number, piece in enumerate(pieces)
    ]
    sent: list[Any] = []
    waiting = asyncio.Event()

    async def receive() -> Any:
        if messages:
            return messages.pop(0)
        if not leaves:
            await waiting.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def site(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"the site"})

    proxy = SandboxProxy(site, target=f"http://127.0.0.1:{port}", endpoint="https://aws.school.example:4566")
    scope = {"type": "http", "method": method, "path": path.decode("latin-1"), "raw_path": path, "query_string": query}
    try:
        await proxy({**scope, "headers": [OURS] if headers is None else headers}, receive, send)
        if leaves:
            await asyncio.wait_for(gateway.gone.wait(), 5)
    finally:
        server.close()
    if not sent:
        return 0, {}, b""
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(each.get("body", b"") for each in sent[1:])


def asked(gateway: Gateway, **how: Any) -> tuple[int, dict[bytes, bytes], bytes]:
    return asyncio.run(_asked(gateway, **how))


def test_a_call_reaches_the_gateway_as_it_was_signed() -> None:
    gateway = Gateway()
    headers = [
        OURS,
        (b"host", b"school.example"),
        (b"authorization", b"AWS4-HMAC-SHA256 x"),
        (b"x-amz-date", b"20260101T000000Z"),
        (b"x-skylab-agent", b"aws-cli/1.46"),
        (b"user-agent", b"Mozilla"),
        (b"content-length", b"4"),
    ]
    status, _, body = asked(
        gateway, method="PUT", path=b"/sandbox/b/a%2Fb%20c", query=b"x=%20y&z", headers=headers, body=[b"da", b"ta"]
    )
    assert (status, body) == (200, b"ok")
    assert gateway.heard.startswith(b"PUT /b/a%2Fb%20c?x=%20y&z HTTP/1.1\r\nhost: aws.school.example:4566\r\n")
    assert gateway.header(b"authorization") == b"AWS4-HMAC-SHA256 x"
    assert gateway.header(b"user-agent") == b"aws-cli/1.46"
    assert gateway.header(b"content-length") == b"4"
    assert gateway.heard.endswith(b"\r\n\r\ndata")


def test_cookies_and_the_way_of_a_call_stay_here() -> None:
    gateway = Gateway()
    hidden = (
        b"cookie",
        b"origin",
        b"referer",
        b"x-forwarded-for",
        b"forwarded",
        b"sec-fetch-mode",
        b"upgrade-me",
        b"te",
    )
    headers = [OURS, *((name, b"secret") for name in hidden), (b"connection", b"upgrade-me")]
    asked(gateway, headers=headers)
    assert b"secret" not in gateway.heard
    assert b"x-skylab" not in gateway.heard


def test_nothing_that_a_learner_stored_becomes_a_page_or_a_script_of_ours() -> None:
    html = b"<script>alert(document.cookie)</script>"
    gateway = Gateway(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: skylab-session=mine\r\nContent-Disposition: inline\r\n"
        b"Content-Security-Policy: default-src *\r\nAccess-Control-Allow-Origin: *\r\nService-Worker-Allowed: /\r\n"
        b"Cache-Control: max-age=999\r\nContent-Encoding: gzip\r\nX-Skylab-Away: 1\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(html), html)
    )
    status, headers, body = asked(gateway)
    assert (status, body) == (200, html)
    assert headers[b"content-security-policy"].startswith(b"sandbox; default-src 'none'")
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"content-disposition"] == b"attachment"
    assert headers[b"cache-control"] == b"no-store"
    # The terminal still learns what the object's owner said.
    assert headers[b"x-skylab-as-content-disposition"] == b"inline"
    assert headers[b"x-skylab-as-cache-control"] == b"max-age=999"
    gone = {
        b"set-cookie",
        b"access-control-allow-origin",
        b"service-worker-allowed",
        b"content-encoding",
        b"x-skylab-away",
    }
    assert not gone & set(headers)


def test_a_redirect_is_told_and_not_followed() -> None:
    gateway = Gateway(b"HTTP/1.1 307 x\r\nlocation: https://elsewhere.example/\r\ncontent-length: 0\r\n\r\n")
    status, headers, _ = asked(gateway)
    assert status == 307
    assert b"location" not in headers
    assert headers[b"x-skylab-as-location"] == b"https://elsewhere.example/"


@pytest.mark.parametrize("headers", [[], [(b"x-skylab-sandbox", b"0")], [(b"cookie", b"skylab-session=x")]])
def test_what_a_link_or_an_image_can_send_is_refused(headers: Headers) -> None:
    gateway = Gateway()
    status, answered, body = asked(gateway, headers=headers)
    assert status == 403
    assert b"Connect" in body
    assert answered[b"content-security-policy"].startswith(b"sandbox")
    assert gateway.heard == b""


def test_pages_of_others_are_refused() -> None:
    assert asked(Gateway(), headers=[OURS, (b"sec-fetch-site", b"cross-site")])[0] == 403
    status, headers, _ = asked(Gateway(), method="OPTIONS", headers=[(b"origin", b"https://evil.example")])
    assert status == 403
    assert not [name for name in headers if name.startswith(b"access-control-")]


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"method": "CONNECT"}, 405),
        ({"method": "TRACE"}, 405),
        ({"headers": [OURS, (b"upgrade", b"websocket")]}, 405),
        ({"headers": [OURS, (b"content-length", b"1"), (b"content-length", b"2")]}, 400),
        ({"headers": [OURS, (b"content-length", b"-1")]}, 400),
        ({"headers": [OURS, (b"content-length", str(MOST_BYTES + 1).encode())]}, 413),
        ({"path": b"/sandbox/a b"}, 400),
        ({"path": b"/sandbox/a\r\nhost: evil"}, 400),
    ],
)
def test_what_no_tool_sends_is_refused(how: dict[str, Any], status: int) -> None:
    gateway = Gateway()
    assert asked(gateway, **how)[0] == status
    assert gateway.heard == b""


@pytest.mark.parametrize(
    "path", [b"/sandbox/http://evil.example/", b"/sandbox//evil.example/x", b"/sandbox/@evil.example/"]
)
def test_no_path_chooses_another_host(path: bytes) -> None:
    gateway = Gateway()
    assert asked(gateway, path=path)[0] == 200
    assert gateway.heard.startswith(
        b"GET " + path.removeprefix(b"/sandbox") + b" HTTP/1.1\r\nhost: aws.school.example:4566\r\n"
    )


@pytest.mark.parametrize("path", [b"/", b"/sandbox", b"/sandboxes/", b"/static/x.js"])
def test_all_else_is_the_sites(path: bytes) -> None:
    assert asked(Gateway(), path=path, headers=[])[0] == 299


def test_head_tells_a_length_and_has_no_body() -> None:
    gateway = Gateway(b"HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n")
    status, headers, body = asked(gateway, method="HEAD")
    assert (status, headers[b"content-length"], body) == (200, b"1234", b"")


def test_chunks_go_on_as_chunks_and_come_back_whole() -> None:
    gateway = Gateway(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    _, headers, body = asked(
        gateway, method="POST", headers=[OURS, (b"transfer-encoding", b"chunked")], body=[b"x", b"yz"]
    )
    assert body == b"abcde"
    assert b"transfer-encoding" not in headers
    assert gateway.heard.endswith(b"\r\n\r\n1\r\nx\r\n2\r\nyz\r\n0\r\n\r\n")


def test_a_body_that_grows_too_large_is_stopped() -> None:
    piece = bytes(1 << 20)
    status, headers, _ = asked(
        Gateway(),
        method="PUT",
        headers=[OURS, (b"transfer-encoding", b"chunked")],
        body=[piece] * (MOST_BYTES // len(piece) + 2),
    )
    assert (status, headers[b"x-skylab-away"]) == (503, b"1")


def test_when_the_sandbox_host_is_away_it_is_said() -> None:
    async def nobody() -> tuple[int, dict[bytes, bytes], bytes]:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            sent.append(message)

        async def site(*_: Any) -> None:
            raise AssertionError

        scope = {"type": "http", "method": "GET", "path": "/sandbox/", "raw_path": b"/sandbox/", "query_string": b""}
        # Port 9 of loopback: nobody listens there.
        await SandboxProxy(site, target="http://127.0.0.1:9")({**scope, "headers": [OURS]}, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]

    status, headers, body = asyncio.run(nobody())
    assert (status, headers[b"x-skylab-away"]) == (503, b"1")
    assert b"does not answer" in body


def test_an_answer_that_ends_in_the_middle_is_not_taken_for_all() -> None:
    with pytest.raises(ConnectionResetError):
        asked(Gateway(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"))


def test_the_gateway_hears_that_the_browser_has_gone() -> None:
    """A message of a long poll must not be handed to nobody."""
    assert asked(Gateway(b""), leaves=True)[0] == 0
