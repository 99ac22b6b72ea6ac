"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html"""

from graders import Account, Fail, check, databases


@check(permissions=databases.PERMISSIONS)
def instance_not_public(account: Account, *, instance: str) -> None:
    """{instance} has no public address."""
    found = databases.the_instance(account, instance)
    waiting = databases.pending(found, "PubliclyAccessible")
    if not found.get("PubliclyAccessible") and not waiting:
        return
    if waiting is False:
        raise databases.still_pending(instance, "Closing the public address", "--no-publicly-accessible")
    closed = [
        one["DBInstanceIdentifier"] for one in databases.others(account, instance) if not one.get("PubliclyAccessible")
    ]
    hint = f" {closed[0]} is private, but the task is about {instance}." if closed else ""
    raise Fail(
        "{instance} is publicly accessible: its name resolves to a public address.{hint}",
        looked_at="the DB instance {instance}",
        needed="PubliclyAccessible false.",
        try_="aws rds modify-db-instance --db-instance-identifier {instance} --no-publicly-accessible "
        "--apply-immediately",
        counterexample="Only the security group stands between the internet and {instance}.",
        instance=instance,
        hint=hint,
    )
