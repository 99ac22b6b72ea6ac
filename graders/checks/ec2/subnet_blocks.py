"""https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html"""

from collections.abc import Iterator

from graders import Account, Fail, check, networks
from graders.network import World, snapshot
from graders.network.addresses import Addresses
from graders.network.filters import acl_sieve, say
from graders.network.groups import PORTS


@check(permissions=networks.PERMISSIONS)
def subnet_blocks(account: Account, *, subnets: list[str], source: str, port: int | None = None) -> None:
    """The network ACL of {subnets} lets nothing in from {source}.

    From no address of the CIDR, on `port` over TCP, or (without one) on any port and protocol. By a deny with a lower
    number than any allow, or because nothing allows it.
    """
    world = snapshot(account)
    for name in subnets:
        subnet = networks.the(account, networks.SUBNET, name)["SubnetId"]
        acl, remote = world.acl_of(subnet), Addresses.one(source)
        for protocol, number in _probes(world, subnet, port):
            sieve = acl_sieve(world, subnet, protocol, number, remote, who=source, egress=False)
            left = sieve.allowed & remote if sieve is not None else remote
            if not left or acl is None:
                continue
            raise Fail(
                "The network ACL of {subnet} lets {what} from {left} in.{near}",
                looked_at="the inbound entries of {acl}, the network ACL of {subnet}, by ascending number",
                needed="Nothing from {source} gets into {subnet}.",
                try_="aws ec2 create-network-acl-entry --ingress --rule-action deny --cidr-block {source} "
                "--rule-number … (below the allow).",
                counterexample="A packet ({what}) from {left} enters {subnet}.",
                subnet=name,
                source=source,
                what=say(protocol, number),
                left=left,
                acl=networks.said(account, acl.id),
                near=_near_miss(world, subnet, remote),
            )


def _probes(world: World, subnet: str, port: int | None) -> Iterator[tuple[str, int]]:
    """Between two bounds of entries nothing changes: one port stands for all."""
    if port is not None:
        yield "tcp", port
        return
    acl = world.acl_of(subnet)
    entries = [one for one in acl.entries if not one.egress] if acl else []
    edges = {0, *(one.low for one in entries), *(one.high + 1 for one in entries)}
    for protocol in sorted({"tcp", "udp", "icmp", "50", *(one.protocol for one in entries)} - {"-1"}):
        yield from ((protocol, edge) for edge in sorted(edges) if edge < PORTS)


def _near_miss(world: World, subnet: str, remote: Addresses) -> str:
    acl = world.acl_of(subnet)
    for entry in acl.entries if acl else ():
        if entry.allow or entry.number >= 32767 or not Addresses.of(remote.version, [entry.network]).holds(remote):
            continue
        if entry.egress:
            return f" Entry {entry.number} denies it outbound: what comes in is inbound."
        return f" Entry {entry.number} denies it, but an allow with a lower number, or for more ports, comes first."
    for other in world.acls.values():
        denies = [one for one in other.entries if not one.allow and not one.egress and one.number < 32767]
        if acl and other.id != acl.id and any(Addresses.of(remote.version, [x.network]).holds(remote) for x in denies):
            return f" {other.id} denies it, and is not the network ACL of this subnet."
    return ""
