"""The sandboxes' endpoint on the site's own origin: /sandbox/… goes to the gateway as it is, and nowhere else.

The terminal in a learner's browser signs its calls for SANDBOX_ENDPOINT and sends them here, since a page may speak to its
own origin only. What comes back is a learner's: their objects must never become a page or a script of ours. So a call
needs a header that no link, form, image or script tag can send; cookies pass neither way; and every answer says that it
is neither to be rendered, nor guessed at, nor kept.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import httptools
from django.conf import settings

from labs.gateway.chunks import MAX_CHUNK_HEADS
from labs.gateway.limits import MAX_OBJECT
from skylab.seats import App, Message, Receive, Scope, Send

__all__ = ["PREFIX", "SandboxProxy"]

logger = logging.getLogger(__name__)

PREFIX: Final = b"/sandbox"
MOST_BYTES: Final = MAX_OBJECT + MAX_CHUNK_HEADS  # the gateway's own cap, and what it adds for a signed stream
MOST_AT_ONCE: Final = 256
CONNECT_SECONDS: Final = 5.0
BODY_SECONDS: Final = 60.0  # for a browser that sends
FIRST_SECONDS: Final = 120.0  # for the first byte of an answer: a long poll takes 20 of them
NEXT_SECONDS: Final = 60.0

METHODS: Final = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"})
_HOP: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te"}
    | {b"trailer", b"transfer-encoding", b"upgrade"}
)
_NOT_SENT: Final = _HOP | {
    *(b"host", b"cookie", b"origin", b"referer", b"user-agent", b"accept-encoding", b"accept-language", b"expect"),
    *(b"forwarded", b"via", b"x-real-ip", b"dnt", b"priority", b"content-length"),
}
_NOT_SENT_PREFIXES: Final = (b"sec-", b"x-forwarded-", b"x-skylab-")
# A learner chose these, and a browser would act on them. The terminal gets them under another name.
_RENAMED: Final = frozenset(
    {
        *(
            b"location",
            b"content-disposition",
            b"content-encoding",
            b"cache-control",
            b"expires",
            b"pragma",
            b"refresh",
        ),
        *(b"www-authenticate", b"link", b"vary", b"age", b"x-content-type-options", b"x-frame-options"),
        *(b"content-security-policy", b"content-security-policy-report-only", b"cross-origin-resource-policy"),
        *(b"cross-origin-opener-policy", b"cross-origin-embedder-policy", b"strict-transport-security"),
    }
)
_NOT_PASSED_BACK: Final = _HOP | {
    *(b"set-cookie", b"set-cookie2", b"clear-site-data", b"alt-svc", b"nel", b"report-to", b"reporting-endpoints"),
    *(b"service-worker-allowed", b"sourcemap", b"x-sourcemap", b"server", b"date", b"permissions-policy"),
    *(b"origin-agent-cluster", b"speculation-rules", b"use-as-dictionary", b"supports-loading-mode"),
}
_OURS: Final = (
    (b"content-security-policy", b"sandbox; default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-disposition", b"attachment"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Away(Exception):
    """The gateway did not answer, or not to the end; the sentence is for the learner."""


class _Gone(Exception):
    """The browser has gone: there is nobody to answer."""


class _Answer:
    """What the gateway says, as httptools reads it."""

    def __init__(self, method: str) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self.begun = self.done = False
        self._method = method
        self._parser: Any = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self.begun = self.status >= 200
        if not self.begun:
            self.headers.clear()
        # The answer to HEAD announces a length and has none of it.
        self.done = self.begun and (self._method == "HEAD" or self.status in (204, 304))

    def on_body(self, body: bytes) -> None:
        if not self.done:
            self.body.append(body)

    def on_message_complete(self) -> None:
        self.done = self.done or self.begun

    def taken(self) -> bytes:
        body = b"".join(self.body)
        self.body.clear()
        return body


class SandboxProxy:
    """The ASGI application before the site's. It takes no seat: a call waits in the gateway's own line."""

    def __init__(self, app: App, *, target: str = "", endpoint: str = "") -> None:
        self._app = app
        target = target or settings.SANDBOX_INTERNAL_ENDPOINT
        where = urlsplit(target)
        self._tls = ssl.create_default_context() if where.scheme == "https" else None
        self._address = (where.hostname or "127.0.0.1", where.port or (443 if self._tls else 80))
        self._host = urlsplit(endpoint or settings.SANDBOX_ENDPOINT).netloc.encode()  # what was signed
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw: bytes = scope.get("raw_path") or b"" if scope["type"] == "http" else b""
        if not raw.startswith(PREFIX + b"/") and not str(scope.get("path", "")).startswith("/sandbox/"):
            await self._app(scope, receive, send)
            return
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        refusal = _refusal(scope["method"], raw, headers)
        if refusal:
            await _say(send, *refusal)
            return
        if self._open >= MOST_AT_ONCE:
            await _say(send, 503, "Too many calls to the sandboxes at once. Try again in a few seconds.", away=True)
            return
        self._open += 1
        answer = _Answer(scope["method"])
        begun = asyncio.Event()
        try:
            await self._pass_on(scope, headers, receive, send, answer, begun)
        except _Gone:
            return
        except Away as error:
            if not begun.is_set():
                await _say(send, 503, str(error), away=True)
            else:
                raise ConnectionResetError(str(error)) from error  # the browser must not take half of it for all
        finally:
            self._open -= 1

    async def _pass_on(
        self,
        scope: Scope,
        headers: list[tuple[bytes, bytes]],
        receive: Receive,
        send: Send,
        answer: _Answer,
        begun: asyncio.Event,
    ) -> None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(*self._address, ssl=self._tls)
        except (OSError, TimeoutError) as error:
            logger.warning("The sandbox host does not answer at %s:%s: %s", *self._address, error)
            raise Away("The sandbox host does not answer. Your work is safe; try again in a few seconds.") from error
        try:
            await self._send_request(scope, headers, receive, writer)
            watch = asyncio.ensure_future(_until_gone(receive))
            speak = asyncio.ensure_future(_relay(reader, answer, send, begun))
            try:
                await asyncio.wait({watch, speak}, return_when=asyncio.FIRST_COMPLETED)
                if not speak.done():
                    raise _Gone  # closing our side tells the gateway, which then hands out no message to nobody
                await speak
            finally:
                watch.cancel()
                speak.cancel()
        finally:
            writer.close()

    async def _send_request(
        self, scope: Scope, headers: list[tuple[bytes, bytes]], receive: Receive, writer: asyncio.StreamWriter
    ) -> None:
        path: bytes = scope["raw_path"].partition(b"?")[0][len(PREFIX) :]
        query: bytes = scope["query_string"]
        length = next((value for name, value in headers if name == b"content-length"), None)
        # Browsers announce every body; what comes in chunks goes on in chunks.
        chunked = length is None and any(name == b"transfer-encoding" for name, _ in headers)
        agent = next((value for name, value in headers if name == b"x-skylab-agent"), b"browser")
        lines = [
            b"%s %s%s HTTP/1.1" % (scope["method"].encode(), path, b"?" + query if query else b""),
            b"host: " + self._host,
            b"user-agent: " + agent[:512],
            b"connection: close",
            *(b"%s: %s" % pair for pair in _forwarded(headers)),
        ]
        if length is not None:
            lines.append(b"content-length: " + length)
        elif chunked:
            lines.append(b"transfer-encoding: chunked")
        try:
            writer.write(b"\r\n".join(lines) + b"\r\n\r\n")
            await self._send_body(receive, writer, chunked=chunked)
        except TimeoutError as error:
            raise Away("The request came too slowly.") from error
        except OSError:
            pass  # it may answer before it has heard all of it: a refusal, which is there to be read

    async def _send_body(self, receive: Receive, writer: asyncio.StreamWriter, *, chunked: bool) -> None:
        sent = 0
        while True:
            async with asyncio.timeout(BODY_SECONDS):
                message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            piece: bytes = message.get("body", b"")
            sent += len(piece)
            if sent > MOST_BYTES:
                raise Away(_too_large())
            if piece:
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
                async with asyncio.timeout(BODY_SECONDS):
                    await writer.drain()
            if not message.get("more_body"):
                break
        if chunked:
            writer.write(b"0\r\n\r\n")
        async with asyncio.timeout(BODY_SECONDS):
            await writer.drain()


async def _relay(reader: asyncio.StreamReader, answer: _Answer, send: Send, begun: asyncio.Event) -> None:
    """Pass the answer on as it comes. Raises Away where it does not come, or ends in the middle."""
    while not answer.done:
        try:
            async with asyncio.timeout(NEXT_SECONDS if answer.begun else FIRST_SECONDS):
                data = await reader.read(65536)
        except TimeoutError as error:
            raise Away("The sandbox host took too long for an answer. Try again.") from error
        except OSError as error:
            raise Away("The sandbox host went away in the middle of an answer. Try again.") from error
        if not data:
            raise Away("The sandbox host went away in the middle of an answer. Try again.")
        try:
            answer.feed(data)
        except httptools.HttpParserError as error:
            raise Away("The sandbox host's answer could not be read.") from error
        if answer.begun and not begun.is_set():
            begun.set()
            headers = [*_passed_back(answer.headers), *_OURS]
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if answer.begun:
            await send({"type": "http.response.body", "body": answer.taken(), "more_body": not answer.done})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _refusal(method: str, raw: bytes, headers: list[tuple[bytes, bytes]]) -> tuple[int, str] | None:
    """Return why a call is not passed on, if so."""
    asked = dict(headers)
    if asked.get(b"x-skylab-sandbox") != b"1":
        return (
            403,
            "This address is for the terminal of a lab's page. Your own tools use the endpoint on its Connect tab.",
        )
    if asked.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
        return 403, "This address answers pages of this site only."
    if method not in METHODS or b"upgrade" in asked:
        return 405, "The specified method is not allowed against this resource."
    if not raw.startswith(PREFIX + b"/") or not raw.isascii() or any(byte <= 32 or byte == 127 for byte in raw):
        return 400, "This address cannot be read."
    lengths = [value for name, value in headers if name == b"content-length"]
    if len(lengths) > 1 or (lengths and not lengths[0].isdigit()):
        return 400, "A request may have one Content-Length header, a number."
    if lengths and int(lengths[0]) > MOST_BYTES:
        return 413, _too_large()
    return None


def _too_large() -> str:
    return f"A request may have {MAX_OBJECT >> 20} MiB here."


def _forwarded(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    pairs = list(headers)
    named = {each.strip().lower() for name, value in pairs if name == b"connection" for each in value.split(b",")}
    return [
        (name, value)
        for name, value in pairs
        if name not in _NOT_SENT and name not in named and not name.startswith(_NOT_SENT_PREFIXES)
    ]


def _passed_back(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    kept = []
    for name, value in headers:
        if name in _NOT_PASSED_BACK or name.startswith((b"access-control-", b"x-skylab-")):
            continue
        kept.append((b"x-skylab-as-" + name if name in _RENAMED else name, value))
    return kept


async def _say(send: Send, status: int, text: str, *, away: bool = False) -> None:
    headers: list[tuple[bytes, bytes]] = [(b"content-type", b"text/plain; charset=utf-8"), *_OURS]
    if away:
        headers += [(b"x-skylab-away", b"1"), (b"retry-after", b"3")]
    start: Message = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": text.encode()})
