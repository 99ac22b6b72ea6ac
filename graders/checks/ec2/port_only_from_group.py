"""https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html#security-group-referencing"""

from collections.abc import Callable
from typing import Any

from graders import Account, Fail, check
from graders.network import cidrs, reach, read_groups
from graders.network.groups import Sources


@check(permissions=reach.PERMISSIONS)
def port_only_from_group(
    account: Account, *, group: str, port: int, source: str, allow_cidrs: list[str] | None = None
) -> None:
    """Nobody but {source} reaches port {port} of {group}.

    Addresses inside `allow_cidrs` (the subnets of the source) may reach it too. With no way in at all the check fails:
    then there is nothing to judge.
    """
    groups = read_groups(account)
    target, origin = groups.named(group), groups.named(source)
    allow = [cidrs.network(one) for one in allow_cidrs or []]
    needed = (
        "tcp {port} from {origin} or {allowed}, and nothing else."
        if allow
        else ("tcp {port} from {origin}, and nothing else.")
    )
    values: dict[str, Any] = {
        "group": group,
        "port": port,
        "source": source,
        "label": groups.label(target.id),
        "id": target.id,
        "origin": groups.label(origin.id),
        "origin_id": origin.id,
        "allowed": allow,
    }
    extra = reach.others(target, origin, port, allow)
    if extra:
        raise Fail(
            "Port {port}/tcp of {group} is also open to {extra}.",
            looked_at="the inbound rules of {label}",
            needed=needed,
            try_="Revoke what is too wide (aws ec2 revoke-security-group-ingress) and refer to the group instead.",
            counterexample="{example} can open a TCP connection to port {port} of {group}.",
            extra=groups.describe(extra),
            example=_example(extra, allow, groups.label),
            **values,
        )
    if not target.sources_for(port):
        raise Fail(
            "Nothing reaches port {port}/tcp of {group}, {source} included.",
            looked_at="the inbound rules of {label}",
            needed=needed,
            try_="aws ec2 authorize-security-group-ingress --group-id {id} --protocol tcp --port {port} "
            "--source-group {origin_id}",
            **values,
        )


def _example(extra: Sources, allow: list[cidrs.Network], label: Callable[[str], str]) -> str:
    if not extra.networks:
        return f"A member of {label(min(extra.groups))}"
    first = cidrs.minus(extra.networks, allow)[0]
    return str(first[min(1, first.num_addresses - 1)])
