"""https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html#security-group-referencing"""

from graders import Account, Fail, check
from graders.network import Group, cidrs, reach, read_groups


@check(permissions=reach.PERMISSIONS)
def port_reachable_from_group(
    account: Account, *, group: str, port: int, source: str, allow_cidrs: list[str] | None = None
) -> None:
    """Members of {source} reach port {port} of {group}.

    Over TCP: by a rule that names the source group, or by addresses that cover all of `allow_cidrs` (the subnets of
    the source) or the source's whole VPC. The source's outbound rules count too.
    """
    groups = read_groups(account)
    target, origin = groups.named(group), groups.named(source)
    allow = [cidrs.network(one) for one in allow_cidrs or []]
    looked_at = f"the inbound rules of {groups.label(target.id)}"
    if not reach.let_in(account, target, origin, port, allow):
        sources = target.sources_for(port)
        said = f"Port {port}/tcp of {group} admits {groups.describe(sources)}, not {source}."
        wrong = " The rule is on the wrong group: it stands on the source." if _backwards(origin, target, port) else ""
        raise Fail(
            (said if sources else f"Nothing reaches port {port}/tcp of {group}.") + wrong,
            looked_at=looked_at,
            needed=f"tcp {port} from the group {groups.label(origin.id)}"
            + (f", or from {', '.join(map(str, allow))}." if allow else "."),
            try_=f"aws ec2 authorize-security-group-ingress --group-id {target.id} "
            f"--protocol tcp --port {port} --source-group {origin.id}",
            counterexample=f"A member of {source} cannot open a TCP connection to port {port} of {group}.",
        )
    if not reach.let_out(account, origin, target, port):
        raise Fail(
            f"{group} would let {source} in, but the outbound rules of {source} do not let it out to port {port}.",
            looked_at=f"the outbound rules of {groups.label(origin.id)}",
            needed=f"An outbound rule of {source} for tcp {port} towards {group}.",
            try_=f"aws ec2 authorize-security-group-egress --group-id {origin.id} …",
            counterexample=f"A member of {source} cannot open a TCP connection to port {port} of {group}.",
        )


def _backwards(origin: Group, target: Group, port: int) -> bool:
    return target.id in origin.sources_for(port).groups
