"""Roles, their sessions and boundaries, a restricted learner, and the simulator that asks the same engine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes import keys
from labs.sandboxes.emulated.tool import Refused
from tests.labs.sandboxes.people import Person, allow, assume, deny, policy, refused, role


class TestRoles:
    def test_a_role_does_what_it_may_and_no_more(self, box: Any) -> None:
        role(box, "reader", allow("sqs:ListQueues"))
        session = assume(box, box, "reader")
        session("sqs", "ListQueues")
        said = refused(session, "sns", "ListTopics")
        assert f"User: arn:aws:sts::{box.spec.account_id}:assumed-role/reader/shift is not authorized" in said

    def test_both_sides_must_let_a_user_become_it(self, box: Any, person: Person) -> None:
        role(box, "reader")
        arn = f"arn:aws:iam::{box.spec.account_id}:role/reader"
        ann = person()
        refused(ann, "sts", "AssumeRole", RoleArn=arn, RoleSessionName="shift")
        assume(box, person(allow("sts:AssumeRole", arn), name="bea"), "reader")
        one = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        box("iam", "UpdateAssumeRolePolicy", RoleName="reader", PolicyDocument=policy(one))
        said = refused(box.learner, "sts", "AssumeRole", RoleArn=arn, RoleSessionName="shift")
        assert "because no resource-based policy allows the sts:AssumeRole action" in said

    def test_an_external_id(self, box: Any) -> None:
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": box.spec.account_id},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "42"}},
        }
        role(box, "partner", trust=trust)
        assume(box, box, "partner", ExternalId="42")
        for given in ({}, {"ExternalId": "41"}):
            with pytest.raises(Refused, match="AccessDenied"):
                assume(box, box, "partner", **given)

    def test_a_session_policy_limits_the_session(self, box: Any) -> None:
        role(box, "admin", allow("*"))
        session = assume(box, box, "admin", Policy=policy(allow("sqs:*")))
        session("sqs", "ListQueues")
        assert "because no session policy allows" in refused(session, "sns", "ListTopics")

    def test_session_tags(self, box: Any) -> None:
        team = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
        role(box, "tagged", allow("sqs:ListQueues", Condition=team), trust=trust)
        assume(box, box, "tagged", Tags=[{"Key": "team", "Value": "blue"}])("sqs", "ListQueues")
        refused(assume(box, box, "tagged", Tags=[{"Key": "team", "Value": "red"}]), "sqs", "ListQueues")

    def test_mfa(self, box: Any, person: Person) -> None:
        ann = person(allow("sqs:ListQueues", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
        refused(ann, "sqs", "ListQueues")
        for given, passes in (({}, False), ({"SerialNumber": "arn:aws:iam::1:mfa/ann", "TokenCode": "123456"}, True)):
            made = ann("sts", "GetSessionToken", **given)["Credentials"]["AccessKeyId"]
            if passes:
                box.tool(made)("sqs", "ListQueues")
            else:
                refused(box.tool(made), "sqs", "ListQueues")

    def test_a_federated_user_has_no_more_than_its_policy(self, box: Any) -> None:
        made = box("sts", "GetFederationToken", Name="guest", Policy=policy(allow("sqs:*")))["Credentials"]
        guest = box.tool(made["AccessKeyId"])
        guest("sqs", "ListQueues")
        refused(guest, "sns", "ListTopics")
        bare = box("sts", "GetFederationToken", Name="guest")["Credentials"]
        refused(box.tool(bare["AccessKeyId"]), "sqs", "ListQueues")

    @pytest.mark.parametrize(
        "document", ['{"Version": "2012-10-17"}', "{", policy(allow("s3:*", "x", Effect="Perhaps"))]
    )
    def test_what_is_no_policy_is_not_stored(self, box: Any, document: str) -> None:
        with pytest.raises(Refused, match="MalformedPolicyDocument"):
            box("iam", "CreatePolicy", PolicyName="p", PolicyDocument=document)


class TestARestrictedLearner:
    def test_the_lab_is_set_up_by_a_key_that_nothing_holds(self, box: Any) -> None:
        start = box.tool(keys.mint_access_key(box.spec.number, keys.START_SERIAL))
        start("iam", "PutUserPolicy", UserName="learner", PolicyName="lab", PolicyDocument=policy(allow("sqs:*")))
        admin = "arn:aws:iam::aws:policy/AdministratorAccess"
        start("iam", "DetachUserPolicy", UserName="learner", PolicyArn=admin)
        box("sqs", "ListQueues")
        refused(box.learner, "iam", "AttachUserPolicy", UserName="learner", PolicyArn=admin)
        refused(box.learner, "iam", "CreateAccessKey", UserName="learner")
        start("s3", "CreateBucket", Bucket="late")
        assert start("sts", "GetCallerIdentity")["Arn"].endswith(":user/learner")


class TestSimulator:
    def test_of_a_principal(self, box: Any, person: Person) -> None:
        person(allow("s3:GetObject", "arn:aws:s3:::shelf/*"), deny("s3:DeleteBucket"))
        arn = f"arn:aws:iam::{box.spec.account_id}:user/ann"
        asked = ["s3:GetObject", "s3:PutObject", "s3:DeleteBucket"]
        told = box(
            "iam",
            "SimulatePrincipalPolicy",
            PolicySourceArn=arn,
            ActionNames=asked,
            ResourceArns=["arn:aws:s3:::shelf/a"],
        )["EvaluationResults"]
        assert [each["EvalDecision"] for each in told] == ["allowed", "implicitDeny", "explicitDeny"]
        assert told[0]["MatchedStatements"][0]["SourcePolicyId"] == "policy own of user ann"
        with pytest.raises(Refused, match="NoSuchEntity"):
            box("iam", "SimulatePrincipalPolicy", PolicySourceArn=f"{arn}x", ActionNames=asked)

    def test_of_policies_with_missing_context_and_where_they_stand(self, box: Any) -> None:
        text = json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    allow("sqs:*"),
                    allow("s3:*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
                ],
            },
            indent=1,
        )
        call = {"PolicyInputList": [text], "ActionNames": ["s3:GetObject"]}
        [told] = box("iam", "SimulateCustomPolicy", **call)["EvaluationResults"]
        assert (told["EvalDecision"], told["MissingContextValues"]) == ("implicitDeny", ["aws:SourceIp"])
        context = [{"ContextKeyName": "aws:SourceIp", "ContextKeyType": "ip", "ContextKeyValues": ["10.1.2.3"]}]
        [told] = box("iam", "SimulateCustomPolicy", **call, ContextEntries=context)["EvaluationResults"]
        assert told["EvalDecision"] == "allowed"
        place = told["MatchedStatements"][0]["StartPosition"]
        assert text.splitlines()[place["Line"] - 1][place["Column"] - 1] == "{"

    def test_a_boundary(self, box: Any) -> None:
        call = {"PolicyInputList": [policy(allow("*"))], "ActionNames": ["s3:GetObject", "sqs:ListQueues"]}
        limits = [policy(allow("sqs:*"))]
        told = box("iam", "SimulateCustomPolicy", **call, PermissionsBoundaryPolicyInputList=limits)
        found = [each["EvalDecision"] for each in told["EvaluationResults"]]
        assert found == ["implicitDeny", "allowed"]
        detail = told["EvaluationResults"][0]["PermissionsBoundaryDecisionDetail"]
        assert detail == {"AllowedByPermissionsBoundary": False}
