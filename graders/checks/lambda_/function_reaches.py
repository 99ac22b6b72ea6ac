"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html"""

from typing import Any

from graders import Account, Fail, check, databases, functions
from graders.iam.actions import services
from graders.network import UnknownResource, World, reachable, snapshot
from graders.network.snapshot import PERMISSIONS

# What a function in a VPC needs to come to have network interfaces.
INTERFACES = ("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface")


@check(permissions=[*functions.PERMISSIONS, *functions.ROLE_PERMISSIONS, *PERMISSIONS, "rds:DescribeDBInstances"])
def function_reaches(account: Account, *, function: str, target: str, port: int = 0) -> None:
    """{function} reaches {target} over the network.

    `target`: "internet"; a service ("s3", "dynamodb", "secretsmanager": by the internet or a VPC endpoint); a DB
    instance, a security group, an instance or a load balancer. `port`: 443, a database's own when left out. Every
    subnet of a function in a VPC must get there, and its role must be able to make network interfaces.
    """
    found = functions.the_function(account, function)
    vpc = found.get("VpcConfig") or {}
    world = snapshot(account)
    databases_ = {one["DBInstanceIdentifier"]: one for one in databases.in_region(account, account.region)}
    ends = [target]
    if target.lower() in databases_:
        port = port or databases.port_of(databases_[target.lower()])
        world, ends = databases.placed(world, databases_[target.lower()])
    port = port or 443
    if not vpc.get("SubnetIds"):
        _from_outside(world, function, target, ends, port)
        return
    role = functions.role_of(account, found)
    for action in INTERFACES:
        if why := functions.lacks(account, role, action, "*"):
            raise _fail(
                "{function} cannot be put into its VPC: {why}.", function, target, port, why, role=role.principal.name
            )
    world = databases.interfaces(world, function, vpc["SubnetIds"], vpc.get("SecurityGroupIds", []))
    starts = [one for one in world.enis if one.startswith(f"{function}/")]
    if not starts:
        raise _fail(
            "{function} is in subnets that are not there: {why}.", function, target, port, str(vpc["SubnetIds"])
        )
    for start in starts:
        why = _blocked(world, start, ends, port)
        if why:
            subnet = start.partition("/")[2]
            said = "{function} does not reach {target} from {subnet}: {why}"
            if databases.gateway_route(world, subnet) and (target == "internet" or target in services()):
                said += (
                    " Lambda's interfaces never have a public address: a route to an internet gateway is no way out."
                )
            raise _fail(said, function, target, port, why, subnet=subnet)


def _blocked(world: World, start: str, ends: list[str], port: int) -> str:
    try:
        paths = [reachable(world, start, end, port) for end in ends]
    except UnknownResource as error:
        if ends[0] not in services():
            raise Fail(
                "The target {target} does not exist: {why}",
                looked_at="the databases, instances, groups and load balancers in {region}",
                needed="A database, an instance, a group or a load balancer named {target}.",
                try_="Create it, or compare the name letter by letter.",
                target=ends[0],
                why=error,
                region=world.region,
            ) from error
        # A service without an endpoint of its own in the VPC is on the internet.
        paths = [reachable(world, start, "internet", port)]
    if any(one.reachable for one in paths):
        return ""
    return min(paths, key=lambda one: len(one.blockers)).explanation


def _from_outside(world: World, function: str, target: str, ends: list[str], port: int) -> None:
    """A function without a VPC is on AWS's own network: the internet and every service, and nothing private."""
    if target == "internet" or (ends == [target] and target in services()):
        return
    why = _blocked(world, "internet", ends, port)
    if why:
        said = "{function} is in no VPC, and {target} cannot be reached from outside: {why}"
        raise _fail(said, function, target, port, why)


def _fail(said: str, function: str, target: str, port: int, why: str, **values: Any) -> Fail:
    return Fail(
        said,
        looked_at="the VPC settings, security groups, routes and network ACLs of {function}",
        needed="A way from {function} to {target}, tcp {port}.",
        try_="aws lambda update-function-configuration --function-name {function} --vpc-config …, or the rule or route "
        "named above",
        counterexample="{function} waits for {target} until its timeout.",
        function=function,
        target=target,
        port=port,
        why=why,
        **values,
    )
