import pytest

from graders.account import BotoAccount

CHECK = "iam.root_user_locked"


@pytest.fixture
def summary(monkeypatch):
    """What IAM counts (moto knows no root user): `summary(AccountMFAEnabled=1)`."""
    read = BotoAccount.read

    def make(**counted):
        def answer(self, service, operation, **more):
            told = read(self, service, operation, **more)
            return {"SummaryMap": told["SummaryMap"] | counted} if operation == "get_account_summary" else told

        monkeypatch.setattr(BotoAccount, "read", answer)

    return make


class TestRight:
    def test_no_key_and_a_device(self, summary, passes):
        summary(AccountMFAEnabled=1, AccountAccessKeysPresent=0)
        passes(CHECK)

    def test_no_key_where_no_device_is_asked(self, summary, passes):
        summary(AccountAccessKeysPresent=0)
        passes(CHECK, mfa=False)

    def test_keys_of_users_do_not_count(self, iam, summary, passes):
        iam.user("bob")
        iam.client.create_access_key(UserName="bob")
        summary(AccountMFAEnabled=1)
        passes(CHECK)


class TestWrong:
    def test_a_key(self, summary, fails):
        summary(AccountMFAEnabled=1, AccountAccessKeysPresent=1)
        fails(CHECK, "root user has an access key", "delete the access key")

    def test_a_key_where_no_device_is_asked(self, summary, fails):
        summary(AccountAccessKeysPresent=1)
        fails(CHECK, "has an access key", mfa=False)

    def test_no_device(self, summary, fails):
        summary(AccountMFAEnabled=0)
        fails(CHECK, "MFA device of the root user does not exist")


class TestNearMiss:
    def test_the_device_is_somebody_elses(self, summary, fails):
        summary(AccountMFAEnabled=0, MFADevicesInUse=1)
        fails(CHECK, "Devices of other users do not protect it")
