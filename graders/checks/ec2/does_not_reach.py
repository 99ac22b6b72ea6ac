"""https://docs.aws.amazon.com/vpc/latest/userguide/infrastructure-security.html"""

from graders import Account, Fail, check, instances, networks
from graders.network import snapshot


@check(permissions=networks.PERMISSIONS)
def does_not_reach(account: Account, *, source: str, target: str, port: int, protocol: str = "tcp") -> None:
    """{source} does not reach port {port} of {target}.

    Each end is an instance (Name or id), a security group (whoever wears it), a load balancer, an address or CIDR, or
    "internet". None of several instances may do it, by whichever address or load balancer.
    """
    world = snapshot(account)
    for start in instances.ends(account, world, source):
        for end in instances.ends(account, world, target):
            path = networks.path(world, start, end, port, protocol)
            if not path.reachable:
                continue
            admits = [hop.why for hop in path.hops if hop.allowed and "admits" in hop.why][-1:]
            raise Fail(
                "{source} reaches {protocol} {port} of {target}. {why}",
                looked_at="the way from {source} to {target}: groups, network ACLs and routes of both ends",
                needed="No connection from {source} to {protocol} {port} of {target}.",
                try_="Narrow the rule that lets it in, or the route that carries it: one of them is enough.",
                counterexample="{source} ({start}) opens a connection to {protocol} {port} of {target} ({end}).",
                source=source,
                target=target,
                protocol=protocol,
                port=port,
                why=networks.said(account, " ".join(admits) or "No group or network ACL filters it."),
                start=start,
                end=end,
            )
