"""Send a request to an address that a stranger gave, and reach nothing that is ours.

The name is looked up once; each address found must be public (or in a network that the operator allows), and the connection
goes to that very address, whatever the name says a moment later. Certificates are checked by the name. A redirect is an
answer like others: it is not followed. No proxy of the environment is asked.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

SECONDS: Final = 10.0
MOST_BYTES: Final = 1024  # of an answer: its first bytes are enough to say what went wrong
PORTS: Final = {"http": 80, "https": 443}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """The address is none that we send to."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str


def hold_public(url: str) -> None:
    """Let only an address through that we would send to by its form: names are looked up when it is sent. Raises Refused."""
    _parts(url)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send; return the answer.

    :raises Refused: the address leads to what is ours.
    :raises OSError: nobody answers, or not in time; the certificate is no good.
    """
    scheme, host, port, path = _parts(url)
    where = resolve(host, port)
    if scheme == "http" and not _by_leave(where):
        raise Refused("Give an address that begins with https://.")
    link = _connect(scheme, host, where, port)
    # Who answers a byte at a time has as long as others.
    watch = threading.Timer(SECONDS, link.give_up)
    watch.start()
    with contextlib.closing(link):
        name = f"[{host}]" if ":" in host else host
        told = {"Host": name if port == PORTS[scheme] else f"{name}:{port}", **headers}
        try:
            link.request("POST", path, body=body, headers=told)
            answer = link.getresponse()
            return Answer(answer.status, answer.read(MOST_BYTES).decode(errors="replace"))
        except http.client.HTTPException as error:
            raise OSError(f"no HTTP: {type(error).__name__}") from error
        finally:
            watch.cancel()


def resolve(host: str, port: int) -> Address:
    """Return the address that a name leads to. Raises Refused where one of them is none of the public's."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise OSError(f"{host} is not known") from error
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    for one in addresses:
        if not allowed(one):
            raise Refused(f"{host} leads to {one}, which is no address of the public internet.")
    return addresses[0]


def allowed(address: Address) -> bool:
    """Return whether we send there: to the public internet, and to networks that the operator allows."""
    for inner in _inside(address):
        if _by_leave(inner):
            continue
        if not inner.is_global or inner.is_multicast or inner.is_reserved or inner.is_unspecified:
            return False
    return True


def _by_leave(address: Address) -> bool:
    """Return whether the operator allows an address: it need not be public, nor speak TLS."""
    return any(address.version == net.version and address in net for net in _networks())


def _inside(address: Address) -> list[Address]:
    """Return an address and the one of version 4 that it stands for: mapped, 6to4, Teredo, or translated (NAT64)."""
    found: list[Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        found += [one for one in (address.ipv4_mapped, address.sixtofour) if one]
        found += list(address.teredo or ())
        if address in ipaddress.ip_network("64:ff9b::/96"):
            found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.ipv4_mapped:
            found.remove(address)
    return found


def _networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(one) for one in settings.WEBHOOK_ALLOW]


def _parts(url: str) -> tuple[str, str, int, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused("This is no address.") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise Refused("Give an address that begins with https://.")
    if parts.username is not None or parts.password is not None:
        raise Refused("Leave name and password out of the address: the signature says who sends.")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise Refused("The address has letters that none has.")
    host = parts.hostname
    literal = None
    with contextlib.suppress(ValueError):
        literal = ipaddress.ip_address(host)
    if literal is not None and not allowed(literal):
        raise Refused(f"{host} is no address of the public internet.")
    if parts.scheme == "http" and not settings.WEBHOOK_ALLOW:
        raise Refused("Give an address that begins with https://.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port if port is not None else PORTS[parts.scheme], path


class _Plain(http.client.HTTPConnection):
    """A connection to an address that was looked up and checked before."""

    where: Address

    def give_up(self) -> None:
        """End it from another thread: whoever waits for it is told so."""
        with contextlib.suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def connect(self) -> None:
        self.sock = socket.create_connection((str(self.where), self.port), SECONDS)


class _Secure(_Plain, http.client.HTTPSConnection):
    """The same, with the certificate checked by the name."""

    def connect(self) -> None:
        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def _connect(scheme: str, host: str, where: Address, port: int) -> _Plain:
    link = (_Secure if scheme == "https" else _Plain)(host, port, timeout=SECONDS)
    link.where = where
    return link
