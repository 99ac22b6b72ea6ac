"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html"""

from graders import Account, Fail, check, databases


@check(permissions=databases.PERMISSIONS)
def instance_protected_from_deletion(account: Account, *, instance: str) -> None:
    """{instance} cannot be deleted by mistake.

    For a member of an Aurora cluster the cluster's protection decides.
    """
    found = databases.the_instance(account, instance)
    cluster = databases.the_cluster(account, found)
    if (cluster if cluster is not None else found).get("DeletionProtection"):
        return
    hint = ""
    if cluster is not None and found.get("DeletionProtection"):
        hint = f" Its own flag does not count: the cluster {found['DBClusterIdentifier']} decides."
    elif kept := [
        one["DBInstanceIdentifier"] for one in databases.others(account, instance) if one.get("DeletionProtection")
    ]:
        hint = f" {kept[0]} is protected, but the task is about {instance}."
    raise Fail(
        "Deletion protection of {instance} is off.{hint}",
        looked_at="the DB instance {instance}",
        needed="DeletionProtection true.",
        try_="aws rds modify-db-instance --db-instance-identifier {instance} --deletion-protection --apply-immediately",
        counterexample="One delete-db-instance call would take {instance} away.",
        instance=instance,
        hint=hint,
    )
