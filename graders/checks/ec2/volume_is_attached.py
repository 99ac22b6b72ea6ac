"""https://docs.aws.amazon.com/ebs/latest/userguide/ebs-attaching-volume.html"""

from typing import Any

from graders import Account, Fail, check, instances, networks


@check(permissions=[*instances.PERMISSIONS, "ec2:DescribeVolumes"])
def volume_is_attached(
    account: Account, *, volume: str, instance: str, size: int | None = None, kind: str = "", kept: bool = False
) -> None:
    """The volume {volume} is attached to {instance}, in the same Availability Zone.

    `size`: of at least so many GiB. `kind`: of that type ("gp3"). `kept`: it stays when the instance is terminated
    (DeleteOnTermination is false).
    """
    found = networks.the(account, networks.VOLUME, volume)
    server = instances.the_instance(account, instance)
    links = [one for one in found.get("Attachments", []) if one.get("State") in ("attached", "attaching", "busy")]
    link = next((one for one in links if one["InstanceId"] == server["InstanceId"]), None)
    zone, home = found["AvailabilityZone"], server.get("Placement", {}).get("AvailabilityZone", "")
    values = {"volume": volume, "id": found["VolumeId"], "instance": instance, "zone": zone, "home": home}
    said, needed, command = "", "{volume} is attached to {instance}.", "aws ec2 attach-volume --volume-id {id} …"
    if zone != home:
        said = "{volume} is in {zone}, and {instance} in {home}: they cannot meet."
        needed = "A volume in {home}."
        command = "Snapshot it, and make a volume of the snapshot in {home}."
    elif link is None:
        others = {one["InstanceId"]: networks.tags_of(one).get("Name") for one in instances.all_instances(account)}
        held = [f"{others.get(one['InstanceId']) or 'an instance'} ({one['InstanceId']})" for one in links]
        said = "{volume} is attached to {held}, not to {instance}." if held else "{volume} is attached to no instance."
        values["held"] = ", ".join(held)
    elif size is not None and int(found["Size"]) < size:
        said, needed = "{volume} has {has} GiB, not {size}.", "{size} GiB or more."
        command = "aws ec2 modify-volume --volume-id {id} --size {size}"
    elif kind and found.get("VolumeType") != kind:
        said, needed = "{volume} is of type {has_kind}, not {kind}.", "A volume of type {kind}."
        command = "aws ec2 modify-volume --volume-id {id} --volume-type {kind}"
    elif kept and _goes(server, found["VolumeId"]):
        said, needed = "{volume} is deleted together with {instance}.", "DeleteOnTermination is false."
        command = "aws ec2 modify-instance-attribute --block-device-mappings …"
    if said:
        raise Fail(
            said,
            looked_at="the volume {volume} ({id}) and its attachments",
            needed=needed,
            try_=command,
            counterexample="" if link and zone == home else "lsblk on {instance} does not show {volume}.",
            has=found["Size"],
            size=size,
            has_kind=found.get("VolumeType"),
            kind=kind,
            **values,
        )


def _goes(server: dict[str, Any], volume: str) -> bool:
    """By the instance's own list: a volume's attachment does not always say it."""
    disks = [one.get("Ebs", {}) for one in server.get("BlockDeviceMappings", [])]
    return any(one.get("VolumeId") == volume and bool(one.get("DeleteOnTermination")) for one in disks)
