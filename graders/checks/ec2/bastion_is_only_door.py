"""https://docs.aws.amazon.com/prescriptive-guidance/latest/patterns/access-a-bastion-host-by-using-session-manager-and-amazon-ec2-instance-connect.html"""

from collections.abc import Iterator

from graders import Account, Fail, check, instances, networks
from graders.network import World, snapshot


@check(permissions=networks.PERMISSIONS)
def bastion_is_only_door(
    account: Account, *, bastion: str, targets: list[str], source: str = "0.0.0.0/0", port: int = 22
) -> None:
    """SSH to {targets} is possible from {bastion} and from nowhere else.

    On `port` (22), the bastion is reached from `source` (a CIDR; if that is not everybody, then from nobody else), it
    reaches each target, and neither the internet nor any other interface or server of the account does. By group or
    by address.
    """
    world = snapshot(account)
    door = instances.running(account, bastion)["InstanceId"]
    ends = {name: [one["InstanceId"] for one in instances.the_instances(account, name)] for name in targets}
    _bastion(account, world, bastion, door, source, port)
    for name, ids in ends.items():
        for target in ids:
            values = {"bastion": bastion, "target": name, "port": port, "id": target}
            path = networks.path(world, door, target, port)
            if not path.for_all:
                raise Fail(
                    "{bastion} does not reach tcp {port} of {target}: {why}",
                    looked_at="the way from {bastion} to {target} ({id})",
                    needed="{target} admits tcp {port} from {bastion}.",
                    try_="aws ec2 authorize-security-group-ingress on the group of {target}, from that of {bastion}.",
                    counterexample="On {bastion}, ssh {target} hangs.",
                    why=networks.said(account, path.explanation or " ".join(path.caveats)),
                    **values,
                )
            for who, other, start in _others(account, world, door, target):
                path = networks.path(other, start, target, port)
                if path.reachable:
                    admits = [hop.why for hop in path.hops if hop.allowed and "inbound" not in hop.why][-2:]
                    raise Fail(
                        "{bastion} is not the only door: {who} reaches tcp {port} of {target}. {why}",
                        looked_at="the ways to {target} ({id}) from the internet, and from every subnet and interface",
                        needed="Only {bastion} reaches tcp {port} of {target}.",
                        try_="Name the group of {bastion} (or its address with /32) as the source, nothing wider.",
                        counterexample="{who} opens a connection to port {port} of {target}.",
                        who=who,
                        why=networks.said(account, " ".join(one for one in admits if "admits" in one)),
                        **values,
                    )


def _bastion(account: Account, world: World, name: str, id: str, source: str, port: int) -> None:
    path = networks.path(world, source, id, port)
    values = {"bastion": name, "id": id, "port": port, "source": source}
    if not path.for_all:
        raise Fail(
            "{bastion} is not reached on tcp {port} from {source}: {why}",
            looked_at="the way from {source} to {bastion} ({id})",
            needed="tcp {port} of {bastion} open to {source}.",
            try_="Mend what is named first, then check again.",
            counterexample="From {source}, ssh {bastion} hangs.",
            why=networks.said(account, path.explanation or " ".join(path.caveats)),
            **values,
        )
    if not source.endswith("/0") and networks.path(world, "internet", id, port).reachable:
        raise Fail(
            "{bastion} is open to the internet on tcp {port}, not only to {source}.",
            looked_at="the way from the internet to {bastion} ({id})",
            needed="tcp {port} of {bastion} from {source} only.",
            try_="aws ec2 revoke-security-group-ingress for the rule that is too wide.",
            counterexample="A stranger's address opens a connection to port {port} of {bastion}.",
            **values,
        )


def _others(account: Account, world: World, door: str, target: str) -> Iterator[tuple[str, World, str]]:
    """(who, world, end): the internet, a new server in each subnet, every other interface that is there."""
    yield "the internet", world, "internet"
    home = {world.vpc_of(eni) for eni in world.enis_of(target)}
    for subnet in world.subnets.values():
        if subnet.vpc in home:
            probed, end = networks.probed(world, subnet.id, networks.label(account, subnet.id))
            yield end, probed, end
    for eni in world.enis.values():
        if eni.instance not in ("", door, target):
            yield world.label(eni.instance), world, eni.id
