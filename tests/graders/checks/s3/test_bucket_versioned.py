import pytest

from tests.graders.checks.s3.conftest import BUCKET

CHECK = "s3.bucket_versioned"


@pytest.fixture
def versions(bucket):
    """`versions("Enabled")` sets the bucket's versioning."""

    def versions(status):
        bucket.client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": status})

    return versions


class TestRight:
    def test_it_is_enabled(self, versions, passes):
        versions("Enabled")
        passes(CHECK, bucket=BUCKET)

    def test_it_is_enabled_again(self, versions, passes):
        for status in ("Enabled", "Suspended", "Enabled"):
            versions(status)
        passes(CHECK, bucket=BUCKET)

    def test_old_versions_may_expire(self, bucket, versions, passes):
        versions("Enabled")
        rule = {
            "ID": "old",
            "Status": "Enabled",
            "Filter": {},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        }
        bucket.client.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
        passes(CHECK, bucket=BUCKET)

    def test_a_deleted_object_that_is_older_than_versioning(self, bucket, versions, passes):
        versions("Enabled")
        bucket.client.delete_object(Bucket=BUCKET, Key="q1.csv")
        passes(CHECK, bucket=BUCKET, deleted_object="q1.csv")


class TestWrong:
    def test_it_was_never_turned_on(self, bucket, fails):
        fails(CHECK, "was never turned on", bucket=BUCKET)

    def test_it_is_suspended(self, versions, fails):
        versions("Enabled")
        versions("Suspended")
        fails(CHECK, "is Suspended: new objects get no version", bucket=BUCKET)

    def test_mfa_delete_is_off(self, versions, fails):
        versions("Enabled")
        fails(CHECK, "MFA delete is off", bucket=BUCKET, mfa_delete=True)

    def test_the_object_was_deleted_with_its_version(self, bucket, versions, fails):
        versions("Enabled")
        bucket.client.delete_object(Bucket=BUCKET, Key="q1.csv")
        bucket.client.delete_object(Bucket=BUCKET, Key="q1.csv", VersionId="null")
        fails(CHECK, "only its delete marker is left", bucket=BUCKET, deleted_object="q1.csv")

    def test_the_object_is_still_there(self, versions, fails):
        versions("Enabled")
        fails(CHECK, "was not deleted", bucket=BUCKET, deleted_object="q1.csv")


class TestNearMiss:
    def test_another_bucket_is_versioned(self, account, versions, fails):
        versions("Enabled")
        fails(CHECK, f"There is {BUCKET}, which is another name", bucket="acme-blue-1f2f")

    def test_a_longer_key_is_no_version_of_this_one(self, bucket, versions, fails):
        versions("Enabled")
        bucket.client.put_object(Bucket=BUCKET, Key="q2.csv.old", Body=b"2")
        fails(CHECK, "There is no version of q2.csv", bucket=BUCKET, deleted_object="q2.csv")


def test_mfa_delete_passes_where_it_is_on(versions, passes, monkeypatch):
    versions("Enabled")
    monkeypatch.setattr("graders.buckets.versioning", lambda *_: {"Status": "Enabled", "MFADelete": "Enabled"})
    passes(CHECK, bucket=BUCKET, mfa_delete=True)
