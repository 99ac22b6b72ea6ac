"""What this lab alone asks."""

from graders import Account, Fail, check


@check(permissions=["ec2:DescribeRouteTables", "ec2:DescribeVpcs"])
def main_table_stays_local(account: Account, *, vpc: str, name: str) -> None:
    """The main route table of {vpc} is called {name}, and has no route but the local one."""
    named = [{"Name": "tag:Name", "Values": [vpc]}]
    networks = {one["VpcId"] for one in account.read("ec2", "describe_vpcs", Filters=named)["Vpcs"]}
    tables = [
        one
        for one in account.read("ec2", "describe_route_tables")["RouteTables"]
        if one["VpcId"] in networks and any(each.get("Main") for each in one["Associations"])
    ]
    if not tables:
        raise Fail("There is no VPC {vpc}.", vpc=vpc, needed="A VPC of that name; its main route table comes with it.")
    for table in tables:
        routes = [one for one in table["Routes"] if one.get("GatewayId") != "local"]
        if routes:
            raise Fail(
                "The main route table of {vpc} has a route to {to}.",
                looked_at="the routes of {table}",
                needed="The local route alone: a subnet that nobody associates with a table gets this one.",
                try_="aws ec2 delete-route --route-table-id {table} …",
                counterexample="The next subnet of {vpc} that somebody makes has that route, without being asked.",
                vpc=vpc,
                table=table["RouteTableId"],
                to=routes[0].get("DestinationCidrBlock") or routes[0].get("DestinationPrefixListId") or "elsewhere",
            )
        called = {one["Key"]: one["Value"] for one in table.get("Tags", [])}.get("Name", "")
        if called != name:
            raise Fail(
                "The main route table of {vpc}, {table}, has the name {called}.",
                needed="The Name tag {name}, so that nobody takes it for an ordinary table.",
                try_="aws ec2 create-tags --resources {table} …",
                vpc=vpc,
                table=table["RouteTableId"],
                called=called or "(none)",
                name=name,
            )
