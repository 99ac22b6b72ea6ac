import pytest

CHECK = "iam.account_password_policy"
CALL = {"min_length": 14, "require": ["symbols", "numbers"], "max_age": 90, "remember": 5}
RULES = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "MaxPasswordAge": 90,
    "PasswordReusePrevention": 5,
}


@pytest.fixture
def policy(account):
    return account.client("iam").update_account_password_policy


class TestRight:
    @pytest.mark.parametrize(
        "more",
        [
            {},
            {"MinimumPasswordLength": 20, "MaxPasswordAge": 30, "PasswordReusePrevention": 24},
            {"RequireUppercaseCharacters": True, "RequireLowercaseCharacters": True},
        ],
        ids=["exact", "stricter", "more rules"],
    )
    def test_as_strict_as_asked(self, policy, passes, more):
        policy(**RULES | more)
        passes(CHECK, **CALL)

    def test_length_alone(self, policy, passes):
        policy(MinimumPasswordLength=14)
        passes(CHECK, min_length=14)


class TestWrong:
    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"MinimumPasswordLength": 8}, "14 characters (it asks for 8)"),
            ({"RequireSymbols": False}, "a symbol"),
            ({"MaxPasswordAge": 180}, "expires after 180"),
            ({"MaxPasswordAge": None}, "expires never"),
            ({"PasswordReusePrevention": 1}, "unlike the last 5 (it remembers 1)"),
        ],
    )
    def test_one_rule_is_not_enough(self, policy, fails, more, words):
        policy(**{name: value for name, value in (RULES | more).items() if value is not None})
        fails(CHECK, words, **CALL)

    def test_no_policy_is_not_the_default_one(self, fails):
        fails(CHECK, "does not exist: AWS's default holds", min_length=6)


class TestNearMiss:
    def test_the_last_call_unset_the_others(self, policy, fails):
        policy(**RULES)
        policy(MinimumPasswordLength=14)
        fails(CHECK, "a symbol and a number", "sets them all anew", **CALL)
