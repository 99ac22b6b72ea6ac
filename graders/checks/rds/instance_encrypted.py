"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html"""

from graders import Account, Fail, check, databases


@check(permissions=databases.PERMISSIONS)
def instance_encrypted(account: Account, *, instance: str) -> None:
    """The storage of {instance} is encrypted.

    By any key; for a member of a cluster the cluster's flag counts too. An encrypted copy under another name does not.
    """
    found = databases.the_instance(account, instance)
    cluster = databases.the_cluster(account, found) or {}
    if found.get("StorageEncrypted") or cluster.get("StorageEncrypted"):
        return
    copies = [one["DBInstanceIdentifier"] for one in databases.others(account, instance) if one.get("StorageEncrypted")]
    hint = f" {copies[0]} is encrypted, but the task is about {instance}." if copies else ""
    raise Fail(
        "The storage of {instance} is not encrypted.{hint}",
        looked_at="the DB instance {instance}",
        needed="StorageEncrypted true.",
        try_="Encryption is chosen when an instance is made: create it with --storage-encrypted, "
        "or restore it from an encrypted copy of a snapshot.",
        instance=instance,
        hint=hint,
    )
