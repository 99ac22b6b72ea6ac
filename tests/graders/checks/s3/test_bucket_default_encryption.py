import pytest

from tests.graders.checks.s3.conftest import BUCKET, ROLE
from tests.graders.conftest import ACCOUNT

CHECK = "s3.bucket_default_encryption"
KMS = {"bucket": BUCKET, "algorithm": "aws:kms", "key": "alias/app"}


class TestRight:
    @pytest.mark.parametrize("form", ["arn", "id", "alias/app", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app"])
    def test_the_key_in_whatever_form(self, encrypts, key, passes, form):
        arn = key("alias/app")
        encrypts("aws:kms", {"arn": arn, "id": arn.rpartition("/")[2]}.get(form, form))
        passes(CHECK, **KMS)

    @pytest.mark.parametrize("bucket_key", [True, False])
    def test_with_and_without_a_bucket_key(self, encrypts, key, passes, bucket_key):
        encrypts("aws:kms", key("alias/app"), bucket_key)
        passes(CHECK, **KMS)

    def test_in_two_layers(self, encrypts, key, passes):
        encrypts("aws:kms:dsse", key("alias/app"))
        passes(CHECK, **KMS, customer_key=True)

    def test_a_new_bucket_has_sse_s3(self, bucket, passes):
        passes(CHECK, bucket=BUCKET)

    def test_a_bucket_and_its_key_in_another_region(self, account, key, passes):
        s3 = account.client("s3", "eu-west-1")
        s3.create_bucket(Bucket="records", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key("alias/app", region="eu-west-1")}
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
        s3.put_bucket_encryption(Bucket="records", ServerSideEncryptionConfiguration=rules)
        passes(CHECK, bucket="records", algorithm="aws:kms", customer_key=True)

    def test_a_writer_whom_the_key_lets_encrypt(self, encrypts, key, iam, passes):
        iam.role("reporting", {"Action": "kms:GenerateDataKey", "Resource": "*"})
        encrypts("aws:kms", key("alias/app"))
        passes(CHECK, **KMS, writer="reporting")


class TestWrong:
    def test_sse_s3(self, encrypts, key, fails):
        key("alias/app")
        encrypts("AES256")
        fails(CHECK, "SSE-S3 (AES256), not with a KMS key", **KMS)

    def test_another_key(self, encrypts, key, fails):
        key("alias/app")
        encrypts("aws:kms", key("alias/other"))
        fails(CHECK, "another key than alias/app", **KMS)

    def test_the_key_of_aws(self, encrypts, fails):
        encrypts("aws:kms")
        fails(CHECK, "the key that AWS manages (aws/s3)", bucket=BUCKET, algorithm="aws:kms", customer_key=True)

    @pytest.mark.parametrize("state", ["Disabled", "PendingDeletion"])
    def test_a_key_that_does_not_work(self, encrypts, key, fails, state):
        arn = key("alias/app")
        encrypts("aws:kms", arn)
        stop = key.client.disable_key if state == "Disabled" else key.client.schedule_key_deletion
        stop(KeyId=arn.rpartition("/")[2])
        fails(CHECK, f"is {state}: every upload fails", **KMS)

    def test_a_writer_without_the_right_to_encrypt(self, encrypts, key, iam, fails):
        iam.role("reporting", {"Action": "s3:PutObject", "Resource": "*"})
        encrypts("aws:kms", key("alias/app"))
        fails(CHECK, "cannot upload", "lacks kms:GenerateDataKey", **KMS, writer="reporting")

    def test_a_writer_whom_the_key_does_not_name(self, encrypts, key, iam, fails):
        iam.role("reporting", {"Action": "kms:*", "Resource": "*"})
        manage = {"Effect": "Allow", "Principal": {"AWS": ROLE[:-9] + "admin"}, "Action": "kms:*", "Resource": "*"}
        encrypts("aws:kms", key("alias/app", manage))
        fails(CHECK, "role reporting", "resource's policy does not allow it", **KMS, writer="reporting")


class TestNearMiss:
    def test_a_key_in_another_region_than_the_bucket(self, encrypts, key, fails):
        encrypts("aws:kms", key("alias/app", region="eu-west-1"))
        fails(CHECK, "There is one in eu-west-1", **KMS)

    def test_a_key_that_is_not_there_for_the_bucket(self, encrypts, key, fails):
        key("alias/app")
        encrypts("aws:kms", "alias/gone")
        fails(CHECK, "alias/gone", "is not in us-east-1: every upload fails", **KMS)
