"""https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html"""

from typing import Any

from graders import Account, Fail, check, instances, networks
from graders.account import read_or_none

DEFAULT = "alias/aws/ebs"


@check(
    permissions=[
        *instances.PERMISSIONS, "ec2:DescribeVolumes", "ec2:GetEbsEncryptionByDefault", "kms:DescribeKey",
    ]
)  # fmt: skip
def volumes_are_encrypted(account: Account, *, names: list[str], key: str = "") -> None:
    """The volumes of {names} are encrypted.

    `names` are volumes and instances (of an instance every volume, the root one too). `key`: with that KMS key (alias,
    id or ARN) and no other. The account's default for new volumes does not change those that are there.
    """
    wanted = _arn(account, key) if key else ""
    for name in names:
        for volume in _volumes(account, name):
            held = (volume.get("Attachments") or [{}])[0]
            values = {
                "name": name,
                "id": volume["VolumeId"],
                "label": networks.tags_of(volume).get("Name") or held.get("Device") or volume["VolumeId"],
                "key": key,
                "used": volume.get("KmsKeyId", "the default key"),
            }
            if not volume.get("Encrypted"):
                default = account.read("ec2", "get_ebs_encryption_by_default").get("EbsEncryptionByDefault")
                raise Fail(
                    "The volume {label} ({id}) is not encrypted.{near}",
                    looked_at="every volume of {name}",
                    needed="Encrypted volumes only.",
                    try_="A volume is encrypted when it is made: snapshot it, aws ec2 copy-snapshot --encrypted, "
                    "make a volume of the copy.",
                    counterexample="Whoever gets a copy of {id} reads its data.",
                    near=" The default is on, but only new volumes follow it." if default else "",
                    **values,
                )
            if wanted and _arn(account, str(volume.get("KmsKeyId") or DEFAULT)) != wanted:
                raise Fail(
                    "The volume {label} ({id}) is encrypted with {used}, not with {key}.",
                    looked_at="every volume of {name}, and its key",
                    needed="Volumes that are encrypted with {key}.",
                    try_="aws ec2 copy-snapshot --encrypted --kms-key-id {key} …, and make a volume of the copy.",
                    **values,
                )


def _volumes(account: Account, name: str) -> list[dict[str, Any]]:
    """The volumes of an instance of that name, else the volume of that name."""
    everybody = networks.listed(account, networks.VOLUME)
    own = [one for one in everybody if name in (one["VolumeId"], networks.tags_of(one).get("Name"))]
    named = {networks.tags_of(one).get("Name") for one in instances.all_instances(account)}
    if own or not (name.startswith("i-") or name in named):
        return own or [networks.the(account, networks.VOLUME, name)]
    ids = {one["InstanceId"] for one in instances.the_instances(account, name)}
    return [one for one in everybody if ids & {link["InstanceId"] for link in one.get("Attachments", [])}]


def _arn(account: Account, key: str) -> str:
    answer = read_or_none(account, "NotFoundException", "kms", "describe_key", KeyId=key)
    return str(answer["KeyMetadata"]["Arn"]) if answer else key
