"""https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoFailover.html"""

from graders import Account, Fail, check, nearby


@check(permissions=["elasticache:DescribeReplicationGroups", "elasticache:DescribeCacheClusters"])
def replication_group_protected(
    account: Account,
    *,
    group: str,
    multi_az: bool = True,
    encrypted_at_rest: bool = True,
    encrypted_in_transit: bool = True,
    authenticated: bool = False,
) -> None:
    """The cache {group} survives the loss of a zone and keeps its data to itself.

    A replication group (Redis OSS or Valkey) with automatic failover and Multi-AZ, encrypted on disk and on the wire;
    with `authenticated` clients bring a token or are users of a user group. What is not asked for may be off.
    """
    groups = account.read("elasticache", "describe_replication_groups").get("ReplicationGroups", [])
    found = next((one for one in groups if one["ReplicationGroupId"] == group.lower()), None)
    if found is None:
        raise _missing(account, group, [one["ReplicationGroupId"] for one in groups])
    short = {
        "Automatic failover of {group} is off: nobody takes over when its primary fails.": multi_az
        and found.get("AutomaticFailover") not in ("enabled", "enabling"),
        "{group} fails over, but not to another zone: Multi-AZ is off.": multi_az and found.get("MultiAZ") != "enabled",
        "{group} is not encrypted at rest.": encrypted_at_rest and not found.get("AtRestEncryptionEnabled"),
        "{group} is not encrypted in transit.": encrypted_in_transit and not found.get("TransitEncryptionEnabled"),
        "{group} asks nobody for a token: whoever reaches it reads it.": authenticated
        and not (found.get("AuthTokenEnabled") or found.get("UserGroupIds")),
    }
    said = next((sentence for sentence, lacking in short.items() if lacking), "")
    if said:
        raise Fail(
            said,
            looked_at="the replication group {group}",
            needed="Multi-AZ with automatic failover, encryption and a token, as far as the task asks for them.",
            try_="aws elasticache modify-replication-group --replication-group-id {group} … (encryption at rest is "
            "chosen when it is made)",
            group=group,
        )


def _missing(account: Account, group: str, groups: list[str]) -> Fail:
    clusters = account.read("elasticache", "describe_cache_clusters").get("CacheClusters", [])
    alone = next((one for one in clusters if one["CacheClusterId"] == group.lower()), None)
    hint = nearby.almost(group, groups) or nearby.elsewhere(account, lambda region: _exists(account, group, region))
    if alone is not None:
        hint = f" There is a single {alone.get('Engine')} cluster of that name: it has no replica to fail over to."
    return Fail(
        "The replication group {group} does not exist.{hint}",
        looked_at="the replication groups in {region}",
        needed="A replication group named {group} in {region}.",
        try_="aws elasticache create-replication-group --replication-group-id {group} …",
        group=group,
        hint=hint,
        region=account.region,
    )


def _exists(account: Account, group: str, region: str) -> bool:
    there = account.read("elasticache", "describe_replication_groups", region=region).get("ReplicationGroups", [])
    return any(one["ReplicationGroupId"] == group.lower() for one in there)
