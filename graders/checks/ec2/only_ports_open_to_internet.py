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
    looked_at = f"the inbound rules of {groups.label(found.id)}"
    needed = "Nothing open to the internet."
    if ports:
        needed = f"tcp {', '.join(str(port) for port in ports)} open to the internet, and nothing else."
    extra = [one for protocol, low, high in exposed for one in _without(protocol, low, high, ports)]
    if extra:
        shown = ", ".join(_say(*one) for one in extra)
        protocol, low, _ = extra[0]
        raise Fail(
            f"{'Also open' if ports else 'Open'} to the internet: {shown}.",
            looked_at=looked_at,
            needed=needed,
            try_="Take away the wider rule (aws ec2 revoke-security-group-ingress)"
            + (" and add one rule for each port." if ports else "."),
            counterexample=f"A stranger's address reaches {_say(protocol, low, low)} of {group}.",
        )
    if ports and not exposed:
        raise Fail(
            f"Nothing of {group} is open to the internet.",
            looked_at=looked_at,
            needed=needed,
            try_="Add an inbound rule for each port from 0.0.0.0/0.",
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
