"""Several accounts in one sandbox: an organization's members, who may enter them, and what holds those who are in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": "*", **more}


def trust(principal: str, **condition: Any) -> str:
    more = {"Condition": condition} if condition else {}
    return document({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", **more})


@pytest.fixture
def member(box: Any) -> str:
    box("organizations", "CreateOrganization", FeatureSet="ALL")
    made = box("organizations", "CreateAccount", Email="dev@example.com", AccountName="dev")["CreateAccountStatus"]
    assert made["State"] == "SUCCEEDED"
    return str(made["AccountId"])


def enter(box: Any, role: str, who: Any = None, **more: Any) -> Any:
    given = {"RoleArn": role, "RoleSessionName": "me", **more}
    return box.tool((who or box.learner)("sts", "AssumeRole", **given)["Credentials"]["AccessKeyId"])


def inside(box: Any, member: str) -> Any:
    return enter(box, f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole")


def root(box: Any) -> str:
    ident = str(box("organizations", "ListRoots")["Roots"][0]["Id"])
    box("organizations", "EnablePolicyType", RootId=ident, PolicyType="SERVICE_CONTROL_POLICY")
    return ident


def control(box: Any, target: str, *statements: dict[str, Any], name: str = "guard") -> str:
    made = box("organizations", "CreatePolicy", Name=name, Description="x", Type="SERVICE_CONTROL_POLICY",
               Content=document(*statements))  # fmt: skip
    ident = str(made["Policy"]["PolicySummary"]["Id"])
    box("organizations", "AttachPolicy", PolicyId=ident, TargetId=target)
    return ident


class TestMembers:
    def test_the_management_account_enters_by_the_role(self, box: Any, member: str) -> None:
        they = inside(box, member)
        told = they("sts", "GetCallerIdentity")
        assert told["Account"] == member
        assert told["Arn"] == f"arn:aws:sts::{member}:assumed-role/OrganizationAccountAccessRole/me"
        assert box("sts", "GetCallerIdentity")["Account"] == box.spec.account_id

    def test_each_has_its_own_of_everything(self, box: Any, member: str) -> None:
        they = inside(box, member)
        they("sqs", "CreateQueue", QueueName="theirs")
        they("s3", "CreateBucket", Bucket="their-bucket")
        topic = they("sns", "CreateTopic", Name="t")["TopicArn"]
        assert f":{member}:" in topic
        assert box("sqs", "ListQueues").get("QueueUrls", []) == []
        assert box("s3", "ListBuckets")["Buckets"] == []
        assert box("sns", "ListTopics")["Topics"] == []
        assert [each["Name"] for each in they("s3", "ListBuckets")["Buckets"]] == ["their-bucket"]
        assert they("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"] != box("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"]
        assert [each["RoleName"] for each in they("iam", "ListRoles")["Roles"]] == ["OrganizationAccountAccessRole"]

    def test_users_made_inside_belong_there(self, box: Any, member: str) -> None:
        they = inside(box, member)
        they("iam", "CreateUser", UserName="dana")
        key = they("iam", "CreateAccessKey", UserName="dana")["AccessKey"]["AccessKeyId"]
        dana = box.tool(key)
        assert dana("sts", "GetCallerIdentity")["Arn"] == f"arn:aws:iam::{member}:user/dana"
        with pytest.raises(Refused, match="is not authorized"):
            dana("sqs", "ListQueues")
        they("iam", "AttachUserPolicy", UserName="dana", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        dana("sqs", "CreateQueue", QueueName="q")
        session = dana("sts", "GetSessionToken")["Credentials"]["AccessKeyId"]
        assert box.tool(session)("sts", "GetCallerIdentity")["Account"] == member

    def test_a_member_manages_nothing(self, box: Any, member: str) -> None:
        they = inside(box, member)
        assert they("organizations", "DescribeOrganization")["Organization"]["MasterAccountId"] == box.spec.account_id
        with pytest.raises(Refused, match="AccessDeniedException"):
            they("organizations", "ListAccounts")

    def test_they_live_through_a_snapshot(self, box: Any, member: str, yard: Any) -> None:
        inside(box, member)("sqs", "CreateQueue", QueueName="theirs")
        other = yard.open(box.spec.number)
        yard.run(other.cell.load(yard.run(box.cell.dump())))
        other.learner.seq = box.learner.seq
        assert len(inside(other, member)("sqs", "ListQueues")["QueueUrls"]) == 1
        assert other("organizations", "ListAccounts")["Accounts"][1]["Id"] == member


class TestAcross:
    def test_a_role_is_assumed_by_both_halves(self, box: Any, member: str) -> None:
        they = inside(box, member)
        box("iam", "CreateUser", UserName="ann")
        ann = box.tool(box("iam", "CreateAccessKey", UserName="ann")["AccessKey"]["AccessKeyId"])
        given = {"RoleName": "audit", "AssumeRolePolicyDocument": trust(f"arn:aws:iam::{box.spec.account_id}:root")}
        arn = they("iam", "CreateRole", **given)["Role"]["Arn"]
        with pytest.raises(Refused, match="AccessDenied"):
            enter(box, arn, ann)  # the trust alone is not enough
        box(
            "iam",
            "PutUserPolicy",
            UserName="ann",
            PolicyName="p",
            PolicyDocument=document(allow("sts:AssumeRole", arn)),
        )
        assert enter(box, arn, ann)("sts", "GetCallerIdentity")["Account"] == member
        they("iam", "UpdateAssumeRolePolicy", RoleName="audit", PolicyDocument=trust(f"arn:aws:iam::{member}:root"))
        with pytest.raises(Refused, match="AccessDenied"):
            enter(box, arn, ann)

    def test_an_external_id_must_match(self, box: Any, member: str) -> None:
        they = inside(box, member)
        text = trust(f"arn:aws:iam::{box.spec.account_id}:root", StringEquals={"sts:ExternalId": "s3cret"})
        arn = they("iam", "CreateRole", RoleName="vendor", AssumeRolePolicyDocument=text)["Role"]["Arn"]
        for more in ({}, {"ExternalId": "other"}):
            with pytest.raises(Refused, match="AccessDenied"):
                enter(box, arn, **more)
        enter(box, arn, ExternalId="s3cret")

    def test_a_bucket_is_read_by_both_halves(self, box: Any, member: str) -> None:
        they = inside(box, member)
        given = {"RoleName": "reader", "AssumeRolePolicyDocument": trust(f"arn:aws:iam::{member}:root")}
        arn = they("iam", "CreateRole", **given)["Role"]["Arn"]
        reader = enter(box, arn, they)
        box("s3", "CreateBucket", Bucket="shared-bucket")
        box("s3", "PutObject", Bucket="shared-bucket", Key="k", Body=b"hello")
        read = {"Bucket": "shared-bucket", "Key": "k"}
        may = allow("s3:GetObject", "arn:aws:s3:::shared-bucket/*")
        with pytest.raises(Refused, match="AccessDenied"):
            reader("s3", "GetObject", **read)
        they("iam", "PutRolePolicy", RoleName="reader", PolicyName="p", PolicyDocument=document(may))
        with pytest.raises(Refused, match="AccessDenied"):
            reader("s3", "GetObject", **read)
        box("s3", "PutBucketPolicy", Bucket="shared-bucket", Policy=document({**may, "Principal": {"AWS": arn}}))
        assert reader("s3", "GetObject", **read)["Body"] == b"hello"
        they("iam", "DeleteRolePolicy", RoleName="reader", PolicyName="p")
        with pytest.raises(Refused, match="AccessDenied"):
            reader("s3", "GetObject", **read)

    def test_a_topic_of_one_reaches_a_queue_of_the_other(self, box: Any, member: str) -> None:
        they = inside(box, member)
        url = they("sqs", "CreateQueue", QueueName="theirs")["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{member}:theirs"
        topic = box("sns", "CreateTopic", Name="t")["TopicArn"]
        may = allow("sqs:SendMessage", arn, Principal={"Service": "sns.amazonaws.com"},
                    Condition={"ArnEquals": {"aws:SourceArn": topic}})  # fmt: skip
        they("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"Policy": document(may)})
        box("sns", "Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn)
        box("sns", "Publish", TopicArn=topic, Message="hello")
        assert "hello" in they("sqs", "ReceiveMessage", QueueUrl=url)["Messages"][0]["Body"]


class TestControl:
    def test_nothing_holds_until_the_type_is_enabled(self, box: Any, member: str) -> None:
        made = box("organizations", "CreatePolicy", Name="p", Description="x", Type="SERVICE_CONTROL_POLICY",
                   Content=document(deny("sqs:*")))["Policy"]["PolicySummary"]["Id"]  # fmt: skip
        with pytest.raises(Refused, match="PolicyTypeNotEnabledException"):
            box("organizations", "AttachPolicy", PolicyId=made, TargetId=member)
        ident = root(box)
        with pytest.raises(Refused, match="PolicyTypeAlreadyEnabledException"):
            box("organizations", "EnablePolicyType", RootId=ident, PolicyType="SERVICE_CONTROL_POLICY")
        box("organizations", "AttachPolicy", PolicyId=made, TargetId=member)
        they = inside(box, member)
        with pytest.raises(Refused, match="explicit deny in a service control policy"):
            they("sqs", "ListQueues")
        box("organizations", "DetachPolicy", PolicyId=made, TargetId=member)
        they("sqs", "ListQueues")

    def test_a_unit_holds_who_is_in_it_and_not_the_management(self, box: Any, member: str) -> None:
        top = root(box)
        unit = box("organizations", "CreateOrganizationalUnit", ParentId=top, Name="u")["OrganizationalUnit"]["Id"]
        region = {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}
        control(box, unit, {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "Condition": region})
        they = inside(box, member)
        they("sqs", "ListQueues")
        box("organizations", "MoveAccount", AccountId=member, SourceParentId=top, DestinationParentId=unit)
        with pytest.raises(Refused, match="service control policy"):
            they("sqs", "ListQueues")
        they("iam", "ListUsers")
        control(box, top, deny("sns:*"), name="all")
        box("sns", "ListTopics")

    def test_what_is_not_allowed_above_is_not_allowed(self, box: Any, member: str) -> None:
        root(box)
        with pytest.raises(Refused, match="ConstraintViolationException"):
            box("organizations", "DetachPolicy", PolicyId="p-FullAWSAccess", TargetId=member)
        control(box, member, allow("s3:*"))
        box("organizations", "DetachPolicy", PolicyId="p-FullAWSAccess", TargetId=member)
        they = inside(box, member)
        they("s3", "ListBuckets")
        with pytest.raises(Refused, match="is not authorized"):
            they("sqs", "ListQueues")

    def test_what_is_no_policy_is_malformed(self, box: Any, member: str) -> None:
        for text in ("{}", document({**allow("*"), "Principal": "*"})):
            with pytest.raises(Refused, match="MalformedPolicyDocumentException"):
                box(
                    "organizations",
                    "CreatePolicy",
                    Name="p",
                    Description="x",
                    Type="SERVICE_CONTROL_POLICY",
                    Content=text,
                )
