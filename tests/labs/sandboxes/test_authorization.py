"""Every call in a cell is authorised: as many that must pass as must be refused, and in AWS's words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused
from tests.labs.sandboxes.people import SOURCE, Person, allow, deny, policy, refused, role


class TestIdentityPolicies:
    def test_what_is_allowed_passes_and_the_rest_is_refused(self, box: Any, person: Person, shelf: str) -> None:
        ann = person(allow("s3:GetObject", "arn:aws:s3:::shelf/*"))
        assert ann("s3", "GetObject", Bucket=shelf, Key="a.txt")["Body"] == b"hello"
        said = refused(ann, "s3", "PutObject", Bucket=shelf, Key="b.txt", Body=b"")
        arn = f"arn:aws:iam::{box.spec.account_id}:user/ann"
        assert said == (
            f'AccessDenied: User: {arn} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::shelf/b.txt" '
            "because no identity-based policy allows the s3:PutObject action"
        )

    def test_a_refused_call_changes_nothing(self, box: Any, person: Person, shelf: str) -> None:
        refused(person(allow("s3:Get*")), "s3", "DeleteObject", Bucket=shelf, Key="a.txt")
        assert box("s3", "GetObject", Bucket=shelf, Key="a.txt")["Body"] == b"hello"

    def test_a_deny_wins_over_administrator_access(self, box: Any, person: Person, shelf: str) -> None:
        ann = person(deny("s3:DeleteObject"))
        box("iam", "AttachUserPolicy", UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        ann("s3", "PutObject", Bucket=shelf, Key="b.txt", Body=b"")
        said = refused(ann, "s3", "DeleteObject", Bucket=shelf, Key="b.txt")
        assert said.endswith("with an explicit deny in an identity-based policy")

    def test_a_groups_policy_counts_from_the_moment_one_is_in_it(self, box: Any, person: Person) -> None:
        ann = person()
        box("iam", "CreateGroup", GroupName="devs")
        box("iam", "PutGroupPolicy", GroupName="devs", PolicyName="p", PolicyDocument=policy(allow("sqs:*")))
        refused(ann, "sqs", "ListQueues")
        box("iam", "AddUserToGroup", GroupName="devs", UserName="ann")
        ann("sqs", "ListQueues")
        box("iam", "RemoveUserFromGroup", GroupName="devs", UserName="ann")
        refused(ann, "sqs", "ListQueues")

    def test_a_new_default_version_counts(self, box: Any, person: Person) -> None:
        ann = person()
        made = box("iam", "CreatePolicy", PolicyName="p", PolicyDocument=policy(allow("sns:ListTopics")))["Policy"]
        box("iam", "AttachUserPolicy", UserName="ann", PolicyArn=made["Arn"])
        ann("sns", "ListTopics")
        document = policy(allow("sqs:ListQueues"))
        box("iam", "CreatePolicyVersion", PolicyArn=made["Arn"], PolicyDocument=document, SetAsDefault=True)
        refused(ann, "sns", "ListTopics")
        ann("sqs", "ListQueues")

    def test_policy_variables_and_paths(self, box: Any, person: Person, shelf: str) -> None:
        ann = person(allow("s3:PutObject", "arn:aws:s3:::shelf/home/${aws:username}/*"), Path="/staff/")
        ann("s3", "PutObject", Bucket=shelf, Key="home/ann/x", Body=b"")
        refused(ann, "s3", "PutObject", Bucket=shelf, Key="home/bob/x", Body=b"")
        refused(ann, "iam", "GetUser", UserName="ann")
        box(
            "iam",
            "PutUserPolicy",
            UserName="ann",
            PolicyName="self",
            PolicyDocument=policy(allow("iam:GetUser", f"arn:aws:iam::{box.spec.account_id}:user/staff/*")),
        )
        ann("iam", "GetUser", UserName="ann")

    @pytest.mark.parametrize(
        ("condition", "passes"),
        [
            ({"IpAddress": {"aws:SourceIp": f"{SOURCE}/32"}}, True),
            ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
            ({"Bool": {"aws:SecureTransport": "true"}}, True),
            ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
            ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
            ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, False),
            ({"DateGreaterThan": {"aws:CurrentTime": "2100-01-01T00:00:00Z"}}, False),
        ],
    )
    def test_conditions_of_the_request(self, person: Person, condition: Any, passes: bool) -> None:
        ann = person(allow("dynamodb:ListTables", Condition=condition))
        if passes:
            ann("dynamodb", "ListTables")
        else:
            refused(ann, "dynamodb", "ListTables")

    def test_a_boundary_limits_what_is_allowed(self, box: Any, person: Person) -> None:
        made = box("iam", "CreatePolicy", PolicyName="b", PolicyDocument=policy(allow("sqs:*")))["Policy"]["Arn"]
        ann = person(allow("*"), PermissionsBoundary=made)
        ann("sqs", "ListQueues")
        assert "because no permissions boundary allows the sns:ListTopics action" in refused(ann, "sns", "ListTopics")
        box("iam", "DeleteUserPermissionsBoundary", UserName="ann")
        ann("sns", "ListTopics")

    def test_who_one_is_may_always_be_asked(self, person: Person) -> None:
        ann = person()
        assert ann("sts", "GetCallerIdentity")["Arn"].endswith(":user/ann")
        ann("sts", "GetSessionToken")


class TestActionsAndResources:
    @pytest.mark.parametrize(
        ("statement", "calls", "not_calls"),
        [
            (
                allow("s3:ListBucket", "arn:aws:s3:::shelf"),
                [("s3", "ListObjectsV2", {"Bucket": "shelf"}), ("s3", "HeadBucket", {"Bucket": "shelf"})],
                [("s3", "ListBuckets", {}), ("s3", "GetObject", {"Bucket": "shelf", "Key": "a.txt"})],
            ),
            (
                allow("s3:ListBucket", "arn:aws:s3:::shelf", Condition={"StringLike": {"s3:prefix": "home/*"}}),
                [("s3", "ListObjectsV2", {"Bucket": "shelf", "Prefix": "home/x"})],
                [("s3", "ListObjectsV2", {"Bucket": "shelf"})],
            ),
            (
                allow(["s3:PutBucketPublicAccessBlock", "s3:GetEncryptionConfiguration"], "arn:aws:s3:::shelf"),
                [("s3", "GetBucketEncryption", {"Bucket": "shelf"})],
                [("s3", "GetPublicAccessBlock", {"Bucket": "shelf"})],
            ),
            (
                allow("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:*:table/orders"),
                [("dynamodb", "GetItem", {"TableName": "orders", "Key": {"id": {"S": "1"}}})],
                [
                    ("dynamodb", "Scan", {"TableName": "orders"}),
                    ("dynamodb", "GetItem", {"TableName": "others", "Key": {"id": {"S": "1"}}}),
                ],
            ),
            (
                allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:*:jobs"),
                [("sqs", "SendMessage", {"QueueUrl": "jobs", "MessageBody": "x"})],
                [("sqs", "ReceiveMessage", {"QueueUrl": "jobs"})],
            ),
            (
                allow("ssm:GetParameter", "arn:aws:ssm:*:*:parameter/app/*"),
                [("ssm", "GetParameter", {"Name": "/app/size"})],
                [("ssm", "GetParameter", {"Name": "/other"})],
            ),
            (
                allow("ec2:Describe*"),
                [("ec2", "DescribeInstances", {}), ("ec2", "DescribeVpcs", {})],
                [("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"})],
            ),
            (
                allow("logs:DescribeLogGroups", "*"),
                [("logs", "DescribeLogGroups", {})],
                [("logs", "CreateLogGroup", {"logGroupName": "/x"})],
            ),
            (
                allow("apigateway:GET", "arn:aws:apigateway:us-east-1::/restapis"),
                [("apigateway", "GetRestApis", {})],
                [("apigateway", "CreateRestApi", {"name": "x"})],
            ),
            (
                allow("cloudformation:DescribeStacks", "arn:aws:cloudformation:*:*:stack/app/*"),
                [],
                [("cloudformation", "DescribeStacks", {"StackName": "other"})],
            ),
        ],
        ids=lambda value: value["Action"] if isinstance(value, dict) and isinstance(value["Action"], str) else None,
    )
    def test_each_needs_its_own(
        self, box: Any, person: Person, shelf: str, statement: Any, calls: Any, not_calls: Any
    ) -> None:
        for name in ("orders", "others"):
            attribute = {"AttributeName": "id"}
            box(
                "dynamodb",
                "CreateTable",
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{**attribute, "KeyType": "HASH"}],
                AttributeDefinitions=[{**attribute, "AttributeType": "S"}],
            )
        url = box("sqs", "CreateQueue", QueueName="jobs")["QueueUrl"]
        box("ssm", "PutParameter", Name="/app/size", Value="3", Type="String")
        ann = person(statement)
        for service, operation, parameters in calls:
            ann(service, operation, **_with_url(parameters, url))
        for service, operation, parameters in not_calls:
            refused(ann, service, operation, **_with_url(parameters, url))

    def test_a_missing_object_is_told_to_who_may_list(self, box: Any, person: Person, shelf: str) -> None:
        ann = person(allow("s3:GetObject", "*"))
        assert "s3:ListBucket" in refused(ann, "s3", "GetObject", Bucket=shelf, Key="gone")
        with pytest.raises(Refused, match="NoSuchKey"):
            person(allow(["s3:GetObject", "s3:ListBucket"]), name="bea")("s3", "GetObject", Bucket=shelf, Key="gone")

    def test_copying_needs_to_read_the_source(self, person: Person, shelf: str) -> None:
        ann = person(allow("s3:PutObject", "*"))
        copy = {"Bucket": shelf, "Key": "b.txt", "CopySource": "shelf/a.txt"}
        assert "s3:GetObject" in refused(ann, "s3", "CopyObject", **copy)

    def test_batches_are_asked_object_by_object(self, box: Any, person: Person, shelf: str) -> None:
        ann = person(allow("s3:DeleteObject", "arn:aws:s3:::shelf/tmp/*"))
        ann("s3", "DeleteObjects", Bucket=shelf, Delete={"Objects": [{"Key": "tmp/x"}]})
        refused(ann, "s3", "DeleteObjects", Bucket=shelf, Delete={"Objects": [{"Key": "tmp/x"}, {"Key": "a.txt"}]})
        box("s3", "HeadObject", Bucket=shelf, Key="a.txt")

    def test_a_role_may_be_handed_over_only_by_who_may_pass_it(self, box: Any, person: Person) -> None:
        service = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role(box, "worker", allow("*"), trust=service)
        arn = f"arn:aws:iam::{box.spec.account_id}:role/worker"
        ann = person(allow("states:*"))
        machine = {"name": "m", "definition": '{"StartAt":"a","States":{"a":{"Type":"Succeed"}}}', "roleArn": arn}
        assert "iam:PassRole on resource: " + arn in refused(ann, "stepfunctions", "CreateStateMachine", **machine)
        only = allow("iam:PassRole", arn, Condition={"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}})
        bea = person(allow("states:*"), only, name="bea")
        bea("stepfunctions", "CreateStateMachine", **machine)
        other = {**only, "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}
        refused(person(allow("states:*"), other, name="cem"), "stepfunctions", "CreateStateMachine", **machine)

    def test_ec2_says_it_in_its_own_way_and_the_message_can_be_opened(self, box: Any, person: Person) -> None:
        ann = person(allow("ec2:Describe*"), allow("sts:DecodeAuthorizationMessage"))
        said = refused(ann, "ec2", "CreateVpc", CidrBlock="10.0.0.0/16")
        assert said.startswith(
            "UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:"
        )
        encoded = said.rpartition(": ")[2]
        told = json.loads(ann("sts", "DecodeAuthorizationMessage", EncodedMessage=encoded)["DecodedMessage"])
        assert told["context"]["action"] == "ec2:CreateVpc"
        assert told["allowed"] is False

    def test_tags_decide(self, box: Any, person: Person) -> None:
        image = box("ec2", "DescribeImages", Owners=["amazon"])["Images"][0]["ImageId"]
        made = box("ec2", "RunInstances", ImageId=image, MinCount=2, MaxCount=2, InstanceType="t3.micro")
        mine, yours = (each["InstanceId"] for each in made["Instances"])
        box("ec2", "CreateTags", Resources=[mine], Tags=[{"Key": "Owner", "Value": "ann"}])
        own = {"StringEquals": {"aws:ResourceTag/Owner": "${aws:username}"}}
        ann = person(allow("ec2:StopInstances", Condition=own))
        ann("ec2", "StopInstances", InstanceIds=[mine])
        refused(ann, "ec2", "StopInstances", InstanceIds=[yours])
        refused(ann, "ec2", "StopInstances", InstanceIds=[mine, yours])

    def test_tags_at_birth_are_a_right_of_their_own(self, person: Person) -> None:
        tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Env", "Value": "dev"}]}]
        ann = person(allow("ec2:CreateVpc"))
        assert "ec2:CreateTags" in refused(ann, "ec2", "CreateVpc", CidrBlock="10.0.0.0/16", TagSpecifications=tags)
        dev = {"StringEquals": {"aws:RequestTag/Env": "dev", "ec2:CreateAction": "CreateVpc"}}
        bea = person(allow("ec2:CreateVpc"), allow("ec2:CreateTags", Condition=dev), name="bea")
        bea("ec2", "CreateVpc", CidrBlock="10.0.0.0/16", TagSpecifications=tags)

    def test_leading_keys(self, box: Any, person: Person) -> None:
        attribute = {"AttributeName": "who"}
        box(
            "dynamodb",
            "CreateTable",
            TableName="notes",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{**attribute, "KeyType": "HASH"}],
            AttributeDefinitions=[{**attribute, "AttributeType": "S"}],
        )
        only = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}
        ann = person(allow(["dynamodb:GetItem", "dynamodb:Query"], "*", Condition=only))
        ann("dynamodb", "GetItem", TableName="notes", Key={"who": {"S": "ann"}})
        refused(ann, "dynamodb", "GetItem", TableName="notes", Key={"who": {"S": "bob"}})
        query = {"TableName": "notes", "KeyConditionExpression": "who = :w"}
        ann("dynamodb", "Query", **query, ExpressionAttributeValues={":w": {"S": "ann"}})
        refused(ann, "dynamodb", "Query", **query, ExpressionAttributeValues={":w": {"S": "bob"}})


def _with_url(parameters: dict[str, Any], url: str) -> dict[str, Any]:
    return {**parameters, "QueueUrl": url} if "QueueUrl" in parameters else parameters


class TestResourcePolicies:
    def test_a_bucket_policy_lets_in_and_keeps_out(self, box: Any, person: Person, shelf: str) -> None:
        ann, bea = person(), person(allow("s3:*"), name="bea")
        arn = f"arn:aws:iam::{box.spec.account_id}:user/ann"
        box(
            "s3",
            "PutBucketPolicy",
            Bucket=shelf,
            Policy=policy(
                allow("s3:GetObject", "arn:aws:s3:::shelf/*", Principal={"AWS": arn}),
                deny(
                    "s3:GetObject",
                    "arn:aws:s3:::shelf/*",
                    Principal="*",
                    Condition={"ArnNotEquals": {"aws:PrincipalArn": arn}},
                ),
            ),
        )
        ann("s3", "GetObject", Bucket=shelf, Key="a.txt")
        for each in (bea, box.learner):
            said = refused(each, "s3", "GetObject", Bucket=shelf, Key="a.txt")
            assert said.endswith("with an explicit deny in a resource-based policy")

    def test_the_grader_is_kept_out_by_nobody(self, box: Any, shelf: str) -> None:
        everything = deny("s3:*", ["arn:aws:s3:::shelf", "arn:aws:s3:::shelf/*"], Principal="*")
        box("s3", "PutBucketPolicy", Bucket=shelf, Policy=policy(everything))
        refused(box.learner, "s3", "GetBucketPolicy", Bucket=shelf)
        grader = box.tool(box.spec.grader_access_key)
        assert "Deny" in grader("s3", "GetBucketPolicy", Bucket=shelf)["Policy"]

    def test_an_anonymous_caller_needs_a_public_bucket(self, box: Any, shelf: str) -> None:
        stranger = box.tool(None)
        refused(stranger, "s3", "GetObject", Bucket=shelf, Key="a.txt")
        box("s3", "DeletePublicAccessBlock", Bucket=shelf)
        public = allow("s3:GetObject", "arn:aws:s3:::shelf/*", Principal="*")
        box("s3", "PutBucketPolicy", Bucket=shelf, Policy=policy(public))
        assert stranger("s3", "GetObject", Bucket=shelf, Key="a.txt")["Body"] == b"hello"
        refused(stranger, "s3", "ListObjectsV2", Bucket=shelf)
        block = {"RestrictPublicBuckets": True}
        box("s3", "PutPublicAccessBlock", Bucket=shelf, PublicAccessBlockConfiguration=block)
        refused(stranger, "s3", "GetObject", Bucket=shelf, Key="a.txt")

    def test_a_key_policy_decides_over_the_key(self, box: Any, person: Person) -> None:
        key = box("kms", "CreateKey")["KeyMetadata"]["KeyId"]
        ann = person(allow("kms:Encrypt", f"arn:aws:kms:us-east-1:{box.spec.account_id}:key/*"))
        ann("kms", "Encrypt", KeyId=key, Plaintext=b"x")
        own = allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{box.spec.account_id}:user/learner"})
        box("kms", "PutKeyPolicy", KeyId=key, PolicyName="default", Policy=policy(own))
        said = refused(ann, "kms", "Encrypt", KeyId=key, Plaintext=b"x")
        assert "because no resource-based policy allows the kms:Encrypt action" in said

    def test_an_object_under_a_key_needs_the_key(self, box: Any, person: Person, shelf: str) -> None:
        key = box("kms", "CreateKey")["KeyMetadata"]["Arn"]
        box("s3", "PutObject", Bucket=shelf, Key="s", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
        assert "kms:Decrypt" in refused(person(allow("s3:*")), "s3", "GetObject", Bucket=shelf, Key="s")
        person(allow("s3:*"), allow("kms:Decrypt", key), name="bea")("s3", "GetObject", Bucket=shelf, Key="s")

    def test_a_queue_policy_lets_a_user_in(self, box: Any, person: Person) -> None:
        url = box("sqs", "CreateQueue", QueueName="jobs")["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{box.spec.account_id}:jobs"
        ann = person()
        refused(ann, "sqs", "SendMessage", QueueUrl=url, MessageBody="x")
        user = {"AWS": f"arn:aws:iam::{box.spec.account_id}:user/ann"}
        document = policy(allow("sqs:SendMessage", arn, Principal=user))
        box("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"Policy": document})
        ann("sqs", "SendMessage", QueueUrl=url, MessageBody="x")
