"""The only way out of a judged check or a lab's block: streams to the gateway, which its supervisor opens and carries.

    the jailed child --socket pair-- the supervisor --TCP-- the gateway

A jailed process that may open an internet socket may call the gateway's port on every machine, and by TCP Fast Open
(`sendto(…, MSG_FASTOPEN, …)`, which Landlock does not see) any port at all. So it may open none: it asks on an inherited
socket, is handed one end of a socket pair, and has nothing that could be connected to somewhere else.
"""

from __future__ import annotations

import os
import selectors
import socket
import threading
import urllib.parse
from collections.abc import Callable
from typing import Any, Final

ASK, REFUSE = b"?", b"!"
HOLD: Final = 256 * 1024  # bytes that a stream keeps for a side that does not read
Address = tuple[int, Any]  # a socket family, and an address of it


class Link:
    """One stream. Carries bytes both ways until either side ends."""

    def __init__(self, selector: selectors.BaseSelector, inner: socket.socket, outer: socket.socket) -> None:
        self.selector = selector
        self.other = {inner: outer, outer: inner}
        self.pending = {inner: bytearray(), outer: bytearray()}  # what is still to be written to a socket
        self.ending = False
        for one in (inner, outer):
            one.setblocking(False)
            selector.register(one, selectors.EVENT_READ, self._handler(one))

    def _handler(self, one: socket.socket) -> Callable[[int], None]:
        return lambda mask: self._carry(one, mask)

    def _carry(self, one: socket.socket, mask: int) -> None:
        if one.fileno() < 0:  # closed by its other side, in the same round
            return
        try:
            if mask & selectors.EVENT_WRITE:
                del self.pending[one][: one.send(self.pending[one])]
            if mask & selectors.EVENT_READ:
                data = one.recv(1 << 16)
                self.pending[self.other[one]] += data
                self.ending = self.ending or not data
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        if self.ending and not any(self.pending.values()):
            self.close()
        else:
            self._watch()

    def _watch(self) -> None:
        for one, other in self.other.items():
            reads = selectors.EVENT_READ if len(self.pending[other]) < HOLD and not self.ending else 0
            events = reads | (selectors.EVENT_WRITE if self.pending[one] else 0)
            known = self.selector.get_map().get(one)
            if known and events:
                self.selector.modify(one, events, known.data)
            elif known:
                self.selector.unregister(one)
            elif events:
                self.selector.register(one, events, self._handler(one))

    def close(self) -> None:
        """End both sides."""
        for one in self.other:
            if one.fileno() >= 0:
                if one in self.selector.get_map():
                    self.selector.unregister(one)
                one.close()


class Exits:
    """The streams of one child: it asks on `control`, `most` times at best, and gets one to `address` each time."""

    def __init__(self, selector: selectors.BaseSelector, control: socket.socket, address: Address, most: int) -> None:
        self.selector, self.control, self.address, self.left = selector, control, address, most
        self.links: list[Link] = []
        control.setblocking(False)
        selector.register(control, selectors.EVENT_READ, lambda _: self._asked())

    def _asked(self) -> None:
        try:
            asked = self.control.recv(1)
            if not asked:
                self.selector.unregister(self.control)
            elif self.left <= 0:
                self.control.send(REFUSE)
            else:
                self.left -= 1
                self._open()
        except OSError:  # it is gone, or does not read what it asked for: it finds out by its own time-out
            pass

    def _open(self) -> None:
        family, address = self.address
        outer = socket.socket(family, socket.SOCK_STREAM)
        outer.setblocking(False)
        if family != socket.AF_UNIX:
            outer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        outer.connect_ex(address)  # whether it can be had shows at the first bytes
        inner, given = socket.socketpair()
        self.links.append(Link(self.selector, inner, outer))
        with given:
            socket.send_fds(self.control, [ASK], [given.fileno()])

    def renew(self, most: int) -> None:
        """End the streams that there are, and let the child ask for so many anew."""
        self._end_links()
        self.left = most

    def _end_links(self) -> None:
        for link in self.links:
            link.close()
        self.links.clear()

    def close(self) -> None:
        """End all."""
        self._end_links()
        if self.control in self.selector.get_map():
            self.selector.unregister(self.control)
        self.control.close()


def resolve(url: str) -> Address:
    """Return where an endpoint listens, by the names of whoever asks: a jail has no names. Raises OSError."""
    parts = urllib.parse.urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(parts.hostname or "", port, type=socket.SOCK_STREAM)[0]
    return found[0], found[4]


def asker(control: int) -> Callable[..., socket.socket]:
    """Return what takes the place of urllib3's `create_connection` in a jailed child."""
    line, alone = socket.socket(fileno=control), threading.Lock()

    def create_connection(address: Any, timeout: Any = None, *_: Any, **__: Any) -> socket.socket:
        with alone:
            line.settimeout(timeout if isinstance(timeout, (int, float)) else 10)
            line.sendall(ASK)
            said, handles, *_rest = socket.recv_fds(line, 1, 1)
        if said != ASK or not handles:
            for handle in handles:
                os.close(handle)
            raise ConnectionRefusedError(f"no more streams to {address}")
        stream = socket.socket(fileno=handles[0])
        stream.settimeout(timeout if isinstance(timeout, (int, float)) else 10)
        return stream

    return create_connection
