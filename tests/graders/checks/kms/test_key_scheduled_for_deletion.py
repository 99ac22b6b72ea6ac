import pytest

CHECK = "kms.key_scheduled_for_deletion"


class TestRight:
    @pytest.mark.parametrize("days", [7, 30])
    def test_it_waits(self, kms, passes, days):
        kms.client.schedule_key_deletion(KeyId=kms.key("alias/old"), PendingWindowInDays=days)
        passes(CHECK, key="alias/old", at_least_days=7)

    def test_by_its_id_after_the_alias_was_deleted(self, kms, passes):
        key_id = kms.key("alias/old")
        kms.client.delete_alias(AliasName="alias/old")
        kms.client.schedule_key_deletion(KeyId=key_id)
        passes(CHECK, key=key_id)

    def test_it_waits_again(self, kms, passes):
        key_id = kms.key("alias/old")
        kms.client.schedule_key_deletion(KeyId=key_id)
        kms.client.cancel_key_deletion(KeyId=key_id)
        kms.client.schedule_key_deletion(KeyId=key_id)
        passes(CHECK, key="alias/old")


class TestWrong:
    def test_it_is_enabled(self, kms, fails):
        kms.key("alias/old")
        fails(CHECK, "is Enabled: it does not wait", key="alias/old")

    def test_the_deletion_was_cancelled(self, kms, fails):
        key_id = kms.key("alias/old")
        kms.client.schedule_key_deletion(KeyId=key_id)
        kms.client.cancel_key_deletion(KeyId=key_id)
        fails(CHECK, "does not wait for its deletion", key="alias/old")

    def test_too_soon(self, kms, fails):
        kms.client.schedule_key_deletion(KeyId=kms.key("alias/old"), PendingWindowInDays=7)
        fails(CHECK, "in 7 days already", key="alias/old", at_least_days=14)

    def test_only_the_alias_was_deleted(self, kms, fails):
        key_id = kms.key("alias/old")
        kms.client.delete_alias(AliasName="alias/old")
        fails(CHECK, "does not wait for its deletion", key=key_id)


class TestNearMiss:
    def test_a_disabled_key_is_not_on_its_way_out(self, kms, fails):
        kms.client.disable_key(KeyId=kms.key("alias/old"))
        fails(CHECK, "is Disabled, which can be undone", "schedule-key-deletion", key="alias/old")
