from datetime import UTC, datetime, timedelta

import pytest
from moto.iam.models import iam_backends

from tests.graders.conftest import ACCOUNT

CHECK = "iam.user_keys_rotated"


@pytest.fixture
def key(iam):
    """Makes keys of the user ana: `key(age=days, status="Inactive")` gives the id."""
    iam.user("ana")

    def make(age=0, status="Active"):
        found = iam.client.create_access_key(UserName="ana")["AccessKey"]["AccessKeyId"]
        iam.client.update_access_key(UserName="ana", AccessKeyId=found, Status=status)
        held = iam_backends[ACCOUNT]["aws"].users["ana"].access_keys[-1]
        held.create_date = datetime.now(UTC) - timedelta(days=age)
        return found

    return make


class TestRight:
    def test_a_new_key_and_the_old_one_inactive(self, key, passes):
        old = key(400, "Inactive")
        key()
        passes(CHECK, user="ana", at_least=1, retired=[old])

    def test_the_old_one_deleted(self, key, iam, passes):
        old = key(400)
        iam.client.delete_access_key(UserName="ana", AccessKeyId=old)
        key()
        passes(CHECK, user="ana", at_least=1, retired=[old])

    def test_none_at_all(self, iam, passes):
        iam.user("ana")
        passes(CHECK, user="ana", max_active=0)


class TestWrong:
    def test_only_the_old_one(self, key, fails):
        key(400)
        fails(CHECK, "is 400 days old; at most 90", user="ana")

    def test_one_too_many(self, key, fails):
        old = key(10)
        key()
        fails(CHECK, "2 active access keys", f"{old} is the oldest", user="ana")

    def test_the_leaked_one_is_young_and_active(self, key, fails):
        leaked = key()
        fails(CHECK, "is still active", "signs as ana", user="ana", retired=[leaked])

    def test_all_of_them_inactive(self, key, fails):
        key(0, "Inactive")
        fails(CHECK, "has 0 active", "An inactive key does nothing", user="ana", at_least=1)

    def test_the_user_is_gone_with_the_evidence(self, fails):
        fails(CHECK, "user ana does not exist", user="ana")


class TestNearMiss:
    def test_the_new_one_made_and_the_old_one_left(self, key, fails):
        old = key(400)
        key()
        fails(CHECK, "The new key is there; the old one still opens the door", user="ana", retired=[old], max_active=2)
