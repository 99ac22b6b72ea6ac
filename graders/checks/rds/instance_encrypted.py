"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html"""

from graders import Account, Fail, check, databases


@check(permissions=databases.PERMISSIONS)
def instance_encrypted(account: Account, *, instance: str) -> None:
    """The storage of {instance} is encrypted."""
    found = databases.the_instance(account, instance)
    cluster = databases.the_cluster(account, found) or {}
    if found.get("StorageEncrypted") or cluster.get("StorageEncrypted"):
        return
    copies = [name for name, other in _others(account, instance).items() if other]
    hint = f" {copies[0]} is encrypted, but the task is about {instance}." if copies else ""
    raise Fail(
        f"The storage of {instance} is not encrypted.{hint}",
        looked_at=f"the DB instance {instance}",
        needed="StorageEncrypted true.",
        try_="Encryption is chosen when an instance is made: create it with --storage-encrypted, "
        "or restore it from an encrypted copy of a snapshot.",
    )


def _others(account: Account, instance: str) -> dict[str, bool]:
    items = account.read("rds", "describe_db_instances").get("DBInstances", [])
    return {
        one["DBInstanceIdentifier"]: bool(one.get("StorageEncrypted"))
        for one in items
        if one["DBInstanceIdentifier"] != instance
    }
