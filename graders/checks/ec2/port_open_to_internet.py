"""https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html"""

from graders import Account, Fail, check
from graders.network import Groups, read_groups
from graders.network.groups import PERMISSIONS, Group


@check(permissions=PERMISSIONS)
def port_open_to_internet(account: Account, *, group: str, port: int) -> None:
    """Anyone on the internet reaches port {port} of {group}.

    Every public IPv4 address must pass over TCP, in one rule (0.0.0.0/0) or in several that together cover it.
    """
    groups = read_groups(account)
    found = groups.named(group)
    if found.open_to_internet(port):
        return
    sources = found.sources_for(port)
    template = "On {group}, nothing reaches port {port}/tcp.{near}"
    if sources:
        template = "On {group}, only {sources} reaches port {port}/tcp.{near}"
    raise Fail(
        template,
        looked_at="the inbound rules of {label}",
        needed="tcp {port} from 0.0.0.0/0.",
        try_="aws ec2 authorize-security-group-ingress --group-id {id} --protocol tcp --port {port} --cidr 0.0.0.0/0",
        counterexample="8.8.8.8 cannot open a TCP connection to port {port}.",
        group=group,
        port=port,
        sources=groups.describe(sources),
        near=_near_miss(groups, found, port),
        label=groups.label(found.id),
        id=found.id,
    )


def _near_miss(groups: Groups, found: Group, port: int) -> str:
    if found.open_to_internet(port, "udp"):
        return " UDP is open, and the web speaks TCP."
    if any(str(one) == "::/0" for one in found.sources_for(port).networks):
        return " That is IPv6 only: IPv4 clients need 0.0.0.0/0."
    for one in groups.by_id.values():
        if one.id != found.id and one.open_to_internet(port):
            return f" The rule stands on another group, {groups.label(one.id)}."
    if any(rule.protocol != "-1" and rule.admits("tcp", port) for rule in found.egress):
        return " An outbound rule for the port lets nobody in."
    return ""
