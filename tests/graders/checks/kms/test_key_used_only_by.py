import pytest

from tests.graders.checks.kms.conftest import ADMINISTER, DELEGATE, allow
from tests.graders.conftest import ACCOUNT

CHECK = "kms.key_used_only_by"
ROLE = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}
CALL = {"key": "alias/app", "principals": ["app"]}
DECRYPTS = {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"}


class TestRight:
    def test_the_key_policy_names_the_role(self, kms, iam, passes):
        iam.role("app")
        kms.key("alias/app", ADMINISTER, allow(ROLE, ["kms:Decrypt", "kms:Encrypt"]))
        passes(CHECK, **CALL)

    def test_the_key_policy_delegates_and_the_role_alone_has_a_policy(self, kms, iam, passes):
        iam.role("app", DECRYPTS)
        iam.role("batch", {"Action": "s3:*", "Resource": "*"})
        kms.key("alias/app", DELEGATE)
        passes(CHECK, **CALL)

    def test_a_star_limited_to_the_role_by_condition(self, kms, iam, passes):
        iam.role("app")
        limited = {"ArnEquals": {"aws:PrincipalArn": ROLE["AWS"]}}
        kms.key("alias/app", ADMINISTER, allow({"AWS": "*"}, condition=limited))
        passes(CHECK, **CALL)

    def test_a_grant_to_the_role(self, kms, iam, passes):
        iam.role("app")
        key_id = kms.key("alias/app", ADMINISTER)
        kms.client.create_grant(KeyId=key_id, GranteePrincipal=ROLE["AWS"], Operations=["Decrypt"])
        passes(CHECK, **CALL)

    def test_an_administrator_whom_the_key_policy_denies(self, kms, iam, passes):
        iam.role("app", DECRYPTS)
        iam.user("bob", {"Action": "*", "Resource": "*"})
        but = {"ArnNotEquals": {"aws:PrincipalArn": ROLE["AWS"]}}
        uses = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        kms.key("alias/app", DELEGATE, allow("*", uses, but, "Deny"))
        passes(CHECK, **CALL)

    def test_through_one_service_only(self, kms, iam, passes):
        iam.role("app")
        via = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
        kms.key("alias/app", ADMINISTER, allow(ROLE, condition=via))
        passes(CHECK, **CALL)


class TestWrong:
    @pytest.mark.parametrize("action", ["*", "kms:*", "kms:De*"])
    def test_the_key_delegates_and_another_has_a_broad_policy(self, kms, iam, fails, action):
        iam.role("app", DECRYPTS)
        iam.user("bob", {"Action": action, "Resource": "*"})
        kms.key("alias/app", DELEGATE)
        fails(CHECK, "works for others too", "user bob can kms:Decrypt", **CALL)

    def test_a_live_grant_to_another(self, kms, iam, fails):
        iam.role("app")
        iam.role("batch")
        key_id = kms.key("alias/app", ADMINISTER, allow(ROLE))
        batch = f"arn:aws:iam::{ACCOUNT}:role/batch"
        kms.client.create_grant(KeyId=key_id, GranteePrincipal=batch, Operations=["Encrypt"])
        fails(CHECK, "role batch can kms:Encrypt", "grants of the key", **CALL)

    def test_a_star_for_the_whole_account(self, kms, iam, fails):
        iam.role("app")
        whole = {"StringEquals": {"kms:CallerAccount": ACCOUNT}}
        kms.key("alias/app", ADMINISTER, allow({"AWS": "*"}, condition=whole))
        fails(CHECK, "any other user of the account can kms:Decrypt", **CALL)

    def test_another_account(self, kms, iam, fails):
        iam.role("app")
        kms.key("alias/app", ADMINISTER, allow({"AWS": [ROLE["AWS"], "arn:aws:iam::999988887777:root"]}))
        fails(CHECK, "of account 999988887777 can kms:Decrypt", **CALL)

    def test_a_service_that_nobody_asked_for(self, kms, iam, fails, passes):
        iam.role("app")
        kms.key("alias/app", ADMINISTER, allow(ROLE), allow({"Service": "logs.amazonaws.com"}))
        fails(CHECK, "the service logs.amazonaws.com can kms:Decrypt", **CALL)
        passes(CHECK, key="alias/app", principals=["app", "logs.amazonaws.com"])

    def test_a_policy_that_kms_would_refuse_for_it_locks_everybody_out(self, kms, iam, fails):
        iam.role("app")
        kms.key("alias/app", allow(ROLE))
        fails(CHECK, "leaves nobody who may change it", **CALL)

    def test_a_disabled_key(self, kms, iam, fails):
        iam.role("app", DECRYPTS)
        kms.client.disable_key(KeyId=kms.key("alias/app", DELEGATE))
        fails(CHECK, "is Disabled", **CALL)

    def test_the_role_itself_cannot(self, kms, iam, fails):
        iam.role("app")
        kms.key("alias/app", DELEGATE)
        fails(CHECK, "role app cannot use the key", "delegate to the account", **CALL)


class TestNearMiss:
    def test_a_policy_of_its_own_that_the_key_does_not_honour(self, kms, iam, fails):
        iam.role("app", DECRYPTS)
        kms.key("alias/app", ADMINISTER)
        fails(CHECK, "role app has a policy of its own for it, but the key policy does not let it in", **CALL)

    def test_another_case_of_the_role(self, kms, iam, fails):
        iam.role("App")
        kms.key("alias/app", DELEGATE)
        fails(CHECK, "There is App, which is another name", **CALL)
