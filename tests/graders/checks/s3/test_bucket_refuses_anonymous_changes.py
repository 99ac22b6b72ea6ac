import pytest

from tests.graders.checks.s3.conftest import ARN, BUCKET, ROLE, statement

CHECK = "s3.bucket_refuses_anonymous_changes"
BOTH = [ARN, f"{ARN}/*"]

RIGHT = {
    "anyone reads": [statement()],
    "one role writes": [statement(principal={"AWS": ROLE}, action="s3:*", resource=BOTH)],
    "a star that a Deny covers": [
        statement(action="s3:*", resource=BOTH),
        statement("Deny", action=["s3:List*", "s3:Put*", "s3:Delete*"], resource=BOTH),
    ],
    "from one endpoint": [
        statement(action="s3:PutObject", condition={"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}})
    ],
    "listing granted on the objects": [statement(action="s3:ListBucket")],
}
WRONG = {
    "everything": (statement(action="s3:*", resource=BOTH), "s3:ListBucket", "instead of a wildcard"),
    "listing": (statement(action="s3:ListBucket", resource=ARN), "s3:ListBucket", "Take the action s3:ListBucket"),
    "uploads": (statement(action=["s3:GetObject", "s3:PutObject"]), "s3:PutObject", "Take the action s3:PutObject"),
    "deletes under a prefix": (
        statement(action="s3:DeleteObject", resource=f"{ARN}/tmp/*"),
        f"s3:DeleteObject {BUCKET}/tmp/",
        "Take the action",
    ),
    "uploads by referer": (
        statement(action="s3:PutObject", condition={"StringLike": {"aws:Referer": "https://acme.example/*"}}),
        "s3:PutObject",
        "Take the action",
    ),
    "the policy itself": (statement(action="s3:PutBucketPolicy", resource=ARN), "s3:PutBucketPolicy", "Take"),
}


class TestRight:
    @pytest.mark.parametrize("name", RIGHT)
    def test_reading_at_most(self, bucket, passes, name):
        bucket.policy(*RIGHT[name])
        passes(CHECK, bucket=BUCKET)

    def test_an_object_open_by_its_list(self, bucket, passes):
        bucket.client.put_object_acl(Bucket=BUCKET, Key="q1.csv", ACL="public-read")
        passes(CHECK, bucket=BUCKET)

    def test_the_account_restricts_public_buckets(self, bucket, passes):
        bucket.policy(statement(action="s3:*", resource=BOTH))
        bucket.block("RestrictPublicBuckets")
        passes(CHECK, bucket=BUCKET)


class TestWrong:
    @pytest.mark.parametrize("name", WRONG)
    def test_more_than_reading(self, bucket, fails, name):
        one, request, hint = WRONG[name]
        bucket.policy(one)
        fails(CHECK, request, hint, bucket=BUCKET)

    def test_a_public_list_of_the_bucket(self, bucket, fails):
        bucket.client.put_bucket_acl(Bucket=BUCKET, ACL="public-read-write")
        fails(CHECK, "anyone on the internet can s3:ListBucket", bucket=BUCKET)

    def test_block_public_policy_comes_too_late(self, bucket, fails):
        bucket.policy(statement(action="s3:PutObject"))
        bucket.block("BlockPublicPolicy")
        fails(CHECK, "anyone on the internet can s3:PutObject", bucket=BUCKET)


class TestNearMiss:
    def test_the_wildcard_is_named(self, bucket, fails):
        bucket.policy(statement(action=["s3:Get*", "s3:List*"], resource=BOTH))
        fails(CHECK, "Name the one action s3:GetObject instead of a wildcard", bucket=BUCKET)
