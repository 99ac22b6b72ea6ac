"""https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html"""

from collections.abc import Iterable

from graders import Account, Fail, check
from graders.network import read_groups
from graders.network.groups import PERMISSIONS


@check(permissions=PERMISSIONS)
def only_ports_open_to_internet(account: Account, *, group: str, ports: list[int]) -> None:
    """{group} is open to the internet on these ports only: {ports}.

    Open means reachable over TCP, UDP or another protocol, ping aside, from more public addresses than one /8 holds
    (v6: one /32), over all rules together. At least one of the ports must be open, else there is nothing to judge; an
    empty list asks that none is.
    """
    groups = read_groups(account)
    found = groups.named(group)
    exposed = list(found.exposed())
    needed = "tcp {ports} open to the internet, and nothing else." if ports else "Nothing open to the internet."
    extra = [one for protocol, low, high in exposed for one in _without(protocol, low, high, ports)]
    if extra:
        protocol, low, _ = extra[0]
        revoke = "Take away the wider rule (aws ec2 revoke-security-group-ingress)"
        raise Fail(
            "Also open to the internet: {shown}." if ports else "Open to the internet: {shown}.",
            looked_at="the inbound rules of {label}",
            needed=needed,
            try_=f"{revoke} and add one rule for each port." if ports else f"{revoke}.",
            counterexample="A stranger's address reaches {example} of {group}.",
            shown=[_say(*one) for one in extra],
            ports=ports,
            example=_say(protocol, low, low),
            group=group,
            label=groups.label(found.id),
        )
    if ports and not exposed:
        raise Fail(
            "Nothing of {group} is open to the internet.",
            looked_at="the inbound rules of {label}",
            needed=needed,
            try_="Add an inbound rule for each port from 0.0.0.0/0.",
            group=group,
            ports=ports,
            label=groups.label(found.id),
        )


def _without(protocol: str, low: int, high: int, ports: Iterable[int]) -> Iterable[tuple[str, int, int]]:
    """The range without the TCP ports that may be open."""
    for port in sorted(ports) if protocol == "tcp" else ():
        if low <= port <= high:
            if low < port:
                yield protocol, low, port - 1
            low = port + 1
    if low <= high:
        yield protocol, low, high


def _say(protocol: str, low: int, high: int) -> str:
    if protocol not in ("tcp", "udp"):
        return f"protocol {protocol}"
    return f"{protocol} {low}" if low == high else f"{protocol} {low}-{high}"
