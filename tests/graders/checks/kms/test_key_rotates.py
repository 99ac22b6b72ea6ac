import json

import pytest
from moto.kms.responses import KmsResponse

CHECK = "kms.key_rotates"


def answer(days):
    """GetKeyRotationStatus with a period, which moto does not keep."""
    return lambda self: json.dumps({"KeyRotationEnabled": True, "RotationPeriodInDays": days})


class TestRight:
    @pytest.mark.parametrize("form", ["alias/app", "id", "arn"])
    def test_rotation_is_on_however_the_key_is_named(self, kms, passes, form):
        key_id = kms.key("alias/app")
        kms.client.enable_key_rotation(KeyId=key_id)
        arn = kms.client.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
        passes(CHECK, key={"id": key_id, "arn": arn}.get(form, form))

    def test_a_shorter_period_passes(self, kms, passes, monkeypatch):
        monkeypatch.setattr(KmsResponse, "get_key_rotation_status", answer(90))
        kms.key("alias/app")
        passes(CHECK, key="alias/app", at_most_days=90)

    def test_a_second_alias_changes_nothing(self, kms, passes):
        key_id = kms.key("alias/app")
        kms.client.create_alias(AliasName="alias/also", TargetKeyId=key_id)
        kms.client.enable_key_rotation(KeyId=key_id)
        passes(CHECK, key="alias/also")


class TestWrong:
    def test_rotation_is_off(self, kms, fails):
        kms.key("alias/app")
        fails(CHECK, "automatic rotation is off", key="alias/app")

    def test_a_period_that_is_too_long(self, kms, fails, monkeypatch):
        monkeypatch.setattr(KmsResponse, "get_key_rotation_status", answer(730))
        kms.key("alias/app")
        fails(CHECK, "every 730 days only", "--rotation-period-in-days 365", key="alias/app")

    def test_a_disabled_key(self, kms, fails):
        key_id = kms.key("alias/app")
        kms.client.enable_key_rotation(KeyId=key_id)
        kms.client.disable_key(KeyId=key_id)
        fails(CHECK, "is Disabled", key="alias/app")

    def test_a_key_that_waits_for_its_deletion(self, kms, fails):
        key_id = kms.key("alias/app")
        kms.client.enable_key_rotation(KeyId=key_id)
        kms.client.schedule_key_deletion(KeyId=key_id)
        fails(CHECK, "is PendingDeletion", "cancel-key-deletion", key="alias/app")

    @pytest.mark.parametrize(
        ("options", "kind"),
        [
            ({"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}, "RSA_2048"),
            ({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, "HMAC_256"),
        ],
    )
    def test_a_key_that_kms_cannot_rotate(self, kms, fails, options, kind):
        kms.key("alias/app", **options)
        fails(CHECK, f"its material is {kind}", key="alias/app")

    def test_the_alias_moved_to_a_new_key_by_hand(self, kms, fails):
        old = kms.key("alias/app")
        kms.client.enable_key_rotation(KeyId=old)
        kms.client.update_alias(AliasName="alias/app", TargetKeyId=kms.key())
        fails(CHECK, "automatic rotation is off", key="alias/app")


class TestNearMiss:
    def test_almost_the_same_alias(self, kms, fails):
        kms.key("alias/App")
        fails(CHECK, "does not exist", "There is alias/App, which is another name", key="alias/app")

    def test_a_key_in_another_region(self, account, fails):
        client = account.client("kms", "eu-west-1")
        client.create_alias(AliasName="alias/app", TargetKeyId=client.create_key()["KeyMetadata"]["KeyId"])
        fails(CHECK, "There is one in eu-west-1", key="alias/app")
