"""What this lab alone asks."""

import json

from graders import Account, Fail, check


@check(permissions=["ec2:DescribeSubnets", "rds:DescribeDBSubnetGroups"])
def subnet_group_holds(account: Account, *, group: str, subnets: list[str]) -> None:
    """The DB subnet group {group} holds these subnets and no others: {subnets}."""
    found = [
        one
        for one in account.read("rds", "describe_db_subnet_groups")["DBSubnetGroups"]
        if one["DBSubnetGroupName"] == group.lower()
    ]
    if not found:
        raise Fail(
            "There is no DB subnet group {group}.",
            needed="It tells RDS in which subnets a database may live.",
            try_="aws rds create-db-subnet-group …",
            group=group,
        )
    names = {
        one["SubnetId"]: {each["Key"]: each["Value"] for each in one.get("Tags", [])}.get("Name") or one["SubnetId"]
        for one in account.read("ec2", "describe_subnets")["Subnets"]
    }
    held = {names.get(one["SubnetIdentifier"], one["SubnetIdentifier"]) for one in found[0]["Subnets"]}
    if held != set(subnets):
        raise Fail(
            "The DB subnet group {group} holds {held}.",
            looked_at="the subnets of {group}",
            needed="Exactly {subnets}: RDS may put the database into each of them.",
            try_="aws rds modify-db-subnet-group --db-subnet-group-name {group} --subnet-ids …",
            group=group,
            held=", ".join(sorted(held)),
            subnets=", ".join(subnets),
        )


@check(
    permissions=[
        "rds:DescribeDBInstances",
        "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecrets",
    ]
)
def password_kept(account: Account, *, instance: str) -> None:
    """The password of {instance} is kept in Secrets Manager."""
    found = [
        one
        for one in account.read("rds", "describe_db_instances")["DBInstances"]
        if one["DBInstanceIdentifier"] == instance
    ]
    if not found:
        raise Fail("There is no DB instance {instance}.", instance=instance)
    if found[0].get("MasterUserSecret", {}).get("SecretArn"):
        return
    for secret in account.read("secretsmanager", "list_secrets")["SecretList"]:
        if instance in secret["Name"] and not secret.get("DeletedDate"):
            kept = _value(account, secret["ARN"])
            if kept.get("username") == found[0]["MasterUsername"] and kept.get("password"):
                return
    raise Fail(
        "The password of {instance} is in no secret.",
        looked_at="the instance, and the secrets with {instance} in their names",
        needed="RDS manages the password in Secrets Manager, or a secret of yours holds username and password.",
        try_="aws rds modify-db-instance --manage-master-user-password …",
        counterexample="Whoever needs the password copies it from a chat, a script or a shell's history.",
        instance=instance,
    )


def _value(account: Account, arn: str) -> dict[str, str]:
    try:
        kept = json.loads(account.read("secretsmanager", "get_secret_value", SecretId=arn).get("SecretString", ""))
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}
