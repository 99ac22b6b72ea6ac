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
    values = {
        "group": group,
        "port": port,
        "source": source,
        "label": groups.label(target.id),
        "id": target.id,
        "origin": groups.label(origin.id),
        "origin_id": origin.id,
        "allowed": allow,
    }
    if not reach.let_in(account, target, origin, port, allow):
        sources = target.sources_for(port)
        template = "Nothing reaches port {port}/tcp of {group}.{wrong}"
        if sources:
            template = "Port {port}/tcp of {group} admits {sources}, not {source}.{wrong}"
        wrong = " The rule is on the wrong group: it stands on the source." if _backwards(origin, target, port) else ""
        raise Fail(
            template,
            looked_at="the inbound rules of {label}",
            needed="tcp {port} from the group {origin}, or from {allowed}."
            if allow
            else "tcp {port} from the group {origin}.",
            try_="aws ec2 authorize-security-group-ingress --group-id {id} --protocol tcp --port {port} "
            "--source-group {origin_id}",
            counterexample="A member of {source} cannot open a TCP connection to port {port} of {group}.",
            sources=groups.describe(sources),
            wrong=wrong,
            **values,
        )
    if not reach.let_out(account, origin, target, port):
        raise Fail(
            "{group} would let {source} in, but the outbound rules of {source} do not let it out to port {port}.",
            looked_at="the outbound rules of {origin}",
            needed="An outbound rule of {source} for tcp {port} towards {group}.",
            try_="aws ec2 authorize-security-group-egress --group-id {origin_id} …",
            counterexample="A member of {source} cannot open a TCP connection to port {port} of {group}.",
            **values,
        )


def _backwards(origin: Group, target: Group, port: int) -> bool:
    return target.id in origin.sources_for(port).groups
