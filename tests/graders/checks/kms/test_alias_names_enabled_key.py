CHECK = "kms.alias_names_enabled_key"


class TestRight:
    def test_an_enabled_key_of_ones_own(self, kms, passes):
        kms.key("alias/app")
        passes(CHECK, alias="alias/app")

    def test_the_name_without_its_prefix(self, kms, passes):
        kms.key("alias/app")
        passes(CHECK, alias="app")

    def test_a_signing_key_where_one_is_asked(self, kms, passes):
        kms.key("alias/sign", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
        passes(CHECK, alias="alias/sign", usage="SIGN_VERIFY")

    def test_an_alias_that_was_moved_to_a_new_key(self, kms, passes):
        old = kms.key("alias/app")
        kms.client.update_alias(AliasName="alias/app", TargetKeyId=kms.key())
        kms.client.schedule_key_deletion(KeyId=old)
        passes(CHECK, alias="alias/app", not_key=old)

    def test_a_key_that_was_enabled_again(self, kms, passes):
        key_id = kms.key("alias/app")
        kms.client.disable_key(KeyId=key_id)
        kms.client.enable_key(KeyId=key_id)
        passes(CHECK, alias="alias/app")


class TestWrong:
    def test_a_disabled_key(self, kms, fails):
        kms.client.disable_key(KeyId=kms.key("alias/app"))
        fails(CHECK, "which is Disabled", alias="alias/app")

    def test_a_key_that_waits_for_its_deletion(self, kms, fails):
        kms.client.schedule_key_deletion(KeyId=kms.key("alias/app"))
        fails(CHECK, "which is PendingDeletion", alias="alias/app")

    def test_a_key_for_something_else(self, kms, fails):
        kms.key("alias/app", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
        fails(CHECK, "is for SIGN_VERIFY, not for ENCRYPT_DECRYPT", alias="alias/app")

    def test_the_old_key_is_still_behind_it(self, kms, fails):
        old = kms.key("alias/app")
        fails(CHECK, f"still names the old key {old}", alias="alias/app", not_key=old)

    def test_a_key_that_aws_manages(self, kms, fails):
        fails(CHECK, "a key that AWS manages", alias="alias/aws/s3")


class TestNearMiss:
    def test_almost_the_same_alias(self, kms, fails):
        kms.key("alias/app-key")
        fails(CHECK, "There is alias/app-key, which is another name", alias="alias/app_key")

    def test_a_key_in_another_region(self, account, fails):
        client = account.client("kms", "us-west-2")
        client.create_alias(AliasName="alias/app", TargetKeyId=client.create_key()["KeyMetadata"]["KeyId"])
        fails(CHECK, "There is one in us-west-2", alias="alias/app")
