"""https://docs.aws.amazon.com/vpc/latest/userguide/infrastructure-security.html"""

from graders import Account, Fail, check, instances, networks
from graders.network import snapshot


@check(permissions=networks.PERMISSIONS)
def instance_not_reachable_from_internet(
    account: Account, *, instance: str, port: int, protocol: str = "tcp", balanced: bool = False
) -> None:
    """The internet does not reach port {port} of {instance}.

    By none of its interfaces and addresses, over IPv4 and IPv6, nor through a load balancer (unless `balanced` is
    true: then it may be served by one). More addresses than one /8 holds count as the internet; one office does not.
    """
    for one in instances.the_instances(account, instance):
        path = networks.path(snapshot(account), "internet", one["InstanceId"], port, protocol, balanced=not balanced)
        if not path.reachable:
            continue
        lets_in = [hop.why for hop in path.hops if hop.allowed and "admits" in hop.why]
        raise Fail(
            "The internet reaches {protocol} {port} of {instance}. {why}",
            looked_at="the ways from the internet to {instance} ({id}), by {via}",
            needed="No way from the internet to {protocol} {port} of {instance}.",
            try_="Take away the rule that is too wide, the public address or the route: one of them is enough.",
            counterexample="A stranger's address opens a connection to {protocol} {port} of {instance}.",
            instance=instance,
            protocol=protocol,
            port=port,
            id=one["InstanceId"],
            via=[networks.said(account, name) for name in path.via],
            why=networks.said(account, " ".join(lets_in)),
        )
