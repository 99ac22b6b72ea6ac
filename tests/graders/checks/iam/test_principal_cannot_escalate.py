import pytest

from tests.graders.checks.iam.conftest import ALL, DENY_ALL, READ, arn
from tests.graders.conftest import ACCOUNT

CHECK = "iam.principal_cannot_escalate"
CALL = {"principal": "user/dev"}
LIMIT = f"arn:aws:iam::{ACCOUNT}:policy/limit"
PASS = {"Action": "iam:PassRole", "Resource": "*"}


def does(*actions, resource="*", **more):
    return {"Action": list(actions), "Resource": resource, **more}


class TestRight:
    @pytest.mark.parametrize(
        "own",
        [
            [READ, does("ec2:*", "lambda:*", "iam:Get*", "iam:List*")],
            [does("iam:CreateAccessKey", "iam:ChangePassword", resource="arn:aws:iam::*:user/${aws:username}")],
            [
                does("iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePolicy",
                     Condition={"StringEquals": {"iam:PermissionsBoundary": LIMIT}})
            ],
            [does("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": LIMIT}})],
            [does("iam:*", resource=arn("role", "app/*"))],
            [PASS | {"Condition": {"StringEquals": {"iam:PassedToService": "rds.amazonaws.com"}}}, does("ec2:*")],
            [ALL, DENY_ALL | {"Action": ["iam:*", "sts:*"]}],
        ],
        ids=["no IAM", "own key", "with the boundary", "one policy", "by path", "to one service", "denied"],
    )  # fmt: skip
    def test_bounded(self, iam, passes, own):
        iam.user("dev", *own)
        passes(CHECK, **CALL)

    def test_a_weak_role_may_be_handed_on(self, iam, passes):
        iam.role("app", READ)
        iam.user("dev", PASS | {"Resource": arn("role", "app")}, does("ec2:RunInstances"))
        passes(CHECK, **CALL)


class TestWrong:
    @pytest.mark.parametrize(
        ("own", "words"),
        [
            ([ALL], "new version of a policy"),
            ([does("iam:AttachUserPolicy")], "attach any policy to itself"),
            ([does("iam:PutUserPolicy", resource=arn("user", "${aws:username}"))], "write a policy into itself"),
            ([does("iam:SetDefaultPolicyVersion")], "older, stronger version"),
            ([does("iam:UpdateAssumeRolePolicy")], "let itself into any role"),
            ([does("iam:CreateAccessKey")], "access key of somebody else"),
            ([does("iam:AddUserToGroup")], "join a stronger group"),
            ([PASS, does("lambda:CreateFunction", "lambda:InvokeFunction")], "hand a role to lambda.amazonaws.com"),
            ([PASS, does("ec2:RunInstances")], "hand a role to ec2.amazonaws.com"),
            ([PASS, does("glue:CreateDevEndpoint")], "hand a role to glue"),
            ([does("iam:CreateRole", "iam:AttachRolePolicy")], "make a role as strong as it likes"),
        ],
    )
    def test_a_way_up(self, iam, fails, own, words):
        iam.user("dev", *own)
        fails(CHECK, words, **CALL)

    def test_through_a_role(self, iam, fails):
        iam.user("dev", does("sts:AssumeRole"))
        iam.role("admin", ALL, trust={"AWS": arn("user", "dev")})
        fails(CHECK, "become role admin", **CALL)

    def test_through_code_that_runs_as_an_administrator(self, iam, fails):
        iam.role("admin", ALL, trust={"Service": "lambda.amazonaws.com"})
        iam.user("dev", does("lambda:UpdateFunctionCode"))
        fails(CHECK, "act through what runs under role admin", **CALL)

    def test_a_named_strong_role_handed_on(self, iam, fails):
        iam.role("admin", ALL)
        iam.user("dev", PASS | {"Resource": arn("role", "admin")}, does("ec2:RunInstances"))
        fails(CHECK, "role/admin", "hand a role to ec2", **CALL)


class TestNearMiss:
    def test_the_boundary_is_on_the_wrong_action(self, iam, fails):
        bound = {"StringEquals": {"iam:PermissionsBoundary": LIMIT}}
        iam.user("dev", does("iam:CreateRole", Condition=bound), does("iam:CreateUser", "iam:AttachUserPolicy"))
        fails(CHECK, "Take iam:AttachUserPolicy away", "iam:PermissionsBoundary", **CALL)
