import pytest

from tests.graders.checks.secretsmanager.conftest import SECRET
from tests.graders.conftest import ACCOUNT

CHECK = "secretsmanager.secret_encrypted_by_key"
CALL = {"secret": SECRET, "key": "alias/app"}


class TestRight:
    @pytest.mark.parametrize("form", ["id", "alias/app", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app", "arn"])
    def test_the_key_in_whatever_form(self, secret, key, passes, form):
        key_id = key("alias/app")
        arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key_id}"
        secret(KmsKeyId={"id": key_id, "arn": arn}.get(form, form))
        passes(CHECK, **CALL)

    def test_the_key_of_aws_where_none_is_asked(self, secret, passes):
        secret()
        passes(CHECK, secret=SECRET)

    def test_a_json_value_with_the_fields(self, secret, key, passes):
        key("alias/app")
        secret(KmsKeyId="alias/app")
        passes(CHECK, **CALL, fields=["username", "password"])

    def test_the_secret_by_its_arn(self, secret, passes):
        passes(CHECK, secret=secret())


class TestWrong:
    def test_the_key_of_aws(self, secret, key, fails):
        key("alias/app")
        secret()
        fails(CHECK, "with the key that AWS manages (aws/secretsmanager), not with alias/app", **CALL)

    def test_another_key(self, secret, key, fails):
        key("alias/app")
        secret(KmsKeyId=key("alias/other"))
        fails(CHECK, "not with alias/app", **CALL)

    def test_the_key_is_disabled(self, secret, key, fails):
        key_id = key("alias/app")
        secret(KmsKeyId="alias/app")
        key.client.disable_key(KeyId=key_id)
        fails(CHECK, "alias/app is Disabled", **CALL)
        fails(CHECK, "nobody can read the secret", secret=SECRET)

    def test_a_secret_that_waits_to_be_deleted(self, secret, key, fails):
        key("alias/app")
        secret(KmsKeyId="alias/app")
        secret.client.delete_secret(SecretId=SECRET, RecoveryWindowInDays=7)
        fails(CHECK, "waits to be deleted", "restore-secret", **CALL)

    def test_a_secret_without_a_value(self, secret, fails):
        secret.client.create_secret(Name=SECRET)
        fails(CHECK, "has no current value", secret=SECRET)

    @pytest.mark.parametrize("value", ["hush", '["username"]', "{'username': 'shop'}"])
    def test_a_value_that_is_no_json_object(self, secret, fails, value):
        secret(value=value)
        result = fails(CHECK, "is not a JSON object", secret=SECRET, fields=["username"])
        assert "hush" not in str(result)

    def test_a_field_is_missing(self, secret, fails):
        secret(value='{"username": "shop", "Password": "hush"}')
        result = fails(CHECK, "lacks password", "It has Password, username", secret=SECRET, fields=["password"])
        assert "hush" not in str(result)


class TestNearMiss:
    def test_almost_the_same_name(self, secret, fails):
        secret(name="shop/DB")
        fails(CHECK, "There is shop/DB, which is another name", secret=SECRET)

    def test_a_secret_in_another_region(self, account, fails):
        account.client("secretsmanager", "eu-west-1").create_secret(Name=SECRET, SecretString="x")
        fails(CHECK, "There is one in eu-west-1", secret=SECRET)
