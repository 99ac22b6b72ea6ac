"""Sets of addresses of one IP version as sorted spans of numbers: what filters and routes cut into pieces."""

from __future__ import annotations

import functools
import ipaddress
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graders.network import cidrs
from graders.network.cidrs import Network

Span = tuple[int, int]
LAST = {4: 2**32 - 1, 6: 2**128 - 1}


@dataclass(frozen=True)
class Addresses:
    """Addresses of one version (4 or 6): disjoint spans (first, last), ascending, never touching."""

    version: int
    spans: tuple[Span, ...] = ()

    @classmethod
    def of(cls, version: int, networks: Iterable[Network]) -> Addresses:
        """The addresses of those networks that are of the version."""
        return cls(version, _merged(_span(one) for one in networks if one.version == version))

    @classmethod
    def one(cls, text: str) -> Addresses:
        """The addresses of a CIDR or a bare address. Raises ValueError."""
        network = _network(text)
        return cls(network.version, (_span(network),))

    def __bool__(self) -> bool:
        return bool(self.spans)

    @property
    def size(self) -> int:
        return sum(last - first + 1 for first, last in self.spans)

    def __and__(self, other: Addresses) -> Addresses:
        if self.version != other.version or not self.spans or not other.spans:
            return Addresses(self.version)
        if self.is_all or self.spans == other.spans:
            return other
        return self if other.is_all else Addresses(self.version, tuple(self._overlaps(other)))

    @property
    def is_all(self) -> bool:
        return self.spans == ((0, LAST[self.version]),)

    def __or__(self, other: Addresses) -> Addresses:
        if not other.spans or self.version != other.version:
            return self
        return Addresses(self.version, _merged((*self.spans, *other.spans)))

    def __sub__(self, other: Addresses) -> Addresses:
        if self.version != other.version or not other.spans:
            return self
        gaps, start = [], 0
        for first, last in other.spans:
            if start < first:
                gaps.append((start, first - 1))
            start = last + 1
        if start <= LAST[self.version]:
            gaps.append((start, LAST[self.version]))
        return self & Addresses(self.version, tuple(gaps))

    def holds(self, other: Addresses) -> bool:
        """Whether every address of `other` is one of ours."""
        return self & other == other

    def _overlaps(self, other: Addresses) -> Iterator[Span]:
        mine, theirs = iter(self.spans), iter(other.spans)
        (first, last), (start, end) = next(mine), next(theirs)
        try:
            while True:
                low, high = (first if first > start else start), (last if last < end else end)
                if low <= high:
                    yield low, high
                if last < end:
                    first, last = next(mine)
                else:
                    start, end = next(theirs)
        except StopIteration:
            return

    def networks(self) -> Iterator[Network]:
        """The same addresses as networks, for a sentence."""
        make = ipaddress.IPv4Address if self.version == 4 else ipaddress.IPv6Address
        for first, last in self.spans:
            yield from ipaddress.summarize_address_range(make(first), make(last))

    def __str__(self) -> str:
        return _text(self)


@functools.lru_cache(maxsize=1024)
def _text(some: Addresses) -> str:
    listed = [str(one).removesuffix("/32").removesuffix("/128") for one in itertools.islice(some.networks(), 4)]
    return ", ".join(listed[:3]) + (", …" if len(listed) > 3 else "")


def everything(version: int) -> Addresses:
    return Addresses(version, ((0, LAST[version]),))


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            if last > found[-1][1]:
                found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return tuple(found)


@functools.lru_cache(maxsize=4096)
def _network(text: str) -> Network:
    return cidrs.network(text)


def _span(network: Network) -> Span:
    first = int(network.network_address)
    return first, first + network.num_addresses - 1


# Who may send from the internet: not the private ranges, and nothing of 0/8 and 224/3 (v6: global unicast only).
INTERNET = {
    4: everything(4) - Addresses.of(4, [*cidrs.PRIVATE, cidrs.network("0.0.0.0/8"), cidrs.network("224.0.0.0/3")]),
    6: Addresses.one("2000::/3"),
}


def much_of_internet(some: Addresses) -> bool:
    """Whether they hold more public addresses than one /8 (v6: one /32): the line that S3 draws too.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    return (some & INTERNET[some.version]).size > cidrs.MANY[some.version]
