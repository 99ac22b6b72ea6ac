from tests.graders.checks.secretsmanager.conftest import ROLE, SECRET, statement
from tests.graders.conftest import ACCOUNT

CHECK = "secretsmanager.secret_readable_only_by"
CALL = {"secret": SECRET, "role": "app"}
READS = {"Action": "secretsmanager:GetSecretValue", "Resource": "*"}
DECRYPTS = {"Action": "kms:Decrypt", "Resource": "*"}
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
BUT_THE_ROLE = {"ArnNotEquals": {"aws:PrincipalArn": ROLE}}


class TestRight:
    def test_the_roles_own_policy(self, secret, role, passes):
        arn = secret()
        role("app", READS | {"Resource": arn[:-6] + "??????"})
        passes(CHECK, **CALL)

    def test_the_secrets_policy(self, secret, role, passes):
        secret()
        role("app")
        secret.policy(statement(principal={"AWS": ROLE}))
        passes(CHECK, **CALL)

    def test_an_administrator_whom_the_secrets_policy_denies(self, secret, role, passes):
        secret()
        role("app", READS)
        role("admin", {"Action": "*", "Resource": "*"})
        secret.policy(statement("Deny", condition=BUT_THE_ROLE))
        passes(CHECK, **CALL)

    def test_an_administrator_whom_the_key_keeps_out(self, secret, key, role, passes):
        manage = statement(principal=ROOT, action=["kms:Put*", "kms:Get*", "kms:Describe*", "kms:List*"])
        secret(KmsKeyId=key("alias/app", manage, statement(principal={"AWS": ROLE}, action="kms:Decrypt")))
        role("app", READS)
        role("admin", {"Action": "*", "Resource": "*"})
        passes(CHECK, **CALL)

    def test_through_a_vpc_endpoint_only(self, secret, role, passes):
        secret()
        role("app")
        at_home = {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}
        secret.policy(statement(principal={"AWS": ROLE}, condition=at_home))
        passes(CHECK, **CALL)


class TestWrong:
    def test_another_administrator(self, secret, role, fails):
        secret()
        role("app", READS)
        role("admin", {"Action": "*", "Resource": "*"})
        fails(CHECK, "not the only reader", "role admin can secretsmanager:GetSecretValue", **CALL)

    def test_the_key_refuses_the_role(self, secret, key, role, fails):
        secret(KmsKeyId=key("alias/app", statement(principal=ROOT, action="kms:*")))
        role("app", READS)
        fails(CHECK, "cannot read shop/db", "The key must let the role in too", **CALL)

    def test_the_key_is_disabled(self, secret, key, role, fails):
        key_id = key("alias/app")
        secret(KmsKeyId=key_id)
        role("app", READS, DECRYPTS)
        key.client.disable_key(KeyId=key_id)
        fails(CHECK, "is Disabled", **CALL)

    def test_the_whole_account(self, secret, role, fails):
        secret()
        role("app")
        secret.policy(statement(condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}))
        fails(CHECK, "any other user of the account can", **CALL)

    def test_another_account(self, secret, key, role, fails):
        role("app")
        partner = "arn:aws:iam::999988887777:root"
        secret(KmsKeyId=key("alias/app", statement(principal={"AWS": [ROLE, ROOT["AWS"], partner]}, action="kms:*")))
        secret.policy(statement(principal={"AWS": [ROLE, partner]}))
        fails(CHECK, "of account 999988887777 can", **CALL)

    def test_nobody_can(self, secret, role, fails):
        secret()
        role("app")
        fails(CHECK, "role app lacks secretsmanager:GetSecretValue", **CALL)


class TestNearMiss:
    def test_the_arn_without_its_last_characters(self, secret, role, fails):
        short = secret()[:-7]
        role("app", READS | {"Resource": short})
        fails(CHECK, f"speaks of {short}", "ends in six more characters: shop/db-??????", **CALL)

    def test_another_case_of_the_role(self, secret, role, fails):
        secret()
        role("App")
        fails(CHECK, "There is App, which is another name", **CALL)
