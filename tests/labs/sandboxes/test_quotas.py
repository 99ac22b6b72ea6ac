"""What an account may have of each thing: AWS's numbers, codes and words; and our own ceiling above them."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from labs.sandboxes.emulated.quotas import QUOTAS, Quota
from labs.sandboxes.emulated.tool import Refused, botocore_model

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip


def _refused(box: Any, service: str, operation: str, **parameters: Any) -> tuple[int, str, str]:
    with pytest.raises(Refused) as refused:
        box(service, operation, **parameters)
    answer = refused.value.response
    return answer.status, answer.error_code, answer.error_message


@pytest.mark.parametrize("quota", QUOTAS, ids=lambda each: f"{each.service}-{each.operations[0]}-{each.code}")
def test_a_quota_is_of_an_operation_that_aws_has_and_says_where_it_is_from(quota: Quota) -> None:
    assert set(quota.operations) <= set(botocore_model(quota.service).operation_names)
    assert quota.page.startswith("https://docs.aws.amazon.com/")
    assert quota.limit > 0 and "{" not in quota.message.format(limit=1, name="n", account="1")


@pytest.mark.parametrize("quota", QUOTAS, ids=lambda each: f"{each.service}-{each.operations[0]}-{each.code}")
def test_an_account_with_nothing_in_it_can_be_counted(quota: Quota) -> None:
    call: Any = SimpleNamespace(account_id="123456789012", region="us-east-1", parameters={})
    assert quota.there(call) >= -1 and quota.adds(call) >= 0
    assert quota.refuses(call) == ""


def test_a_region_holds_five_vpcs(box: Any) -> None:
    for number in range(1, 5):  # the default one is there
        box("ec2", "CreateVpc", CidrBlock=f"10.{number}.0.0/16")
    found = _refused(box, "ec2", "CreateVpc", CidrBlock="10.9.0.0/16")
    assert found == (400, "VpcLimitExceeded", "The maximum number of VPCs has been reached.")


def test_a_region_holds_five_elastic_addresses_and_five_internet_gateways(box: Any) -> None:
    for _ in range(5):
        last = box("ec2", "AllocateAddress", Domain="vpc")["AllocationId"]
    assert _refused(box, "ec2", "AllocateAddress", Domain="vpc")[1] == "AddressLimitExceeded"
    box("ec2", "ReleaseAddress", AllocationId=last)
    box("ec2", "AllocateAddress", Domain="vpc")
    for _ in range(4):
        box("ec2", "CreateInternetGateway")
    assert _refused(box, "ec2", "CreateInternetGateway")[1] == "InternetGatewayLimitExceeded"


def test_instances_are_limited_by_their_vcpus(box: Any) -> None:
    image = box("ec2", "DescribeImages", Owners=["amazon"])["Images"][0]["ImageId"]
    asked = {"ImageId": image, "InstanceType": "t3.2xlarge"}
    made = box("ec2", "RunInstances", MinCount=15, MaxCount=15, **asked)["Instances"]  # 8 each: 120 of 128
    status, code, message = _refused(box, "ec2", "RunInstances", MinCount=2, MaxCount=2, **asked)
    assert (status, code) == (400, "VcpuLimitExceeded") and "vCPU limit of 128" in message
    box("ec2", "StopInstances", InstanceIds=[made[0]["InstanceId"]])
    box("ec2", "RunInstances", MinCount=2, MaxCount=2, **asked)


def test_an_interface_wears_five_security_groups(box: Any) -> None:
    subnet = box("ec2", "DescribeSubnets")["Subnets"][0]["SubnetId"]
    groups = [box("ec2", "CreateSecurityGroup", GroupName=f"g{n}", Description="g")["GroupId"] for n in range(6)]
    interface = box("ec2", "CreateNetworkInterface", SubnetId=subnet, Groups=groups[:5])["NetworkInterface"]
    code = "SecurityGroupsPerInterfaceLimitExceeded"
    assert _refused(box, "ec2", "CreateNetworkInterface", SubnetId=subnet, Groups=groups)[1] == code
    name = interface["NetworkInterfaceId"]
    assert _refused(box, "ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=name, Groups=groups)[1] == code


def test_a_security_group_holds_sixty_rules(box: Any) -> None:
    group = box("ec2", "CreateSecurityGroup", GroupName="web", Description="web")["GroupId"]

    def rules(count: int, first: int) -> list[dict[str, Any]]:
        ranges = [{"CidrIp": f"10.{first}.{n}.0/24"} for n in range(count)]
        return [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": ranges}]

    box("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=rules(60, 1))
    found = _refused(box, "ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=rules(1, 2))
    assert found[1] == "RulesPerSecurityGroupLimitExceeded"


def test_a_role_wears_ten_managed_policies(box: Any) -> None:
    box("iam", "CreateRole", RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST))
    arns = [each["Arn"] for each in box("iam", "ListPolicies", Scope="AWS", MaxItems=11)["Policies"]]
    for arn in arns[:10]:
        box("iam", "AttachRolePolicy", RoleName="app", PolicyArn=arn)
    found = _refused(box, "iam", "AttachRolePolicy", RoleName="app", PolicyArn=arns[10])
    assert found == (409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10")
    box("iam", "AttachRolePolicy", RoleName="app", PolicyArn=arns[0])  # it wears that one already


def _policy(size: int) -> str:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get", "Resource": "*"}]}
    document["Statement"][0]["Action"] += "x" * (size - len(json.dumps(document, separators=(",", ":"))))  # type: ignore[index]
    return json.dumps(document, indent=8)  # white space does not count


def test_policies_are_as_long_as_iam_takes_them(box: Any) -> None:
    box("iam", "CreatePolicy", PolicyName="long", PolicyDocument=_policy(6144))
    found = _refused(box, "iam", "CreatePolicy", PolicyName="longer", PolicyDocument=_policy(6145))
    assert found == (409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
    box("iam", "CreateUser", UserName="ann")
    box("iam", "PutUserPolicy", UserName="ann", PolicyName="a", PolicyDocument=_policy(1500))
    box("iam", "PutUserPolicy", UserName="ann", PolicyName="a", PolicyDocument=_policy(1600))
    found = _refused(box, "iam", "PutUserPolicy", UserName="ann", PolicyName="b", PolicyDocument=_policy(500))
    assert found == (409, "LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user ann")
    trust = json.dumps({**TRUST, "Id": "x" * 2048})
    found = _refused(box, "iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=trust)
    assert found[2] == "Cannot exceed quota for ACLSizePerRole: 2048"


def test_a_region_holds_forty_databases_and_five_trails(box: Any) -> None:
    asked = {"DBInstanceClass": "db.t3.micro", "Engine": "mysql", "AllocatedStorage": 20,
             "MasterUsername": "admin", "MasterUserPassword": "correct-horse"}  # fmt: skip
    for number in range(40):
        box("rds", "CreateDBInstance", DBInstanceIdentifier=f"db{number}", **asked)
    assert _refused(box, "rds", "CreateDBInstance", DBInstanceIdentifier="one-more", **asked)[:2] == (
        400,
        "InstanceQuotaExceeded",
    )
    box("s3", "CreateBucket", Bucket="trails-are-kept-here")
    for number in range(5):
        box("cloudtrail", "CreateTrail", Name=f"trail{number}", S3BucketName="trails-are-kept-here")
    found = _refused(box, "cloudtrail", "CreateTrail", Name="trail5", S3BucketName="trails-are-kept-here")
    assert found[1] == "MaximumNumberOfTrailsExceededException"
    assert found[2] == f"User: {box.spec.account_id} already has 5 trails in this region."


def test_what_is_written_anew_takes_no_room(box: Any) -> None:
    for number in range(300):
        box("events", "PutRule", Name=f"rule{number}", ScheduleExpression="rate(1 day)")
    box("events", "PutRule", Name="rule0", ScheduleExpression="rate(2 days)")
    found = _refused(box, "events", "PutRule", Name="rule300", ScheduleExpression="rate(1 day)")
    assert found[1] == "LimitExceededException"


def test_a_sandbox_has_a_ceiling_of_our_own_and_can_be_tidied_up(box: Any) -> None:
    url = box("sqs", "CreateQueue", QueueName="q")["QueueUrl"]
    made = 0
    with pytest.raises(Refused) as refused:
        for made in range(2_100):
            box("sqs", "CreateQueue", QueueName=f"q{made}")
    assert refused.value.response.error_code == "ServiceQuotaExceededException"
    assert "This sandbox holds at most 2,000 resources of any kind" in refused.value.response.error_message
    assert 1_900 < made <= 2_000
    with pytest.raises(Refused, match="ServiceQuotaExceeded"):
        box("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")
    box("sqs", "ListQueues")
    box("sqs", "DeleteQueue", QueueUrl=url)
    box("sqs", "CreateQueue", QueueName="again")


def test_ten_thousand_objects_are_the_most(box: Any) -> None:
    box("dynamodb", "CreateTable", TableName="t", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")  # fmt: skip
    box("s3", "CreateBucket", Bucket="many-objects-are-here")
    with pytest.raises(Refused) as refused:
        for batch in range(420):
            items = [{"PutRequest": {"Item": {"id": {"S": f"{batch}-{n}"}}}} for n in range(25)]
            box("dynamodb", "BatchWriteItem", RequestItems={"t": items})
    assert "10,000 objects, items and messages" in refused.value.response.error_message
    assert 390 < batch < 420
    with pytest.raises(Refused, match="10,000 objects"):
        box("s3", "PutObject", Bucket="many-objects-are-here", Key="a", Body=b"x")


def test_a_replay_meets_the_ceiling_where_the_first_run_did(box: Any, yard: Any) -> None:
    with pytest.raises(Refused):
        for number in range(2_100):
            box("sns", "CreateTopic", Name=f"t{number}")
    calls, last = box.learner.sent, box.learner.last
    box.close()
    box.cell = yard.open(box.spec.number).cell
    again = [box.send(call) for call in calls]
    assert {each.status for each in again[:-1]} == {200}
    assert (again[-1].status, again[-1].body) == (last.status, last.body)


def test_what_is_noted_as_not_simulated_is_refused(box: Any) -> None:
    found = _refused(box, "ec2", "GetConsoleOutput", InstanceId="i-0123456789abcdef0")
    assert found[:2] == (501, "NotImplemented")
