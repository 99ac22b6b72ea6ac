import pytest

CHECK = "cognito_idp.user_pool_protects_sign_in"
CALL = {"pool": "shop-users", "min_length": 12, "require": ["symbols"], "sign_in_by": "email", "verified": "email"}
PASSWORDS = {"MinimumLength": 12, "RequireSymbols": True}
GOOD = {
    "Policies": {"PasswordPolicy": PASSWORDS},
    "UsernameAttributes": ["email"],
    "AutoVerifiedAttributes": ["email"],
}


@pytest.fixture
def mfa(account):
    def make(number, given="ON", token=True, **more):
        tokens = {"SoftwareTokenMfaConfiguration": {"Enabled": token}}
        account.client("cognito-idp").set_user_pool_mfa_config(
            UserPoolId=number, MfaConfiguration=given, **tokens, **more
        )

    return make


class TestRight:
    def test_required(self, pool, mfa, passes):
        mfa(pool(**GOOD))
        passes(CHECK, **CALL, factor="software-token")

    def test_more_than_was_asked(self, pool, mfa, passes):
        strict = PASSWORDS | {"MinimumLength": 16, "RequireNumbers": True}
        number = pool(**GOOD | {"Policies": {"PasswordPolicy": strict}})
        mfa(number)
        passes(CHECK, **CALL | {"pool": number}, mfa="OPTIONAL")

    def test_by_an_alias_and_by_sms(self, pool, mfa, passes):
        more = {name: value for name, value in GOOD.items() if name != "UsernameAttributes"}
        sms = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}}
        mfa(pool(**more, AliasAttributes=["email"]), token=False, SmsMfaConfiguration=sms)
        passes(CHECK, **CALL)

    def test_without_a_second_factor(self, pool, passes):
        pool(**GOOD)
        passes(CHECK, **CALL, mfa="OFF")


class TestWrong:
    def test_optional_where_it_must_be_on(self, pool, mfa, fails):
        mfa(pool(**GOOD), "OPTIONAL")
        fails(CHECK, "MFA of shop-users is OPTIONAL, not ON", "signs in without", **CALL)

    def test_on_without_a_factor(self, pool, mfa, fails):
        mfa(pool(**GOOD), token=False)
        fails(CHECK, "no factor is set up", **CALL)

    def test_off(self, pool, fails):
        pool(**GOOD)
        fails(CHECK, "is OFF, not OPTIONAL", **CALL, mfa="OPTIONAL")

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"Policies": {"PasswordPolicy": {"MinimumLength": 8}}}, "need 8 characters, not 12"),
            ({"Policies": {"PasswordPolicy": {"MinimumLength": 12}}}, "need not hold a symbol"),
            ({"UsernameAttributes": []}, "Nobody signs in to shop-users by email"),
            ({"AutoVerifiedAttributes": []}, "does not verify email"),
        ],
    )
    def test_one_setting(self, pool, mfa, fails, more, words):
        mfa(pool(**GOOD | more))
        fails(CHECK, words, **CALL)


class TestNearMiss:
    def test_another_factor(self, pool, mfa, fails):
        mfa(pool(**GOOD))
        fails(CHECK, "knows software-token, not sms", **CALL, factor="sms")

    def test_another_region(self, pool, fails):
        pool(region="eu-west-1", **GOOD)
        fails(CHECK, "There is one in eu-west-1", **CALL)
