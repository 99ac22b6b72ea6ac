import pytest

from tests.graders.checks.s3.conftest import ARN, BUCKET, ROLE, statement
from tests.graders.conftest import ACCOUNT

CHECK = "s3.website_public_read"
RIGHT = {
    "star": [statement()],
    "star as AWS": [statement(principal={"AWS": "*"})],
    "s3:GetObject*": [statement(action="s3:GetObject*")],
    "a statement for each prefix": [statement(resource=f"{ARN}/q*"), statement(resource=f"{ARN}/img/*")],
    "a role that writes beside": [statement(), statement(principal={"AWS": ROLE}, action="s3:PutObject")],
}
WRONG = {
    "the bucket alone": ([statement(resource=ARN)], "speaks of the bucket, not of its objects"),
    "everything": ([statement(action="s3:*", resource=[ARN, f"{ARN}/*"])], "can do more than read"),
    "listing too": (
        [statement(), statement(action="s3:ListBucket", resource=ARN)],
        "anyone on the internet can s3:ListBucket",
    ),
    "over TLS only": ([statement(condition={"Bool": {"aws:SecureTransport": "true"}})], "over plain http"),
    "a role only": ([statement(principal={"AWS": ROLE})], "Nobody without credentials may read"),
    "a Deny": ([statement(), statement("Deny", resource=f"{ARN}/q1.csv")], "but not q1.csv"),
}


class TestRight:
    @pytest.mark.parametrize("name", RIGHT)
    def test_anyone_reads(self, bucket, passes, name):
        bucket.policy(*RIGHT[name])
        passes(CHECK, bucket=BUCKET)

    def test_by_the_objects_lists(self, bucket, passes):
        bucket.client.put_object_acl(Bucket=BUCKET, Key="q1.csv", ACL="public-read")
        passes(CHECK, bucket=BUCKET)

    def test_the_switches_for_lists_may_stay_on(self, bucket, passes):
        bucket.policy(statement())
        bucket.block("BlockPublicAcls", "IgnorePublicAcls")
        passes(CHECK, bucket=BUCKET)


class TestWrong:
    @pytest.mark.parametrize("name", WRONG)
    def test_less_or_more(self, bucket, fails, name):
        statements, words = WRONG[name]
        bucket.policy(*statements)
        fails(CHECK, words, bucket=BUCKET)

    def test_the_account_restricts_public_buckets(self, bucket, account, fails):
        bucket.policy(statement())
        flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        account.client("s3control").put_public_access_block(
            AccountId=ACCOUNT, PublicAccessBlockConfiguration=dict.fromkeys(flags, True)
        )
        fails(CHECK, "RestrictPublicBuckets is on", bucket=BUCKET)

    def test_an_object_under_a_key(self, bucket, key, fails):
        bucket.policy(statement())
        bucket.client.put_object(Bucket=BUCKET, Key="q1.csv", ServerSideEncryption="aws:kms", SSEKMSKeyId=key())
        fails(CHECK, "without credentials nobody can decrypt it", bucket=BUCKET)


class TestNearMiss:
    def test_the_right_policy_behind_the_block(self, bucket, fails):
        bucket.policy(statement())
        bucket.block()
        fails(CHECK, "Block Public Access cuts the policy", "BlockPublicPolicy", bucket=BUCKET)

    def test_the_right_policy_without_the_star_at_its_end(self, bucket, fails):
        bucket.policy(statement(resource=ARN))
        fails(CHECK, f"the Resource must be {ARN}/*", bucket=BUCKET)
