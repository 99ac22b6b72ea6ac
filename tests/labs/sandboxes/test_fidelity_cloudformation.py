"""CloudFormation as AWS documents it: functions, rollback, change sets, exports, protection, policies of deletion."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused


def template(resources: dict[str, Any], **more: Any) -> str:
    return json.dumps({"Resources": resources, **more})


def topic(name: str = "", **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", "Properties": {**({"TopicName": name} if name else {}), **more}}


def queue(name: str = "", **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {**({"QueueName": name} if name else {}), **more}}


BROKEN = {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": "vpc-00000000", "CidrBlock": "10.0.0.0/24"}}


def make(box: Any, text: str, name: str = "app", **more: Any) -> dict[str, Any]:
    box("cloudformation", "CreateStack", StackName=name, TemplateBody=text, **more)
    return stack(box, name)


def stack(box: Any, name: str = "app") -> dict[str, Any]:
    return dict(box("cloudformation", "DescribeStacks", StackName=name)["Stacks"][0])


def outputs(told: dict[str, Any]) -> dict[str, str]:
    return {each["OutputKey"]: each["OutputValue"] for each in told.get("Outputs", [])}


def events(box: Any, name: str = "app") -> list[tuple[str, str]]:
    told = box("cloudformation", "DescribeStackEvents", StackName=name)["StackEvents"]
    return [(each["LogicalResourceId"], each["ResourceStatus"]) for each in told[::-1]]


def reasons(box: Any, name: str = "app") -> list[str]:
    told = box("cloudformation", "DescribeStackEvents", StackName=name)["StackEvents"]
    return [each["ResourceStatusReason"] for each in told if each.get("ResourceStatusReason")]


def topics(box: Any) -> list[str]:
    return [each["TopicArn"].rpartition(":")[2] for each in box("sns", "ListTopics")["Topics"]]


class TestFunctions:
    def test_each_nested_in_others(self, box: Any) -> None:
        text = """
Parameters:
  Block: {Type: String, Default: 10.1.0.0/16}
  Stage: {Type: String, Default: test}
Mappings:
  Sizes: {test: {bits: "8"}, live: {bits: "10"}}
Conditions:
  Live: !Equals [!Ref Stage, live]
  NotLive: !Not [Condition: Live]
Resources:
  Net: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Block}}
  One:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Net
      CidrBlock: !Select [1, !Cidr [!GetAtt Net.CidrBlock, 4, !FindInMap [Sizes, !Ref Stage, bits]]]
      AvailabilityZone: !Select [0, !GetAZs ""]
  Never: {Type: AWS::SNS::Topic, Condition: Live}
Outputs:
  Block: {Value: !GetAtt One.CidrBlock}
  Zone: {Value: !GetAtt One.AvailabilityZone}
  Said: {Value: !Sub ["${Net}/${What}/${!kept}/${AWS::StackName}", {What: !If [NotLive, !Join [",", !Split ["-", "a-b"]], no]}]}
  Shown: {Condition: Live, Value: never}
"""
        told = make(box, text)
        assert told["StackStatus"] == "CREATE_COMPLETE", reasons(box)
        found = outputs(told)
        net = box("cloudformation", "DescribeStackResource", StackName="app", LogicalResourceId="Net")
        vpc = net["StackResourceDetail"]["PhysicalResourceId"]
        assert found == {"Block": "10.1.1.0/24", "Zone": "us-east-1a", "Said": vpc + "/a,b/${kept}/app"}
        assert topics(box) == []

    def test_a_loop_is_written_out(self, box: Any) -> None:
        loop = {"Fn::ForEach::Each": ["Name", ["a", "b"], {"Topic${Name}": topic("t-${Name}")}]}
        make(box, template(loop, Transform="AWS::LanguageExtensions"))
        assert sorted(topics(box)) == ["t-a", "t-b"]

    @pytest.mark.parametrize(
        ("resources", "said"),
        [
            ({}, "At least one Resources member must be defined"),
            ({"A": {"Type": "AWS::SNS::Topik"}}, r"Unrecognized resource types: \[AWS::SNS::Topik\]"),
            ({"A": {"Properties": {}}}, "Every Resources object must contain a Type member"),
            ({"A": topic(DisplayName={"Ref": "B"})}, r"Unresolved resource dependencies \[B\] in the Resources block"),
            (
                {"A": topic(DisplayName={"Ref": "B"}), "B": topic(DisplayName={"Ref": "A"})},
                r"Circular dependency between resources: \[A, B\]",
            ),
            ({"A": {**topic(), "DependsOn": "C"}}, r"Unresolved resource dependencies \[C\]"),
        ],
    )
    def test_what_is_no_template_is_refused_and_makes_no_stack(self, box: Any, resources: Any, said: str) -> None:
        with pytest.raises(Refused, match=f"ValidationError.*{said}"):
            make(box, template(resources))
        assert box("cloudformation", "DescribeStacks")["Stacks"] == []

    def test_parameters_are_held_to_their_constraints(self, box: Any) -> None:
        slots = {
            "Size": {"Type": "Number", "MaxValue": 3},
            "Kind": {"Type": "String", "AllowedValues": ["a"], "Default": "a"},
        }
        text = template({"A": topic()}, Parameters=slots)
        with pytest.raises(Refused, match=r"Parameters: \[Size\] must have values"):
            make(box, text)
        for name, value, said in (("Size", "4", "not greater than 3"), ("Kind", "b", "must be one of AllowedValues")):
            given = [{"ParameterKey": "Size", "ParameterValue": "1"}] if name != "Size" else []
            with pytest.raises(Refused, match=said):
                make(box, text, Parameters=[*given, {"ParameterKey": name, "ParameterValue": value}])

    def test_identities_need_to_be_acknowledged(self, box: Any) -> None:
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [trust]}
        text = template({"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}})
        with pytest.raises(Refused, match=r"InsufficientCapabilitiesException.*\[CAPABILITY_IAM\]"):
            make(box, text)
        assert make(box, text, Capabilities=["CAPABILITY_IAM"])["StackStatus"] == "CREATE_COMPLETE"


class TestFailure:
    def test_all_is_taken_back(self, box: Any) -> None:
        told = make(
            box, template({"A": topic("a"), "B": {**queue("b"), "DependsOn": "A"}, "C": {**BROKEN, "DependsOn": "B"}})
        )
        assert told["StackStatus"] == "ROLLBACK_COMPLETE"
        assert (topics(box), box("sqs", "ListQueues").get("QueueUrls", [])) == ([], [])
        assert events(box) == [
            ("app", "CREATE_IN_PROGRESS"),
            ("A", "CREATE_IN_PROGRESS"), ("A", "CREATE_IN_PROGRESS"), ("A", "CREATE_COMPLETE"),
            ("B", "CREATE_IN_PROGRESS"), ("B", "CREATE_IN_PROGRESS"), ("B", "CREATE_COMPLETE"),
            ("C", "CREATE_IN_PROGRESS"), ("C", "CREATE_FAILED"),
            ("app", "ROLLBACK_IN_PROGRESS"),
            ("B", "DELETE_IN_PROGRESS"), ("B", "DELETE_COMPLETE"),
            ("A", "DELETE_IN_PROGRESS"), ("A", "DELETE_COMPLETE"),
            ("app", "ROLLBACK_COMPLETE"),
        ]  # fmt: skip
        told = box("cloudformation", "DescribeStackEvents", StackName="app")["StackEvents"]
        reasons = {each["ResourceStatus"]: each.get("ResourceStatusReason", "") for each in told}
        assert "vpc-00000000" in reasons["CREATE_FAILED"]
        assert reasons["ROLLBACK_IN_PROGRESS"].startswith("The following resource(s) failed to create: [C].")
        with pytest.raises(Refused, match="ROLLBACK_COMPLETE state and can not be updated"):
            box("cloudformation", "UpdateStack", StackName="app", TemplateBody=template({"A": topic()}))
        with pytest.raises(Refused, match="AlreadyExistsException"):
            make(box, template({"A": topic()}))
        box("cloudformation", "DeleteStack", StackName="app")
        assert make(box, template({"A": topic()}))["StackStatus"] == "CREATE_COMPLETE"

    def test_or_left_or_deleted_as_one_asks(self, box: Any) -> None:
        text = template({"A": topic("a"), "C": {**BROKEN, "DependsOn": "A"}})
        assert make(box, text, "left", DisableRollback=True)["StackStatus"] == "CREATE_FAILED"
        assert topics(box) == ["a"]
        box("cloudformation", "DeleteStack", StackName="left")
        assert topics(box) == []
        made = box("cloudformation", "CreateStack", StackName="gone", TemplateBody=text, OnFailure="DELETE")
        assert stack(box, made["StackId"])["StackStatus"] == "DELETE_COMPLETE"
        with pytest.raises(Refused, match="Stack with id gone does not exist"):
            stack(box, "gone")

    def test_half_a_resource_is_none(self, box: Any) -> None:
        rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "SourceSecurityGroupId": "sg-00000000"}
        group = {"GroupDescription": "x", "SecurityGroupIngress": [rule]}
        told = make(box, template({"G": {"Type": "AWS::EC2::SecurityGroup", "Properties": group}}))
        assert told["StackStatus"] == "ROLLBACK_COMPLETE"
        names = [each["GroupName"] for each in box("ec2", "DescribeSecurityGroups")["SecurityGroups"]]
        assert names == ["default"]

    def test_a_property_that_is_not_there(self, box: Any) -> None:
        told = make(box, template({"A": topic(Colour="red")}))
        assert told["StackStatus"] == "ROLLBACK_COMPLETE"
        said = [each.get("ResourceStatusReason", "") for each in
                box("cloudformation", "DescribeStackEvents", StackName="app")["StackEvents"]]  # fmt: skip
        assert any("extraneous key [Colour] is not permitted" in each for each in said)

    def test_what_is_not_played_says_so(self, box: Any) -> None:
        told = make(box, template({"A": {"Type": "Custom::Thing", "Properties": {"ServiceToken": "x"}}}))
        assert told["StackStatus"] == "ROLLBACK_COMPLETE"
        told = box("cloudformation", "DescribeStackResources", StackName="app")["StackResources"][0]
        assert "not simulated" in told["ResourceStatusReason"]


class TestUpdate:
    def test_changes_adds_and_removes(self, box: Any) -> None:
        make(box, template({"A": topic("a"), "B": queue("b", DelaySeconds=1)}))
        changed = template({"B": queue("b", DelaySeconds=7), "C": topic("c")})
        box("cloudformation", "UpdateStack", StackName="app", TemplateBody=changed)
        assert stack(box)["StackStatus"] == "UPDATE_COMPLETE"
        assert topics(box) == ["c"]
        url = box("sqs", "GetQueueUrl", QueueName="b")["QueueUrl"]
        found = box("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert found["DelaySeconds"] == "7"
        with pytest.raises(Refused, match="No updates are to be performed"):
            box("cloudformation", "UpdateStack", StackName="app", TemplateBody=changed)

    def test_what_fails_is_as_it_was(self, box: Any) -> None:
        make(box, template({"A": topic("a"), "B": queue("b", DelaySeconds=1)}), "app")
        changed = template({"B": queue("b", DelaySeconds=7), "C": topic("c"), "D": {**BROKEN, "DependsOn": ["B", "C"]}})
        box("cloudformation", "UpdateStack", StackName="app", TemplateBody=changed)
        told = stack(box)
        assert told["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert topics(box) == ["a"]
        url = box("sqs", "GetQueueUrl", QueueName="b")["QueueUrl"]
        found = box("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert found["DelaySeconds"] == "1"
        said = [name for _, name in events(box) if name.startswith("UPDATE")]
        assert said[-3:] == [
            "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE",
        ]  # fmt: skip
        assert ("D", "CREATE_FAILED") in events(box)
        body = box("cloudformation", "GetTemplate", StackName="app")["TemplateBody"]
        assert "DelaySeconds" in json.dumps(body)
        assert '"C"' not in json.dumps(body)

    def test_a_network_is_changed_and_goes_away_whole(self, box: Any) -> None:
        def net(hosts: bool) -> str:
            return template({
                "Net": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": hosts}},
                "Gate": {"Type": "AWS::EC2::InternetGateway"},
                "Tie": {"Type": "AWS::EC2::VPCGatewayAttachment",
                        "Properties": {"VpcId": {"Ref": "Net"}, "InternetGatewayId": {"Ref": "Gate"}}},
                "Sub": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Net"}, "CidrBlock": "10.0.0.0/24"}},
                "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Net"}}},
                "Way": {"Type": "AWS::EC2::Route", "DependsOn": "Tie", "Properties": {
                    "RouteTableId": {"Ref": "Table"}, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": {"Ref": "Gate"}}},
                "Join": {"Type": "AWS::EC2::SubnetRouteTableAssociation",
                         "Properties": {"SubnetId": {"Ref": "Sub"}, "RouteTableId": {"Ref": "Table"}}},
                "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": {"Ref": "Net"}, "GroupDescription": "x"}},
            })  # fmt: skip

        told = make(box, net(False))
        assert told["StackStatus"] == "CREATE_COMPLETE", events(box)
        box("cloudformation", "UpdateStack", StackName="app", TemplateBody=net(True))
        assert stack(box)["StackStatus"] == "UPDATE_COMPLETE", events(box)
        made = stack(box)["StackId"]
        box("cloudformation", "DeleteStack", StackName="app")
        assert stack(box, made)["StackStatus"] == "DELETE_COMPLETE", reasons(box, made)
        assert [each["IsDefault"] for each in box("ec2", "DescribeVpcs")["Vpcs"]] == [True]
        assert len(box("ec2", "DescribeInternetGateways")["InternetGateways"]) == 1  # the default network's


class TestChangeSets:
    def test_say_what_they_would_do_and_do_it(self, box: Any) -> None:
        given = {"StackName": "app", "ChangeSetName": "first"}
        box("cloudformation", "CreateChangeSet", **given, ChangeSetType="CREATE",
            TemplateBody=template({"A": topic("a"), "B": queue("b")}))  # fmt: skip
        assert stack(box)["StackStatus"] == "REVIEW_IN_PROGRESS"
        told = box("cloudformation", "DescribeChangeSet", **given)
        assert [each["ResourceChange"]["Action"] for each in told["Changes"]] == ["Add", "Add"]
        assert topics(box) == []
        box("cloudformation", "ExecuteChangeSet", **given)
        assert (stack(box)["StackStatus"], topics(box)) == ("CREATE_COMPLETE", ["a"])
        given["ChangeSetName"] = "second"
        box("cloudformation", "CreateChangeSet", **given, TemplateBody=template({"A": topic("z"), "C": topic("c")}))
        told = box("cloudformation", "DescribeChangeSet", **given)
        changes = {each["ResourceChange"]["LogicalResourceId"]: each["ResourceChange"] for each in told["Changes"]}
        assert {name: each["Action"] for name, each in changes.items()} == {"A": "Modify", "B": "Remove", "C": "Add"}
        assert changes["A"]["Replacement"] == "True"
        assert changes["A"]["Details"][0]["Target"]["Name"] == "TopicName"
        box("cloudformation", "ExecuteChangeSet", **given)
        assert (stack(box)["StackStatus"], sorted(topics(box))) == ("UPDATE_COMPLETE", ["c", "z"])

    def test_nothing_to_do_fails(self, box: Any) -> None:
        make(box, template({"A": topic("a")}))
        given = {"StackName": "app", "ChangeSetName": "same"}
        box("cloudformation", "CreateChangeSet", **given, TemplateBody=template({"A": topic("a")}))
        told = box("cloudformation", "DescribeChangeSet", **given)
        assert (told["Status"], told["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
        with pytest.raises(Refused, match="InvalidChangeSetStatus"):
            box("cloudformation", "ExecuteChangeSet", **given)
        with pytest.raises(Refused, match="ChangeSetNotFound"):
            box("cloudformation", "DescribeChangeSet", StackName="app", ChangeSetName="other")


class TestDeletion:
    def test_an_export_in_use_refuses(self, box: Any) -> None:
        exported = {"Name": {"Value": {"Ref": "A"}, "Export": {"Name": "the-topic"}}}
        make(box, template({"A": topic("a")}, Outputs=exported), "base")
        make(box, template({"B": topic("b", DisplayName={"Fn::ImportValue": "the-topic"})}), "user")
        assert box("cloudformation", "ListImports", ExportName="the-topic")["Imports"] == ["user"]
        box("cloudformation", "DeleteStack", StackName="base")
        told = stack(box, "base")
        assert told["StackStatus"] == "DELETE_FAILED"
        assert told["StackStatusReason"] == "Export the-topic cannot be deleted as it is in use by user"
        assert make(box, template({"A": topic("x")}, Outputs=exported), "other")["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "Export with name the-topic is already exported by stack base" in reasons(box, "other")[0]
        box("cloudformation", "DeleteStack", StackName="user")
        box("cloudformation", "DeleteStack", StackName="base")
        assert box("cloudformation", "ListExports")["Exports"] == []

    def test_protection_and_policies(self, box: Any) -> None:
        kept = {**topic("kept"), "DeletionPolicy": "Retain"}
        make(box, template({"A": kept, "B": topic("b")}), EnableTerminationProtection=True)
        with pytest.raises(Refused, match="cannot be deleted while TerminationProtection is enabled"):
            box("cloudformation", "DeleteStack", StackName="app")
        box("cloudformation", "UpdateTerminationProtection", StackName="app", EnableTerminationProtection=False)
        box("cloudformation", "DeleteStack", StackName="app")
        assert topics(box) == ["kept"]

    def test_what_cannot_go_stays_and_says_why(self, box: Any) -> None:
        make(
            box,
            template({"A": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full-bucket"}}, "B": topic("b")}),
        )
        box("s3", "PutObject", Bucket="full-bucket", Key="k", Body=b"x")
        box("cloudformation", "DeleteStack", StackName="app")
        assert (stack(box)["StackStatus"], topics(box)) == ("DELETE_FAILED", [])
        told = box("cloudformation", "DescribeStackResource", StackName="app", LogicalResourceId="A")
        assert "not empty" in told["StackResourceDetail"]["ResourceStatusReason"]
        box("cloudformation", "DeleteStack", StackName="app", RetainResources=["A"])
        with pytest.raises(Refused, match="does not exist"):
            stack(box)

    def test_a_database_leaves_a_snapshot(self, box: Any) -> None:
        given = {"Engine": "mysql", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": "20",
                 "MasterUsername": "admin", "MasterUserPassword": "correct-horse"}  # fmt: skip
        told = make(box, template({"Db": {"Type": "AWS::RDS::DBInstance", "Properties": given}}))
        assert told["StackStatus"] == "CREATE_COMPLETE", events(box)
        box("cloudformation", "DeleteStack", StackName="app")
        names = [
            each["DBSnapshotIdentifier"]
            for each in box("rds", "DescribeDBSnapshots", SnapshotType="manual")["DBSnapshots"]
        ]
        assert len(names) == 1
        assert names[0].startswith("app-snapshot-db-")


def test_a_role_has_its_policies(box: Any) -> None:
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    given = {
        "RoleName": "r",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [{"PolicyName": "queues", "PolicyDocument": allowed}],
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
    }
    make(box, template({"R": {"Type": "AWS::IAM::Role", "Properties": given}}), Capabilities=["CAPABILITY_NAMED_IAM"])
    role = next(
        each for each in box("iam", "GetAccountAuthorizationDetails")["RoleDetailList"] if each["RoleName"] == "r"
    )
    assert role["RolePolicyList"][0]["PolicyName"] == "queues"
    assert [each["PolicyName"] for each in role["AttachedManagedPolicies"]] == ["ReadOnlyAccess"]
    box("cloudformation", "DeleteStack", StackName="app")
    assert [each for each in box("iam", "ListRoles")["Roles"] if each["RoleName"] == "r"] == []


def test_an_instance_wears_its_groups(box: Any) -> None:
    image = box("ec2", "DescribeImages", Owners=["amazon"])["Images"][0]["ImageId"]
    given = {"ImageId": image, "InstanceType": "t3.micro", "SecurityGroupIds": [{"Fn::GetAtt": ["Group", "GroupId"]}]}
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "web"}}
    resources = {"Group": group, "Web": {"Type": "AWS::EC2::Instance", "Properties": given}}
    outputs_ = {"Group": {"Value": {"Fn::GetAtt": ["Group", "GroupId"]}}}
    told = make(box, template(resources, Outputs=outputs_))
    assert told["StackStatus"] == "CREATE_COMPLETE"
    instance = box("ec2", "DescribeInstances")["Reservations"][0]["Instances"][0]
    assert [each["GroupId"] for each in instance["SecurityGroups"]] == [outputs(told)["Group"]]
