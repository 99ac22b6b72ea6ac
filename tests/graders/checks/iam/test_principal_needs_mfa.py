import pytest

from tests.graders.checks.iam.conftest import ALL, arn

CHECK = "iam.principal_needs_mfa"
CALL = {"principal": "user/ana", "actions": ["ec2:TerminateInstances"], "resource": "*"}
STOP = {"Action": "ec2:*", "Resource": "*"}


def deny(operator, key="aws:MultiFactorAuthPresent", value="false", **more):
    found = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {operator: {key: value}}, **more}
    if "NotAction" in more:
        del found["Action"]
    return found


def allow(operator, key="aws:MultiFactorAuthPresent", value="true"):
    return STOP | {"Condition": {operator: {key: value}}}


class TestRight:
    @pytest.mark.parametrize(
        "own",
        [
            [ALL, deny("BoolIfExists")],
            [allow("Bool")],
            [allow("NumericLessThan", "aws:MultiFactorAuthAge", "3600")],
            [ALL, deny("Null", value="true"), deny("Bool")],
            [ALL, deny("Null", "aws:MultiFactorAuthAge", "true")],
        ],
        ids=["deny", "allow", "age", "Null and Bool", "Null age"],
    )
    def test_demanded(self, iam, passes, own):
        iam.user("ana", *own)
        passes(CHECK, **CALL)

    def test_setting_it_up_is_free(self, iam, passes):
        iam.group("staff", ALL, deny("BoolIfExists", NotAction=["iam:EnableMFADevice", "iam:ListMFADevices"]))
        iam.user("ana", groups=["staff"])
        passes(CHECK, **CALL, free=["iam:EnableMFADevice"])


class TestWrong:
    @pytest.mark.parametrize(
        ("own", "words"),
        [
            ([ALL], "without a second factor"),
            ([ALL, deny("Bool")], "with an access key, which carries no such key"),
            ([allow("BoolIfExists")], "with an access key"),
            ([ALL, deny("Null", value="true")], "signed in to the console without one"),
            ([ALL, deny("BoolIfExists", NotAction=["iam:*", "ec2:*"])], "without a second factor"),
        ],
        ids=["not at all", "deny, not IfExists", "allow, IfExists", "Null only", "NotAction too wide"],
    )
    def test_not_demanded(self, iam, fails, own, words):
        iam.user("ana", *own)
        fails(CHECK, words, **CALL)

    def test_it_cannot_even_with_one(self, iam, fails):
        iam.user("ana", deny("BoolIfExists"))
        fails(CHECK, "cannot ec2:TerminateInstances", **CALL)

    def test_the_device_cannot_be_set_up(self, iam, fails):
        iam.user("ana", ALL, deny("BoolIfExists"))
        fails(CHECK, "cannot iam:EnableMFADevice", arn("user", "ana"), **CALL, free=["iam:EnableMFADevice"])


class TestNearMiss:
    def test_the_if_exists_is_named(self, iam, fails):
        iam.user("ana", ALL, deny("Bool"))
        fails(CHECK, "In a deny: BoolIfExists", **CALL)
