"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/creating-an-ami-ebs.html"""

from graders import Account, Fail, check, instances, networks


@check(permissions=[*instances.PERMISSIONS, "ec2:DescribeImages", "ec2:DescribeVolumes", "ec2:DescribeSnapshots"])
def image_of_instance(account: Account, *, image: str, instance: str, used_by: str = "") -> None:
    """The AMI {image} was made of {instance}, and can be launched.

    It is available, and one of its snapshots is of a volume of the instance (terminated since or not). `used_by`: an
    instance of that name or id was launched from it.
    """
    found = networks.the(account, networks.IMAGE, image)
    values = {"image": image, "id": found["ImageId"], "instance": instance}
    if found.get("State", "available") != "available":
        raise Fail(
            "The AMI {image} is {state}.",
            looked_at="the state of {image} ({id})",
            needed="The AMI is available.",
            try_="aws ec2 wait image-available --image-ids {id}",
            state=found.get("State"),
            **values,
        )
    everybody = instances.all_instances(account)
    servers = [one for one in everybody if instance in (one["InstanceId"], networks.tags_of(one).get("Name"))]
    servers = servers or [instances.the_instance(account, instance)]
    ids = {one["InstanceId"] for one in servers}
    names = {one["InstanceId"]: networks.tags_of(one).get("Name") or one["InstanceId"] for one in everybody}
    origin = found.get("SourceInstanceId") or _origin(account, found)
    if origin not in ids:
        raise Fail(
            "The AMI {image} was made of {origin}, not of {instance}."
            if origin
            else "Nothing says that the AMI {image} was made of {instance}.",
            looked_at="the source of {image} ({id}) and its snapshots",
            needed="An AMI {image} made of {instance}.",
            try_="aws ec2 create-image --instance-id {source} --name {image}",
            counterexample="What is installed on {instance} is not in {image}.",
            origin=names.get(origin, origin),
            source=servers[0]["InstanceId"],
            **values,
        )
    if used_by:
        launched = instances.the_instances(account, used_by)
        if not any(one["ImageId"] == found["ImageId"] for one in launched):
            raise Fail(
                "{used_by} was launched from {other}, not from {image}.",
                looked_at="the AMI of {used_by}",
                needed="{used_by} is launched from {image} ({id}).",
                try_="aws ec2 run-instances --image-id {id} …",
                used_by=used_by,
                other=launched[0]["ImageId"],
                **values,
            )


def _origin(account: Account, image: dict[str, object]) -> str:
    """The instance that holds, or that the description says held, the volume of one of the image's snapshots."""
    mappings = image.get("BlockDeviceMappings", [])
    wanted = {one.get("Ebs", {}).get("SnapshotId") for one in mappings} if isinstance(mappings, list) else set()
    listed = account.read("ec2", "describe_snapshots", OwnerIds=["self"]).get("Snapshots", [])
    for snapshot in listed:
        if snapshot["SnapshotId"] not in wanted:
            continue
        for volume in networks.listed(account, networks.VOLUME):
            if volume["VolumeId"] == snapshot.get("VolumeId") and volume.get("Attachments"):
                return str(volume["Attachments"][0]["InstanceId"])
        words = str(snapshot.get("Description", "")).replace("(", " ").replace(")", " ").split()
        named = [one for one in words if one.startswith("i-")]
        if named:
            return named[0]
    return ""
