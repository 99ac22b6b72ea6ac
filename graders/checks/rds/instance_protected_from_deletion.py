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
    aurora = cluster is not None and found.get("DeletionProtection")
    raise Fail(
        f"Deletion protection of {instance} is off."
        + (f" Its own flag does not count: the cluster {found['DBClusterIdentifier']} decides." if aurora else ""),
        looked_at=f"the DB instance {instance}",
        needed="DeletionProtection true.",
        try_=f"aws rds modify-db-instance --db-instance-identifier {instance} --deletion-protection "
        "--apply-immediately",
        counterexample=f"One delete-db-instance call would take {instance} away.",
    )
