"""The AWS endpoint of all sandboxes, a plain ASGI callable: who asks, is it true, may it be; then the cell answers."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import json
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any, Final

from labs.gateway import chunks, errors, limits, longpoll, sigv2, sigv4
from labs.gateway.errors import Refusal
from labs.gateway.room import Asked, Busy, CallStopped, Frozen, Full, Room
from labs.gateway.rooms import Rooms
from labs.gateway.routing import DROPPED_HEADERS, HEALTH_PATH, Place, action_hint, place_of, tool_of
from labs.gateway.sigv4 import Claim, Head, Key, SigningFault, Verified
from labs.sandboxes import Unavailable, keys
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.fleet import CellResponse

__all__ = ["Gateway"]

log: Final = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

# Services with one endpoint for all regions, in us-east-1.
_GLOBAL: Final = frozenset({"iam", "sts", "route53", "cloudfront", "organizations", "budgets", "account", "support"})
_PLATFORM: Final = {keys.LEARNER_SERIAL: "learner", keys.GRADER_SERIAL: "grader", keys.START_SERIAL: "start"}
_NOT_PASSED_BACK: Final = frozenset(
    # A cookie would be the host's, whatever the port: not a learner's API's to set.
    {"content-length", "transfer-encoding", "connection", "keep-alive", "server", "date", "set-cookie"}
)


@dataclasses.dataclass(slots=True)
class _Exchange:
    """One request and what is known of it so far; an error is told in the protocol that is known by then."""

    head: Head
    receive: limits.Receive
    body: limits.Body | None = None
    service: str = ""
    protocol: str = "s3"
    hurried: bool = False  # refused for its pace, with a large body: nobody waits for the rest of it


class Gateway:
    """`rooms` has the sandboxes, `master` is settings.SANDBOX_KEY, `hosts` our names (without port).

    `prefix` is a path under which all of this may be mounted; `health` gives what HEALTH_PATH shows.
    """

    def __init__(
        self,
        rooms: Rooms,
        *,
        master: bytes,
        hosts: Collection[str],
        health: Callable[[], dict[str, Any]],
        prefix: str = "",
    ) -> None:
        self._rooms = rooms
        self._master = master
        self._hosts = hosts
        self._health = health
        self._prefix = prefix
        self._key = functools.lru_cache(maxsize=8192)(self._derive_key)

    async def __call__(self, scope: MutableMapping[str, Any], receive: limits.Receive, send: Send) -> None:
        """Answer one HTTP request; never raises."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1003})
            return
        head = Head(
            scope["method"],
            scope["raw_path"].decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
        )
        exchange = _Exchange(head, receive)
        if head.path == HEALTH_PATH:
            body = json.dumps(self._health()).encode()
            await _send(send, exchange, 200, [("content-type", "application/json")], body)
            return
        try:
            answer = await self._serve(exchange)
            await _send(send, exchange, answer.status, _headers(answer, exchange), answer.body)
            return
        except AwsError as error:
            refusal = error
        except Unavailable as error:
            refusal = errors.unavailable(str(error)[:1].upper() + str(error)[1:] + ".")
        except ConnectionResetError:
            return  # nobody is there to hear
        except Exception:
            log.exception("%s %s %s", exchange.service, head.method, head.path[:200])
            refusal = Refusal("InternalFailure", "The sandbox host failed at this call. It is our fault.", 500)
        request_id = str(uuid.uuid4())
        status, headers, body = errors.rendered(
            refusal, protocol=exchange.protocol, service=exchange.service, head=head, request_id=request_id
        )
        answer = CellResponse(status, list(headers.items()), body, request_id=request_id)
        await _send(send, exchange, status, _headers(answer, exchange), body)

    async def _serve(self, exchange: _Exchange) -> CellResponse:
        head = exchange.head
        claim = self._read_claim(exchange)
        place = place_of(head, claim, hosts=self._hosts, prefix=self._prefix)
        exchange.service = place.service
        exchange.protocol = errors.protocol_of(place.service, head)
        exchange.body = limits.Body(head, exchange.receive)
        room = await self._room_of(exchange, claim, place)
        content, trailers, source = await self._content(exchange, claim, place, room)
        asked = self._asked(exchange, claim, place, room, content, trailers, source)
        try:
            if asked.service == "sqs" and asked.hint == "ReceiveMessage":
                return await self._receive_message(exchange, room, asked)
            return await room.call(asked)
        except Busy as error:
            raise errors.throttled(exchange.protocol, exchange.service) from error
        except CallStopped as error:
            raise errors.stopped() from error
        except Frozen as error:
            raise errors.frozen(exchange.protocol) from error
        except Full as error:
            message = "This sandbox has taken 64 MiB, all that it may. Reset the lab to begin with an empty one."
            raise Refusal("EntityTooLarge", message, 413) from error

    def _read_claim(self, exchange: _Exchange) -> Claim | None:
        try:
            claim = sigv2.read_claim(exchange.head) or sigv4.read_claim(exchange.head)
        except SigningFault as fault:
            # What it is signed for is not known: the looks of the request decide the shape of the answer.
            exchange.service = _service_meant(exchange.head)
            exchange.protocol = errors.protocol_of(exchange.service, exchange.head)
            raise errors.refusal_of(fault, protocol=exchange.protocol, claim=None, head=exchange.head) from fault
        exchange.service = claim.service if claim else ""
        exchange.protocol = errors.protocol_of(exchange.service, exchange.head)
        return claim

    async def _room_of(self, exchange: _Exchange, claim: Claim | None, place: Place) -> Room:
        if claim:
            number = keys.sandbox_of(claim.access_key)
            room = await self._rooms.room(number) if number is not None else None
            if room is None or (place.account and place.account != room.name):
                raise errors.unknown_key(exchange.protocol, claim.access_key)
            return room
        if place.account is None:
            message = (
                "Access Denied. A request without a signature must name its sandbox: "
                "put /_sandbox/<account id> before the path."
            )
            raise Refusal("AccessDenied", message, 403)
        room = await self._rooms.room_of_account(place.account)
        if room is None:
            raise Refusal("NoSuchSandbox", "There is no live sandbox with this account id.", 404)
        return room

    async def _content(
        self, exchange: _Exchange, claim: Claim | None, place: Place, room: Room
    ) -> tuple[bytes, dict[str, str], str]:
        """Return the body as the service takes it, its trailers, and its source. What is forged ends here."""
        head, body = exchange.head, exchange.body
        assert body is not None
        s3 = exchange.service == "s3"
        most = limits.MAX_OBJECT if s3 else limits.MAX_CALL
        chunked = claim is not None and claim.payload in sigv4.CHUNKED
        length = head.get("x-amz-decoded-content-length")
        if chunked and length.isdigit() and int(length) > most:
            raise errors.too_large(exchange.protocol, size=int(length), most=most)
        most_sent = most + chunks.MAX_CHUNK_HEADS if chunked else most
        if body.announced > most_sent:
            raise errors.too_large(exchange.protocol, size=body.announced, most=most_sent)
        trailers: dict[str, str] = {}
        pace = room.pace if claim else room.anonymous_pace
        source = _source(claim) if claim else "learner"
        if claim is None:
            await self._hold_pace(exchange, pace, source)
            data = await body.read(most_sent, exchange.protocol, pace)
        elif claim.payload:
            verified = self._verify(exchange, claim, place, room)
            await self._hold_pace(exchange, pace, source)
            data = await body.read(most_sent, exchange.protocol, pace)
            if chunked:
                announced = head.get("x-amz-trailer").split(",")
                data, trailers = self._unchunked(exchange, verified, data, length, announced)
            elif claim.payload not in (sigv4.UNSIGNED, body.sha256):
                message = "The provided 'x-amz-content-sha256' header does not match what was computed."
                raise Refusal("XAmzContentSHA256Mismatch", message, 400)
        else:  # the signature is of the body: it is read, a megabyte at most, before anybody is believed
            data = await body.read(most_sent, exchange.protocol, pace)
            self._verify(exchange, claim, place, room, body.sha256)
            await self._hold_pace(exchange, pace, source)
        if s3:
            if head.method == "PUT" or "delete" in head.query:
                chunks.check_digests({name: values[0] for name, values in head.values.items()} | trailers, data)
        else:
            if encoding := head.get("content-encoding"):
                data = limits.inflated(data, encoding)
            limits.check_depth(data)
        return data, trailers, source

    async def _hold_pace(self, exchange: _Exchange, pace: limits.Pace, source: str) -> None:
        """Raise Refusal where calls come faster than they may; a grader's may."""
        if source != "grader" and not await pace.take(exchange.body.announced if exchange.body else 0):
            exchange.hurried = exchange.body is not None and exchange.body.announced > limits.LARGE
            raise errors.throttled(exchange.protocol, exchange.service)

    def _verify(self, exchange: _Exchange, claim: Claim, place: Place, room: Room, body_sha256: str = "") -> Verified:
        own = room.life.region
        regions = (own, "us-east-1") if claim.service in _GLOBAL else (own,)
        try:
            if claim.terminator == sigv2.SCHEME:
                return sigv2.verify(exchange.head, claim, path=place.path, lookup=self._key, now=time.time())
            return sigv4.verify(
                exchange.head,
                claim,
                lookup=self._key,
                regions=regions,
                now=time.time(),
                body_sha256=body_sha256,
            )
        except SigningFault as fault:
            raise errors.refusal_of(fault, protocol=exchange.protocol, claim=claim, head=exchange.head) from fault

    def _unchunked(
        self, exchange: _Exchange, verified: Verified, data: bytes, length: str, announced: Collection[str]
    ) -> tuple[bytes, dict[str, str]]:
        try:
            return chunks.decode(data, verified, length=length, announced=announced)
        except SigningFault as fault:
            claim = verified.claim
            raise errors.refusal_of(fault, protocol=exchange.protocol, claim=claim, head=exchange.head) from fault

    def _derive_key(self, access_key: str) -> Key | None:
        number, serial = keys.sandbox_of(access_key), keys.serial_of(access_key)
        if number is None or serial is None:
            return None
        secret = keys.sandbox_secret(self._master, number)
        if serial < keys.FIRST_FREE_SERIAL and serial != keys.LEARNER_SERIAL:
            if serial not in _PLATFORM:
                return None
            secret = keys.grader_secret(self._master, number)
        session = access_key.startswith(keys.SESSION)
        token = keys.session_token_for(secret, access_key) if session else None
        return Key(keys.secret_for(secret, access_key), token)

    def _asked(
        self,
        exchange: _Exchange,
        claim: Claim | None,
        place: Place,
        room: Room,
        content: bytes,
        trailers: dict[str, str],
        source: str,
    ) -> Asked:
        head = exchange.head
        access_key = claim.access_key if claim else None
        return Asked(
            method=head.method,
            service=place.service,
            region=place.region or room.life.region,
            path=place.path,
            query=head.query,
            headers=_passed(head, room, s3=place.service == "s3") + list(trailers.items()),
            body=content,
            access_key=access_key,
            host=head.get("host"),
            source=source,
            tool=tool_of(head.get("user-agent")),
            hint=action_hint(head, content),
        )

    async def _receive_message(self, exchange: _Exchange, room: Room, asked: Asked) -> CellResponse:
        seconds, query, body = longpoll.without_wait(asked.query, asked.body, json_protocol=exchange.protocol == "json")
        once = _replaced(asked, query=query, body=body)
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        gone = asyncio.ensure_future(exchange.receive()) if seconds else None
        try:
            while True:
                # A message that nobody is there to take would be hidden from the next receiver.
                last = loop.time() >= until or (gone is not None and gone.done())
                response = await room.call(once, counts=lambda each, last=last: last or not longpoll.is_empty(each))  # type: ignore[misc]
                if last or not longpoll.is_empty(response) or gone is None:
                    return response
                await asyncio.wait([gone], timeout=min(longpoll.ASK_EVERY, max(0.0, until - loop.time())))
                if gone.done():
                    raise ConnectionResetError("the receiver has gone")
        finally:
            if gone:
                gone.cancel()


def _source(claim: Claim) -> str:
    return _PLATFORM.get(keys.serial_of(claim.access_key) or 0, "learner")


def _service_meant(head: Head) -> str:
    """Return the service of a request whose signature cannot be read, as far as it shows."""
    if head.get("x-amz-target") or head.get("content-type").startswith("application/x-www-form-urlencoded"):
        return ""
    return "s3"


def _replaced(asked: Asked, *, query: str, body: bytes) -> Asked:
    return dataclasses.replace(asked, query=query, body=body)


def _passed(head: Head, room: Room, *, s3: bool) -> list[tuple[str, str]]:
    """Return the headers that the cell sees: nothing of how the request came, and nothing that names an account."""
    passed = []
    for name, value in head.headers:
        if name in DROPPED_HEADERS or name.startswith(("x-moto", "x-forwarded", "x-real-ip", "access-control-")):
            continue
        if name == "x-amz-account-id" and value != room.life.account_id:
            raise Refusal("AccessDenied", "Access Denied", 403)
        if name == "x-amz-content-sha256" and value.startswith("STREAMING"):
            continue
        if name == "content-encoding":
            if not s3:
                continue  # inflated by now
            value = ", ".join(each for each in map(str.strip, value.split(",")) if each and each != "aws-chunked")
            if not value:
                continue
        passed.append((name, value))
    return passed


def _headers(answer: CellResponse, exchange: _Exchange) -> list[tuple[str, str]]:
    """Return the headers of an answer: the cell's, without what only concerns our way to it, and AWS's request ids."""
    kept = []
    length = ""
    for name, value in answer.headers:
        name = name.lower()
        if name == "content-length":
            length = value
        if name in _NOT_PASSED_BACK or name.startswith(("access-control-", "x-moto")):
            continue
        if name in ("x-amzn-requestid", "x-amz-request-id", "x-amz-id-2"):
            continue
        kept.append((name, value))
    request_id = answer.request_id or str(uuid.uuid4())
    if exchange.protocol == "s3":
        kept += [("x-amz-request-id", request_id), ("x-amz-id-2", errors.host_id(request_id))]
    else:
        kept.append(("x-amzn-requestid", request_id))
    if exchange.head.method == "HEAD" and length:
        kept.append(("content-length", length))
    return kept


async def _send(send: Send, exchange: _Exchange, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    """Send an answer. Where the request's body is not read yet, let the sender end it, so that it hears us."""
    names = {name for name, _ in headers}
    if exchange.head.method == "HEAD" or status in (204, 304):
        body = b""
    if "content-length" not in names and status not in (204, 304):
        headers.append(("content-length", str(len(body))))
    unread = exchange.body
    if unread is None:
        try:
            unread = limits.Body(exchange.head, exchange.receive)
        except Refusal:
            headers.append(("connection", "close"))
    unfinished = unread is not None and not unread.done
    lingers = unfinished and not exchange.hurried
    if unfinished:
        headers.append(("connection", "close"))
    await send({"type": "http.response.start", "status": status, "headers": [_wire(pair) for pair in headers]})
    if lingers and unread is not None:
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await unread.discard()
        body = b""
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _wire(header: tuple[str, str]) -> tuple[bytes, bytes]:
    name, value = header
    safe = (
        "".join(each if each >= " " and each != "\x7f" else " " for each in value) if not value.isprintable() else value
    )
    try:
        return name.encode("latin-1"), safe.encode("latin-1")
    except UnicodeEncodeError:
        return name.encode("latin-1", "replace"), safe.encode()
