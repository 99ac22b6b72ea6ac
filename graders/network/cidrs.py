"""Sets of addresses: collapsed, compared, counted."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Private and shared ranges: nobody on the internet sends from these.
PRIVATE: tuple[Network, ...] = tuple(
    ipaddress.ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8")
)
# More public addresses than one /8 (v6: one /32) are "the internet": the line that S3 draws too.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
MANY = {4: 2**24, 6: 2**96}


def network(text: str) -> Network:
    """A CIDR or a bare address; host bits are dropped as EC2 does. Raises ValueError."""
    return ipaddress.ip_network(text, strict=False)


def collapse(networks: Iterable[Network]) -> tuple[Network, ...]:
    """The same addresses in the fewest networks, v4 before v6: two halves become the whole."""
    listed = list(networks)
    v4 = ipaddress.collapse_addresses(one for one in listed if isinstance(one, ipaddress.IPv4Network))
    v6 = ipaddress.collapse_addresses(one for one in listed if isinstance(one, ipaddress.IPv6Network))
    return (*v4, *v6)


def covers(wide: Sequence[Network], narrow: Network) -> bool:
    """Whether the union of `wide` (collapsed) holds every address of `narrow`."""
    return any(_within(narrow, one) for one in wide)


def overlaps(networks: Sequence[Network], other: Network) -> bool:
    return any(one.version == other.version and (_within(one, other) or _within(other, one)) for one in networks)


def minus(networks: Iterable[Network], taken: Iterable[Network]) -> tuple[Network, ...]:
    """What is left of `networks` without the addresses of `taken`."""
    left = list(collapse(networks))
    for gone in taken:
        kept: list[Network] = []
        for one in left:
            if _within(one, gone):
                continue
            if _within(gone, one):
                kept += one.address_exclude(gone)  # type: ignore[arg-type]
            else:
                kept.append(one)
        left = kept
    return collapse(left)


def is_internet(networks: Iterable[Network]) -> bool:
    """Whether the union holds more public addresses than one /8 (v6: than one /32)."""
    public = minus(networks, PRIVATE)
    return any(
        sum(one.num_addresses for one in public if one.version == version) > limit for version, limit in MANY.items()
    )


def is_whole_internet(networks: Iterable[Network]) -> bool:
    """Whether the union holds every public IPv4 address that a client may have (0/8 and 224/3 send nothing)."""
    silent = [*PRIVATE, network("0.0.0.0/8"), network("224.0.0.0/3")]
    return not minus([network("0.0.0.0/0")], [*silent, *(one for one in collapse(networks) if one.version == 4)])


def _within(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]
