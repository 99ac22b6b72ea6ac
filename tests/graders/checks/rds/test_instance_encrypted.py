from tests.graders.checks.rds.conftest import NAME

CHECK = "rds.instance_encrypted"


class TestRight:
    def test_made_so(self, database, passes):
        database(StorageEncrypted=True)
        passes(CHECK, instance=NAME)

    def test_with_a_key_of_ones_own(self, database, account, passes):
        key = account.client("kms").create_key()["KeyMetadata"]["KeyId"]
        database(StorageEncrypted=True, KmsKeyId=key)
        passes(CHECK, instance=NAME)

    def test_restored_from_an_encrypted_snapshot(self, database, account, passes):
        rds = account.client("rds")
        database("acme-old", StorageEncrypted=True)
        rds.create_db_snapshot(DBInstanceIdentifier="acme-old", DBSnapshotIdentifier="safe")
        rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier="safe")
        passes(CHECK, instance=NAME)


class TestWrong:
    def test_made_otherwise(self, database, fails):
        database(StorageEncrypted=False)
        fails(CHECK, "is not encrypted", instance=NAME)

    def test_the_default_is_not_encrypted(self, database, fails):
        database()
        fails(CHECK, "chosen when an instance is made", instance=NAME)

    def test_a_key_alone_encrypts_nothing(self, database, account, fails):
        database(StorageEncrypted=False)
        account.client("kms").create_key(Description=NAME)
        fails(CHECK, "acme-db is not encrypted", instance=NAME)


class TestNearMiss:
    def test_another_instance_is_the_encrypted_one(self, database, fails):
        database(StorageEncrypted=False)
        database("acme-other", StorageEncrypted=True)
        fails(CHECK, "acme-other is encrypted, but the task is about acme-db", instance=NAME)

    def test_another_name_is_pointed_out(self, database, fails):
        database(StorageEncrypted=True)
        fails(CHECK, "There is acme-db", instance="acme-bd")
