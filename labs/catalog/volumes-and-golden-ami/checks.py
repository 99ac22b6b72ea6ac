"""What this lab alone asks."""

from graders import Account, Fail, check


@check(permissions=["ec2:DescribeSnapshots", "ec2:DescribeVolumes"])
def encrypted_copy(account: Account, *, volume: str) -> None:
    """An encrypted copy of a snapshot of {volume} says in its description what it is."""
    volumes = account.read("ec2", "describe_volumes")["Volumes"]
    own = {one["VolumeId"] for one in volumes if {"Key": "Name", "Value": volume} in one.get("Tags", [])}
    alive = {one["VolumeId"] for one in volumes}
    listed = account.read("ec2", "describe_snapshots", OwnerIds=["self"]).get("Snapshots", [])
    sizes = {one["VolumeSize"] for one in listed if one["VolumeId"] in own}
    # A copy has the size of its source, and the id of a volume that is nowhere.
    copies = [one for one in listed if one["VolumeSize"] in sizes and one["VolumeId"] not in alive - own]
    fit = [one for one in copies if one.get("Encrypted")]
    if not fit:
        raise Fail(
            "There is no encrypted copy of a snapshot of {volume}.",
            looked_at="your snapshots in this Region",
            needed="A copy, encrypted on the way: a snapshot itself cannot be encrypted afterwards.",
            try_="aws ec2 copy-snapshot --encrypted …",
            volume=volume,
        )
    if not any(volume in one.get("Description", "") for one in fit):
        raise Fail(
            "The description of the copy {copy} is {said}.",
            looked_at="the descriptions of your encrypted snapshots",
            needed="A description with {volume}: a copy does not say of which volume it is.",
            try_="aws ec2 copy-snapshot --description …",
            copy=fit[0]["SnapshotId"],
            said=fit[0].get("Description") or "(empty)",
            volume=volume,
        )
