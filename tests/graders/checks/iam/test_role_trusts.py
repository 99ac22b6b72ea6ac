import pytest

from tests.graders.checks.iam.conftest import ALL, arn, trusting
from tests.graders.conftest import ACCOUNT

CHECK = "iam.role_trusts"
PARTNER = "111122223333"
PARTNER_ROOT = {"AWS": f"arn:aws:iam::{PARTNER}:root"}
UPLOADER = f"arn:aws:iam::{PARTNER}:role/Uploader"
SECRET = {"StringEquals": {"sts:ExternalId": "acme-42"}}
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
SUB, AUD = "token.actions.githubusercontent.com:sub", "token.actions.githubusercontent.com:aud"
MAIN = "repo:acme/app:ref:refs/heads/main"
OIDC = {"who": [GITHUB], "conditions": {SUB: MAIN, AUD: "sts.amazonaws.com"}}


def web(**condition):
    return trusting({"Federated": GITHUB}, condition, "sts:AssumeRoleWithWebIdentity")


class TestRight:
    def test_a_service_among_others(self, iam, passes):
        iam.role("app", trust={"Service": ["ec2.amazonaws.com", "ssm.amazonaws.com"]})
        passes(CHECK, role="app", who=["ec2.amazonaws.com"], only=False)
        passes(CHECK, role="app", who=["ssm.amazonaws.com", "ec2.amazonaws.com"])

    @pytest.mark.parametrize("action", ["sts:AssumeRole", ["sts:AssumeRole", "sts:TagSession"]])
    def test_a_partner_with_an_external_id(self, iam, passes, action):
        iam.role("drop", trusts=[trusting(PARTNER_ROOT, SECRET, action)])
        passes(CHECK, role="drop", who=[PARTNER], external_id="acme-42")

    def test_one_role_by_a_condition_on_the_account(self, iam, passes):
        condition = {"ArnEquals": {"aws:PrincipalArn": UPLOADER}}
        iam.role("drop", trusts=[trusting(PARTNER_ROOT, condition)])
        passes(CHECK, role="drop", who=[UPLOADER])

    def test_a_person_with_a_second_factor(self, iam, passes):
        iam.user("ana")
        iam.role("ops", trusts=[trusting({"AWS": arn("user", "ana")}, MFA)])
        iam.user("bob", {"Action": "sts:AssumeRole", "Resource": "*"})
        passes(CHECK, role="ops", who=["user/ana"], mfa=True)

    def test_a_workflow_on_one_branch(self, iam, passes):
        url = "https://token.actions.githubusercontent.com"
        iam.client.create_open_id_connect_provider(Url=url, ThumbprintList=["a" * 40])
        iam.role("deploy", trusts=[web(StringEquals={SUB: MAIN, AUD: "sts.amazonaws.com"})])
        passes(CHECK, role="deploy", **OIDC)

    def test_a_service_for_this_account_only(self, iam, passes):
        condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        iam.role("sched", trusts=[trusting({"Service": "scheduler.amazonaws.com"}, condition)])
        passes(CHECK, role="sched", who=["scheduler.amazonaws.com"], conditions={"aws:SourceAccount": ACCOUNT})


class TestWrong:
    def test_another_service(self, iam, fails):
        iam.role("app", trust={"Service": "lambda.amazonaws.com"})
        fails(CHECK, "does not trust ec2.amazonaws.com", role="app", who=["ec2.amazonaws.com"])

    @pytest.mark.parametrize(
        ("condition", "words"),
        [
            (None, "does not demand sts:externalid"),
            ({"StringEqualsIfExists": {"sts:ExternalId": "acme-42"}}, "without it gets in"),
            ({"StringLike": {"sts:ExternalId": "*"}}, "with x gets in"),
        ],
    )
    def test_the_external_id_is_not_demanded(self, iam, fails, condition, words):
        iam.role("drop", trusts=[trusting(PARTNER_ROOT, condition)])
        fails(CHECK, words, role="drop", who=[PARTNER], external_id="acme-42")

    def test_the_second_factor_is_not_demanded(self, iam, fails):
        iam.user("ana")
        condition = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}
        iam.role("ops", trusts=[trusting({"AWS": arn("user", "ana")}, condition)])
        fails(CHECK, "aws:multifactorauthpresent = true", "without it", role="ops", who=["user/ana"], mfa=True)

    @pytest.mark.parametrize(
        "condition",
        [
            {"StringLike": {SUB: "repo:acme/*"}, "StringEquals": {AUD: "sts.amazonaws.com"}},
            {"StringEquals": {SUB: MAIN}},
            {"StringLike": {SUB: "repo:acme/app:*"}, "StringEquals": {AUD: "sts.amazonaws.com"}},
        ],
        ids=["any repository", "no audience", "any branch"],
    )
    def test_any_workflow(self, iam, fails, condition):
        iam.role("deploy", trusts=[web(**condition)])
        fails(CHECK, "does not demand token.actions.githubusercontent.com", role="deploy", **OIDC)

    def test_a_provider_that_is_not_there(self, iam, fails):
        iam.role("deploy", trusts=[web(StringEquals={SUB: MAIN, AUD: "sts.amazonaws.com"})])
        fails(CHECK, "has no such identity provider", role="deploy", **OIDC)

    def test_everybody(self, iam, fails):
        iam.role("drop", trusts=[trusting({"AWS": "*"}, SECRET)])
        fails(CHECK, "anyone with an AWS account", role="drop", who=[PARTNER], external_id="acme-42")

    def test_the_whole_account_where_one_role_was_meant(self, iam, fails):
        iam.role("drop", trusts=[trusting(PARTNER_ROOT)])
        fails(CHECK, f"of account {PARTNER} can sts:AssumeRole", role="drop", who=[UPLOADER])

    def test_a_colleague_gets_in_too(self, iam, fails):
        iam.user("bob", ALL)
        iam.role("app", trusts=[trusting({"Service": "ec2.amazonaws.com"}),
                                trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})])  # fmt: skip
        fails(CHECK, "user bob can sts:AssumeRole", role="app", who=["ec2.amazonaws.com"])


class TestNearMiss:
    def test_a_service_with_a_slip_of_the_pen(self, iam, fails):
        iam.role("app", trust={"Service": "ecs.amazonaws.com"})
        fails(CHECK, "It names ecs.amazonaws.com", role="app", who=["ec2.amazonaws.com"])

    def test_the_right_one_under_another_condition(self, iam, fails):
        iam.role("drop", trusts=[trusting(PARTNER_ROOT, {"StringEquals": {"sts:ExternalId": "acme-24"}})])
        fails(CHECK, "It names them, but under a condition", role="drop", who=[PARTNER], external_id="acme-42")
