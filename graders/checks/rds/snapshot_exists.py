"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CreateSnapshot.html"""

from graders import Account, Fail, check, databases, nearby


@check(
    permissions=[
        "rds:DescribeDBSnapshots",
        "rds:DescribeDBClusterSnapshots",
        "rds:DescribeDBSnapshotAttributes",
        "rds:DescribeDBClusterSnapshotAttributes",
    ]
)
def snapshot_exists(
    account: Account, *, instance: str, snapshot: str = "", region: str = "", encrypted: bool = False
) -> None:
    """There is a manual snapshot of {instance} that can be restored.

    Of the instance or cluster of that name, which may be gone by now (a final snapshot). It is complete and not shared
    with everybody. With `region` a copy there; with `encrypted` an encrypted one. Automated ones go with the instance.
    """
    place = region or account.region
    all_ = databases.snapshots(account, place)
    mine = [one for one in all_ if one["source"] == instance.lower()]
    named = [one for one in mine if snapshot.lower() in ("", one["id"])]
    manual = [one for one in named if one["kind"] == "manual"]
    good = [one for one in manual if one["status"] == "available" and (one["encrypted"] or not encrypted)]
    shared = [one["id"] for one in good if _public(account, one["id"], place)]
    if good and not shared:
        return
    if shared:
        said = "Everybody with an AWS account can restore the snapshot {one} of {instance}."
    elif manual and not any(one["status"] == "available" for one in manual):
        said = "The snapshot {one} of {instance} is {status}, not yet available."
    elif manual:
        said = "The snapshot {one} of {instance} is not encrypted."
    elif named:
        said = "{instance} has only automated snapshots ({one}): they are deleted with the instance."
    else:
        said = "A snapshot{called} of {instance} does not exist in {region}.{hint}"
    raise Fail(
        said,
        looked_at="the snapshots in {region}",
        needed="A manual snapshot{called} of {instance}, available and private.",
        try_="aws rds modify-db-snapshot-attribute --attribute-name restore --values-to-remove all"
        if shared
        else "aws rds create-db-snapshot (or copy-db-snapshot --kms-key-id …, into another region or encrypted)",
        instance=instance,
        region=place,
        called=f" named {snapshot}" if snapshot else "",
        one=(shared or [one["id"] for one in manual or named] or [""])[0],
        status=manual[0]["status"] if manual else "",
        hint=_hint(account, instance, snapshot, [one["id"] for one in mine], [one["source"] for one in all_], region),
    )


def _public(account: Account, name: str, region: str) -> bool:
    one = next(one for one in databases.snapshots(account, region) if one["id"] == name)
    kind, operation = "DBSnapshot", "describe_db_snapshot_attributes"
    if one["cluster"]:
        kind, operation = "DBClusterSnapshot", "describe_db_cluster_snapshot_attributes"
    told = account.read("rds", operation, region=region, **{f"{kind}Identifier": name})
    attributes = told[f"{kind}AttributesResult"].get(f"{kind}Attributes", [])
    return any("all" in held.get("AttributeValues", []) for held in attributes if held["AttributeName"] == "restore")


def _hint(account: Account, instance: str, snapshot: str, mine: list[str], sources: list[str], region: str) -> str:
    if mine and snapshot:
        return nearby.almost(snapshot, mine) or f" There is {mine[0]}, under another name."
    if region and any(one["source"] == instance.lower() for one in databases.snapshots(account)):
        return f" There is one in {account.region}, not copied."
    return nearby.almost(instance, sources)
