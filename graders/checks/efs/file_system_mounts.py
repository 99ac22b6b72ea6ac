"""https://docs.aws.amazon.com/efs/latest/ug/accessing-fs.html"""

from typing import Any

from graders import Account, Fail, check, nearby, networks
from graders.network import World, snapshot
from graders.network.world import Address, Eni

NFS = 2049


@check(
    permissions=[
        *networks.PERMISSIONS,
        "elasticfilesystem:DescribeFileSystems",
        "elasticfilesystem:DescribeMountTargets",
        "elasticfilesystem:DescribeMountTargetSecurityGroups",
    ]
)
def file_system_mounts(
    account: Account,
    *,
    file_system: str,
    subnets: list[str],
    group: str = "",
    encrypted: bool = True,
    same_zone: bool = True,
) -> None:
    """Servers in {subnets} can mount the file system {file_system}.

    `file_system` by its Name or id, encrypted at rest (unless `encrypted` is false). Each subnet's zone has a mount
    target, available, that a server there (wearing `group`, when given) reaches on tcp 2049: groups and network ACLs
    count. `same_zone` false: a mount target in another zone of the VPC is enough.
    """
    found = _the(account, file_system)
    values = {"file_system": file_system, "id": found["FileSystemId"]}
    if encrypted and not found.get("Encrypted"):
        raise Fail(
            "The file system {file_system} ({id}) is not encrypted at rest.",
            looked_at="the file system {file_system}",
            needed="A file system that is encrypted.",
            try_="Encryption is chosen when a file system is made: aws efs create-file-system --encrypted",
            counterexample="What is written to {file_system} lies in the clear on its disks.",
            **values,
        )
    if found.get("LifeCycleState") != "available":
        raise Fail(
            "The file system {file_system} ({id}) is {state}.",
            looked_at="the file system {file_system}",
            needed="A file system that is available.",
            try_="aws efs describe-file-systems, until it is available.",
            state=found.get("LifeCycleState"),
            **values,
        )
    world = snapshot(account)
    targets = account.read("efs", "describe_mount_targets", FileSystemId=found["FileSystemId"]).get("MountTargets", [])
    for name in subnets:
        subnet = networks.the(account, networks.SUBNET, name)
        here = world.subnets[subnet["SubnetId"]]
        homes = [world.subnets[one["SubnetId"]] for one in targets if one["SubnetId"] in world.subnets]
        near = [
            one
            for one in targets
            if (home := world.subnets.get(one["SubnetId"]))
            and home.vpc == here.vpc
            and (home.zone == here.zone or not same_zone)
        ]
        if not near:
            raise Fail(
                "{file_system} has no mount target in {zone}, where {subnet} is.{elsewhere}",
                looked_at="the mount targets of {file_system} ({id})",
                needed="A mount target in each of the zones of {subnets}.",
                try_="aws efs create-mount-target --file-system-id {id} --subnet-id {subnet_id}",
                counterexample="mount -t efs {id} hangs on a server in {subnet}, or pays for another zone.",
                zone=here.zone,
                subnet=name,
                subnets=subnets,
                subnet_id=here.id,
                elsewhere=_elsewhere(account, [one.id for one in homes if one.vpc != here.vpc]),
                **values,
            )
        why = [_stopped(account, world, one, subnet["SubnetId"], name, group) for one in near]
        if all(why):
            raise Fail(
                "A server in {subnet} does not reach the mount target of {file_system}: {why}",
                looked_at="the way from {subnet} to {target} on tcp 2049: its groups, and network ACLs",
                needed="The group of the mount target admits tcp 2049 from the servers.",
                try_="aws ec2 authorize-security-group-ingress --protocol tcp --port 2049 …",
                counterexample="mount -t efs {id} hangs on a server in {subnet}.",
                subnet=name,
                target=near[0]["MountTargetId"],
                why=why[0],
                **values,
            )


def _the(account: Account, name: str) -> dict[str, Any]:
    listed = account.read("efs", "describe_file_systems").get("FileSystems", [])
    names = {one["FileSystemId"]: one.get("Name") or networks.tags_of(one).get("Name", "") for one in listed}
    found = [
        one for one in listed if name in (one["FileSystemId"], names[one["FileSystemId"]], one.get("CreationToken"))
    ]
    if found:
        return dict(found[0])
    raise Fail(
        "The file system {file_system} does not exist.{hint}",
        looked_at="the EFS file systems in {region}",
        needed="A file system with the Name {file_system} in {region}.",
        try_="aws efs create-file-system --encrypted --tags Key=Name,Value={file_system}",
        file_system=name,
        hint=nearby.almost(name, filter(None, names.values())),
        region=account.region,
    )


def _elsewhere(account: Account, subnets: list[str]) -> str:
    return f" There is one in {networks.label(account, subnets[0])}, in another VPC." if subnets else ""


def _stopped(account: Account, world: World, target: dict[str, Any], subnet: str, name: str, group: str) -> str:
    """Why a server in the subnet does not reach the mount target, or ""."""
    if target.get("LifeCycleState") != "available":
        return f"it is {target.get('LifeCycleState')}."
    answer = account.read("efs", "describe_mount_target_security_groups", MountTargetId=target["MountTargetId"])
    door = Eni(
        target["MountTargetId"],
        target["SubnetId"],
        (Address(target["IpAddress"]),),
        groups=tuple(answer.get("SecurityGroups", [])),
        owner="efs",
    )
    known = [one for one in world.enis.values() if one.id != target.get("NetworkInterfaceId")]
    kept = [one for one in world.things() if not isinstance(one, Eni)]
    probed, server = networks.probed(World.of(*kept, *known, door, region=world.region), subnet, name)
    if group:
        wearer = probed.enis[server]
        worn = tuple(one.id for one in world.groups.values() if group in (one.id, one.name))
        probed = probed.plus(
            Eni(wearer.id, wearer.subnet, wearer.addresses, wearer.v6, worn or ("-",), wearer.instance)
        )
    path = networks.path(probed, server, door.id, NFS)
    return networks.said(account, path.explanation or " ".join(path.caveats))
