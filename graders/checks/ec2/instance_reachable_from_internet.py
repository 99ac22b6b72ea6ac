"""https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html"""

from graders import Account, Fail, check, instances, networks
from graders.network import snapshot


@check(permissions=networks.PERMISSIONS)
def instance_reachable_from_internet(
    account: Account, *, instance: str, port: int, protocol: str = "tcp", balanced: bool = True
) -> None:
    """Anyone on the internet reaches port {port} of {instance}.

    Over IPv4, by its own public address, or (unless `balanced` is false) through a load balancer. The whole way
    counts: gateway, route, network ACL in both directions, every group of every interface, and that it runs.
    """
    found = instances.the_instance(account, instance)
    path = networks.path(
        snapshot(account), "0.0.0.0/0", found["InstanceId"], port, protocol, balanced=balanced
    )  # fmt: skip
    if path.for_all:
        return
    over6 = networks.path(snapshot(account), "::/0", found["InstanceId"], port, protocol) if _v6(found) else None
    why = networks.said(account, path.explanation or " ".join(path.caveats))
    raise Fail(
        "{instance} is not reached on {protocol} {port}: {why}{near}",
        looked_at="the way from the internet to {instance} ({id}): gateway, routes, network ACLs, security groups",
        needed="A connection from anywhere to {protocol} {port} of {instance} is answered.",
        try_="Mend what is named first, then check again.",
        counterexample="8.8.8.8 gets no answer from {protocol} {port} of {instance}.",
        instance=instance,
        protocol=protocol,
        port=port,
        id=found["InstanceId"],
        why=why,
        near=" It is reached over IPv6 only: IPv4 clients are not served." if over6 and over6.reachable else "",
    )


def _v6(instance: dict[str, object]) -> bool:
    interfaces = instance.get("NetworkInterfaces", [])
    return isinstance(interfaces, list) and any(one.get("Ipv6Addresses") for one in interfaces)
