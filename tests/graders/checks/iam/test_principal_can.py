import json

import pytest

from tests.graders.checks.iam.conftest import ALL, DENY_ALL, OBJECT, OBJECTS, READ, arn, document

CHECK = "iam.principal_can"
CALL = {"principal": "user/bob", "actions": ["s3:GetObject"], "resource": OBJECT}
ELSEWHERE = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}


class TestRight:
    @pytest.mark.parametrize(
        "own",
        [
            READ,
            {"Action": "s3:Get*", "Resource": "*"},
            {"NotAction": "iam:*", "Resource": "*"},
            {"Action": "S3:getobject", "Resource": "arn:aws:s3:::acme-*"},
            READ | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        ],
        ids=["exact", "wildcard", "NotAction", "case", "over TLS"],
    )
    def test_by_a_policy_of_its_own(self, iam, bucket, passes, own):
        iam.user("bob", own)
        passes(CHECK, **CALL)

    def test_through_a_group(self, iam, bucket, passes):
        iam.group("readers", READ)
        iam.user("bob", groups=["readers"])
        passes(CHECK, **CALL)
        passes(CHECK, **CALL | {"principal": "group/readers", "resource": OBJECTS})

    def test_by_the_bucket_policy(self, iam, bucket, passes):
        iam.user("bob")
        bucket({"Effect": "Allow", "Principal": {"AWS": arn("user", "bob")}, "Action": "s3:GetObject",
                "Resource": OBJECTS})  # fmt: skip
        passes(CHECK, **CALL)

    def test_as_a_member_of_the_organization(self, iam, bucket, account, passes):
        organizations = account.client("organizations")
        number = organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
        iam.user("bob")
        bucket({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS,
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": number}}})  # fmt: skip
        passes(CHECK, **CALL)

    def test_by_a_variable_and_with_a_context(self, iam, passes):
        iam.user("bob", {"Action": "ec2:StopInstances", "Resource": "*",
                         "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
                 {"Action": "iam:ChangePassword", "Resource": "arn:aws:iam::*:user/${aws:username}"})  # fmt: skip
        stop = {"principal": "bob", "actions": ["ec2:StopInstances"], "resource": "*"}
        passes(CHECK, **stop, context={"aws:MultiFactorAuthPresent": True})
        passes(CHECK, principal="bob", actions=["iam:ChangePassword"], resource=arn("user", "bob"))


class TestWrong:
    @pytest.mark.parametrize(
        ("own", "words"),
        [
            ([READ, DENY_ALL], "explicit deny"),
            ([READ | {"Condition": ELSEWHERE}], "under a condition"),
            ([{"Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-reports"}], "allows it on arn:aws:s3:::acme-r"),
            ([{"Action": "s3:GetObject", "Resource": "arn:aws-cn:s3:::acme-reports/*"}], "lacks s3:GetObject"),
        ],
        ids=["deny", "condition", "bucket, not objects", "partition"],
    )
    def test_a_grant_that_does_not_work(self, iam, bucket, fails, own, words):
        iam.user("bob", *own)
        fails(CHECK, words, **CALL)

    def test_killed_by_a_boundary(self, iam, bucket, fails):
        limit = iam.policy("limit", {"Action": "ec2:*", "Resource": "*"})
        iam.role("app", ALL, PermissionsBoundary=limit)
        words = ("permissions boundary does not allow", "in the boundary, too")
        fails(CHECK, *words, **CALL | {"principal": "role/app"})

    def test_a_role_has_no_user_name(self, iam, fails):
        iam.role("app", {"Action": "iam:ChangePassword", "Resource": "arn:aws:iam::*:user/${aws:username}"})
        fails(CHECK, "lacks", principal="role/app", actions=["iam:ChangePassword"], resource=arn("user", "app"))

    def test_killed_by_the_organization(self, iam, bucket, account, fails, monkeypatch):
        from graders.iam import organization, parse
        from graders.iam.organization import Organization, Unit
        from graders.iam.request import Policy

        deny = Policy("stop", parse(json.dumps({"Version": "2012-10-17", "Statement": [DENY_ALL]}), "identity"))
        above = Organization("o-1", "999999999999", {account.account_id: Unit("", (deny,))})
        monkeypatch.setattr(organization, "read", lambda account: above)
        iam.user("bob", READ)
        fails(CHECK, "explicit deny", "narrow the deny", **CALL)

    def test_only_some_of_the_objects(self, iam, bucket, fails):
        iam.user("bob", {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-reports/2024/*"})
        fails(CHECK, "allows it on arn:aws:s3:::acme-reports/2024/*", **CALL | {"resource": OBJECTS})


class TestNearMiss:
    def test_the_right_group_without_the_user(self, iam, bucket, fails):
        iam.group("readers", READ)
        iam.user("bob")
        fails(CHECK, "Group readers may, but user bob is not in it", **CALL)

    def test_a_version_that_is_not_the_default(self, iam, bucket, fails):
        made = iam.policy("read", {"Action": "s3:ListBucket", "Resource": "*"})
        iam.client.create_policy_version(PolicyArn=made, PolicyDocument=document(READ), SetAsDefault=False)
        iam.user("bob")
        iam.client.attach_user_policy(UserName="bob", PolicyArn=made)
        fails(CHECK, "Version v2 of read speaks of it, but is not the default", **CALL)

    def test_a_role_of_that_name(self, iam, fails):
        iam.role("bob", READ)
        fails(CHECK, "does not exist", "There is a role of that name", **CALL)
