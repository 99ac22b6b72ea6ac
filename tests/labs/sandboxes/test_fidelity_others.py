"""Keys that are not to be used, items that expire, names that are answered."""

from __future__ import annotations

import binascii
import json
from typing import Any

import pytest

from labs.sandboxes import keys
from labs.sandboxes.emulated.frames import CellRequest
from labs.sandboxes.emulated.tool import Refused

DAY = 86_400
NOON = 1_760_000_000


def forward(box: Any, seconds: float) -> None:
    """Move the sandbox's time forward, as the platform does."""
    box.learner.seq += 1
    body = json.dumps({"seconds": seconds}).encode()
    key = keys.mint_access_key(box.spec.number, keys.START_SERIAL)
    at = box.learner.at + box.learner.seq
    box.send(CellRequest("POST", "skylab-time", "us-east-1", "/", "", [], body, key, at, box.learner.seq))


@pytest.fixture
def key(box: Any) -> str:
    return str(box("kms", "CreateKey")["KeyMetadata"]["KeyId"])


def test_a_disabled_key_is_of_no_use(box: Any, key: str) -> None:
    secret = box("kms", "Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    box("kms", "CreateAlias", AliasName="alias/a", TargetKeyId=key)
    box("kms", "DisableKey", KeyId=key)
    for operation, given in (
        ("Encrypt", {"KeyId": key, "Plaintext": b"x"}),
        ("Encrypt", {"KeyId": "alias/a", "Plaintext": b"x"}),
        ("Decrypt", {"CiphertextBlob": secret}),
        ("GenerateDataKey", {"KeyId": key, "KeySpec": "AES_256"}),
    ):
        with pytest.raises(Refused, match=r"DisabledException: arn:aws:kms:.* is disabled"):
            box("kms", operation, **given)
    box("kms", "EnableKey", KeyId=key)
    assert box("kms", "Decrypt", CiphertextBlob=secret)["Plaintext"] == b"x"


def test_a_key_goes_on_its_day(box: Any, key: str) -> None:
    with pytest.raises(Refused, match="KMSInvalidStateException"):
        box("kms", "CancelKeyDeletion", KeyId=key)
    box("kms", "ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)
    for operation, given in (("Encrypt", {"Plaintext": b"x"}), ("EnableKey", {}), ("ScheduleKeyDeletion", {})):
        with pytest.raises(Refused, match=r"KMSInvalidStateException: .* is pending deletion"):
            box("kms", operation, KeyId=key, **given)
    forward(box, 6 * DAY)
    box("kms", "CancelKeyDeletion", KeyId=key)
    assert box("kms", "DescribeKey", KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    box("kms", "ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)
    forward(box, 8 * DAY)
    with pytest.raises(Refused, match="NotFoundException"):
        box("kms", "DescribeKey", KeyId=key)


def test_a_key_rotates_as_often_as_it_was_told(box: Any, key: str) -> None:
    box("kms", "EnableKeyRotation", KeyId=key, RotationPeriodInDays=180)
    told = box("kms", "GetKeyRotationStatus", KeyId=key)
    assert (told["KeyRotationEnabled"], told["RotationPeriodInDays"]) == (True, 180)
    assert abs(told["NextRotationDate"].timestamp() - NOON - 180 * DAY) < 60
    other = box("kms", "CreateKey", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    with pytest.raises(Refused, match="UnsupportedOperationException"):
        box("kms", "EnableKeyRotation", KeyId=other)
    box("kms", "DisableKeyRotation", KeyId=key)
    assert "RotationPeriodInDays" not in box("kms", "GetKeyRotationStatus", KeyId=key)


def test_a_stream_goes_off_and_on_again(box: Any) -> None:
    keys_ = [{"AttributeName": "id", "KeyType": "HASH"}]
    names = [{"AttributeName": "id", "AttributeType": "S"}]
    box(
        "dynamodb",
        "CreateTable",
        TableName="t",
        KeySchema=keys_,
        AttributeDefinitions=names,
        BillingMode="PAY_PER_REQUEST",
    )

    def stream(**given: Any) -> Any:
        return box("dynamodb", "UpdateTable", TableName="t", StreamSpecification=given)["TableDescription"]

    first = stream(StreamEnabled=True, StreamViewType="KEYS_ONLY")["LatestStreamArn"]
    for view in ("KEYS_ONLY", "NEW_IMAGE"):
        with pytest.raises(Refused, match="ResourceInUse"):
            stream(StreamEnabled=True, StreamViewType=view)
    with pytest.raises(Refused, match="Validation"):
        stream(StreamEnabled=False, StreamViewType="NEW_IMAGE")
    assert not (stream(StreamEnabled=False).get("StreamSpecification") or {}).get("StreamEnabled")
    now = stream(StreamEnabled=True, StreamViewType="NEW_IMAGE")
    assert now["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"
    assert now["LatestStreamArn"] != first


def test_a_new_index_names_its_own_attributes_only(box: Any) -> None:
    keys_ = [{"AttributeName": "id", "KeyType": "HASH"}]
    names = [{"AttributeName": "id", "AttributeType": "S"}]
    box(
        "dynamodb",
        "CreateTable",
        TableName="board",
        KeySchema=keys_,
        AttributeDefinitions=names,
        BillingMode="PAY_PER_REQUEST",
    )
    more = [{"AttributeName": "mail", "AttributeType": "S"}]
    projected = {"Projection": {"ProjectionType": "ALL"}}
    index = {"IndexName": "by-mail", "KeySchema": [{"AttributeName": "mail", "KeyType": "HASH"}], **projected}
    update = [{"Create": index}]
    with pytest.raises(Refused, match="not defined"):
        box("dynamodb", "UpdateTable", TableName="board", GlobalSecondaryIndexUpdates=update)
    box("dynamodb", "UpdateTable", TableName="board", AttributeDefinitions=more, GlobalSecondaryIndexUpdates=update)
    described = box("dynamodb", "DescribeTable", TableName="board")["Table"]["AttributeDefinitions"]
    assert sorted(one["AttributeName"] for one in described) == ["id", "mail"]
    backup = box("dynamodb", "CreateBackup", TableName="board", BackupName="one")["BackupDetails"]["BackupArn"]
    box("dynamodb", "RestoreTableFromBackup", TargetTableName="board-2", BackupArn=backup)


def test_what_a_call_consumed_is_told_to_whoever_asks(box: Any) -> None:
    keys_ = [{"AttributeName": "id", "KeyType": "HASH"}]
    names = [{"AttributeName": "id", "AttributeType": "S"}]
    given = {"KeySchema": keys_, "AttributeDefinitions": names, "BillingMode": "PAY_PER_REQUEST"}
    box("dynamodb", "CreateTable", TableName="board", **given)
    key = {"id": {"S": "a"}}
    change = {
        "UpdateExpression": "SET mail = :m",
        "ExpressionAttributeValues": {":m": {"S": "a@example.com"}},
        "ReturnValues": "ALL_NEW",
    }
    told = box("dynamodb", "UpdateItem", TableName="board", Key=key, **change)
    assert (told["Attributes"]["mail"], "ConsumedCapacity" in told) == ({"S": "a@example.com"}, False)
    crc = {name.lower(): value for name, value in box.learner.last.headers}.get("x-amz-crc32")
    assert crc in (None, str(binascii.crc32(box.learner.last.body)))
    assert "ConsumedCapacity" not in box("dynamodb", "BatchGetItem", RequestItems={"board": {"Keys": [key]}})
    asked = box("dynamodb", "UpdateItem", TableName="board", Key=key, ReturnConsumedCapacity="TOTAL", **change)
    assert asked["ConsumedCapacity"]["TableName"] == "board"


def test_items_expire(box: Any) -> None:
    box(
        "dynamodb",
        "CreateTable",
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for name, ends in (
        ("soon", {"N": str(NOON + 600)}),
        ("text", {"S": str(NOON + 600)}),
        ("old", {"N": "1000000000"}),
    ):
        box("dynamodb", "PutItem", TableName="t", Item={"id": {"S": name}, "ends": ends})

    def items() -> list[str]:
        return sorted(each["id"]["S"] for each in box("dynamodb", "Scan", TableName="t")["Items"])

    forward(box, 1200)
    assert items() == ["old", "soon", "text"]
    told = {"Enabled": True, "AttributeName": "ends"}
    box("dynamodb", "UpdateTimeToLive", TableName="t", TimeToLiveSpecification=told)
    forward(box, 60)
    assert items() == ["old", "text"]  # no number, and too old


@pytest.fixture
def zone(box: Any) -> str:
    return str(box("route53", "CreateHostedZone", Name="acme.example", CallerReference="1")["HostedZone"]["Id"])


def put(box: Any, zone: str, **record: Any) -> None:
    name = record.pop("Name", "www.acme.example")
    told = {"Name": name, "Type": "A", "TTL": 60, **record}
    told["ResourceRecords"] = [{"Value": each} for each in told.pop("values")]
    changes = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": told}]}
    box("route53", "ChangeResourceRecordSets", HostedZoneId=zone, ChangeBatch=changes)


def ask(box: Any, zone: str, name: str = "www.acme.example") -> tuple[str, list[str]]:
    told = box("route53", "TestDNSAnswer", HostedZoneId=zone, RecordName=name, RecordType="A")
    return told["ResponseCode"], told["RecordData"]


def test_a_zone_answers(box: Any, zone: str) -> None:
    assert ask(box, zone) == ("NXDOMAIN", [])
    put(box, zone, values=["192.0.2.1", "192.0.2.2"])
    assert ask(box, zone) == ("NOERROR", ["192.0.2.1", "192.0.2.2"])
    with pytest.raises(Refused, match="NoSuchHostedZone"):
        ask(box, "/hostedzone/Z0000")


def test_a_failover_follows_the_health_of_an_instance(box: Any, zone: str) -> None:
    image = box("ec2", "DescribeImages", Owners=["amazon"])["Images"][0]["ImageId"]
    made = box("ec2", "RunInstances", ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)["Instances"][0]
    elastic = box("ec2", "AllocateAddress", Domain="vpc")
    box("ec2", "AssociateAddress", AllocationId=elastic["AllocationId"], InstanceId=made["InstanceId"])
    told = {"Type": "HTTP", "IPAddress": elastic["PublicIp"], "Port": 80}
    check = box("route53", "CreateHealthCheck", CallerReference="1", HealthCheckConfig=told)["HealthCheck"]["Id"]
    put(box, zone, values=[elastic["PublicIp"]], SetIdentifier="one", Failover="PRIMARY", HealthCheckId=check)
    put(box, zone, values=["192.0.2.9"], SetIdentifier="two", Failover="SECONDARY")

    def status() -> str:
        seen = box("route53", "GetHealthCheckStatus", HealthCheckId=check)["HealthCheckObservations"]
        return str(seen[0]["StatusReport"]["Status"]).partition(":")[0]

    assert (status(), ask(box, zone)[1]) == ("Failure", ["192.0.2.9"])
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    group = made["SecurityGroups"][0]["GroupId"]
    box("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[rule])
    assert (status(), ask(box, zone)[1]) == ("Success", [elastic["PublicIp"]])
    box("ec2", "StopInstances", InstanceIds=[made["InstanceId"]])
    assert (status(), ask(box, zone)[1]) == ("Failure", ["192.0.2.9"])


def test_weights_choose(box: Any, zone: str) -> None:
    for weight, name in ((100, "a"), (0, "b")):
        put(box, zone, values=[f"192.0.2.{weight}"], SetIdentifier=name, Weight=weight)
    assert {ask(box, zone)[1][0] for _ in range(5)} == {"192.0.2.100"}


def test_a_mount_target_without_groups_wears_the_default_one(box: Any) -> None:
    subnet = box("ec2", "DescribeSubnets")["Subnets"][0]
    files = box("efs", "CreateFileSystem", CreationToken="files")["FileSystemId"]
    made = box("efs", "CreateMountTarget", FileSystemId=files, SubnetId=subnet["SubnetId"])
    worn = box("efs", "DescribeMountTargetSecurityGroups", MountTargetId=made["MountTargetId"])["SecurityGroups"]
    told = box("ec2", "DescribeSecurityGroups", GroupIds=worn)["SecurityGroups"]
    assert [(each["GroupName"], each["VpcId"]) for each in told] == [("default", subnet["VpcId"])]
