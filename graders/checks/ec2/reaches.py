"""https://docs.aws.amazon.com/vpc/latest/reachability/what-is-reachability-analyzer.html"""

from graders import Account, Fail, check, instances, networks
from graders.network import snapshot


@check(permissions=networks.PERMISSIONS)
def reaches(account: Account, *, source: str, target: str, port: int, protocol: str = "tcp") -> None:
    """{source} reaches port {port} of {target}.

    Each end is an instance (Name or id), a security group (whoever wears it), a load balancer, an address or CIDR, or
    "internet". Every instance of a name must do it. Groups keep state, network ACLs do not, and routes count both ways.
    """
    world = snapshot(account)
    for start in instances.ends(account, world, source):
        for end in instances.ends(account, world, target):
            path = networks.path(world, start, end, port, protocol)
            if path.for_all:
                continue
            why = networks.said(account, path.explanation or " ".join(path.caveats))
            raise Fail(
                "{source} does not reach {protocol} {port} of {target}: {why}{near}",
                looked_at="the way from {source} to {target} and back: groups, network ACLs and routes of both ends",
                needed="A connection from {source} to {protocol} {port} of {target} is answered.",
                try_="Mend what is named first, then check again.",
                counterexample="{source} opens a connection to {protocol} {port} of {target} and waits in vain.",
                source=source,
                target=target,
                protocol=protocol,
                port=port,
                why=why,
                near=_backwards(account, start, end, port, protocol),
            )


def _backwards(account: Account, start: str, end: str, port: int, protocol: str) -> str:
    """The right rule on the wrong end."""
    groups = snapshot(account).groups
    mine = {one for eni in snapshot(account).enis_of(start) for one in eni.groups}
    theirs = {one for eni in snapshot(account).enis_of(end) for one in eni.groups}
    for name in sorted(mine - theirs):
        rules = [one for one in groups[name].ingress if one.admits(protocol, port)] if name in groups else []
        if any(theirs & set(one.groups) for one in rules):
            return f" The rule stands the wrong way round: on {groups[name].name}, the group of the source."
    return ""
