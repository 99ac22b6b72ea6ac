"""Images of the account's own, and key pairs."""

from __future__ import annotations

from collections.abc import Iterator

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Content,
    Fact,
    Kind,
    Link,
    Pairs,
    Switch,
    Text,
    Thing,
    Values,
    call,
    delete,
)
from labs.explorer.saying import state_fact
from labs.explorer.services.ec2.common import TAGS, tagged, thing


def _images(account: Account) -> Iterator[Thing]:
    for one in account.read("ec2", "describe_images", Owners=["self"]).get("Images", []):
        disks = [
            each["Ebs"]["SnapshotId"]
            for each in one.get("BlockDeviceMappings", [])
            if each.get("Ebs", {}).get("SnapshotId")
        ]
        facts = (
            state_fact(one.get("State", ""), good=["available"]),
            Fact("Name", one.get("Name", "")),
            Fact("Architecture", one.get("Architecture", "")),
            Fact("Open to", "everybody" if one.get("Public") else "this account", "bad" if one.get("Public") else ""),
        )
        yield thing(one["ImageId"], one, *facts, links=[Link("ec2:snapshot", each, "Disk from") for each in disks])


def _copy(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "ec2",
        "copy_image",
        region=v["to"] if v["to"] != at.region else "",
        SourceRegion=at.region,
        SourceImageId=at.thing.id,
        Name=v["Name"],
        Encrypted=True if v["Encrypted"] else None,
    )


IMAGE = Kind(
    "image",
    "Image",
    "Images",
    _images,
    empty="An image (AMI) is what an instance's disk holds at first boot. Make one of a server that is as it should be.",
    command="aws ec2 create-image --instance-id i-… --name golden",
    actions=(
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
                Text("Name", "Name", required=True),
                Switch("Encrypted", "Encrypt its disks"),
            ),
            verb="Copy",
        ),
        TAGS,
        delete(
            "ec2.deregister_image",
            "ImageId",
            "No new instance can be made of it. Those that are there stay.",
            title="Deregister",
            id="deregister",
        ),
    ),
)


def _pairs(account: Account) -> Iterator[Thing]:
    for one in account.read("ec2", "describe_key_pairs").get("KeyPairs", []):
        facts = (Fact("Type", one.get("KeyType", "rsa")), Fact("Fingerprint", one.get("KeyFingerprint", "")))
        it = thing(one["KeyName"], one, *facts)
        yield Thing(one["KeyName"], one["KeyName"], it.facts, data=one, tags=it.tags)


def _import(v: Values, at: At) -> Iterator[Call]:
    yield call("ec2", "import_key_pair", KeyName=v["KeyName"], PublicKeyMaterial=v["PublicKeyMaterial"])


KEY_PAIR = Kind(
    "key-pair",
    "Key pair",
    "Key pairs",
    _pairs,
    empty="A key pair lets you sign in to a server by SSH. AWS keeps the public half; the private one is shown once.",
    command="aws ec2 create-key-pair --key-name mine --query KeyMaterial --output text > mine.pem",
    actions=(
        Action(
            "create",
            "Create key pair",
            lambda v, at: [
                call(
                    "ec2",
                    "create_key_pair",
                    KeyName=v["KeyName"],
                    KeyType=v["KeyType"],
                    TagSpecifications=tagged("key-pair", v["tags"]),
                )
            ],
            (
                Text("KeyName", "Name", required=True),
                Choice("KeyType", "Type", ("rsa", "ed25519"), initial="ed25519", required=True),
                Pairs("tags", "Tags"),
            ),
            new=True,
            about="The answer holds the private key. It is shown once: keep it.",
        ),
        Action(
            "import",
            "Import public key",
            _import,
            (
                Text("KeyName", "Name", required=True),
                Content("PublicKeyMaterial", "Public key", file="mine.pub", required=True),
            ),
            new=True,
            verb="Import",
        ),
        delete("ec2.delete_key_pair", "KeyName", "Delete the key pair? Servers that have it still let it in."),
    ),
)
