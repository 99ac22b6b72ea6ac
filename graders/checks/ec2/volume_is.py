"""https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html"""

from graders import Account, Fail, check, networks


@check(permissions=["ec2:DescribeVolumes", "ec2:DescribeSnapshots"])
def volume_is(
    account: Account,
    *,
    volume: str,
    zone: str = "",
    kind: str = "",
    size: int | None = None,
    encrypted: bool | None = None,
    copy_of: str = "",
) -> None:
    """The volume {volume} is as the task describes it.

    Each parameter that is set must hold: Availability Zone, type ("gp3"), at least so many GiB, encrypted or not.
    `copy_of`: made of a snapshot of that volume, or of a copy of one.
    """
    found = networks.the(account, networks.VOLUME, volume)
    near, source = "", True
    if copy_of:
        origin = networks.the(account, networks.VOLUME, copy_of)
        listed = account.read("ec2", "describe_snapshots", OwnerIds=["self"]).get("Snapshots", [])
        by_id = {one["SnapshotId"]: one for one in listed}
        own = [one for one in listed if one.get("VolumeId") == origin["VolumeId"]]
        used = by_id.get(found.get("SnapshotId") or "", {})
        text = str(used.get("Description", ""))
        source = used in own or any(one["SnapshotId"] in text for one in own)
        if used and not source:  # a copy does not name the volume: its size and the encryption must do
            known = {one["VolumeId"] for one in networks.listed(account, networks.VOLUME)}
            source = used.get("VolumeId") not in known and used["VolumeSize"] in {one["VolumeSize"] for one in own}
        near = f" It was made of {found['SnapshotId']}." if found.get("SnapshotId") else " It was made empty."
    facts = [
        ("Availability Zone", found["AvailabilityZone"], zone or None, found["AvailabilityZone"] == zone),
        ("origin", "another one", f"a snapshot of {copy_of}" if copy_of else None, source),
        ("type", found.get("VolumeType"), kind or None, found.get("VolumeType") == kind),
        ("size in GiB", found["Size"], size, size is not None and int(found["Size"]) >= size),
        ("encryption", _on(found.get("Encrypted")), None if encrypted is None else _on(encrypted),
         bool(found.get("Encrypted")) == encrypted),
    ]  # fmt: skip
    wrong = [one for one in facts if one[2] is not None and not one[3]]
    if not wrong:
        return
    what, has, wanted, _ = wrong[0]
    raise Fail(
        "The {what} of {volume} is {has}, not {wanted}.{near}",
        looked_at="the volume {volume} ({id}): what does not fit is its {listed}",
        needed="The {what} of {volume} is {wanted}.",
        try_="aws ec2 modify-volume --volume-id {id} …"
        if what in ("type", "size in GiB")
        else "Make it anew: aws ec2 create-volume --snapshot-id … --availability-zone … --encrypted",
        counterexample="What was on {copy_of} is not on {volume}." if what == "origin" else "",
        volume=volume,
        id=found["VolumeId"],
        what=what,
        has=has,
        wanted=wanted,
        copy_of=copy_of,
        near=near if what == "origin" else "",
        listed=[one[0] for one in wrong],
    )


def _on(value: object) -> str:
    return "on" if value else "off"
