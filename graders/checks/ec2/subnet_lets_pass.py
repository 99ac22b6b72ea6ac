"""https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports"""

from graders import Account, Fail, check, networks
from graders.network import snapshot
from graders.network.addresses import Addresses
from graders.network.filters import acl_sieve, reply_sieve


@check(permissions=networks.PERMISSIONS)
def subnet_lets_pass(
    account: Account, *, subnets: list[str], port: int, source: str = "0.0.0.0/0", custom: bool = False
) -> None:
    """The network ACL of {subnets} lets port {port} in, and the replies out.

    From every address of the CIDR `source`, over TCP; replies go to ports 1024-65535, since ACLs keep no state.
    `custom`: by an ACL that is not the default one of the VPC.
    """
    world = snapshot(account)
    for name in subnets:
        subnet = networks.the(account, networks.SUBNET, name)["SubnetId"]
        remote = Addresses.one(source)
        acl = world.acl_of(subnet)
        way_in = acl_sieve(world, subnet, "tcp", port, remote, who=source, egress=False)
        reply = reply_sieve(world, subnet, "tcp", port, remote, who=source, egress=True)
        why = ""
        if way_in is not None and not way_in.allowed.holds(remote):
            why = way_in.not_ok
        elif reply is not None and (not reply.allowed.holds(remote) or reply.caveat):
            why = reply.caveat if reply.allowed.holds(remote) else reply.not_ok
        if custom and acl is not None and acl.default:
            why = why or "It is the default network ACL of the VPC, not one of your own."
        if why:
            raise Fail(
                "The network ACL of {subnet} stops tcp {port} from {source}. {why}",
                looked_at="the entries of {acl}, the network ACL of {subnet}, in both directions",
                needed="Inbound tcp {port} from {source}, and outbound tcp 1024-65535 back to it.",
                try_="aws ec2 create-network-acl-entry --network-acl-id {id} …",
                counterexample="A client in {source} asks {subnet} on port {port} and gets no answer.",
                subnet=name,
                port=port,
                source=source,
                why=networks.said(account, why),
                acl=networks.said(account, acl.id if acl else "-"),
                id=acl.id if acl else "-",
            )
