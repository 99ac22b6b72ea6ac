import pytest

CHECK = "organizations.scp_blocks"
STOP = {"Action": "cloudtrail:StopLogging", "Resource": "*"}
CALL = {"target": "shop", "block": ["cloudtrail:StopLogging"], "still": ["s3:GetObject"]}
ABROAD = {"NotAction": ["iam:*", "organizations:*", "sts:*"], "Resource": "*",
          "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "us-east-1"]}}}  # fmt: skip
REGION = {"target": "prod", "block": ["ec2:RunInstances"], "region": "us-west-2", "still": ["ec2:RunInstances"],
          "still_region": "eu-central-1"}  # fmt: skip


class TestRight:
    @pytest.mark.parametrize("level", ["shop", "prod", "root"])
    def test_denied_at_any_level(self, organization, passes, level):
        organization.policy("keep-trail", STOP, at=getattr(organization, level))
        passes(CHECK, **CALL)

    @pytest.mark.parametrize(
        "condition",
        [ABROAD["Condition"], {"StringNotLike": {"aws:RequestedRegion": ["eu-*", "us-east-1"]}}],
        ids=["equals", "like"],
    )
    def test_a_region(self, organization, passes, condition):
        organization.policy("eu-only", ABROAD | {"Condition": condition}, at=organization.prod)
        passes(CHECK, **REGION)

    def test_an_allow_list(self, organization, passes):
        organization.policy("some", {"Effect": "Allow", "Action": ["s3:*", "ec2:*"], "Resource": "*"},
                            at=organization.shop)  # fmt: skip
        organization.client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=organization.shop)
        passes(CHECK, **CALL)


class TestWrong:
    def test_attached_elsewhere(self, organization, fails):
        organization.policy("keep-trail", STOP, at=organization.unit("test", organization.root))
        fails(CHECK, "in shop can still cloudtrail:StopLogging", "is attached to test", **CALL)

    def test_the_type_is_not_enabled(self, organization, fails):
        organization.policy("keep-trail", STOP, at=organization.prod)
        organization.client.disable_policy_type(RootId=organization.root, PolicyType="SERVICE_CONTROL_POLICY")
        fails(CHECK, "not enabled at the root", **CALL)

    def test_the_management_account(self, organization, account, fails):
        organization.policy("keep-trail", STOP, at=organization.root)
        fails(CHECK, "is the management account", **CALL | {"target": account.account_id})

    def test_everything_is_blocked(self, organization, fails):
        organization.policy("none", {"Action": "*", "Resource": "*"}, at=organization.prod)
        fails(CHECK, "s3:GetObject is blocked in shop, too", "FullAWSAccess", **CALL)

    def test_the_region_the_wrong_way_round(self, organization, fails):
        condition = {"StringEqualsIfExists": {"aws:RequestedRegion": ["eu-central-1"]}}
        organization.policy("eu-only", ABROAD | {"Condition": condition}, at=organization.prod)
        fails(CHECK, "can still ec2:RunInstances in us-west-2", **REGION)

    def test_global_services_are_hit(self, organization, fails):
        condition = {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}
        deny = {"Action": "*", "Resource": "*", "Condition": condition}
        organization.policy("eu-only", deny, at=organization.prod)
        call = REGION | {"still": ["iam:CreateRole"], "still_region": "us-east-1"}
        fails(CHECK, "iam:CreateRole is blocked in prod, too", "spare global services", **call)


class TestNearMiss:
    def test_created_and_not_attached(self, organization, fails):
        organization.policy("keep-trail", STOP)
        fails(CHECK, "The policy keep-trail is attached to nothing", **CALL)
