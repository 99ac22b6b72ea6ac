"""The answer: a path hop by hop, with every hop that stops it."""

from __future__ import annotations

from dataclasses import dataclass, field

from graders.network.addresses import INTERNET, Addresses, much_of_internet


@dataclass(frozen=True)
class Hop:
    """One component on the way. `why` says what lets the traffic pass, or what would have to change.

    `code` ("" when allowed) is that of VPC Reachability Analyzer where it has one; NOT_MODELLED is ours: the engine
    cannot tell what lies behind (a transit gateway, a VPN, an appliance).
    https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html
    """

    component: str
    allowed: bool
    why: str
    code: str = ""
    reply: bool = False


@dataclass(frozen=True)
class Path:
    """How `source` reaches `target`, or why not.

    `passing`: the addresses outside that get through (all, for a pair inside). `caveats`: who does not, although
    somebody does; a check that wants everyone served asks for `for_all`, one that wants nobody in asks `reachable`.
    `via`: gateways, NAT, peering and load balancers on the way. `others`: the other ways that were tried.
    """

    source: str
    target: str
    port: int
    protocol: str
    hops: tuple[Hop, ...]
    passing: Addresses
    caveats: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    others: tuple[Path, ...] = field(default=(), repr=False)

    @property
    def blockers(self) -> tuple[Hop, ...]:
        """Every hop that would have to change."""
        return tuple(one for one in self.hops if not one.allowed)

    @property
    def reachable(self) -> bool:
        return not self.blockers

    @property
    def for_all(self) -> bool:
        """Reachable without a caveat."""
        return self.reachable and not self.caveats

    @property
    def certain(self) -> bool:
        """False when the engine met something that it does not model."""
        return all(hop.code != NOT_MODELLED for one in (self, *self.others) for hop in one.hops)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(one.code for one in self.blockers)

    @property
    def explanation(self) -> str:
        """What would have to change, a sentence a blocker; "" when reachable."""
        return " ".join(dict.fromkeys(f"{one.component}: {one.why}" for one in self.blockers))

    def __str__(self) -> str:
        """The verdict in a line, then a line a hop."""
        verdict = "reaches" if self.reachable else "does not reach"
        lines = [f"{self.source} {verdict} {self.target} on {self.protocol} {self.port}."]
        for hop in self.hops:
            mark = "ok" if hop.allowed else hop.code
            lines.append(f"  {'reply ' if hop.reply else ''}{hop.component}: {mark}. {hop.why}")
        return "\n".join([*lines, *(f"  but: {one}" for one in self.caveats)])


NOT_MODELLED = "NOT_MODELLED"


@dataclass(frozen=True)
class Sieve:
    """What a group, an ACL or a route table lets pass of some addresses, with the sentence for either verdict."""

    component: str
    code: str
    allowed: Addresses
    ok: str
    not_ok: str
    caveat: str = ""


class Trail:
    """A path in the making. `outside` are the addresses at the far end; what is left of them shrinks hop by hop."""

    def __init__(self, outside: Addresses, *, internet: bool = False) -> None:
        self.outside = outside
        self.internet = internet
        self.left = outside
        self.hops: list[Hop] = []
        self.caveats: list[str] = []
        self.via: list[str] = []
        self.seen_as: Addresses | None = None  # the address that the far end sees

    @classmethod
    def from_internet(cls, version: int) -> Trail:
        return cls(INTERNET[version], internet=True)

    @property
    def open(self) -> bool:
        return all(hop.allowed for hop in self.hops)

    @property
    def blocked(self) -> int:
        return sum(not hop.allowed for hop in self.hops)

    @property
    def who(self) -> str:
        """The far end for a sentence."""
        return "the internet" if self.internet else str(self.outside)

    def enough(self, some: Addresses) -> bool:
        """Whether so many still count as the far end: much of the internet, or any of the addresses asked about."""
        return much_of_internet(some) if self.internet else bool(some)

    def ok(self, component: str, why: str, *, reply: bool = False) -> None:
        self.hops.append(Hop(component, True, why, reply=reply))

    def block(self, component: str, code: str, why: str, *, reply: bool = False) -> None:
        self.hops.append(Hop(component, False, why, code, reply))

    def judge(self, passes: bool, component: str, code: str, ok: str, not_ok: str, *, reply: bool = False) -> None:
        self.hops.append(Hop(component, passes, ok if passes else not_ok, "" if passes else code, reply))

    def narrow(self, sieve: Sieve | None, *, reply: bool = False) -> None:
        """A hop that may let only some of the far end pass. A blocked hop leaves what later hops are asked about."""
        if sieve is None:
            return
        mine = sieve.allowed & self.outside
        both = mine & self.left
        passes = self.enough(both)  # two filters may each leave enough and together nothing: then the later one stops
        self.judge(passes, sieve.component, sieve.code, sieve.ok, sieve.not_ok, reply=reply)
        if passes:
            self.left = both
            if not mine.holds(self.outside):
                self.caveats.append(f"{sieve.component} lets only a part of {self.who} pass.")
            elif sieve.caveat:
                self.caveats.append(sieve.caveat)

    def need(self, sieve: Sieve | None, those: Addresses, *, reply: bool = False) -> None:
        """A hop that all of `those` must pass: the two ends of a pair inside."""
        if sieve is None:
            return
        passes = sieve.allowed.holds(those)
        self.judge(passes, sieve.component, sieve.code, sieve.ok, sieve.not_ok, reply=reply)
        if passes and sieve.caveat:
            self.caveats.append(sieve.caveat)

    def absorb(self, other: Trail) -> None:
        """Go on along another trail: its hops, caveats and gateways become ours."""
        self.hops += other.hops
        self.caveats += other.caveats
        self.via += other.via

    def path(self, source: str, target: str, port: int, protocol: str) -> Path:
        via = tuple(dict.fromkeys(self.via))
        return Path(source, target, port, protocol, tuple(self.hops), self.left, tuple(self.caveats), via)
