import pytest

CHECK = "s3.bucket_locks_objects"
CALL = {"bucket": "vault-1f2e"}


@pytest.fixture
def vault(account):
    """Makes vault-1f2e with object lock: `vault(Mode=…, Days=…)`."""
    s3 = account.client("s3")

    def vault(**retention):
        s3.create_bucket(Bucket="vault-1f2e", ObjectLockEnabledForBucket=True)
        lock = {"ObjectLockEnabled": "Enabled"} | ({"Rule": {"DefaultRetention": retention}} if retention else {})
        s3.put_object_lock_configuration(Bucket="vault-1f2e", ObjectLockConfiguration=lock)

    return vault


class TestRight:
    @pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
    def test_either_mode(self, vault, passes, mode):
        vault(Mode=mode, Days=30)
        passes(CHECK, **CALL)

    def test_longer(self, vault, passes):
        vault(Mode="GOVERNANCE", Days=60)
        passes(CHECK, **CALL)

    def test_in_years(self, vault, passes):
        vault(Mode="COMPLIANCE", Years=1)
        passes(CHECK, **CALL, days=365, mode="COMPLIANCE")


class TestWrong:
    def test_an_ordinary_bucket(self, account, fails):
        account.client("s3").create_bucket(Bucket="vault-1f2e")
        fails(CHECK, "has no object lock", **CALL)

    def test_too_short(self, vault, fails):
        vault(Mode="GOVERNANCE", Days=29)
        fails(CHECK, "for 29 days only", **CALL)

    def test_a_mode_that_a_right_lifts(self, vault, fails):
        vault(Mode="GOVERNANCE", Days=30)
        fails(CHECK, "s3:BypassGovernanceRetention", **CALL, mode="COMPLIANCE")

    def test_no_default(self, account, fails, monkeypatch):
        account.client("s3").create_bucket(Bucket="vault-1f2e")
        answer = {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}
        monkeypatch.setattr("graders.checks.s3.bucket_locks_objects.read_or_none", lambda *_, **__: answer)
        fails(CHECK, "without a default retention", **CALL)


class TestNearMiss:
    def test_versioning_is_no_lock(self, account, fails):
        s3 = account.client("s3")
        s3.create_bucket(Bucket="vault-1f2e")
        s3.put_bucket_versioning(Bucket="vault-1f2e", VersioningConfiguration={"Status": "Enabled"})
        fails(CHECK, "versioning keeps old versions, but whoever may delete versions can", **CALL)

    def test_almost_the_same_name(self, account, fails):
        account.client("s3").create_bucket(Bucket="vault-1f2f")
        fails(CHECK, "There is vault-1f2f, which is another name", **CALL)
