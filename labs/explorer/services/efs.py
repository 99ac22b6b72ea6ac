"""EFS: a file system that many servers mount at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kind,
    Link,
    Pairs,
    Part,
    Pick,
    Picks,
    Row,
    Service,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
    switch_fact,
    tag_list,
    tags_of,
)
from labs.explorer.saying import if_on, state_fact, tags_by


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("efs", "describe_file_systems").get("FileSystems", []):
        facts = (
            state_fact(one.get("LifeCycleState", ""), good=["available"]),
            switch_fact("Encrypted", one.get("Encrypted"), good=True),
            Fact(
                "Mount targets",
                str(one.get("NumberOfMountTargets", 0)),
                "" if one.get("NumberOfMountTargets") else "bad",
            ),
            Fact("Mode", one.get("ThroughputMode", "")),
        )
        name = one.get("Name") or tags_of(one.get("Tags")).get("Name", "")
        yield Thing(
            one["FileSystemId"],
            f"{name} ({one['FileSystemId']})" if name else one["FileSystemId"],
            facts,
            one.get("FileSystemArn", ""),
            one,
            tags=tags_of(one.get("Tags")),
        )


def _detail(account: Account, it: Thing) -> Thing:
    found = ask(account, "efs", "describe_mount_targets", FileSystemId=it.id).get("MountTargets", [])
    rows = tuple(
        Row(
            one["MountTargetId"],
            (one.get("SubnetId", ""), one.get("AvailabilityZoneName", ""), one.get("IpAddress", "")),
            data=one,
        )
        for one in found
    )
    points = ask(account, "efs", "describe_access_points", FileSystemId=it.id).get("AccessPoints", [])
    more = tuple(
        Row(one["AccessPointId"], (one["AccessPointId"], one.get("RootDirectory", {}).get("Path", "/")))
        for one in points
    )
    parts = (
        Part("targets", "Mount targets", ("Subnet", "Zone", "Address"), rows, "No server can mount it."),
        Part("points", "Access points", ("Id", "Directory"), more),
    )
    return replace(
        it,
        properties=it.facts,
        parts=parts,
        links=tuple(Link("ec2:subnet", row.cells[0], "Mounted in") for row in rows),
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    tags = {**({"Name": v["name"]} if v["name"] else {}), **v["tags"]}
    yield call(
        "efs",
        "create_file_system",
        CreationToken=v["name"] or "files",
        Encrypted=True if v["Encrypted"] else None,
        KmsKeyId=v["KmsKeyId"],
        ThroughputMode=v["ThroughputMode"],
        Tags=tag_list(tags),
    )


def _mount(v: Values, at: At) -> Iterator[Call]:
    for subnet in v["subnets"]:
        yield call(
            "efs", "create_mount_target", FileSystemId=at.thing.id, SubnetId=subnet, SecurityGroups=v["groups"] or None
        )


FILES = Kind(
    "file-system",
    "File system",
    "File systems",
    things,
    detail=_detail,
    empty="A file system that servers and tasks of several zones mount at once, by NFS. It needs a mount target in each zone.",
    command="aws efs create-file-system --creation-token files --encrypted",
    actions=(
        Action(
            "create",
            "Create file system",
            _create,
            (
                Text("name", "Name", required=True),
                Switch("Encrypted", "Encrypt", initial=True),
                Pick(
                    "KmsKeyId", "KMS key", kind="kms:key", by="arn", when=if_on("Encrypted"), help="Empty: AWS's own."
                ),
                Choice(
                    "ThroughputMode",
                    "Throughput",
                    (("elastic", "as much as is needed"), ("bursting", "by size")),
                    initial="elastic",
                    required=True,
                ),
                Pairs("tags", "More tags"),
            ),
            new=True,
        ),
        Action(
            "mount",
            "Add mount targets",
            _mount,
            (
                Picks("subnets", "Subnets", kind="ec2:subnet", required=True, help="One in each zone."),
                Picks("groups", "Security groups", kind="ec2:security-group", help="They must let NFS (2049) in."),
            ),
            part="targets",
            verb="Add",
        ),
        Action(
            "unmount",
            "Delete",
            lambda v, at: [call("efs", "delete_mount_target", MountTargetId=at.row.id)],
            part="targets",
            row=True,
            danger="Servers of this zone lose the file system.",
            verb="Delete",
        ),
        Action(
            "point",
            "Create access point",
            lambda v, at: [
                call(
                    "efs",
                    "create_access_point",
                    ClientToken=v["path"].strip("/").replace("/", "-") or "root",
                    FileSystemId=at.thing.id,
                    RootDirectory={"Path": v["path"]},
                )
            ],
            (Text("path", "Directory", initial="/app", required=True),),
            part="points",
        ),
        tags_by("efs", "tag_resource", "untag_resource", "ResourceId", by="id"),
        delete(
            "efs.delete_file_system",
            "FileSystemId",
            "Delete the file system with its files? No mount target may be left.",
        ),
    ),
)
SERVICE = Service("efs", "EFS", "Files that many servers share.", (FILES,))
