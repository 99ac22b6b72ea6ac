"""Volumes, and the snapshots made of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kind,
    Link,
    Number,
    Pairs,
    Pick,
    Switch,
    Text,
    Thing,
    Values,
    call,
    delete,
    switch_fact,
)
from labs.explorer.saying import changed, if_on, state_fact
from labs.explorer.services.ec2.common import TAGS, tagged, thing

TYPES = (
    ("gp3", "gp3: general purpose, speed set apart from size"),
    ("gp2", "gp2: general purpose, the older"),
    ("io2", "io2: the most I/O, for databases"),
    ("io1", "io1: the older of that kind"),
    ("st1", "st1: throughput on disks, from 125 GiB"),
    ("sc1", "sc1: seldom read, from 125 GiB"),
)
FAST = ("VolumeType", "gp3", "io1", "io2")


def _volumes(account: Account) -> Iterator[Thing]:
    for one in account.read("ec2", "describe_volumes").get("Volumes", []):
        users = [each["InstanceId"] for each in one.get("Attachments", [])]
        facts = (
            state_fact(one.get("State", "")),
            Fact("Size", f"{one['Size']} GiB {one.get('VolumeType', '')}"),
            Fact("Zone", one["AvailabilityZone"]),
            switch_fact("Encrypted", one.get("Encrypted"), good=True),
            Fact("Attached to", ", ".join(users) or "nothing"),
        )
        links = [Link("ec2:instance", each, "Disk of") for each in users]
        if one.get("SnapshotId"):
            links.append(Link("ec2:snapshot", one["SnapshotId"], "Made from"))
        yield thing(one["VolumeId"], one, *facts, links=links)


def zones(account: Account) -> tuple[str, ...]:
    """Return the zones of the account's region."""
    return tuple(
        one["ZoneName"] for one in account.read("ec2", "describe_availability_zones").get("AvailabilityZones", [])
    )


def _fields(account: Account, at: At) -> tuple[Any, ...]:
    found = zones(account)
    return (
        Text("Name", "Name"),
        Choice(
            "AvailabilityZone",
            "Zone",
            found,
            initial=found[0] if found else "",
            required=True,
            help="That of the instance which is to use it.",
        ),
        Number("Size", "Size", least=1, most=65_536, unit="GiB", help="Empty: that of the snapshot."),
        Choice("VolumeType", "Type", TYPES, initial="gp3", required=True),
        Number("Iops", "I/O a second", least=100, most=256_000, when=FAST, help="Empty: what the type comes with."),
        Number("Throughput", "Throughput", least=125, most=2000, unit="MiB/s", when=("VolumeType", "gp3")),
        Pick("SnapshotId", "From snapshot", kind="ec2:snapshot", free=True, help="Empty: blank."),
        Switch("Encrypted", "Encrypt"),
        Pick(
            "KmsKeyId",
            "KMS key",
            kind="kms:key",
            by="arn",
            free=True,
            when=if_on("Encrypted"),
            help="Empty: the key that AWS manages (aws/ebs).",
        ),
        Pairs("tags", "More tags"),
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    names = ("AvailabilityZone", "Size", "VolumeType", "Iops", "Throughput", "SnapshotId", "KmsKeyId")
    wanted = {name: v[name] for name in names}
    yield call(
        "ec2",
        "create_volume",
        **wanted,
        Encrypted=True if v["Encrypted"] else None,
        TagSpecifications=tagged("volume", v["tags"], v["Name"]),
    )


def _modify(v: Values, at: At) -> Iterator[Call]:
    found = changed(v, at, "Size", "VolumeType", "Iops", "Throughput")
    if found:
        yield call("ec2", "modify_volume", VolumeId=at.thing.id, **found)


def _free(it: Thing) -> bool:
    return bool(it.data) and not it.data.get("Attachments")


VOLUME = Kind(
    "volume",
    "Volume",
    "Volumes",
    _volumes,
    empty="A volume is a disk, in one zone. Instances of that zone can have it; a snapshot takes its content elsewhere.",
    command="aws ec2 create-volume --availability-zone us-east-1a --size 8 --volume-type gp3",
    actions=(
        Action("create", "Create volume", _create, _fields, new=True),
        Action(
            "attach",
            "Attach",
            "ec2.attach_volume",
            (
                Pick("InstanceId", "Instance", kind="ec2:instance", required=True, help="In the same zone."),
                Text(
                    "Device", "Device", initial="/dev/sdf", required=True, options=("/dev/sdf", "/dev/sdg", "/dev/sdh")
                ),
            ),
            thing="VolumeId",
            verb="Attach",
            when=_free,
        ),
        Action(
            "detach",
            "Detach",
            "ec2.detach_volume",
            thing="VolumeId",
            danger="Take it out? Unmount it on the server first.",
            verb="Detach",
            when=lambda it: not _free(it),
        ),
        Action(
            "modify",
            "Change size or type",
            _modify,
            (
                Number("Size", "Size", least=1, most=65_536, unit="GiB", help="It can grow, and never shrink."),
                Choice("VolumeType", "Type", TYPES, required=True),
                Number("Iops", "I/O a second", least=100, most=256_000, when=FAST),
                Number("Throughput", "Throughput", least=125, most=2000, unit="MiB/s", when=("VolumeType", "gp3")),
            ),
            lambda account, at: {
                name: at.thing.data.get(name) for name in ("Size", "VolumeType", "Iops", "Throughput")
            },
        ),
        Action(
            "snapshot",
            "Create snapshot",
            lambda v, at: [
                call(
                    "ec2",
                    "create_snapshot",
                    VolumeId=at.thing.id,
                    Description=v["Description"],
                    TagSpecifications=tagged("snapshot", v["tags"], v["Name"]),
                )
            ],
            (Text("Name", "Name"), Text("Description", "Description"), Pairs("tags", "More tags")),
        ),
        TAGS,
        delete("ec2.delete_volume", "VolumeId", "Delete the volume with its content?"),
    ),
)


def _snapshots(account: Account) -> Iterator[Thing]:
    for one in account.read("ec2", "describe_snapshots", OwnerIds=["self"]).get("Snapshots", []):
        facts = (
            state_fact(one.get("State", ""), good=["completed"]),
            Fact("Of", one.get("VolumeId", "")),
            Fact("Size", f"{one.get('VolumeSize', '?')} GiB"),
            switch_fact("Encrypted", one.get("Encrypted"), good=True),
            Fact("About", one.get("Description", "")),
        )
        yield thing(
            one["SnapshotId"],
            one,
            *facts,
            links=[Link("ec2:volume", one["VolumeId"], "Of")] if one.get("VolumeId") else [],
        )


def _copy(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "ec2",
        "copy_snapshot",
        region=v["to"] if v["to"] != at.region else "",
        SourceRegion=at.region,
        SourceSnapshotId=at.thing.id,
        Description=v["Description"],
        Encrypted=True if v["Encrypted"] else None,
        KmsKeyId=v["KmsKeyId"],
    )


SNAPSHOT = Kind(
    "snapshot",
    "Snapshot",
    "Snapshots",
    _snapshots,
    empty="A snapshot is a volume's content at one moment, kept by the region: new volumes in any zone can be made of it.",
    command="aws ec2 create-snapshot --volume-id vol-…",
    actions=(
        Action(
            "create",
            "Create snapshot",
            lambda v, at: [
                call(
                    "ec2",
                    "create_snapshot",
                    VolumeId=v["VolumeId"],
                    Description=v["Description"],
                    TagSpecifications=tagged("snapshot", v["tags"], v["Name"]),
                )
            ],
            (
                Pick("VolumeId", "Volume", kind="ec2:volume", required=True),
                Text("Name", "Name"),
                Text("Description", "Description"),
                Pairs("tags", "More tags"),
            ),
            new=True,
        ),
        Action(
            "copy",
            "Copy",
            _copy,
            (
                Text(
                    "to",
                    "To region",
                    required=True,
                    initial="eu-west-1",
                    options=("us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1"),
                ),
                Text("Description", "Description"),
                Switch("Encrypted", "Encrypt the copy", help="A copy of an encrypted snapshot always is."),
                Pick(
                    "KmsKeyId",
                    "KMS key",
                    kind="kms:key",
                    by="arn",
                    free=True,
                    when=if_on("Encrypted"),
                    help="Of the region that it goes to. Empty: AWS's own.",
                ),
            ),
            verb="Copy",
        ),
        TAGS,
        delete("ec2.delete_snapshot", "SnapshotId", "Delete the snapshot for good?"),
    ),
)
