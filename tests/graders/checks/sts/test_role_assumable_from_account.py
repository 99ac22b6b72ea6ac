import pytest

from tests.graders.checks.iam.conftest import DENY_ALL, arn, trusting

CHECK = "sts.role_assumable_from_account"
PARTNER = "111122223333"
CALL = {"role": "drop", "caller": PARTNER, "external_id": "acme-42"}
SECRET = {"StringEquals": {"sts:ExternalId": "acme-42"}}
ROOT = {"AWS": f"arn:aws:iam::{PARTNER}:root"}
BECOME = {"Action": "sts:AssumeRole", "Resource": arn("role", "deploy")}
BOT = {"role": "deploy", "caller": "user/bot"}


class TestRight:
    @pytest.mark.parametrize("principal", [ROOT, {"AWS": PARTNER}], ids=["root", "number"])
    def test_a_partner_with_the_external_id(self, iam, passes, principal):
        iam.role("drop", trusts=[trusting(principal, SECRET)])
        passes(CHECK, **CALL, longest=3600)

    def test_one_role_of_the_partner(self, iam, passes):
        uploader = f"arn:aws:iam::{PARTNER}:role/Uploader"
        iam.role("drop", trusts=[trusting({"AWS": uploader}, SECRET)])
        passes(CHECK, **CALL | {"caller": uploader})

    def test_a_user_of_this_account(self, iam, passes):
        iam.user("bot", BECOME)
        iam.role("deploy", trust={"AWS": arn("user", "bot")})
        passes(CHECK, **BOT)

    def test_the_account_trusted_and_a_group_that_may(self, iam, passes):
        iam.group("ci", BECOME)
        iam.user("bot", groups=["ci"])
        iam.role("deploy", trust={"AWS": arn("user", "bot").replace("user/bot", "root")})
        passes(CHECK, **BOT)

    def test_a_role_elsewhere(self, iam, passes):
        there = f"arn:aws:iam::{PARTNER}:role/audit"
        iam.user("bot", {"Action": "sts:AssumeRole", "Resource": there})
        passes(CHECK, role=there, caller="user/bot")


class TestWrong:
    @pytest.mark.parametrize(
        ("condition", "words"),
        [
            (None, "without an external id"),
            ({"StringEqualsIfExists": {"sts:ExternalId": "acme-42"}}, "without an external id"),
            ({"StringLike": {"sts:ExternalId": "*"}}, "with the external id zz-other"),
        ],
    )
    def test_a_confused_deputy(self, iam, fails, condition, words):
        iam.role("drop", trusts=[trusting(ROOT, condition)])
        fails(CHECK, words, **CALL)

    def test_the_callers_half_is_missing(self, iam, fails):
        iam.user("bot")
        iam.role("deploy", trust={"AWS": arn("user", "bot").replace("user/bot", "root")})
        fails(CHECK, "its own policies do not allow sts:AssumeRole", **BOT)

    def test_the_callers_half_is_denied(self, iam, fails):
        iam.user("bot", BECOME, DENY_ALL)
        iam.role("deploy", trust={"AWS": arn("user", "bot")})
        fails(CHECK, "denied by statement 2", **BOT)

    def test_the_roles_half_is_missing(self, iam, fails):
        iam.user("bot", BECOME)
        iam.role("deploy")
        fails(CHECK, "names ec2.amazonaws.com", **BOT)

    def test_the_role_elsewhere_is_not_allowed(self, iam, fails):
        iam.user("bot", BECOME)
        fails(CHECK, "cannot assume audit", role=f"arn:aws:iam::{PARTNER}:role/audit", caller="user/bot")

    def test_the_session_lasts_too_long(self, iam, fails):
        iam.role("drop", trusts=[trusting(ROOT, SECRET)], MaxSessionDuration=7200)
        fails(CHECK, "can last 7200 seconds", **CALL, longest=3600)


class TestNearMiss:
    def test_another_account_is_trusted(self, iam, fails):
        iam.role("drop", trusts=[trusting({"AWS": "arn:aws:iam::111122223334:root"}, SECRET)])
        fails(CHECK, "names arn:aws:iam::111122223334:root", **CALL)

    def test_a_second_factor_is_asked_for(self, iam, fails):
        iam.user("bot", BECOME)
        condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        iam.role("deploy", trusts=[trusting({"AWS": arn("user", "bot")}, condition)])
        fails(CHECK, "asks for more: a second factor", **BOT)
