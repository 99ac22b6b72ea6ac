"""Security groups and network ACLs: which addresses they let pass."""

from __future__ import annotations

from graders.network.addresses import Addresses
from graders.network.groups import PINGS
from graders.network.path import Sieve
from graders.network.world import Acl, AclEntry, Eni, World

SG_CODE, ACL_CODE = "ENI_SG_RULES_MISMATCH", "SUBNET_ACL_RESTRICTION"
EPHEMERAL = (1024, 65535)
# Where clients' systems begin: Linux at 32768, Windows above that; NAT gateways and load balancers use all.
USUAL, ALL = 32768, 1024
REPLY_TYPES = {("icmp", 8): 0, ("icmpv6", 128): 129}


def say(protocol: str, port: int) -> str:
    """ "tcp 22", "icmp type 8", "protocol 50"."""
    if protocol in PINGS:
        return f"{protocol} type {port}"
    return f"{protocol} {port}" if protocol in ("tcp", "udp") else f"protocol {protocol}"


def group_sieve(
    world: World, eni: Eni, protocol: str, port: int, version: int, *, who: str, egress: bool = False
) -> Sieve | None:
    """Whom the interface's groups admit together: allow rules only, the union over all groups, no rule for replies.

    A reference to a group stands for the private addresses of its wearers, so it never matches a public address.
    None: the interface wears no group, nothing filters it.
    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
    """
    if not eni.groups:
        return None
    allowed, by = Addresses(version), []
    for name in eni.groups:
        group = world.groups.get(name)
        found = Addresses(version)
        for rule in (group.egress if egress else group.ingress) if group else ():
            if rule.admits(protocol, port):
                found = found | Addresses.of(version, rule.networks)
                for other in rule.groups:
                    found = found | world.wearers(other, version)
        if found:
            by.append(world.label(name))
            allowed = allowed | found
    way, direction = ("to", "outbound") if egress else ("from", "inbound")
    listed = " and ".join(world.label(one) for one in eni.groups)
    ok = f"{' and '.join(by)} admits {say(protocol, port)} {way} {who}."
    not_ok = (
        f"No {direction} rule of {listed} admits {say(protocol, port)} {way} {who}"
        + (f", only {way} {allowed}" if allowed else "")
        + ": add one."
    )
    return Sieve(eni.groups[0], SG_CODE, allowed, ok, not_ok)


def acl_sieve(
    world: World, subnet: str, protocol: str, port: int, remote: Addresses, *, who: str, egress: bool
) -> Sieve | None:
    """Whom the subnet's network ACL lets pass: entries by ascending number, the first match decides, else refused.

    None: nothing is known of an ACL, which AWS never says.
    https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
    """
    acl = world.acl_of(subnet)
    if acl is None:
        return None
    allowed, denied = _walk(acl, protocol, port, remote, egress)
    way, direction = ("to", "outbound") if egress else ("from", "inbound")
    ok = f"Lets {direction} {say(protocol, port)} {way} {who} pass."
    return Sieve(acl.id, ACL_CODE, allowed, ok, _remedy(denied, direction, f"{say(protocol, port)} {way} {who}"))


def reply_sieve(
    world: World, subnet: str, protocol: str, port: int, remote: Addresses, *, who: str, egress: bool, low: int = USUAL
) -> Sieve | None:
    """Whom the network ACL lets have the reply: ACLs keep no state, so the client's ephemeral port must be open.

    Passing means at least one port of 1024-65535; the caveat says when not all from `low` on are.
    https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports
    """
    acl = world.acl_of(subnet)
    if acl is None:
        return None
    way, direction = ("to", "outbound") if egress else ("from", "inbound")
    if protocol not in ("tcp", "udp"):
        kind = REPLY_TYPES.get((protocol, port), port)
        allowed, denied = _walk(acl, protocol, kind, remote, egress)
        what = f"the reply ({say(protocol, kind)}) {way} {who}"
        return Sieve(acl.id, ACL_CODE, allowed, f"Lets {what} pass.", _remedy(denied, direction, what))
    some, every = Addresses(remote.version), remote
    last: AclEntry | None = None
    for start in _edges(acl, protocol, egress, low):
        allowed, denied = _walk(acl, protocol, start, remote, egress)
        some = some | allowed
        if start >= low:
            every = every & allowed
            last = denied or last
    what = f"replies to the client's ephemeral ports ({protocol} {EPHEMERAL[0]}-{EPHEMERAL[1]}) {way} {who}"
    caveat = "" if every.holds(remote) else f"{acl.id} lets only some of the {what} pass."
    return Sieve(acl.id, ACL_CODE, some, f"Lets {what} pass.", _remedy(last, direction, what), caveat)


def _remedy(denied: AclEntry | None, direction: str, what: str) -> str:
    if denied is None:
        return f"No {direction} entry allows {what}: add one (ACLs keep no state)."
    return (
        f"{direction.capitalize()} entry {denied.number} denies {what}: "
        f"remove it, or allow it with a number below {denied.number}."
    )


def _edges(acl: Acl, protocol: str, egress: bool, low: int) -> list[int]:
    """Between two bounds of entries nothing changes: one port stands for all."""
    first, last = EPHEMERAL
    mine = [one for one in acl.entries if one.egress == egress and one.protocol == protocol]
    bounds = {first, low, *(one.low for one in mine), *(one.high + 1 for one in mine)}
    return sorted(one for one in bounds if first <= one <= last)


def _walk(acl: Acl, protocol: str, port: int, remote: Addresses, egress: bool) -> tuple[Addresses, AclEntry | None]:
    """What of `remote` is allowed, and the entry that denies most of it."""
    left, allowed = remote, Addresses(remote.version)
    worst: AclEntry | None = None
    most = 0
    for entry, addresses in acl.lines:
        if entry.egress != egress or entry.network.version != remote.version or not entry.matches(protocol, port):
            continue
        part = left & addresses
        if not part:
            continue
        if entry.allow:
            allowed = allowed | part
        elif part.size > most and entry.number < 32767:  # that one is the implicit "*"
            worst, most = entry, part.size
        left = left - part
        if not left:
            break
    return allowed, worst
