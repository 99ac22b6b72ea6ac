import pytest

from tests.graders.checks.s3.conftest import BUCKET
from tests.graders.conftest import ACCOUNT

CHECK = "s3.bucket_blocks_public_access"


class TestRight:
    def test_all_four_switches_pass(self, bucket, passes):
        bucket.block()
        passes(CHECK, bucket=BUCKET)

    def test_the_accounts_switches_count(self, bucket, account, passes):
        flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        account.client("s3control").put_public_access_block(
            AccountId=ACCOUNT, PublicAccessBlockConfiguration=dict.fromkeys(flags, True)
        )
        passes(CHECK, bucket=BUCKET)

    def test_bucket_and_account_complete_each_other(self, bucket, account, passes):
        bucket.block("BlockPublicAcls", "IgnorePublicAcls")
        account.client("s3control").put_public_access_block(
            AccountId=ACCOUNT,
            PublicAccessBlockConfiguration={"BlockPublicPolicy": True, "RestrictPublicBuckets": True},
        )
        passes(CHECK, bucket=BUCKET)


class TestWrong:
    @pytest.mark.parametrize(
        "on",
        [
            ("BlockPublicAcls",),
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy"),
            ("BlockPublicPolicy", "RestrictPublicBuckets"),
        ],
    )
    def test_each_switch_that_is_off_is_named(self, bucket, fails, on):
        bucket.block(*on)
        result = fails(CHECK, "Still off", bucket=BUCKET)
        for flag in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"):
            assert (flag in result.found) == (flag not in on)

    def test_a_bucket_without_a_block_fails(self, bucket, fails):
        fails(CHECK, "has no public access block", bucket=BUCKET)


class TestNearMiss:
    def test_almost_the_same_name_is_pointed_out(self, bucket, fails):
        bucket.block()
        fails(CHECK, f"There is {BUCKET}", bucket="acme-blue-1f2f")
