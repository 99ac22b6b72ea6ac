"""What this lab alone asks."""

from ipaddress import IPv4Network

from graders import Account, Fail, check


@check(permissions=["ec2:DescribeRouteTables", "ec2:DescribeVpcs", "ec2:DescribeVpnGateways"])
def office_reached(account: Account, *, vpc: str, table: str, cidr: str) -> None:
    """The route table {table} sends {cidr} to the virtual private gateway of {vpc}."""
    named = [{"Name": "tag:Name", "Values": [vpc]}]
    networks = {one["VpcId"] for one in account.read("ec2", "describe_vpcs", Filters=named)["Vpcs"]}
    gateways = {
        one["VpnGatewayId"]
        for one in account.read("ec2", "describe_vpn_gateways")["VpnGateways"]
        if one.get("State", "available") == "available"
        and any(each["VpcId"] in networks and each["State"] == "attached" for each in one.get("VpcAttachments", []))
    }
    if not gateways:
        raise Fail(
            "No virtual private gateway is attached to {vpc}.",
            looked_at="the virtual private gateways of this Region",
            needed="One that is attached to {vpc}: it is Acme's end of the VPN.",
            try_="aws ec2 attach-vpn-gateway …",
            vpc=vpc,
        )
    named = [{"Name": "tag:Name", "Values": [table]}]
    tables = account.read("ec2", "describe_route_tables", Filters=named)["RouteTables"]
    routes = [one for each in tables for one in each["Routes"] if one.get("DestinationCidrBlock") == cidr]
    if not any(one.get("GatewayId") in gateways for one in routes):
        raise Fail(
            "The route table {table} sends {cidr} to {to}.",
            looked_at="the routes of {table}",
            needed="A route for {cidr} with the virtual private gateway {gateway} as its target.",
            try_="aws ec2 create-route --route-table-id … --destination-cidr-block {cidr} --gateway-id {gateway}",
            counterexample="A reply to somebody at head office leaves the VPC nowhere.",
            table=table,
            cidr=cidr,
            to=", ".join(str(one.get("GatewayId") or one.get("NatGatewayId") or "elsewhere") for one in routes)
            or "nobody in particular",
            gateway=min(gateways),
        )


@check(permissions=["ec2:DescribeNetworkAcls", "ec2:DescribeSubnets"])
def others_get_in(account: Account, *, vpc: str, bad: str) -> None:
    """Port 443 of the public subnets of {vpc} is closed to {bad} and open to everybody else."""
    ids = {}
    for name in (f"{vpc}-public-a", f"{vpc}-public-b"):
        named = [{"Name": "tag:Name", "Values": [name]}]
        found = account.read("ec2", "describe_subnets", Filters=named)["Subnets"]
        if not found:
            raise Fail("There is no subnet {name}.", name=name)
        ids[found[0]["SubnetId"]] = name
    acls = account.read("ec2", "describe_network_acls")["NetworkAcls"]
    for subnet, name in ids.items():
        acl = next(one for one in acls if any(each["SubnetId"] == subnet for each in one["Associations"]))
        closed, verdict = _closed(acl["Entries"]), IPv4Network(bad)
        said = {"acl": acl["NetworkAclId"], "name": name, "bad": bad}
        if not any(verdict.subnet_of(one) for one in closed):
            raise Fail(
                "{acl}, the network ACL of {name}, lets {bad} in.",
                needed="A deny for {bad}, with a lower number than the rule that lets everybody in.",
                **said,
            )
        if wide := [one for one in closed if not one.subnet_of(verdict)]:
            raise Fail(
                "{acl}, the network ACL of {name}, keeps {other} out.",
                needed="{bad} is kept out, and nobody else is.",
                try_="aws ec2 delete-network-acl-entry …",
                counterexample="A visitor from {other} gets no answer.",
                other=str(wide[0]),
                **said,
            )


def _closed(entries: list[dict[str, object]]) -> list[IPv4Network]:
    """The ranges that are denied on port 443 before a rule lets everybody in; everything, where no rule does."""
    closed = []
    for one in sorted(entries, key=lambda entry: int(str(entry["RuleNumber"]))):
        ports = one.get("PortRange")
        there = one["Protocol"] == "-1" or (
            one["Protocol"] == "6" and isinstance(ports, dict) and ports["From"] <= 443 <= ports["To"]
        )
        if one["Egress"] or "CidrBlock" not in one or not there:
            continue
        network = IPv4Network(str(one["CidrBlock"]))
        if one["RuleAction"] == "deny":
            closed.append(network)
        elif network.prefixlen == 0:
            return closed
    return [IPv4Network("0.0.0.0/0")]
