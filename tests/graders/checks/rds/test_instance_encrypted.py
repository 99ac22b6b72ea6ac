from tests.graders.checks.rds.conftest import NAME

CHECK = "rds.instance_encrypted"


def test_made_so(database, passes):
    database(StorageEncrypted=True)
    passes(CHECK, instance=NAME)


def test_made_otherwise(database, fails):
    database(StorageEncrypted=False)
    fails(CHECK, "is not encrypted", instance=NAME)


def test_another_instance_does_not_count(database, fails):
    database(StorageEncrypted=False)
    database("acme-other", StorageEncrypted=True)
    fails(CHECK, "is not encrypted", instance=NAME)


def test_another_name_is_pointed_out(database, fails):
    database(StorageEncrypted=True)
    fails(CHECK, "There is acme-db", instance="acme-bd")


def test_the_default_is_not_encrypted(database, fails):
    database()
    fails(CHECK, "chosen when an instance is made", instance=NAME)


def test_with_a_key_of_ones_own(database, account, passes):
    key = account.client("kms").create_key()["KeyMetadata"]["KeyId"]
    database(StorageEncrypted=True, KmsKeyId=key)
    passes(CHECK, instance=NAME)


def test_restored_from_an_encrypted_snapshot(database, account, passes):
    rds = account.client("rds")
    database("acme-old", StorageEncrypted=True)
    rds.create_db_snapshot(DBInstanceIdentifier="acme-old", DBSnapshotIdentifier="safe")
    rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier="safe")
    passes(CHECK, instance=NAME)
