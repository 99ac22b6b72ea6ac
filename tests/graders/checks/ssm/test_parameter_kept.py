import pytest

from tests.graders.checks.ssm.conftest import NAME
from tests.graders.conftest import ACCOUNT

CHECK = "ssm.parameter_kept"
ARN = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter{NAME}"
SECURE = {"parameter": NAME, "kind": "SecureString"}
READS = {"Action": "ssm:GetParameter*", "Resource": f"arn:aws:ssm:*:{ACCOUNT}:parameter/shop/prod/*"}
DECRYPTS = {"Action": "kms:Decrypt", "Resource": "*"}


class TestRight:
    @pytest.mark.parametrize("form", ["id", "alias/app", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app"])
    def test_under_the_key_in_whatever_form(self, put, key, passes, form):
        key_id = key("alias/app")
        put(Type="SecureString", KeyId={"id": key_id}.get(form, form))
        passes(CHECK, **SECURE, key="alias/app")

    def test_of_the_advanced_tier(self, put, passes):
        put(Type="SecureString", Tier="Advanced")
        passes(CHECK, **SECURE)

    def test_a_secure_string_where_a_string_would_do(self, put, passes):
        put(Type="SecureString")
        passes(CHECK, parameter=NAME)

    def test_a_role_that_reads_by_a_wildcard_and_decrypts(self, put, key, role, passes):
        key("alias/app")
        put(Type="SecureString", KeyId="alias/app")
        role(READS, DECRYPTS)
        passes(CHECK, **SECURE, reader="app", actions=["ssm:GetParameter", "ssm:GetParametersByPath"])

    def test_under_the_key_of_aws_the_reader_needs_no_right_to_decrypt(self, put, role, passes):
        put(Type="SecureString")
        role({"Action": "ssm:GetParameter", "Resource": ARN})
        passes(CHECK, **SECURE, reader="app")

    def test_an_answer(self, put, passes):
        put("/answers/web-02", " Application")
        passes(CHECK, parameter="/answers/web-02", value="application")


class TestWrong:
    def test_a_plain_string(self, put, fails):
        put()
        fails(CHECK, "is a String, not a SecureString: its value lies there in plain text", **SECURE)

    def test_the_key_of_aws(self, put, key, fails):
        key("alias/app")
        put(Type="SecureString")
        fails(CHECK, "is encrypted with alias/aws/ssm, not with alias/app", **SECURE, key="alias/app")

    def test_a_disabled_key(self, put, key, fails):
        key_id = key("alias/app")
        put(Type="SecureString", KeyId="alias/app")
        key.client.disable_key(KeyId=key_id)
        fails(CHECK, "alias/app is Disabled", **SECURE, key="alias/app")

    def test_the_role_cannot_decrypt(self, put, key, role, fails):
        key("alias/app")
        put(Type="SecureString", KeyId="alias/app")
        role(READS)
        fails(CHECK, "cannot decrypt", "role app lacks kms:Decrypt", **SECURE, reader="app")

    def test_by_path_is_a_right_of_its_own(self, put, role, fails):
        put()
        role({"Action": ["ssm:GetParameter", "ssm:GetParameters"], "Resource": "*"})
        fails(CHECK, "lacks ssm:GetParametersByPath", parameter=NAME, reader="app", actions=["ssm:GetParametersByPath"])

    def test_the_role_reads_another_folder(self, put, role, fails):
        put()
        role(READS | {"Resource": f"arn:aws:ssm:*:{ACCOUNT}:parameter/shop/test/*"})
        fails(CHECK, "role app lacks ssm:GetParameter", parameter=NAME, reader="app")

    def test_another_answer(self, put, fails):
        put("/answers/web-02", "security group")
        result = fails(CHECK, "holds security group", parameter="/answers/web-02", value="application")
        assert "application" not in str(result.found + result.needed + result.try_)


class TestNearMiss:
    def test_a_slash_too_many_in_the_arn(self, put, role, fails):
        put()
        role({"Action": "ssm:GetParameter", "Resource": f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/{NAME}"})
        fails(CHECK, "has a slash too many", parameter=NAME, reader="app")

    def test_a_slash_too_few_in_the_name(self, put, fails):
        put("db-password")
        fails(CHECK, "There is db-password: the slash at its beginning counts", parameter="/db-password")

    def test_almost_the_same_name(self, put, fails):
        put("/shop/prod/db/passwort")
        fails(CHECK, "There is /shop/prod/db/passwort, which is another name", parameter=NAME)

    def test_a_parameter_in_another_region(self, account, fails):
        account.client("ssm", "eu-west-1").put_parameter(Name=NAME, Value="x", Type="String")
        fails(CHECK, "There is one in eu-west-1", parameter=NAME)
