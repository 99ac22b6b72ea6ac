"""What AWS does with instances and networks, and moto does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused

ANYWHERE = "0.0.0.0/0"


@pytest.fixture
def image(box: Any) -> str:
    return str(box("ec2", "DescribeImages", Owners=["amazon"])["Images"][0]["ImageId"])


def run(box: Any, image: str, **more: Any) -> dict[str, Any]:
    given = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, **more}
    made: dict[str, Any] = box("ec2", "RunInstances", **given)["Instances"][0]
    return made


def look(box: Any, instance: str) -> dict[str, Any]:
    found = box("ec2", "DescribeInstances", InstanceIds=[instance])
    one: dict[str, Any] = found["Reservations"][0]["Instances"][0]
    return one


@pytest.fixture
def network(box: Any) -> tuple[str, str]:
    """A VPC and a subnet in it."""
    vpc = box("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return vpc, box("ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"ImageId": "ami-0123456789abcdef0"}, "InvalidAMIID.NotFound"),
        ({"InstanceType": "t9.micro"}, "InvalidInstanceType"),
        ({"SecurityGroupIds": ["sg-0123456789abcdef0"]}, "InvalidGroup.NotFound"),
        ({"SubnetId": "subnet-0123456789abcdef0"}, "InvalidSubnetID.NotFound"),
        ({"KeyName": "nobodys"}, "InvalidKeyPair.NotFound"),
    ],
)
def test_what_does_not_exist_is_refused(box: Any, image: str, changed: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused, match=code):
        run(box, image, **changed)


def test_an_instance_needs_an_image(box: Any, image: str) -> None:
    for number, data in enumerate(({"InstanceType": "t3.micro"}, {"ImageId": image, "InstanceType": "t3.micro"})):
        box("ec2", "CreateLaunchTemplate", LaunchTemplateName=f"t{number}", LaunchTemplateData=data)
    for more in ({}, {"LaunchTemplate": {"LaunchTemplateName": "t0"}}):
        with pytest.raises(Refused, match="MissingParameter"):
            box("ec2", "RunInstances", InstanceType="t3.micro", MinCount=1, MaxCount=1, **more)
    made = box("ec2", "RunInstances", LaunchTemplate={"LaunchTemplateName": "t1"}, MinCount=1, MaxCount=1)
    assert made["Instances"][0]["ImageId"] == image


def test_states_are_shown_as_they_pass(box: Any, image: str) -> None:
    made = run(box, image)
    instance = made["InstanceId"]
    assert made["State"]["Name"] == "pending"
    assert look(box, instance)["State"]["Name"] == "running"
    stopping = box("ec2", "StopInstances", InstanceIds=[instance])["StoppingInstances"][0]
    assert (stopping["CurrentState"]["Name"], stopping["PreviousState"]["Name"]) == ("stopping", "running")
    assert look(box, instance)["State"]["Name"] == "stopped"
    starting = box("ec2", "StartInstances", InstanceIds=[instance])["StartingInstances"][0]
    assert starting["CurrentState"]["Name"] == "pending"
    ending = box("ec2", "TerminateInstances", InstanceIds=[instance])["TerminatingInstances"][0]
    assert ending["CurrentState"]["Name"] == "shutting-down"
    for operation in ("StartInstances", "StopInstances", "RebootInstances"):
        with pytest.raises(Refused, match="IncorrectInstanceState"):
            box("ec2", operation, InstanceIds=[instance])
    assert look(box, instance)["State"]["Name"] == "terminated"


def test_as_many_run_as_may(box: Any, image: str) -> None:
    run(box, image, MaxCount=3)
    assert len(box("ec2", "DescribeInstances")["Reservations"][0]["Instances"]) == 3


def test_an_instance_without_a_subnet_is_in_the_default_vpc(box: Any, image: str) -> None:
    made = run(box, image)
    assert made["PrivateIpAddress"].startswith("172.31.")
    assert [each["GroupName"] for each in made["SecurityGroups"]] == ["default"]
    assert look(box, made["InstanceId"])["PublicDnsName"].endswith(".compute-1.amazonaws.com")


def test_its_own_address_goes_with_a_stop_and_an_elastic_one_stays(box: Any, image: str) -> None:
    instance = run(box, image)["InstanceId"]
    first = look(box, instance)["PublicIpAddress"]
    box("ec2", "StopInstances", InstanceIds=[instance])
    assert "PublicIpAddress" not in look(box, instance)
    box("ec2", "StartInstances", InstanceIds=[instance])
    assert look(box, instance)["PublicIpAddress"] not in (first, None)
    elastic = box("ec2", "AllocateAddress", Domain="vpc")
    assert not elastic["PublicIp"].startswith("127.")
    box("ec2", "AssociateAddress", AllocationId=elastic["AllocationId"], InstanceId=instance)
    for operation in ("StopInstances", "StartInstances"):
        box("ec2", operation, InstanceIds=[instance])
        assert look(box, instance)["PublicIpAddress"] == elastic["PublicIp"]
    box("ec2", "TerminateInstances", InstanceIds=[instance])
    (address,) = box("ec2", "DescribeAddresses")["Addresses"]
    assert "AssociationId" not in address
    assert box("ec2", "DescribeNetworkInterfaces")["NetworkInterfaces"] == []


def test_the_type_is_changed_while_it_is_stopped(box: Any, image: str) -> None:
    instance = run(box, image)["InstanceId"]
    with pytest.raises(Refused, match=r"IncorrectInstanceState.*not in the 'stopped' state"):
        box("ec2", "ModifyInstanceAttribute", InstanceId=instance, InstanceType={"Value": "t3.small"})
    box("ec2", "StopInstances", InstanceIds=[instance])
    box("ec2", "ModifyInstanceAttribute", InstanceId=instance, InstanceType={"Value": "t3.small"})
    assert look(box, instance)["InstanceType"] == "t3.small"


def test_a_dry_run_says_whether_one_may(box: Any, image: str) -> None:
    with pytest.raises(Refused, match="412 DryRunOperation: Request would have succeeded, but DryRun flag is set"):
        run(box, image, DryRun=True)
    with pytest.raises(Refused, match="DryRunOperation"):
        box("ec2", "CreateVpc", CidrBlock="10.0.0.0/16", DryRun=True)
    assert len(box("ec2", "DescribeVpcs")["Vpcs"]) == 1
    box("iam", "CreateUser", UserName="ann")
    key = box("iam", "CreateAccessKey", UserName="ann")["AccessKey"]["AccessKeyId"]
    with pytest.raises(Refused, match="UnauthorizedOperation"):
        box.tool(key)("ec2", "CreateVpc", CidrBlock="10.0.0.0/16", DryRun=True)


def test_a_group_in_use_cannot_be_deleted(box: Any, image: str, network: tuple[str, str]) -> None:
    vpc, subnet = network
    web, data = (
        box("ec2", "CreateSecurityGroup", GroupName=name, Description="d", VpcId=vpc)["GroupId"] for name in ("w", "d")
    )
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": web}]}
    box("ec2", "AuthorizeSecurityGroupIngress", GroupId=data, IpPermissions=[rule])
    with pytest.raises(Refused, match=f"DependencyViolation: resource {web} has a dependent object"):
        box("ec2", "DeleteSecurityGroup", GroupId=web)
    instance = run(box, image, SubnetId=subnet, SecurityGroupIds=[data])["InstanceId"]
    with pytest.raises(Refused, match="DependencyViolation"):
        box("ec2", "DeleteSecurityGroup", GroupId=data)
    box("ec2", "TerminateInstances", InstanceIds=[instance])
    for group in (data, web):
        box("ec2", "DeleteSecurityGroup", GroupId=group)
    groups = box("ec2", "DescribeSecurityGroups", Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    assert [each["GroupName"] for each in groups] == ["default"]
    with pytest.raises(Refused, match="CannotDelete"):
        box("ec2", "DeleteSecurityGroup", GroupId=groups[0]["GroupId"])


def test_a_route_to_what_is_gone_is_a_black_hole(box: Any, network: tuple[str, str]) -> None:
    vpc, subnet = network
    gateway = box("ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    box("ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    address = box("ec2", "AllocateAddress", Domain="vpc")["AllocationId"]
    nat = box("ec2", "CreateNatGateway", SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    table = box("ec2", "CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
    box("ec2", "CreateRoute", RouteTableId=table, DestinationCidrBlock=ANYWHERE, GatewayId=gateway)
    box("ec2", "CreateRoute", RouteTableId=table, DestinationCidrBlock="8.0.0.0/8", NatGatewayId=nat)

    def states() -> dict[str, str]:
        routes = box("ec2", "DescribeRouteTables", RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return {each["DestinationCidrBlock"]: each["State"] for each in routes}

    assert set(states().values()) == {"active"}
    box("ec2", "DeleteNatGateway", NatGatewayId=nat)
    assert states() == {"10.0.0.0/16": "active", ANYWHERE: "active", "8.0.0.0/8": "blackhole"}
    box("ec2", "DetachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    box("ec2", "DeleteInternetGateway", InternetGatewayId=gateway)
    assert states()[ANYWHERE] == "blackhole"
    box("ec2", "ReleaseAddress", AllocationId=address)
    with pytest.raises(Refused, match="NatGatewayNotFound"):
        box("ec2", "DeleteNatGateway", NatGatewayId="nat-0123456789abcdef0")


def test_instances_come_back_with_the_same_ids(box: Any, image: str, yard: Any) -> None:
    run(box, image, MaxCount=2)
    box("ec2", "AllocateAddress", Domain="vpc")
    other = yard.open(box.spec.number)
    for request in box.learner.sent:
        other.send(request)
    for each in (box, other):
        each.learner.seq = 100
    for read in ("Instances", "Addresses", "NetworkInterfaces"):
        one, two = (json.dumps(each("ec2", f"Describe{read}"), default=str) for each in (box, other))
        assert one == two
    other.close()


def test_what_a_stack_makes_of_a_network_is_in_force(box: Any, image: str, network: tuple[str, str]) -> None:
    vpc, subnet = network
    server = run(box, image, Placement={"AvailabilityZone": "us-east-1a"})["InstanceId"]
    group = box("ec2", "CreateSecurityGroup", GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "Table": ("RouteTable", {"VpcId": vpc}),
        "Uses": ("SubnetRouteTableAssociation", {"RouteTableId": {"Ref": "Table"}, "SubnetId": subnet}),
        "Rule": ("SecurityGroupIngress", {"GroupId": group, "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
                                          "CidrIp": ANYWHERE}),
        "Disk": ("Volume", {"AvailabilityZone": "us-east-1a", "Size": 2, "VolumeType": "gp3",
                            "Tags": [{"Key": "Name", "Value": "disk"}]}),
        "Hangs": ("VolumeAttachment", {"VolumeId": {"Ref": "Disk"}, "InstanceId": server, "Device": "/dev/sdg"}),
    }  # fmt: skip
    made = {name: {"Type": f"AWS::EC2::{kind}", "Properties": given} for name, (kind, given) in kinds.items()}
    box("cloudformation", "CreateStack", StackName="net", TemplateBody=json.dumps({"Resources": made}))
    by_subnet = [{"Name": "association.subnet-id", "Values": [subnet]}]
    assert len(box("ec2", "DescribeRouteTables", Filters=by_subnet)["RouteTables"]) == 1
    assert box("ec2", "DescribeSecurityGroups", GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    by_name = [{"Name": "tag:Name", "Values": ["disk"]}]
    disk = box("ec2", "DescribeVolumes", Filters=by_name)["Volumes"][0]
    assert (disk["VolumeType"], disk["Attachments"][0]["InstanceId"]) == ("gp3", server)
    box("cloudformation", "DeleteStack", StackName="net")
    assert not box("ec2", "DescribeVolumes", Filters=by_name)["Volumes"]
    assert not box("ec2", "DescribeSecurityGroups", GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("CreateRoute", {"RouteTableId": "rtb-1", "GatewayId": "igw-1"}),
        ("CreateRoute", {"RouteTableId": "rtb-1", "DestinationCidrBlock": ANYWHERE}),
        ("CreateVolume", {"Size": 1}),
        ("CreateVpcEndpoint", {"VpcId": "vpc-1"}),
        ("CreateNetworkAclEntry", {"Protocol": "-1", "CidrBlock": ""}),
        ("CreateNetworkAclEntry", {"Protocol": "6", "CidrBlock": ANYWHERE}),
    ],
)
def test_a_call_that_says_too_little_is_refused(box: Any, operation: str, given: dict[str, Any]) -> None:
    if operation == "CreateNetworkAclEntry":
        given = {"NetworkAclId": "acl-1", "RuleNumber": 1, "RuleAction": "allow", "Egress": False, **given}
    with pytest.raises(Refused, match="MissingParameter"):
        box("ec2", operation, **given)


def test_a_volume_is_detached_and_a_snapshot_encrypted_by_copying(box: Any, image: str) -> None:
    server = run(box, image, Placement={"AvailabilityZone": "us-east-1a"})["InstanceId"]
    volume = box("ec2", "CreateVolume", AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    box("ec2", "AttachVolume", VolumeId=volume, InstanceId=server, Device="/dev/sdf")
    assert box("ec2", "DetachVolume", VolumeId=volume)["InstanceId"] == server
    plain = box("ec2", "CreateSnapshot", VolumeId=volume)["SnapshotId"]
    for asked in ({}, {"Encrypted": True}):
        copy = box("ec2", "CopySnapshot", SourceRegion="us-east-1", SourceSnapshotId=plain, **asked)["SnapshotId"]
        assert box("ec2", "DescribeSnapshots", SnapshotIds=[copy])["Snapshots"][0]["Encrypted"] is bool(asked)


def test_a_route_to_a_gateway_endpoint_is_active(box: Any, network: tuple[str, str]) -> None:
    vpc, _ = network
    table = box("ec2", "CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
    s3 = "com.amazonaws.us-east-1.s3"
    endpoint = box("ec2", "CreateVpcEndpoint", VpcId=vpc, ServiceName=s3, RouteTableIds=[table])["VpcEndpoint"]
    routes = box("ec2", "DescribeRouteTables", RouteTableIds=[table])["RouteTables"][0]["Routes"]
    assert {one["GatewayId"]: one["State"] for one in routes}[endpoint["VpcEndpointId"]] == "active"


def test_a_subnet_without_a_zone_gets_the_last_one(box: Any) -> None:
    vpc = box("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    zones = [one["ZoneName"] for one in box("ec2", "DescribeAvailabilityZones")["AvailabilityZones"]]
    made = [box("ec2", "CreateSubnet", VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"] for n in range(3)]
    assert {one["AvailabilityZone"] for one in made} == {zones[-1]}


def test_a_protected_instance_is_not_terminated(box: Any, image: str) -> None:
    data = {"ImageId": image, "InstanceType": "t3.micro", "DisableApiTermination": True}
    box("ec2", "CreateLaunchTemplate", LaunchTemplateName="kept", LaunchTemplateData=data)
    template = {"LaunchTemplateName": "kept"}
    other = run(box, image)["InstanceId"]
    for kept in (
        run(box, image, DisableApiTermination=True)["InstanceId"],
        box("ec2", "RunInstances", LaunchTemplate=template, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"],
    ):
        with pytest.raises(Refused, match=f"OperationNotPermitted: The instance '{kept}' may not be terminated"):
            box("ec2", "TerminateInstances", InstanceIds=[other, kept])
        assert look(box, other)["State"]["Name"] == look(box, kept)["State"]["Name"] == "running"
        box("ec2", "ModifyInstanceAttribute", InstanceId=kept, DisableApiTermination={"Value": False})
        box("ec2", "TerminateInstances", InstanceIds=[kept])
        assert look(box, kept)["State"]["Name"] == "terminated"


def test_instances_are_found_by_how_they_were_bought_and_by_their_metadata(box: Any, image: str) -> None:
    plain = run(box, image, MetadataOptions={"HttpTokens": "optional"})["InstanceId"]
    spot = run(box, image, InstanceMarketOptions={"MarketType": "spot"}, MetadataOptions={"HttpTokens": "required"})

    def found(name: str, value: str) -> list[str]:
        told = box("ec2", "DescribeInstances", Filters=[{"Name": name, "Values": [value]}])["Reservations"]
        return [each["InstanceId"] for one in told for each in one["Instances"]]

    assert found("instance-lifecycle", "spot") == [spot["InstanceId"]]
    assert found("metadata-options.http-tokens", "required") == [spot["InstanceId"]]
    assert found("metadata-options.http-tokens", "optional") == [plain]
    assert found("tenancy", "dedicated") == []


def test_the_wearers_of_a_default_group_reach_each_other(box: Any, network: tuple[str, str]) -> None:
    for vpc in (
        network[0],
        box("ec2", "DescribeVpcs", Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"],
    ):
        chosen = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        (group,) = box("ec2", "DescribeSecurityGroups", Filters=chosen)["SecurityGroups"]
        (rule,) = group["IpPermissions"]
        assert (rule["IpProtocol"], rule["IpRanges"]) == ("-1", [])
        assert [each["GroupId"] for each in rule["UserIdGroupPairs"]] == [group["GroupId"]]
    box("ec2", "DeleteSubnet", SubnetId=network[1])
    box("ec2", "DeleteVpc", VpcId=network[0])
