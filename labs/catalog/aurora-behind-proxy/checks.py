"""What this lab alone asks."""

from typing import Any

from graders import Account, Fail, check


@check(
    permissions=[
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "rds:DescribeDBProxies",
        "rds:DescribeDBProxyTargets",
        "rds:DescribeDBClusters",
    ]
)
def proxy_stands(account: Account, *, proxy: str, cluster: str, subnets: list[str], group: str, role: str) -> None:
    """The proxy {proxy} pools connections to {cluster}: over TLS, with IAM sign-in, in the private subnets."""
    one = _proxy(account, proxy)
    clusters = account.read("rds", "describe_db_clusters")["DBClusters"]
    secrets = {
        each.get("MasterUserSecret", {}).get("SecretArn") for each in clusters if each["DBClusterIdentifier"] == cluster
    }
    targets = account.read("rds", "describe_db_proxy_targets", DBProxyName=proxy)["Targets"]
    tracked = {each.get("RdsResourceId") for each in targets} | {each.get("TrackedClusterId") for each in targets}
    placed = _names(account, "describe_subnets", "Subnets", "SubnetId", one["VpcSubnetIds"])
    worn = {
        each["GroupName"]
        for each in account.read("ec2", "describe_security_groups")["SecurityGroups"]
        if each["GroupId"] in one["VpcSecurityGroupIds"]
    }
    told: list[tuple[bool, str, str]] = [
        (one.get("RequireTLS", False), "accepts connections without TLS", "RequireTLS"),
        (one["EngineFamily"] == "POSTGRESQL", "is for another engine", "The engine family POSTGRESQL"),
        (
            bool(one["Auth"]) and all(each.get("IAMAuth") == "REQUIRED" for each in one["Auth"]),
            "lets clients in with a password",
            "IAMAuth REQUIRED: clients bring a token that IAM made",
        ),
        (
            bool(one["Auth"]) and all(each.get("SecretArn") in secrets - {None} for each in one["Auth"]),
            "has no secret of the cluster",
            "The secret in which RDS keeps the cluster's password",
        ),
        (
            one["RoleArn"] == f"arn:aws:iam::{account.account_id}:role/{role}",
            "has another role",
            "The role that may read the secret",
        ),
        (placed == set(subnets), "stands in other subnets", "Both private subnets"),
        (worn == {group}, "wears other security groups", "The group that was made for it"),
        (cluster in tracked, "has no target", "The cluster, registered as its target"),
    ]
    for right, fault, needed in told:
        if not right:
            raise Fail(
                "The proxy {proxy} {fault}.",
                looked_at="the proxy {proxy} and its targets",
                needed="{wanted}.",
                proxy=proxy,
                fault=fault,
                wanted=needed,
            )


@check(permissions=["lambda:GetFunctionConfiguration", "rds:DescribeDBProxies"])
def function_asks_proxy(account: Account, *, function: str, proxy: str) -> None:
    """The function {function} finds the database at the endpoint of the proxy {proxy}."""
    endpoint = _proxy(account, proxy)["Endpoint"]
    config = account.read("lambda", "get_function_configuration", FunctionName=function)
    host = config.get("Environment", {}).get("Variables", {}).get("DB_HOST", "")
    if host != endpoint:
        raise Fail(
            "DB_HOST of {function} is {host}.",
            looked_at="the environment of {function}",
            needed="{endpoint}, the endpoint of {proxy}.",
            try_="aws lambda update-function-configuration --environment …",
            counterexample="Each copy of the function opens connections of its own to the database.",
            function=function,
            host=host or "not set",
            endpoint=endpoint,
            proxy=proxy,
        )


@check(permissions=["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "lambda:GetFunctionConfiguration"])
def function_placed(account: Account, *, function: str, subnets: list[str], group: str) -> None:
    """The function {function} runs in the subnets {subnets}, wearing {group}."""
    config = account.read("lambda", "get_function_configuration", FunctionName=function).get("VpcConfig", {})
    placed = _names(account, "describe_subnets", "Subnets", "SubnetId", config.get("SubnetIds", []))
    worn = {
        each["GroupName"]
        for each in account.read("ec2", "describe_security_groups")["SecurityGroups"]
        if each["GroupId"] in config.get("SecurityGroupIds", [])
    }
    if placed != set(subnets) or worn != {group}:
        raise Fail(
            "{function} runs in {placed}, wearing {worn}.",
            looked_at="the network settings of {function}",
            needed="The subnets {subnets}, and the group {group}.",
            try_="aws lambda update-function-configuration --vpc-config …",
            function=function,
            placed=", ".join(sorted(placed)) or "no VPC",
            worn=", ".join(sorted(worn)) or "no group",
            subnets=", ".join(subnets),
            group=group,
        )


@check(permissions=["ec2:DescribeSecurityGroups", "rds:DescribeDBClusters"])
def cluster_wears(account: Account, *, cluster: str, group: str) -> None:
    """The cluster {cluster} wears the security group {group} and no other."""
    clusters = account.read("rds", "describe_db_clusters")["DBClusters"]
    found = [one for one in clusters if one["DBClusterIdentifier"] == cluster]
    if not found:
        raise Fail("There is no cluster {cluster}.", cluster=cluster, try_="aws rds create-db-cluster …")
    groups = account.read("ec2", "describe_security_groups")["SecurityGroups"]
    names = {one["GroupId"]: one["GroupName"] for one in groups}
    ids = [one["VpcSecurityGroupId"] for one in found[0].get("VpcSecurityGroups", [])]
    worn = sorted(names.get(one, one) for one in ids)
    if worn != [group]:
        raise Fail(
            "The cluster {cluster} wears {worn}.",
            looked_at="the security groups of {cluster}",
            needed="{group}: its rules say who reaches the database.",
            try_="aws rds modify-db-cluster --vpc-security-group-ids …",
            cluster=cluster,
            worn=", ".join(worn) or "no group",
            group=group,
        )


def _proxy(account: Account, name: str) -> dict[str, Any]:
    found = [one for one in account.read("rds", "describe_db_proxies")["DBProxies"] if one["DBProxyName"] == name]
    if not found:
        raise Fail("There is no proxy {proxy}.", proxy=name, try_="aws rds create-db-proxy …")
    one: dict[str, Any] = found[0]
    return one


def _names(account: Account, operation: str, key: str, id: str, ids: list[str]) -> set[str]:
    return {
        next((each["Value"] for each in one.get("Tags", []) if each["Key"] == "Name"), one[id])
        for one in account.read("ec2", operation)[key]
        if one[id] in ids
    }
