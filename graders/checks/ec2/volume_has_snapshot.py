"""https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html"""

from typing import Any

from graders import Account, Fail, check, networks


@check(permissions=["ec2:DescribeVolumes", "ec2:DescribeSnapshots"])
def volume_has_snapshot(
    account: Account, *, volume: str, tags: dict[str, str] | None = None, region: str = "", encrypted: bool = False
) -> None:
    """There is a snapshot of the volume {volume}.

    Completed, of this very volume, with `tags`. `region`: a copy of such a snapshot is there too (told by the size and
    the description or tags that a copy keeps). `encrypted`: the snapshot, or the copy in `region`, is encrypted.
    """
    found = networks.the(account, networks.VOLUME, volume)
    values = {"volume": volume, "id": found["VolumeId"], "tags": _say(tags or {}), "region": region or account.region}
    listed = account.read("ec2", "describe_snapshots", OwnerIds=["self"]).get("Snapshots", [])
    own = [one for one in listed if one.get("VolumeId") == found["VolumeId"]]
    tagged = [one for one in own if (tags or {}).items() <= networks.tags_of(one).items()]
    done = [one for one in tagged if one.get("State") == "completed"]
    if not done:
        said = "There is no snapshot of {volume}.{near}"
        if tagged:
            said = "The snapshot {snapshot} of {volume} is {state}."
        elif own:
            said = "The snapshot {snapshot} of {volume} has the tags {has}, not {tags}."
        first = (tagged or own or [{}])[0]
        raise Fail(
            said,
            looked_at="the snapshots of this account that were made of {volume} ({id})",
            needed="A completed snapshot of {volume}, with the tags {tags}.",
            try_="aws ec2 create-tags" if own else "aws ec2 create-snapshot --volume-id {id} …",
            counterexample="" if own else "When {volume} is lost, so is its data.",
            snapshot=first.get("SnapshotId", ""),
            state=first.get("State", ""),
            has=_say(networks.tags_of(first)),
            near=_near_miss(account, listed, tags or {}),
            **values,
        )
    there = done
    if region and region != account.region:
        answer = account.read("ec2", "describe_snapshots", region=region, OwnerIds=["self"])
        there = [one for one in answer.get("Snapshots", []) if any(_copied(one, mine) for mine in done)]
        if not there:
            raise Fail(
                "No copy of a snapshot of {volume} is in {region}.",
                looked_at="the snapshots of this account in {region}",
                needed="A copy of {snapshot} in {region}.",
                try_="aws ec2 copy-snapshot --region {region} --source-region {here} --source-snapshot-id {snapshot}",
                counterexample="When {here} fails, the data of {volume} is gone with it.",
                snapshot=done[0]["SnapshotId"],
                here=account.region,
                **values,
            )
    if encrypted and not any(one.get("Encrypted") for one in there):
        raise Fail(
            "The snapshot {snapshot} of {volume} is not encrypted.",
            looked_at="the snapshots of {volume} ({id}) in {region}",
            needed="An encrypted snapshot.",
            try_="aws ec2 copy-snapshot --encrypted …: a copy may be encrypted though its source is not.",
            snapshot=there[0]["SnapshotId"],
            **values,
        )


def _copied(one: dict[str, Any], source: dict[str, Any]) -> bool:
    """Whether a snapshot may be a copy: AWS gives copies a volume id of nowhere, and keeps size and start."""
    return bool(one["VolumeSize"] == source["VolumeSize"] and one["SnapshotId"] != source["SnapshotId"])


def _near_miss(account: Account, listed: list[dict[str, Any]], tags: dict[str, str]) -> str:
    """The right tags on the snapshot of another volume."""
    names = {one["VolumeId"]: networks.tags_of(one).get("Name") for one in networks.listed(account, networks.VOLUME)}
    for one in listed:
        if tags and tags.items() <= networks.tags_of(one).items():
            return f" {one['SnapshotId']} has the tags, and is of {names.get(one['VolumeId']) or one['VolumeId']}."
    named = next((one for one in listed if names.get(one.get("VolumeId", ""))), None)
    return f" There is one of {names[named['VolumeId']]}." if named else ""


def _say(tags: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in tags.items()) or "none"
